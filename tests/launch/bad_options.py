# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options that must be refused, and what the message must say."""

from __future__ import annotations

import base64
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import Argument, guest

TOO_LARGE = str(1 << 64)


class Way(enum.Enum):
    """How cgvm is run."""

    PLAN = "-plan"
    #: With a KVM that is not there: whoever goes that far says so.
    LAUNCH = "launch"
    SIMULATE = "simulated launch"
    GIVEN = "as it is"


WITHOUT_HOST = (Way.PLAN, Way.LAUNCH)
ANYWHERE = (Way.PLAN, Way.SIMULATE)


@dataclass(frozen=True)
class Case:
    """Arguments of cgvm, and words of the message."""

    name: str
    argv: tuple[Argument, ...]
    words: tuple[str, ...]
    ways: tuple[Way, ...] = WITHOUT_HOST
    #: Runs as somebody who is not root.
    unprivileged: bool = False


def as_given(argv: Iterable[Argument], *words: str) -> Case:
    """A case that is complete and named after its arguments."""
    argv = tuple(argv)
    shown = " ".join(argument.name if isinstance(argument, Path) else ascii(argument) for argument in argv)
    return Case(shown if len(shown) < 100 else shown[:100] + "...", argv, words, (Way.GIVEN,))


def blob(size: int) -> str:
    """@size bytes in base64."""
    return base64.b64encode(bytes(size)).decode()


#: Properties of sev-snp-guest, and words of the message.
PROPERTIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("polcy=1", ("sev-snp-guest 'sev0'", "no property 'polcy'", "did you mean 'policy'?")),
    ("type=x", ("sev-snp-guest 'sev0'", "'type' can only be read")),
    ("policy=0", ("sev-snp-guest 'sev0'", "'policy' is 0x0", "bit 17", "use 0x30000, which allows SMT")),
    ("policy=0x10000", ("'policy' is 0x10000", "bit 17", "use 0x30000")),
    ("policy=0x4030000", ("sev-snp-guest 'sev0'", "'policy' is 0x4030000", "bits 63:26", "must be zero")),
    ("policy=xyzzy", ("sev-snp-guest 'sev0'", "'policy' has no flag 'xyzzy'", "its flags are smt, migrate-ma,")),
    ("policy=smt+debgg", ("'policy' has no flag 'debgg'", "did you mean 'debug'?")),
    ("policy=smt++debug", ("'policy' has an empty name", "write one '+'")),
    ("policy=smt+debug+smt", ("'policy' has 'smt' twice",)),
    ("policy=smt+abi=1.256", ("'policy' has abi=1.256", "from 0 to 255")),
    ("policy=abi=1.51+abi=1.51", ("'policy' has 'abi' twice",)),
    ("policy=nodbg", ("'policy' has no flag 'nodbg'",)),
    ("policy=+smt", ("'policy' expects an integer", '"+smt"')),
    ("policy=0x30000+debug", ("'policy' expects an integer from 0 to 18446744073709551615", '"0x30000+debug"')),
    ("policy=-1", ("sev-snp-guest", "'policy' expects an integer", '"-1"')),
    ("policy=", ("'policy' expects an integer", '""')),
    ("policy=0x", ("'policy' expects an integer", '"0x"')),
    ("policy=3.5", ("'policy' expects an integer", '"3.5"')),
    (f"policy={TOO_LARGE}", ("sev-snp-guest", "'policy' must be from 0", TOO_LARGE)),
    ("host-data=!!!!", ("sev-snp-guest 'sev0'", "'host-data' is not valid base64")),
    ("host-data=AAA", ("'host-data' is not valid base64", "padded with '='")),
    ("host-data=a=b", ("'host-data' is not valid base64",)),
    ("host-data=AA==AAAA", ("'host-data' is not valid base64",)),
    ("host-data=", ("'host-data' is 0 bytes long", "exactly 32")),
    (f"host-data={blob(31)}", ("sev-snp-guest 'sev0'", "'host-data' is 31 bytes long", "exactly 32")),
    (f"host-data={blob(33)}", ("'host-data' is 33 bytes long", "exactly 32")),
    (f"guest-visible-workarounds={blob(15)}",
     ("'guest-visible-workarounds' is 15 bytes long", "exactly 16")),
    (f"guest-visible-workarounds={blob(17)}",
     ("'guest-visible-workarounds' is 17 bytes long", "exactly 16")),
    (f"id-auth={blob(4096)},id-block={blob(95)}", ("'id-block' is 95 bytes long", "exactly 96")),
    (f"id-auth={blob(4096)},id-block={blob(97)}", ("'id-block' is 97 bytes long", "exactly 96")),
    (f"id-block={blob(96)},id-auth={blob(4095)}", ("'id-auth' is 4095 bytes long", "exactly 4096")),
    (f"id-block={blob(96)},id-auth={blob(4097)}", ("'id-auth' is 4097 bytes long", "exactly 4096")),
    (f"id-block={blob(96)},id-auth={blob(3)}", ("'id-auth' is 3 bytes long", "exactly 4096")),
    (f"id-block={blob(96)}", ("sev-snp-guest 'sev0'", "'id-block' is given without 'id-auth'", "give both")),
    (f"id-auth={blob(4096)}", ("'id-auth' is given without 'id-block'", "give both")),
    ("author-key-enabled=on", ("'author-key-enabled' is on", "no ID block", "give 'id-block'")),
    ("tsc-frequency=1000000", ("'tsc-frequency'", "'secure-tsc'", "turn that on")),
    ("secure-tsc=on,tsc-frequency=1500", ("'tsc-frequency' is 1500 Hz", "multiple of 1000")),
    ("secure-tsc=on,tsc-frequency=0", ("'tsc-frequency' is 0 Hz", "multiple of 1000")),
    ("secure-tsc=on,tsc-frequency=4294968000", ("'tsc-frequency' must be from 0 to 4294967295",)),
    ("vcek-disabled=maybe", ("sev-snp-guest", "'vcek-disabled' expects 'on' or 'off'", '"maybe"')),
    ("debug-swap=1", ("'debug-swap' expects 'on' or 'off'",)),
    ("author-key-enabled=", ("'author-key-enabled' expects 'on' or 'off'",)),
    ("cbitpos=64", ("sev-snp-guest 'sev0'", "'cbitpos' must be from 0 to 63", "not 64")),
    ("cbitpos=-1", ("'cbitpos' expects an integer from 0 to 63",)),
    ("reduced-phys-bits=0", ("'reduced-phys-bits' must be from 1 to 63", "not 0")),
    ("reduced-phys-bits=64", ("'reduced-phys-bits' must be from 1 to 63", "not 64")),
    ("expect-digest=00", ("'expect-digest' expects", "96 digits for SEV-SNP")),
    ("expect-digest=" + "g" * 96, ("'expect-digest' expects", "hexadecimal")),
    ("expect-digest=", ("'expect-digest' expects", "hexadecimal")),
    # keyval's own
    ("vcek-disabled", ("-object", "'vcek-disabled' has no value", "write KEY=VALUE")),
    ("policy=0x30000,policy=0x30000", ("-object", "'policy' is given twice")),
    ("policy.x=1", ("sev-snp-guest 'sev0'", "'policy' is a single value", "write 'policy='")),
    ("polcy.x=1", ("no property 'polcy'", "did you mean 'policy'?")),
    ("=1", ("-object", "a key is missing before '='")),
    ("a b=1", ("-object", "'a b' is not a key")),
    ("policy=0x30000,,policy=1", ("'policy' expects an integer", '"0x30000,policy=1"')),
)

