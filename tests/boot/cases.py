# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that need nobody while they run: what is started, and what they print and return. test_plain.py runs them on
the KVM of this machine, test_box.py on that of the box."""

import re
from dataclasses import dataclass

from kvm import Failure, Skip, expect

WELL = 0x2A << 1 | 1  # the status of a guest that found nothing wrong
HELLO = b"cgvm: hello from the guest\r\n"
STARTED = b"cgvm: started\r\n"
SURVIVED = b"cgvm: survived\r\n"
KILLED = 128 + 9  # the status of what was not over in time

NO_ENGINE = b"nothing on this host can run it"

# Around the borders of the layout: below 1 MiB, the firmware's alias at 0xf0000, 3 GiB, and above 4 GiB.
SIZES = ("64K", "640K", "960K", "964K", "1M", "1028K", "2", "128M", "3G", "3145732K", "4G")
KERNEL_SIZES = ("2", "128M", "3G", "3145732K", "4G")
# What a script waits for: a whole line in its file, as a guest's bytes come one by one.
UNTIL_IT_RUNS = 'until [ "$(cat $tmp/out 2>/dev/null | wc -l)" -gt 0 ]; do sleep 0.1; done'
KEPT = ("-m", "1M", "-object", "memory-backend-memfd,id=ram0,size=1M", "-machine", "memory-backend=ram0")


@dataclass(frozen=True)
class Case:
    """Options of cgvm and what becomes of them. An option "@NAME" is the path of that image."""

    name: str
    options: tuple[str, ...]
    stdout: bytes = b""
    status: int = WELL
    stderr: str = ""  # a pattern of the one line, without its end; "": there is none
    ends_with: bool = False  # what is in stdout before does not matter

    def command(self, cgvm, image):
        """The command line of @cgvm with images at the paths that @image returns."""
        return [cgvm, *(image(word[1:]) if word.startswith("@") else word for word in self.options)]

    def check(self, status, stdout, stderr):
        """Fails unless that is what should become of it."""
        if NO_ENGINE in stderr:
            raise Skip("nothing here can run an encrypted guest")
        expected = re.compile(f"{self.stderr}\n" if self.stderr else "")
        if not expected.fullmatch(stderr.decode(errors="replace")):
            raise Failure(f"stderr is {stderr!r}, the status {status}, and stdout ends with {stdout[-100:]!r}")
        if self.ends_with:
            stdout = stdout[-len(self.stdout):]
        expect("the status", status, self.status)
        expect("stdout", stdout, self.stdout)


@dataclass(frozen=True)
class Script(Case):
    """A script of the shell, with the images in $guests, an empty folder in $tmp, and the first of the options."""

    def command(self, cgvm, image):
        """The command line; @cgvm and what @image returns may not need quotes."""
        folder = image("linux").rpartition("/")[0]
        start = f"cgvm={cgvm} guests={folder} tmp=${{tmp:-/tmp}}\n"
        return ["sh", "-c", start + self.options[0]]


def script(name, text, stdout, **rest):
    return Script(name, (text,), stdout, **{"status": 0, **rest})


def firmware(name, image, *options, **rest):
    return Case(name, ("-accel", "kvm", "-bios", f"@{image}", *options), **rest)


def kernel(name, append, *options, stdout=None, **rest):
    """A kernel without a firmware, which checks what it was started with and prints its command line."""
    stdout = f"{append}\r\n".encode() if stdout is None else stdout
    return Case(name, ("-kernel", "@linux", "-append", append, *options), stdout=stdout, **rest)


def hostile(append, stdout=SURVIVED, **rest):
    return kernel(f"a kernel that means no good: {append}", append, "-m", "2", stdout=stdout, **rest)


CASES = (
    firmware("hello", "hello", stdout=HELLO),
    firmware("hello with two vCPUs", "hello", "-smp", "2", stdout=HELLO),
    *(firmware(f"hello with -m {size}", "hello", "-m", size, stdout=HELLO) for size in SIZES),
    Case("run=off launches and leaves in silence", ("-accel", "kvm,run=off", "-bios", "@hello"), status=0),
    firmware("a string in one exit", "string-io", stdout=b"cgvm: a whole string at once\r\n"),
    # The status tells which of the guest's checks failed.
    firmware("ports and memory, with and without something there", "buses", "-m", "64K"),
    firmware("a second vCPU leaves", "second-vcpu", "-smp", "2", stdout=b"cgvm: hello from the second vCPU\r\n"),
    kernel("a kernel without a firmware", "hello"),
    kernel("a kernel with two vCPUs", "hello", "-smp", "2"),
    *(kernel(f"a kernel with -m {size}", "hello", "-m", size) for size in KERNEL_SIZES),
    kernel("a kernel with the longest command line", "x" * 255),
    Case("an ELF kernel, entered as PVH guests are",
         ("-kernel", "@pvh", "-append", "an ELF kernel", "-m", "2"), stdout=b"an ELF kernel\r\n"),
    kernel("a kernel turns the machine off", "then off", "-smp", "2", status=0),
    kernel("a kernel with -no-reboot", "then reset", "-no-reboot", status=0),
    # Memory of a backend is kept, so that this guest sees its two resets.
    firmware("resets", "reset", *KEPT, "-smp", "2", stdout=3 * STARTED),
    firmware("-no-reboot", "reset", "-no-reboot", stdout=STARTED, status=0),
    firmware("-action reboot=shutdown", "reset", "-action", "reboot=shutdown", stdout=STARTED, status=0),
    firmware("a triple fault", "triple-fault", "-smp", "2", status=1, stderr="cgvm: vCPU 0 .*triple fault.*"),
    hostile("some ports", ends_with=True),
    hostile("holes", stdout=b"holes\r\n" + SURVIVED),
    hostile("execute", stdout=b"execute\r\n", status=1, stderr="cgvm: vCPU 0 .*internal error of KVM.*"),
)

# The highest C-bit that all KVMs can map: that of the box has 40 bits of an address.
CBIT = 39
SEV, SEV_ES = 1, 5  # policies


def planned(name, guest, options, stdout, status=WELL, stderr=""):
    """A guest of that object, whose measurement is that of its plan. It runs on the simulated host."""
    text = (f'set -- -cpu EPYC-Milan -object {guest},id=sev0,cbitpos={CBIT},reduced-phys-bits=1 '
            f'-machine confidential-guest-support=sev0 {options}\n'
            '$cgvm -plan json "$@" >$tmp/plan || exit 3\n'
            f'$cgvm -accel sim,cbitpos={CBIT} "$@" 2>$tmp/said; status=$?\n'
            'digest=$(sed -n \'s/^  "digest": "\\([0-9a-f]*\\)",*$/\\1/p\' $tmp/plan)\n'
            'sed "s/measurement $digest /measurement as planned /" $tmp/said >&2; exit $status')
    said = r"cgvm: launched sev0: measurement as planned \(simulated\)"
    return script(name, text, stdout, status=status, stderr=f"{said}\n{stderr}" if stderr else said)


def encrypted(name, policy, options, stdout, **rest):
    return planned(name, f"sev-guest,policy={policy}", f"-m 4 {options}", stdout, **rest)


def snp(name, options, stdout, **rest):
    return planned(name, "sev-snp-guest", options, stdout, **rest)


TEXT = b"cgvm: an encrypted guest in 64-bit mode\r\n"
SNP_TEXT = b"cgvm: an SEV-SNP guest\r\n"
ENCRYPTED = (
    encrypted("an SEV guest has private and shared memory", SEV, "-bios $guests/engine-sev.bin", TEXT),
    encrypted("an SEV-ES guest has private and shared memory", SEV_ES, "-bios $guests/engine-sev-es.bin", TEXT),
    encrypted("an SEV-ES guest speaks by its GHCB", SEV_ES, "-bios $guests/engine-ghcb.bin",
              TEXT + b"G\r\nGhcb\r\n"),
    encrypted("an SEV-ES guest asks for its end", SEV_ES, "-bios $guests/engine-terminate.bin", TEXT, status=1,
              stderr="cgvm: sev-guest 'sev0': vCPU 0: the guest asked to be terminated with code 18 of set 0 .*"),
    snp("an SEV-SNP guest validates, shares and speaks", "-kernel $guests/snp.bin -m 8", SNP_TEXT),
    snp("an SEV-SNP guest starts its second vCPU", "-kernel $guests/snp.bin -m 8 -smp 2",
        b"cgvm: its second vCPU\r\n" + SNP_TEXT),
    *(encrypted(f"a kernel in an {name} guest with {vcpus} vCPUs", policy,
                f"-kernel $guests/linux.bin -append hello -smp {vcpus}", b"hello\r\n")
      for name, policy in (("SEV", SEV), ("SEV-ES", SEV_ES)) for vcpus in (1, 2)),
    encrypted("a kernel in an SEV guest turns the machine off", SEV,
              "-kernel $guests/linux.bin -append 'then off'", b"then off\r\n", status=0),
    encrypted("an SEV-ES guest that spins is ended by SIGTERM", SEV_ES,
              "-kernel $guests/linux.bin -append spin -serial file:$tmp/out -pidfile $tmp/pid\n"
              f"({UNTIL_IT_RUNS}; kill $(cat $tmp/pid)) &",
              b"", status=0),
)

# start OPTIONS, of a cgvm with a monitor; ask COMMAND, and wait for the answer; press NUMBER, the button for the
# NUMBERth time, again and again until the guest listens; await TEXT on the console. Its end is the end of all waiting.
MONITOR = r"""
start() {
    mkfifo $tmp/qmp
    $cgvm "$@" -qmp stdio -serial file:$tmp/out <$tmp/qmp >$tmp/said &
    cgvm_pid=$!
    exec 3>$tmp/qmp
    ask qmp_capabilities
}
lives() { kill -0 $cgvm_pid 2>/dev/null; }
answers() { grep -c 'return\|error' $tmp/said; }
ask() {
    before=$(answers)
    echo '{"execute": "'$1'"}' >&3
    while [ $(answers) = $before ] && lives; do sleep 0.05; done
}
presses() { grep -c POWERDOWN $tmp/said; }
press() { until [ $(presses) = $1 ] || ! lives; do ask system_powerdown; sleep 0.05; done; }
await() { until grep -aq "$1" $tmp/out || ! lives; do sleep 0.05; done; }
"""


def button(name, *options, **rest):
    """A kernel that is told twice of its power button, and then turns the machine off."""
    text = (f"{MONITOR}start -kernel $guests/linux.bin -append 'the button' -m 4 {' '.join(options)}\n"
            "press 1\nawait pressed\npress 2\nwait $cgvm_pid; echo $?; cat $tmp/out; grep -c '\"SHUTDOWN\"' $tmp/said")
    return script(name, text, b"0\nthe button\r\npressed\r\npressed\r\n1\n", **rest)


BUTTONS = (
    button("the power button of microvm", "-machine microvm"),
    button("the power button of q35, with two vCPUs", "-machine q35 -smp 2"),
    button("the power button of an SEV guest", f"-accel sim,cbitpos={CBIT} -cpu EPYC-Milan",
           f"-object sev-guest,id=sev0,policy={SEV},cbitpos={CBIT},reduced-phys-bits=1",
           "-machine confidential-guest-support=sev0",
           stderr=r"cgvm: launched sev0: measurement \w+ \(simulated\)"),
    script("the power button of a guest that does not listen",
           f"{MONITOR}start -kernel $guests/linux.bin -append spin -m 4\n{UNTIL_IT_RUNS}; ask system_powerdown\n"
           "grep -o 'has not enabled its power button' $tmp/said; presses; ask quit; wait $cgvm_pid; echo $?",
           b"has not enabled its power button\n0\n0\n"),
)

LOST = "cgvm: cannot write the guest's console to"
HOSTILE = '"$cgvm" -kernel "$guests/linux.bin" -m 2 -append'

# Guests that mean no good, and consoles that nobody reads, which end well.
SCRIPTS = (
    *ENCRYPTED,
    *BUTTONS,
    script("SIGTERM ends a guest that spins",
           f"{HOSTILE} spin >$tmp/out & {UNTIL_IT_RUNS}; kill $!; wait $!; echo $?; cat $tmp/out", b"0\nspin\r\n"),
    script("SIGHUP ends one that has another vCPU",
           f"{HOSTILE} spin -smp 2 -serial file:$tmp/out & {UNTIL_IT_RUNS}; "
           "kill -HUP $!; wait $!; echo $?; cat $tmp/out", b"0\nspin\r\n"),
    script("a flood into a full device", f"{HOSTILE} flood >/dev/full", b"", status=1,
           stderr=f"{LOST} stdout: No space left on device"),
    script("a flood into a file on a full device", f"{HOSTILE} flood -serial file:/dev/full", b"", status=1,
           stderr=f"{LOST} /dev/full: No space left on device"),
    script("a flood at a reader who goes away",
           f"{{ {HOSTILE} flood; echo $? >$tmp/out; }} | head -c 1000 | wc -c; {UNTIL_IT_RUNS}; cat $tmp/out",
           b"1000\n1\n", stderr=f"{LOST} stdout: Broken pipe"),
    script("SIGTERM ends a guest whose reader sleeps",
           f"mkfifo $tmp/pipe; {HOSTILE} flood >$tmp/pipe & exec 3<$tmp/pipe; read -r line <&3; sleep 1; "
           "kill $!; wait $!; echo $?", b"0\n"),
)

# A pipe is filled byte by byte, which takes half a minute in the box, and so do this many exits of an encrypted guest.
SLOW = (
    script("a reader who is slow loses nothing",
           f"{HOSTILE} flood | {{ sleep 1; head -c 160007; }} | tail -c +8 | sort | uniq -c | tr -d ' #\\r'", b"2000\n",
           stderr=f"{LOST} stdout: Broken pipe"),
    encrypted("an SEV guest that means no good: some ports", SEV,
              "-kernel $guests/linux.bin -append 'some ports' -serial null", b""),
)
