"""Whether QEMU can run a guest on this machine's own processor.

`/dev/kvm` may be there, make machines and processors, and still run nothing (nested and paravirtual hosts), so the
probe runs a program of five bytes the way a guest would be run, and looks for what it does.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache

from microdc.host import abilities
from microdc.host.abilities import Ability

PROCESSOR = ("-accel", "kvm", "-cpu", "host")
_ROM_SIZE = 0x10000  # a BIOS ends at the top of the address space; the processor starts 16 bytes below that
_START = _ROM_SIZE - 16
_PROGRAM = bytes.fromhex("b010 e6f4 f4")  # mov al, 16; out 0xf4, al; hlt
_STATUS = 16 << 1 | 1  # how QEMU's isa-debug-exit turns what is written to it into an exit status
_PATIENCE = 5  # s; it takes 0.2 where it works


def kvm() -> Ability:
    """The device as `abilities.kvm` sees it, and whether a program really runs on it."""
    device = abilities.kvm()
    if device.works and not kvm_usable():
        return Ability(
            device.name, works=False, detail="the device is there, but QEMU cannot run a program on it"
        )
    return device


@cache
def kvm_usable() -> bool:
    """Tries it, once for each process."""
    if not abilities.kvm().works:
        return False
    with tempfile.NamedTemporaryFile(suffix=".rom") as rom:
        rom.write((bytes(_START) + _PROGRAM).ljust(_ROM_SIZE, b"\0"))
        rom.flush()
        argv = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc"]
        argv += [*PROCESSOR, "-m", "16", "-bios", rom.name, "-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        try:
            return (
                subprocess.run(argv, capture_output=True, timeout=_PATIENCE, check=False).returncode
                == _STATUS
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