#: Properties that only a host, or a finished plan, shows to be wrong.
HOSTED: tuple[tuple[str, tuple[str, ...], tuple[Way, ...]], ...] = (
    ("cbitpos=47", ("sev-snp-guest 'sev0'", "'cbitpos' is 47", "set it to 51"), (Way.SIMULATE,)),
    ("secure-tsc=on", ("sev-snp-guest 'sev0'", "VMSA features 0x200", "turn off secure-tsc"),
     (Way.SIMULATE,)),
    ("sev-device=/dev/none", ("cannot open sev-device '/dev/none'", "No such file"), (Way.SIMULATE,)),
    ("policy=0x20000", ("sev-snp-guest 'sev0'", "SNP_LAUNCH_START", "bit 16 (smt) off", "'policy' is 0x20000"),
     (Way.SIMULATE,)),
    ("policy=smt+single-socket+cxl-allow", ("SNP_LAUNCH_START", "bit 20 (single-socket) on, bit 21 (cxl-allow) on",
                                            "newer kernel"), (Way.SIMULATE,)),
    ("policy=0x3ffff", ("this host's firmware is 1.55, but 'policy' asks for at least 255.255",),
     (Way.SIMULATE,)),
    ("policy=smt+abi=1.56", ("this host's firmware is 1.55, but 'policy' asks for at least 1.56",
                             "update the firmware"), (Way.SIMULATE,)),
    ("expect-digest=" + "0" * 96, ("'expect-digest' is " + "0" * 96, "would be ", "compare firmware"),
     ANYWHERE),
    ("expect-digest=" + "0" * 64, ("'expect-digest' has 64 digits", "sev-snp-guest has 96"), ANYWHERE),
    (f"id-block={blob(96)},id-auth={blob(4096)}", ("'id-block' has version 0", "version 1"), ANYWHERE),
)

