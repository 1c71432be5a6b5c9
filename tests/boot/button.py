# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel with a power button that the monitor presses, in the box: what its guest does, and what cgvm is told."""

from cases import MONITOR

MODULES = ("drivers/acpi/button.ko", "drivers/input/evdev.ko")
#: Waits for a key as its driver has it: 16 bytes of time, then the kind of event, which key, and what it did.
GUEST = """
echo "guest: waits"
/bin/busybox dd if=/dev/input/event0 of=/event bs=24 count=1 2>/dev/null
echo "guest: event $(/bin/busybox hexdump -s 16 -e '1/2 "%d," 1/2 "%d," 1/4 "%d"' /event)"
/bin/busybox poweroff -f
"""
#: What it says: EV_KEY, KEY_POWER, pressed.
PRESSED = ["guest: waits", "guest: event 1,116,1"]
#: Presses it with the options and the kernel's command line that are to be filled in.
RUN = r"""
/bin/busybox --install -s /bin
mkdir /tmp
cgvm=cgvm tmp=/tmp
""" + MONITOR.replace("{", "{{").replace("}", "}}") + r"""
start {options} -kernel /vmlinuz -initrd /guest -append "{append}"
await "guest: waits"
press 1
wait $cgvm_pid
echo "box: status $?"
cat $tmp/out
"""
