"""What the firmware's tables say of memory modules. Pure.

Structures and offsets are those of DMTF DSP0134, System Management BIOS reference specification: 6.1.2 and 7.18.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_END, _MEMORY_DEVICE = 127, 17
_UNKNOWN_SIZE, _LARGE_SIZE = 0xFFFF, 0x7FFF


@dataclass(frozen=True, slots=True)
class Structure:
    """body: with its four bytes of head, so that offsets are the specification's. strings: counted from 1 in the body."""

    kind: int
    body: bytes
    strings: tuple[str, ...]

    def text(self, offset: int) -> str:
        number = self.body[offset] if offset < len(self.body) else 0
        return self.strings[number - 1].strip() if 0 < number <= len(self.strings) else ""

    def word(self, offset: int, size: int = 2) -> int:
        return int.from_bytes(self.body[offset : offset + size], "little")


def structures(table: bytes) -> Iterator[Structure]:
    """All of a table, as far as it is whole."""
    at = 0
    while at + 4 <= len(table):
        kind, length = table[at], table[at + 1]
        end = table.find(b"\0\0", at + length)
        if length < 4 or end < 0:
            return
        strings = table[at + length : end].split(b"\0") if end > at + length else []
        yield Structure(
            kind, table[at : at + length], tuple(text.decode("ascii", "replace") for text in strings)
        )
        if kind == _END:
            return
        at = end + 2


def memory_modules(table: bytes) -> list[dict[str, Any]]:
    """Each place for a module: {slot, size (bytes, 0 where it is empty), speed (MT/s), manufacturer, part, serial}."""
    return [
        {
            "slot": device.text(0x10),
            "size": _size(device),
            "speed": device.word(0x15),
            "manufacturer": device.text(0x17),
            "part": device.text(0x1A),
            "serial": device.text(0x18),
        }
        for device in structures(table)
        if device.kind == _MEMORY_DEVICE and len(device.body) > 0x0E
    ]


def _size(device: Structure) -> int:
    size = device.word(0x0C)
    if size == _UNKNOWN_SIZE:
        return 0
    if size == _LARGE_SIZE:
        return device.word(0x1C, 4) << 20
    return (size & 0x7FFF) << (10 if size & 0x8000 else 20)