#: What replaces -smp 1 or -m 128M, and words of the message.
SIZES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("-smp", "0", ("-smp: ", "from 1 to", "not 0")),
    ("-smp", "-1", ("-smp: ", "expects an integer", '"-1"')),
    ("-smp", "256", ("q35", "at most 255 vCPUs, not 256", "use a smaller -smp")),
    ("-smp", "5000", ("-smp: ", "from 1 to", "not 5000")),
    ("-smp", "abc", ("-smp: ", "expects an integer", '"abc"')),
    ("-smp", "1.5", ("-smp: ", "expects an integer")),
    ("-smp", TOO_LARGE, ("-smp: ", "from 1 to", TOO_LARGE)),
    ("-smp", "", ("-smp: ", "empty")),
    ("-smp", "cpus=", ("-smp: ", "expects an integer")),
    ("-smp", "2,sockets=3", ("sockets (3)", "= 3", "places for 2 vCPUs", "make these numbers equal")),
    ("-smp", "4,maxcpus=8,cores=3,threads=2", ("cores (3)", "threads (2)", "places for 8 vCPUs")),
    ("-smp", "4,maxcpus=2", ("cpus (4)", "larger than maxcpus (2)")),
    ("-smp", "2,maxcpus=256", ("q35", "at most 255 vCPUs, not 256")),
    ("-smp", "4,cores=0", ("-smp: ", "'smp.cores' must be from 1 to", "not 0")),
    ("-smp", "4,core=4", ("-smp: ", "there is no 'smp.core'", "did you mean 'smp.cores'?")),
    ("-smp", "4,threads=two", ("-smp: ", "'smp.threads' expects an integer", '"two"')),
    ("-smp", "cpus.x=2", ("-smp: ", "'smp.cpus' is given members", "an earlier option")),
    ("-smp", "cores.x=2", ("-smp: ", "'smp.cores' is a single value", "write 'smp.cores='")),
    ("-smp", "2,4", ("-smp: ", "'4' has no value")),
    ("-m", "0", ("-m: ", "must be from 4096", "not 0")),
    ("-m", "5000b", ("-m", "multiple of 4 KiB", "not 5000 bytes")),
    ("-m", "4097b", ("-m", "multiple of 4 KiB", "not 4097 bytes")),
    ("-m", "1K", ("-m: ", "must be from 4096", "not 1024")),
    ("-m", "16E", ("-m: ", "must be from 4096", "not 16E")),
    ("-m", "18446744073709547520b", ("RAM above 4 GiB", "fit the address space")),
    ("-m", "9999G", ("'RAM above 4 GiB' would have 1073", "at most 8796093018112", "less memory with -m")),
    ("-m", "-128", ("-m: ", "expects a whole number of bytes", '"-128"')),
    ("-m", "128X", ("-m: ", "suffixes B, K, M, G, T, P and E", '"128X"')),
    ("-m", "1.5G", ("-m: ", "expects a whole number of bytes")),
    ("-m", "", ("-m: ", "empty")),
    ("-m", "128M,slots=2", ("no memory hot-plug", "'slots' and 'maxmem' of -m")),
    ("-m", "128M,maxmem=256M", ("no memory hot-plug", "make maxmem the size")),
    ("-m", "128M,slot=2", ("-m: ", "there is no 'memory.slot'", "did you mean")),
    ("-m", "4M", ("sev-snp-guest 'sev0'", "no memory for 0x800000-0x808fff", "give it more with -m")),
)

CPUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nope", ("no CPU model 'nope'", "-cpu help")),
    ("EPYC-Millan", ("no CPU model 'EPYC-Millan'", "did you mean 'EPYC-Milan'?")),
    ("epyc-genoa", ("no CPU model 'epyc-genoa'", "did you mean 'EPYC-Genoa'?")),
    ("EPYC-v9", ("no CPU model 'EPYC-v9'", "did you mean 'EPYC'?")),
    ("EPYC-Millan,+avx", ("no CPU model 'EPYC-Millan'", "did you mean 'EPYC-Milan'?")),
    (",+avx", ("no CPU model ''", "-cpu help")),
    ("EPYC,", ("-cpu EPYC,: there is no name where a feature should be", "write +FEATURE")),
    ("EPYC,+", ("no name where a feature should be",)),
    ("EPYC,=on", ("no name where a feature should be",)),
    ("EPYC,+avx22", ("-cpu EPYC,+avx22: ", "no CPU feature 'avx22'", "did you mean 'avx2'?")),
    ("EPYC,zzzzzzzz", ("no CPU feature 'zzzzzzzz'", "leave it out")),
    ("EPYC,+avx,-avx", ("'avx' is turned both on and off", "write one of the two")),
    ("EPYC,avx=off,avx=on", ("'avx' is turned both on and off",)),
    ("EPYC,avx=maybe", ("'avx' expects 'on' or 'off', not 'maybe'",)),
    ("EPYC,enforce=1", ("'enforce' expects 'on' or 'off', not '1'",)),
    ("EPYC,+enforce", ("no CPU feature 'enforce'",)),
    ("EPYC,family=271", ("'family' expects a number from 0 to 270, not '271'",)),
    ("EPYC,model=-1", ("'model' expects a number from 0 to 255, not '-1'",)),
    ("EPYC,stepping=1x", ("'stepping' expects a number from 0 to 15, not '1x'",)),
    ("EPYC,stepping", ("'stepping' expects a number from 0 to 15, not ''",)),
    ("host,vendor=GenuineIntel", ("'vendor' cannot be chosen", "vendor of the host's processor", "leave it out")),
    ("host,phys-bits=40", ("'phys-bits' cannot be chosen", "address width")),
    ("host,host-phys-bits=off", ("'host-phys-bits' cannot be chosen", "address width")),
    ("EPYC,-kvm-pv-eoi", ("'kvm-pv-eoi' cannot be chosen", "paravirtual features")),
    ("EPYC,hv-relaxed", ("'hv-relaxed' cannot be chosen", "Hyper-V")),
    ("EPYC,-ht", ("'ht' cannot be chosen", "-smp decides")),
    ("", ("-cpu: ", "empty")),
)

