# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the boot tests share: whether guests can run here, and TAP."""

import fcntl
import os
import subprocess

KVM_CREATE_VM = 0xAE01


def kvm_missing():
    """Why no guest can run here, or None."""
    try:
        fd = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return f"cannot open /dev/kvm: {error.strerror}"
    try:
        os.close(fcntl.ioctl(fd, KVM_CREATE_VM, 0))
    except OSError as error:
        return f"KVM_CREATE_VM failed: {error.strerror}"
    finally:
        os.close(fd)
    return None


class Failure(Exception):
    """A guest did not do what it should."""


class Skip(Exception):
    """A test cannot run here."""


def expect(what, actual, expected):
    """Fails unless @actual is what was expected."""
    if actual != expected:
        raise Failure(f"{what} is {actual!r}, not {expected!r}")


def run_tests(tests, *args, skip):
    """Runs pairs of a name and a function of @args, unless there is a reason to skip them. What a function returns is
    printed as a remark."""
    if skip:
        print(f"1..0 # SKIP {skip}")
        return
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            remark = test(*args)
            print(f"ok {number} - {name}" + (f"\n# {remark}" if remark else ""), flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except (Failure, subprocess.TimeoutExpired) as failure:
            print(f"not ok {number} - {name}\n# {failure}", flush=True)
