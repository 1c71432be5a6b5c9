# SPDX-License-Identifier: LGPL-2.1-or-later
"""The box: an emulated AMD machine in QEMU's TCG, with Debian's kernel and its kvm-amd, in which cgvm has a real KVM
wherever QEMU runs. Made of the folder that scripts/fetch-box has filled."""

import base64
import gzip
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
from dataclasses import dataclass

from kvm import Failure

from kernel_module import keep_cr8_intercepted

MODULES = ("virt/lib/irqbypass.ko", "arch/x86/kvm/kvm.ko", "arch/x86/kvm/kvm-amd.ko")
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
"""
# do_command NUMBER SECONDS COMMAND...: runs it, and prints what has become of it.
COMMANDS = """
/bin/busybox --install -s /bin
mkdir /tmp
mount -t tmpfs tmp /tmp
do_command() {
    number=$1 seconds=$2
    shift 2
    mkdir /tmp/$number
    export tmp=/tmp/$number
    read -r before rest </proc/uptime
    timeout -s KILL $seconds "$@" </dev/null >$tmp.stdout 2>$tmp.stderr
    status=$?
    read -r after rest </proc/uptime
    echo "box-result $number $status $before $after"
    base64 $tmp.stdout
    echo box-stderr
    base64 $tmp.stderr
    echo box-end
    rm -r $tmp $tmp.stdout $tmp.stderr
}
"""
RESULT = re.compile(r"box-result (\d+) (\d+) (\S+) (\S+)\s+(.*?)box-stderr\s(.*?)box-end", re.DOTALL)


@dataclass(frozen=True)
class Done:
    """What has become of a command."""

    status: int
    seconds: float
    stdout: bytes
    stderr: bytes


def archive(files):
    """An initramfs (cpio, "newc") of @files, by path; those that start with #! or ELF's magic can be run."""
    folders = sorted({str(parent) for path in files for parent in pathlib.PurePath(path).parents} - {"."})
    entries = [(folder, 0o40755, b"") for folder in (*folders, "proc", "dev") if folder not in files]
    entries += [(path, 0o100755, content) for path, content in files.items()]
    entries.append(("TRAILER!!!", 0, b""))
    out = bytearray()
    for number, (path, mode, content) in enumerate(entries):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return gzip.compress(bytes(out), 1)


def libraries_of(program):
    """The paths of the shared libraries of @program."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"what libraries {program} needs cannot be told: {(done.stdout + done.stderr).strip()}")
    return re.findall(r"(/\S+) \(0x", done.stdout)


class Box:
    """The parts of the box, and runs of it."""

    def __init__(self, root, cgvm):
        self.root = pathlib.Path(root)
        self.kernel = self.part("boot/vmlinuz-*").read_bytes()
        self.busybox = self.part("bin/busybox").read_bytes()
        self.modules = self.part("lib/modules/*/kernel")
        self.qemu = self.part("usr/bin/qemu-system-x86_64")
        self.cgvm = cgvm

    def part(self, pattern):
        """The path in the box that @pattern matches."""
        found = next(self.root.glob(pattern), None)
        if found is None:
            raise Failure(f"'{self.root}' is no box, as it has no {pattern}; name the folder that "
                          "scripts/fetch-box prints")
        return found

    def module(self, path):
        """A module of the kernel, which is the guests' as well."""
        return (self.modules / path).read_bytes()

    def guest(self, script, modules=()):
        """The initramfs of a guest whose init is busybox, which loads @modules, with @script."""
        content = {"bin/busybox": self.busybox}
        init = INIT
        for module in modules:
            content[os.path.basename(module)] = self.module(module)
            init += f"/bin/busybox insmod /{os.path.basename(module)}\n"
        return archive({**content, "init": (init + script).encode()})

    def _initramfs(self, script, files):
        content = {"bin/busybox": self.busybox, "bin/cgvm": pathlib.Path(self.cgvm).read_bytes(),
                   "vmlinuz": self.kernel}
        for library in libraries_of(self.cgvm):
            content[library.lstrip("/")] = pathlib.Path(library).read_bytes()
        init = INIT
        for module in MODULES:
            content[os.path.basename(module)] = self.module(module)
            init += f"/bin/busybox insmod /{os.path.basename(module)}\n"
        content["kvm-amd.ko"] = keep_cr8_intercepted(content["kvm-amd.ko"])
        content["init"] = (init + script + "/bin/busybox poweroff -f\n").encode()
        return archive({**content, **files})

    def run(self, script, files, timeout, serials=(), memory=1536):
        """What the box prints while its init runs @script with @files, for at most @timeout seconds. What is written
        to its further serial ports, from /dev/ttyS1 on, goes to the files @serials. It has @memory MiB."""
        libraries = [str(self.root / folder / "x86_64-linux-gnu") for folder in ("usr/lib", "lib")]
        with tempfile.TemporaryDirectory() as directory:
            initramfs = pathlib.Path(directory) / "initramfs"
            initramfs.write_bytes(self._initramfs(script, files))
            command = [self.qemu, "-L", self.root / "usr/share/qemu",
                       "-L", self.root / "usr/share/seabios", "-accel", "tcg", "-cpu", "EPYC", "-m", str(memory),
                       "-nodefaults", "-nographic", "-serial", "stdio", "-no-reboot", "-kernel",
                       self.part("boot/vmlinuz-*"),
                       "-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1"]
            for path in serials:
                command += ["-serial", f"file:{path}"]
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, timeout=timeout, check=False,
                                      env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})
            except subprocess.TimeoutExpired as expired:
                raise Failure(f"the box has not ended after {timeout} s; it printed "
                              f"{(expired.stdout or b'')[-1000:]!r}") from None
        return done.stdout.decode(errors="replace")

    def run_commands(self, commands, files, seconds, timeout):
        """Runs @commands, lists of words, one after the other in one box, each for at most @seconds. A dictionary of
        what has become of each by its number; those that were not reached are missing."""
        lines = [f"do_command {number} {seconds} {shlex.join(command)}\n"
                 for number, command in enumerate(commands)]
        output = self.run(COMMANDS + "".join(lines), files, timeout)
        results = {}
        for number, status, before, after, stdout, stderr in RESULT.findall(output):
            results[int(number)] = Done(int(status), float(after) - float(before), base64.b64decode(stdout),
                                        base64.b64decode(stderr))
        if not results:
            raise Failure(f"the box has run nothing; it printed {output[-1000:]!r}")
        return results


def from_environment(cgvm):
    """The box in $CGVM_BOX with @cgvm, and why there is none."""
    root = os.environ.get("CGVM_BOX")
    if not root:
        return None, "there is no box; set CGVM_BOX to what scripts/fetch-box prints"
    return Box(root, cgvm), None