#: -machine, and words of the message.
MACHINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nowhere", ("no machine 'nowhere'", "-machine help")),
    ("nope", ("no machine 'nope'", "did you mean 'none'?")),
    ("microv", ("no machine 'microv'", "did you mean 'microvm'?")),
    ("x86", ("no machine 'x86'", "-machine help")),
    ("type=q36", ("no machine 'q36'", "did you mean 'q35'?")),
    ("confidential-guest-support=nope", ("-machine: 'confidential-guest-support' names an object 'nope' that does not exist",
                                         "-object TYPE,id=nope")),
    ("pseries,confidential-guest-support=sev0", ("cannot protect this machine", "use -machine q35, or microvm without -bios")),
    ("confidential-guest-support=/objects/sev1", ("'/objects/sev1' that does not exist",)),
    ("microvm,confidential-guest-support=/machine", ("-machine: ", "type confidential-guest-support",
                                                     "'machine' is a microvm-machine")),
    ("confidential-guest-support=/objects", ("type confidential-guest-support", "is a container")),
    ("confidential-guest-support=", ("sev-snp-guest 'sev0' protects no guest",
                                     "add -machine confidential-guest-support=sev0")),
    ("microvm", ("sev-snp-guest 'sev0' protects no guest",)),
    ("confidental-guest-support=sev0", ("did you mean 'confidential-guest-support'?",)),
    ("confidential-guest-support=sev0,smp=1", ("-machine: ", "'smp' has members", "write 'smp.cpus='")),
    ("confidential-guest-support=sev0,smp.cpus=0", ("-machine: ", "'smp.cpus' must be from 1", "not 0")),
    ("confidential-guest-support=sev0,smp.cpu=1", ("-machine: ", "did you mean 'smp.cpus'?")),
    ("confidential-guest-support=sev0,smp.cpus=1,smp=1", ("-machine: ", "'smp' is given both",
                                                          "'smp.cpus'")),
    ("memory-encryption=nope", ("-machine: ", "'memory-encryption'", "'nope' that does not exist")),
    ("memory-encryption=nope,confidential-guest-support=sev0", ("'confidential-guest-support' is 'sev0'",
                                                                "'memory-encryption' is 'nope'",
                                                                "give one of them")),
    ("memory-encrypton=sev0", ("-machine: ", "did you mean 'memory-encryption'?")),
    ("confidential-guest-support=sev0,memory-backend=nope", ("-machine: ", "'memory-backend' names",
                                                             "'nope' that does not exist")),
    ("confidential-guest-support=sev0,memory-backend=sev0", ("-machine: ", "type memory-backend",
                                                             "'sev0' is a sev-snp-guest")),
    ("microvm,confidential-guest-support=sev0,acpi=on", ("-machine: ", "'acpi' can only be 'off'", "not 'on'",
                                                         "leave it out")),
    ("microvm,kernel_irqchip=split", ("-machine: ", "'kernel-irqchip' can only be 'on'", "not 'split'",
                                      "SEV-SNP")),
    ("microvm,dump-guest-core=off", ("-machine: ", "'dump-guest-core' can only be 'on'", "ulimit -c 0")),
    ("microvm,usb.x=off", ("-machine: ", "'usb' can only be 'off'", "not 'a list'")),
    ("microvm,pflash0=code", ("-machine: ", "'pflash0' is not supported", "-bios")),
    ("confidential-guest-support", ("no machine 'confidential-guest-support'",)),
    ("microvm,q35", ("-machine: ", "'q35' has no value")),
    ("confidential-guest-support=sev0,confidential-guest-support=sev0", ("-machine: ", "given twice")),
    ("", ("-machine: ", "empty")),
)

