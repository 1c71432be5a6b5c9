# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that run on the simulated host, plain and encrypted; see cases.py."""

from cases import HELLO, KEPT, SNP_TEXT, STARTED, UNTIL_IT_RUNS, Case, script

# The C-bit is one that every KVM can map, also those of emulated machines.
HOST = "sim,cbitpos=36"
SEV = ("-object", "sev-guest,id=sev0", "-machine", "confidential-guest-support=sev0")
SEV_ES = ("-object", "sev-guest,id=sev0,policy=5", "-machine", "confidential-guest-support=sev0")
MANY = f"accel {HOST} object sev-guest,id=sev0 machine confidential-guest-support=sev0"  # for many.c
SNP = ("-object", "sev-snp-guest,id=sev0", "-machine", "confidential-guest-support=sev0", "-cpu", "EPYC-Milan")
SNP_SECOND = b"cgvm: its second vCPU\r\n"
LAUNCHED = r"cgvm: launched sev0: measurement [0-9a-f]{64,96} \(simulated\)"
ENCRYPTED = b"cgvm: an encrypted guest in 64-bit mode\r\n"


def simulated(name, image, *options, stderr="", **rest):
    return Case(f"{name}, simulated", ("-accel", HOST, "-bios", f"@{image}", *options), stderr=stderr, **rest)


def snp(name, *options, append="", **rest):
    return Case(f"{name}, simulated", ("-accel", HOST, *SNP, "-kernel", "@snp", "-append", append, *options),
                stderr=LAUNCHED, **rest)


def encrypted(name, image, options, *more, stderr=None, **rest):
    said = LAUNCHED if stderr is None else f"{LAUNCHED}\n{stderr}"
    return simulated(name, image, *options, *more, stderr=said, **rest)


CASES = (
    simulated("hello", "hello", stdout=HELLO),
    simulated("a string in one exit", "string-io", stdout=b"cgvm: a whole string at once\r\n"),
    simulated("ports and memory", "buses", "-m", "64K"),
    simulated("a second vCPU leaves", "second-vcpu", "-smp", "2", stdout=b"cgvm: hello from the second vCPU\r\n"),
    simulated("resets", "reset", *KEPT, "-smp", "2", stdout=3 * STARTED),
    simulated("a triple fault", "triple-fault", status=1, stderr="cgvm: vCPU 0 .*triple fault.*"),
    Case("a kernel without a firmware, simulated", ("-accel", HOST, "-kernel", "@linux", "-append", "then off", "-smp", "2"),
         stdout=b"then off\r\n", status=0),
    encrypted("hello with SEV", "hello", SEV, stdout=HELLO),
    encrypted("hello with SEV-ES", "hello", SEV_ES, stdout=HELLO),
    encrypted("a second vCPU of an SEV guest", "engine-second", SEV, "-m", "16M", "-smp", "2", stdout=ENCRYPTED),
    # The status tells which of the guest's checks failed.
    encrypted("private and shared memory of an SEV guest", "engine-sev", SEV, "-m", "64M", stdout=ENCRYPTED),
    encrypted("the same with little memory and two vCPUs", "engine-sev", SEV, "-m", "4M", "-smp", "2", stdout=ENCRYPTED),
    encrypted("private and shared memory of an SEV-ES guest", "engine-sev-es", SEV_ES, "-m", "64M", stdout=ENCRYPTED),
    encrypted("requests of an SEV-ES guest by its GHCB", "engine-ghcb", SEV_ES, "-m", "16M",
              stdout=ENCRYPTED + b"G\r\nGhcb\r\n"),
    encrypted("an SEV-ES guest asks for its end", "engine-terminate", SEV_ES, "-m", "16M", stdout=ENCRYPTED, status=1,
              stderr=r"cgvm: sev-guest 'sev0': vCPU 0: the guest asked to be terminated with code 18 of set 0 .*"),
    encrypted("a triple fault of an SEV-ES guest", "triple-fault", SEV_ES, status=1,
              stderr="cgvm: sev-guest 'sev0': vCPU 0: the guest shut itself down.*"),
    # The status tells which of the guest's checks failed.
    snp("pages, requests and messages of an SEV-SNP guest", "-m", "8M", stdout=SNP_TEXT),
    snp("a second vCPU of an SEV-SNP guest", "-m", "8M", "-smp", "2", stdout=SNP_SECOND + SNP_TEXT),
    snp("an SEV-SNP guest with more memory", "-m", "128M", stdout=SNP_TEXT),
    Case("a kernel in an SEV-SNP guest, simulated", ("-accel", HOST, *SNP, "-kernel", "@linux", "-append", "then off"),
         stdout=b"then off\r\n", stderr=LAUNCHED, status=0),
    Case("a KVM that cannot be opened", ("-accel", "sim,device=/nothing", "-bios", "@hello"), status=2,
         stderr="cgvm: the guest is launched, but nothing on this host can run it: '/nothing' cannot be opened: .*"),
    Case("run=off launches and leaves, simulated", ("-accel", f"{HOST},run=off", "-bios", "@hello", *SEV), status=0,
         stderr=LAUNCHED),
)

SCRIPTS = (
    script("SIGTERM ends a simulated guest that spins",
           f'"$cgvm" -accel {HOST} -kernel "$guests/linux.bin" -m 2 -append spin >$tmp/out & '
           f"{UNTIL_IT_RUNS}; kill $!; wait $!; echo $?; cat $tmp/out", b"0\nspin\r\n"),
)
