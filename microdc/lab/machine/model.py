"""A virtual server as values: what it is made of, and what it was asked to boot from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from microdc.errors import InputError

Target = Literal["none", "pxe", "disk", "cd", "bios", "http"]
Enabled = Literal["disabled", "once", "continuous"]
Mode = Literal["bios", "uefi"]

TARGETS: tuple[Target, ...] = get_args(Target)


@dataclass(frozen=True, slots=True)
class BootRequest:
    """From where a machine starts instead of by its own order, as a BMC is asked for it.

    target: `bios` stays in the firmware and boots nothing; `http` is UEFI's. enabled: `once` holds for the next start
    or reset. mode: the firmware that starts, whatever the machine usually has.
    """

    target: Target
    enabled: Enabled
    mode: Mode

    def check(self) -> None:
        """Raises InputError for a request that no machine can carry out."""
        for what, value, known in (
            ("target", self.target, TARGETS),
            ("enabled", self.enabled, get_args(Enabled)),
            ("mode", self.mode, get_args(Mode)),
        ):
            if value not in known:
                raise InputError(f"{value!r} is no boot {what}", hint=f"one of {', '.join(known)}")
        if self.target == "http" and self.mode != "uefi":
            raise InputError("boot over HTTP is something that only UEFI does", hint="ask for mode uefi")

    def settled(self, firmware: Mode) -> BootRequest:
        """The same, with all that asks for nothing in one form."""
        if self.target == "none" or self.enabled == "disabled":
            return BootRequest("none", "disabled", firmware)
        return self


@dataclass(frozen=True, slots=True)
class Nic:
    """tap: an interface that exists in `namespace` and stays when the machine is off, as a switch's port does. rom: whether it brings iPXE; from one
    without, UEFI firmware boots by its own means, and BIOS not at all.
    """

    name: str
    mac: str
    tap: str
    namespace: str = ""
    rom: bool = True


@dataclass(frozen=True, slots=True)
class Disk:
    """A raw image of `size` bytes; made, all of it empty, at the first start that does not find it."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Description:
    """What a machine is made of: `machine.json`.

    memory_mib: what it was built with; memory_now_mib: what it starts with, less where a module is missing.
    boot_order: what it tries where nothing else is asked; what is not named is never booted from by itself.
    cd: an image in its drive, or None for a machine without one. console: whether it has a serial port.
    kvm: whether this machine's own processor runs it; None: to be tried at each start, which takes 0.2 s.
    """

    name: str
    uuid: str
    serial: str
    manufacturer: str
    model: str
    sku: str
    memory_mib: int
    memory_now_mib: int
    cpus: int
    firmware: Mode
    nics: tuple[Nic, ...]
    disks: tuple[Disk, ...]
    cd: Path | None
    namespace: str
    boot_order: tuple[Target, ...]
    console: bool
    kvm: bool | None = None