#: Whole -object options before the right one, and words of the message.
OBJECTS: tuple[tuple[Argument, tuple[str, ...]], ...] = (
    ("nope,id=a", ("no object type 'nope'", "-object help")),
    ("sev-snp-gest,id=a", ("no object type 'sev-snp-gest'", "did you mean 'sev-snp-guest'?")),
    ("sev-common,id=a", ("'sev-common' is abstract", "-object help")),
    ("microvm-machine,id=a", ("'microvm-machine'", "not with -object")),
    ("sev-snp-guest", ("needs an id", "id=sev0")),
    ("id=a", ("needs a type", "-object sev-snp-guest,id=sev0")),
    ("", ("-object: ", "empty")),
    ("sev-snp-guest,id=", ("'' cannot be the id", "starting with a letter")),
    ("sev-snp-guest,id=1a", ("'1a' cannot be the id", "starting with a letter")),
    ("sev-snp-guest,id=a/b", ("'a/b' cannot be the id", "use letters")),
    ("sev-snp-guest,id=a,,", ("'a,' cannot be the id",)),
    ("sev-snp-guest,id=" + "a" * 128, ("cannot be the id",)),
    ("sev-snp-guest,id=sev0", ("already", "id 'sev0'", "unique")),
    ("sev-snp-guest,id=a,id=b", ("-object: ", "'id' is given twice")),
    ("memory-backend-ram,id=a", ("memory-backend-ram", "needs its property 'size'")),
    ("memory-backend-ram,id=a,size=5000", ("memory-backend-ram 'a'", "multiple of 4 KiB, not 5000")),
    ("memory-backend-ram,id=a,size=0", ("memory-backend-ram 'a'", "'size' must be from 4096", "not 0")),
    ("memory-backend-ram,id=a,size=1M,prealloc=2", ("'prealloc' expects 'on' or 'off'", '"2"')),
    ("memory-backend-ram,id=a,size=1M,mem-path=x", ("memory-backend-ram 'a'", "no property 'mem-path'")),
    ("memory-backend-file,id=a,size=1M", ("memory-backend-file", "needs its property 'mem-path'")),
    ("memory-backend,id=a,size=1M", ("'memory-backend' is abstract", "-object help")),
    ("memory-backend-rom,id=a,size=1M", ("no object type 'memory-backend-rom'",
                                         "did you mean 'memory-backend-ram'?")),
    (b"sev-snp-guest,id=\xff", ("-object: ", "not valid UTF-8")),
)

#: Whole -object options as JSON, before the right one, and words of the message.
JSON: tuple[tuple[str, tuple[str, ...]], ...] = (
    ('{"qom-type":"sev-snp-guest","id":"a","policy":"0x30000"}',
     ("sev-snp-guest 'a'", "'policy' expects an integer", '"0x30000"')),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":"1"}', ("'policy' expects an integer", '"1"')),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":"debgu+smt"}',
     ("sev-snp-guest 'a'", "'policy' has no flag 'debgu'")),
    ('{"qom-type":"sev-guest","id":"a","policy":"es+es"}', ("sev-guest 'a'", "'policy' has 'es' twice")),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":["smt"]}', ("'policy' expects an integer",)),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":-1}', ("'policy' must be from 0", "not -1")),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":1.5}', ("'policy' expects an integer", "not 1.5")),
    ('{"qom-type":"sev-snp-guest","id":"a","policy":null}', ("'policy' expects an integer", "not null")),
    ('{"qom-type":"sev-snp-guest","id":"a","vcek-disabled":"on"}',
     ("'vcek-disabled' expects true or false", '"on"')),
    ('{"qom-type":"sev-snp-guest","id":"a","host-data":7}', ("sev-snp-guest 'a'", "'host-data'")),
    ('{"qom-type":"sev-snp-guest","id":"a","polcy":1}', ("no property 'polcy'", "did you mean 'policy'?")),
    ('{"qom-type":"sev-snp-guest","id":"sev0"}', ("already", "id 'sev0'", "unique")),
    ('{"qom-type":"sev-snp-guest"}', ("needs an id",)),
    ('{"qom-type":"sev-snp-guest","id":""}', ("'' cannot be the id",)),
    ('{"qom-type":"nope","id":"a"}', ("no object type 'nope'", "-object help")),
    ('{"id":"a"}', ("needs a type",)),
    ("{}", ("needs a type",)),
    ("{", ("-object: ", "JSON, line 1, column 2", "ends too early")),
    ('{"qom-type":"sev-snp-guest","id":"a"', ("-object: ", "JSON, line 1", "ends too early")),
    ('{"qom-type":"sev-snp-guest","id":"a"} x', ("-object: ", "JSON, line 1, column 39", "'x'")),
    ('{"id":"a","id":"b"}', ("-object: ", "JSON, line 1", "'id' is given twice")),
    ("{'id':'a'}", ("-object: ", "JSON, line 1, column 2", "out of place")),
    ("{" + '"a":{' * 2000, ("-object: ", "JSON, line 1")),
)

