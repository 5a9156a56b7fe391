"""The boot override as bytes (Get and Set System Boot Options, 28.12 and 28.13, tables 28-14)."""

from __future__ import annotations

import contextlib

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.ipmi.commands import CHASSIS, Ask, Command, broken
from microdc.bmc.model import Boot, BootMode, BootTarget, Lasting

FLAGS = 5
"""The parameter that holds the override."""
_KEEP = 3  # the parameter that says when the BMC drops the override by itself
_KEEP_AFTER_A_MINUTE = 0x08  # not because no power command came within 60 s
_VALID, _PERSISTENT, _EFI = 0x80, 0x40, 0x20
_LOCKED = 0x80

_TARGETS = {
    0x0: BootTarget.NONE,
    0x1: BootTarget.PXE,
    0x2: BootTarget.DISK,
    0x5: BootTarget.CD,
    0x6: BootTarget.BIOS,
}
_OTHERS = {
    0x3: "disk, safe mode",
    0x4: "diagnostic partition",
    0x7: "remote floppy",
    0x8: "remote CD",
    0x9: "primary remote media",
    0xB: "remote disk",
    0xF: "floppy",
}
_NUMBERS = {target: number for number, target in _TARGETS.items()}
TARGETS = frozenset(_NUMBERS)
"""What IPMI has a number for."""


def decoded(told: bytes) -> Boot:
    """What the answer to Get System Boot Options says: version, parameter, then the five bytes of the flags. Raises ValueError.

    Only flags whose valid bit is set count. IPMI's other mode beside EFI is the PC's BIOS; there is none for "whatever the server has".
    """
    if len(told) < 4 or told[1] & 0x7F != FLAGS:
        raise ValueError("these are no boot flags")
    flags, number = told[2], told[3] >> 2 & 0x0F
    target = _TARGETS.get(number, BootTarget.OTHER)
    word = _OTHERS.get(number, target.value if number in _TARGETS else f"device {number}")
    if told[1] & _LOCKED or not flags & _VALID:
        lost = f"default ({word}, but not valid)" if number else "default"
        return Boot(BootTarget.NONE, "disabled", None, lost)
    lasting: Lasting = "continuous" if flags & _PERSISTENT else "once"
    return Boot(target, lasting, BootMode.UEFI if flags & _EFI else BootMode.BIOS, word)


def encoded(wanted: Boot) -> bytes:
    """The five bytes of the flags for a wish; without a mode that of a BIOS. Raises KeyError for what IPMI has no number for."""
    number = _NUMBERS[wanted.target]
    if wanted.lasting == "disabled":
        return bytes(5)
    flags = _VALID | (_PERSISTENT if wanted.lasting == "continuous" else 0)
    return bytes([flags | (_EFI if wanted.mode is BootMode.UEFI else 0), number << 2, 0, 0, 0])


def read(ask: Ask) -> Boot:
    """The override, read now."""
    command = Command("Get System Boot Options", CHASSIS, 0x09, bytes([FLAGS, 0, 0]))
    try:
        return decoded(ask(command))
    except ValueError as error:
        raise broken(command, ask.where, str(error)) from None


def write(ask: Ask, wanted: Boot) -> None:
    """Asks for an override. That a BMC does not let itself be told how long to keep it stops nothing."""
    with contextlib.suppress(BmcRefusedError):
        ask(_set(_KEEP, bytes([_KEEP_AFTER_A_MINUTE])))
    ask(_set(FLAGS, encoded(wanted)))


def _set(parameter: int, data: bytes) -> Command:
    return Command("Set System Boot Options", CHASSIS, 0x08, bytes([parameter]) + data, once=True)
