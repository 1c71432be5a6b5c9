# SPDX-License-Identifier: LGPL-2.1-or-later
"""The POWER box: an emulated POWER9 server in QEMU's TCG, with Debian's kernel and its kvm-hv, in which the ppc64le cgvm
has a real KVM-HV wherever QEMU runs. Made of the folder that scripts/fetch-ppc has filled."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from box import INIT, archive

#: In the order in which they are loaded.
MODULES = ("arch/powerpc/kvm/kvm.ko", "arch/powerpc/kvm/kvm-hv.ko")
#: What the init prints at last: QEMU does not end when this machine is turned off.
END = "-- end of the box --"
TRIPLE = "powerpc64le-linux-gnu"


class PpcBox:
    """The parts of the box, and runs of it."""

    def __init__(self, root, cgvm):
        self.root = pathlib.Path(root)
        self.kernel = next((self.root / "guest/boot").glob("vmlinux-*"))
        self.busybox = (self.root / "guest/bin/busybox").read_bytes()
        self.cgvm = pathlib.Path(cgvm)

    def guest(self, script):
        """The initramfs of a guest whose init is busybox with @script."""
        return archive({"bin/busybox": self.busybox, "init": (INIT + script).encode()})

    def build(self, source, address=0x10000, order="little"):
        """The ELF file that the assembly @source becomes, loaded at @address."""
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "guest"
            subprocess.run([self.root / "cross/cc", f"-m{order}-endian", "-ffreestanding", "-nostdlib", "-static", "-no-pie",
                            "-Wl,--build-id=none", f"-Wl,-Ttext={address:#x}", f"-Wl,-m,elf64{'l' if order == 'little' else ''}ppc",
                            "-o", path, source], check=True)
            return path.read_bytes()

    def _libraries(self):
        """The libraries that cgvm needs, by their path in the box."""
        cross = self.root / "cross"
        content, names = {}, {"ld64.so.2"}
        todo = [self.cgvm]
        while todo:
            listed = subprocess.run([cross / f"usr/bin/{TRIPLE}-readelf", "-d", todo.pop()], capture_output=True, text=True,
                                    check=True, env={**os.environ, "LD_LIBRARY_PATH": str(cross / "usr/lib/x86_64-linux-gnu")})
            for name in re.findall(r"\(NEEDED\).*\[(.*)\]", listed.stdout):
                if name in names:
                    continue
                names.add(name)
                path = next((cross / folder / TRIPLE / name for folder in ("lib", "usr/lib")
                             if (cross / folder / TRIPLE / name).exists()), self.cgvm.parent.parent / "lib" / name)
                content[f"lib/{TRIPLE}/{name}"] = path.read_bytes()
                todo.append(path)
        content["lib64/ld64.so.2"] = (cross / f"lib/{TRIPLE}/ld64.so.2").read_bytes()
        return content

    def _initramfs(self, script, files):
        modules = next((self.root / "guest/lib/modules").glob("*/kernel"))
        content = {"bin/busybox": self.busybox, "bin/cgvm": self.cgvm.read_bytes(), **self._libraries()}
        init = INIT + f"export LD_LIBRARY_PATH=/lib/{TRIPLE}\n"
        for module in MODULES:
            content[os.path.basename(module)] = (modules / module).read_bytes()
            init += f"/bin/busybox insmod /{os.path.basename(module)}\n"
        content["init"] = (init + script + f"/bin/busybox echo '{END}'\n/bin/busybox sleep 1000\n").encode()
        return archive({**content, **files})

    def run(self, script, files, timeout, memory=2048, cpus=1):
        """What the box prints while its init runs @script with @files, for at most @timeout seconds."""
        libraries = [str(self.root / "box" / folder / "x86_64-linux-gnu") for folder in ("usr/lib", "lib")]
        with tempfile.TemporaryDirectory() as directory:
            initramfs, output = pathlib.Path(directory) / "initramfs", pathlib.Path(directory) / "output"
            initramfs.write_bytes(self._initramfs(script, files))
            command = [self.root / "box/usr/bin/qemu-system-ppc64", "-L", self.root / "box/usr/share/qemu",
                       "-accel", "tcg", "-M", "powernv9", "-cpu", "POWER9", "-m", str(memory), "-smp", str(cpus), "-nodefaults",
                       "-nographic", "-serial", f"file:{output}", "-kernel", self.kernel, "-initrd", initramfs,
                       "-append", "console=hvc0 quiet panic=-1"]
            machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE,
                                       env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})
            try:
                end = time.monotonic() + timeout
                while time.monotonic() < end and machine.poll() is None:
                    if output.exists() and END in output.read_text(errors="replace"):
                        break
                    time.sleep(0.2)
            finally:
                machine.send_signal(signal.SIGKILL)
                complaints = machine.communicate()[1].decode(errors="replace")
            printed = output.read_text(errors="replace") if output.exists() else ""
        return printed + complaints