#: What replaces the memory of the right options, and words of the message.
BACKENDS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[Way, ...]], ...] = (
    (("-object", "memory-backend-ram,id=ram,size=64M", "-m", "128"),
     ("134217728 bytes", "'memory-backend' provides 67108864", "make them equal"), WITHOUT_HOST),
    (("-object", "memory-backend-file,id=ram,size=64M,mem-path=/nonexistent/ram"),
     ("cannot open", "'mem-path' '/nonexistent/ram'", "No such file"), (Way.SIMULATE,)),
    (("-object", "memory-backend-file,id=ram,size=64M,mem-path=/dev/null"),
     ("'/dev/null' is not a regular file",), (Way.SIMULATE,)),
    (("-object", "memory-backend-file,id=ram,size=64M,mem-path=/"), ("'mem-path' '/'", "directory"),
     (Way.SIMULATE,)),
)

#: Options of the process, and words of the message.
PROCESS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("-name", "vm,process=x"), ("-name: 'process' is not supported", "leave it out")),
    (("-name", "vm,debug-threads=1"), ("-name: 'debug-threads' expects 'on' or 'off'", '"1"')),
    (("-name", "guest=vm,uuid=1"), ("-name: 'uuid=1' is neither", "guest=NAME")),
    (("-uuid", "c7a5fdbd-edaf-9455-926a-d65c16db180"), ("-uuid: ", "is not a UUID")),
    (("-uuid", "c7a5fdbd-edaf-9455-926a-d65c16db180g"), ("-uuid: ", "is not a UUID")),
    (("-uuid", "c7a5fdbdedaf9455926ad65c16db1809"), ("-uuid: ", "is not a UUID", "xxxxxxxx-xxxx-")),
    (("-msg", "timestamp=yes"), ("-msg: 'timestamp' expects 'on' or 'off'",)),
    (("-msg", "time=on"), ("-msg: 'time=on' is neither", "timestamp=on|off")),
    (("-serial", "null", "-serial", "null"), ("-serial null: ", "one serial port")),
    (("-serial", "none"), ("-serial none: ", "-serial null")),
    (("-serial", "tcp::1234"), ("-serial tcp::1234: ", "file:PATH", "leave it out")),
    (("-serial", "file:"), ("-serial file:: ", "no path")),
    (("-serial", "unix:x,nowait"), ("-serial unix:x,nowait: ", "'nowait'", "wait=on|off")),
    (("-serial", "unix:,server=on"), ("-serial unix:,server=on: ", "no path")),
    (("-serial", "chardev:c"), ("-serial chardev:c: ", "no -chardev")),
    (("-serial", "chardev:c", "-chardev", "ringbuf,id=c"), ("-chardev ringbuf,id=c: ", "no chardev 'ringbuf'")),
    (("-serial", "chardev:c", "-chardev", "file,id=c"), ("-chardev file,id=c: ", "no path")),
    (("-serial", "chardev:c", "-chardev", "null,id=c,mux=on"), ("-chardev null,id=c,mux=on: ", "'mux=on'")),
    (("-serial", "chardev:c", "-chardev", "socket,id=c,path=x,port=1"), ("-chardev socket,", "'port=1'")),
    (("-daemonize", "-serial", "stdio"), ("-daemonize: ", "'-serial stdio'", "-serial null")),
    (("-display", "gtk"), ("-display gtk: ", "no display", "leave it out")),
    (("-S",), ("-S: ", "no monitor", "-qmp")),
    (("-no-shutdown",), ("-no-shutdown: ", "no monitor", "-qmp")),
    (("-boot", "strict=on,order=c"), ("-boot strict=on,order=c: ", "no devices")),
    (("-rtc", "base=utc,clock=vm"), ("-rtc: ", "'clock.clock' must be one of 'host'")),
    (("-rtc", "base=utc,driftfix=slew"), ("-rtc: ", "'clock.driftfix' must be one of 'none'")),
    (("-rtc", "base=tomorrow"), ("-rtc", "'tomorrow' is no date", "2026-01-31T23:59:00")),
    (("-overcommit", "mem-lock=on"), ("-overcommit mem-lock=on: ", "would not be locked")),
    (("-overcommit", "mem-lock=off,cpu-pm=on"), ("-overcommit mem-lock=off,cpu-pm=on: ", "not supported")),
    (("-sandbox", "on,obsolete=deny"), ("-sandbox on,obsolete=deny: ", "container")),
    (("-sandbox", "off,spawn=deny"), ("-sandbox off,spawn=deny: ", "container")),
    (("-device", "isa-debug-exit"), ("-device isa-debug-exit: ", "0xf4")),
    (("-device", "isa-debug-exit,iobase=0x501,iosize=4"), ("-device isa-debug-exit,", "0xf4")),
    (("-device", "virtio-net-pci"), ("-device virtio-net-pci: ", "leave it out")),
    (("-device", "vfio-pci,host=01:00.0"), ("-device vfio-pci,host=01:00.0: ", "no device of the host is handed")),
    (("-device", "vfio-ap,sysfsdev=x"), ("-device vfio-ap,sysfsdev=x: ", "no device of the host is handed")),
    (("-drive", "file=x,if=pflash"), ("-drive file=x,if=pflash: ", "flash is not measured", "-bios")),
    (("-drive", "file=x"), ("-drive file=x: ", "no disks")),
    (("-mem-path", "x"), ("-mem-path x: ", "memory-backend-file")),
    (("-shim", "a\nb\x1b"), ("-shim a?b?: ", "would not be measured")),
    (("-shim", "x" * 5000), ("-shim " + "x" * 60 + "...: ",)),
    (("-no-acpi",), ("-no-acpi: ", "no longer an option")),
    (("-enable-kvm", "-accel", "sim"), ("-accel: ", "'sim' here", "'kvm' with -enable-kvm")),
    (("-accel", "sim", "-enable-kvm"), ("-enable-kvm: ", "'kvm' here", "'sim' with -accel")),
    (("-accel", "sim", "-machine", "accel=kvm"), ("-machine: ", "'kvm' here", "'sim' with -accel")),
    (("-machine", "accel=tcg"), ("no accelerator 'tcg'", "use kvm, or sim")),
    (("-machine", "accel=hvf:tcg"), ("no accelerator 'hvf:tcg'", "use kvm, or sim")),
    (("-machine", "accel=kvm", "-accel", "sim"), ("-accel: ", "'sim' here", "'kvm' with -machine")),
)

#: -accel, with whose properties planning does not deal, and words of the message.
ACCELERATORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nope", ("no accelerator 'nope'", "use kvm, or sim")),
    ("tcg", ("no accelerator 'tcg'", "use kvm, or sim")),
    ("", ("-accel: ", "empty")),
    ("kvm,model=EPYC-Milan", ("-accel: ", "no property 'model'")),
    ("kvm,device=/dev/none", ("cannot open '/dev/none'", "No such file", "-accel sim")),
    ("sim,accel=sim", ("-accel: ", "'accel' is given twice")),
    ("sim,model=nope", ("no simulated host is called 'nope'", "EPYC-Milan", "EPYC-Turin")),
    ("sim,model=EPYC-Rome", ("sev-snp-guest 'sev0'", "no SEV-SNP guests", "KVM_CAP_VM_TYPES",
                             "or another model= of -accel sim")),
    ("sim,fault=", ("fault ''", "COMMAND[/TYPE][:NTH]=STATUS")),
    ("sim,model=EPYC-Naples", ("sev-snp-guest 'sev0'", "no SEV-SNP guests")),
    ("sim,fault=nope", ("fault 'nope'", "COMMAND[/TYPE][:NTH]=STATUS", "SNP_LAUNCH_START")),
    ("sim,fault=NOPE=1", ("fault 'NOPE=1'", "no firmware command is called 'NOPE'", "SNP_LAUNCH_START")),
    ("sim,fault=SNP_LAUNCH_START=NOPE", ("'NOPE' is no status", "POLICY_FAILURE")),
    ("sim,fault=SNP_LAUNCH_START=0", ("'0' is no status", "from 1 to 0xffff")),
    ("sim,fault=SNP_LAUNCH_START=65536", ("'65536' is no status",)),
    ("sim,fault=SNP_LAUNCH_START:0=1", ("'0' says which", "a number from 1")),
    ("sim,fault=SNP_LAUNCH_START/CPUID=1", ("only SNP_LAUNCH_UPDATE has a page type",)),
    ("sim,fault=SNP_LAUNCH_UPDATE/NOPE=1", ("no page type is called 'NOPE'", "SECRETS")),
    ("sim,fault=SNP_LAUNCH_START=1+", ("fault ''",)),
    ("sim,trace=/nonexistent/trace", ("cannot write the trace '/nonexistent/trace'", "No such file")),
    ("sim,trace=/", ("cannot write the trace '/'", "directory")),
    ("sim,report=/nonexistent/report", ("cannot append to", "report '/nonexistent/report'", "No such file or directory")),
    ("sim,report=/dev/full", ("cannot append to", "report '/dev/full': No space left on device")),
    ("sim,trace=/dev/full", ("cannot write the trace '/dev/full': No space left on device",)),
    ("sim,run=maybe", ("-accel: ", "'run' expects 'on' or 'off'")),
    ("sim,modl=EPYC-Milan", ("-accel: ", "no property 'modl'", "did you mean 'model'?")),
    ("sim,trace", ("-accel: ", "'trace' has no value")),
)


def _without_guest() -> list[Case]:
    return [
        as_given(["-nope", "x"], "no option 'nope'", "-help"),
        as_given(["-nope"], "no option 'nope'", "-help"),
        as_given(["-smpp", "2"], "no option 'smpp'", "did you mean 'smp'?"),
        as_given(["---machine", "x"], "no option '-machine'", "did you mean 'machine'?"),
        as_given(["-machin", "x"], "no option 'machin'", "did you mean 'machine'?"),
        as_given(["--obejct", "x"], "no option 'obejct'", "did you mean 'object'?"),
        as_given(["OVMF.fd"], "'OVMF.fd' is not an option", "-help"),
        as_given(["-"], "'-' is not an option"),
        as_given([""], "'' is not an option"),
        as_given(["-bois", "x"], "there is no option 'bois'; did you mean 'bios'?"),
        as_given(["-nographics"], "there is no option 'nographics'; did you mean 'nographic'?"),
        as_given(["-bios"], "-bios needs a value", "-help"),
        as_given(["-plan"], "-plan needs a value"),
        as_given(["-object"], "-object needs a value"),
        as_given(["-drive"], "-drive needs a value"),
        as_given(["-M", "help,help"], "there is no machine 'help'"),
        as_given([b"-cpu", b"\xff\xfe"], "-cpu: ", "not valid UTF-8"),
        as_given([b"-machine", b"type=\xc0\xaf"], "-machine: ", "not valid UTF-8"),
        as_given(["-object", "nope,help"], "no object type 'nope'"),
        as_given(["-object", "sev-common,help"], "'sev-common' is abstract"),
        as_given(["-plan", "text"], "nothing to plan", "add -object TYPE,id=ID"),
        as_given(["-plan", "json", "-accel", "sim", "-machine", "microvm"], "nothing to plan"),
        as_given(["-accel", "sim", "-machine", "microvm"], "no firmware is given", "-bios", "package ovmf"),
        Case("-object alone", ("-object", "sev-snp-guest,id=a"),
             ("sev-snp-guest 'a' protects no guest", "confidential-guest-support=a")),
        Case("a second -object", ("-object", "sev-guest,id=a", "-object", "sev-snp-guest,id=b",
                                  "-machine", "confidential-guest-support=a"),
             ("sev-snp-guest 'b' protects no guest", "linked to sev-guest 'a'", "leave one of the two out")),
    ]


def option_cases(firmware: Path) -> list[Case]:
    """Every case that is not about the firmware."""
    right = guest(firmware)
    unlinked = ("-bios", firmware, "-object", "sev-snp-guest,id=sev0")
    cases = _without_guest()
    cases += [as_given(["-plan", plan, *right], "-plan takes text or json", f"'{plan}'")
              for plan in ("xml", "", "JSON", "help")]
    cases += [Case(f"planned with -cpu {cpu}", tuple(guest(firmware, cpu=cpu)),
                   ("without a host", "-cpu EPYC-Milan"), (Way.PLAN,)) for cpu in ("host", None)]
    cases += [Case(f"property {text[:80]}", tuple(guest(firmware, text)), words)
              for text, words in PROPERTIES]
    cases += [Case(f"property {text[:80]}", tuple(guest(firmware, text)), words, ways)
              for text, words, ways in HOSTED]
    cases += [Case(f"{option} '{value}'", (*right, option, value), words) for option, value, words in SIZES]
    cases += [Case(f"-cpu '{value}'", (*right, "-cpu", value), words) for value, words in CPUS]
    cases += [Case(f"-machine '{value}'", (*unlinked, "-machine", value), words)
              for value, words in MACHINES]
    cases += [Case(f"-object {value!a:.90}", ("-object", value, *right), words) for value, words in OBJECTS]
    cases += [Case(f"-object {value!a:.90}", ("-object", value, *right), words) for value, words in JSON]
    cases += [Case(" ".join(given), (*right, *given, "-machine", "memory-backend=ram"), words, ways)
              for given, words, ways in BACKENDS]
    cases += [as_given((*given, *right), *words) for given, words in PROCESS]
    cases += [Case(f"-accel '{value}'", (*right, "-accel", value), words, (Way.GIVEN,))
              for value, words in ACCELERATORS]
    return cases
