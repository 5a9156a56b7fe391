"""Inventory data of a part: Platform Management FRU Information Storage Definition, v1.0, revision 1.3."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from microdc.bmc.ipmi import text

_HEADER = 8
_END = 0xC1


class _Kind(NamedTuple):
    """An area. pointer: the byte of the common header that says where it is, in multiples of 8 (chapter 8); first: its first text."""

    name: str
    pointer: int
    first: int
    fields: tuple[str, ...]


_BOARD = _Kind("board", 3, 6, ("manufacturer", "model", "serial", "part"))
_PRODUCT = _Kind("product", 4, 3, ("manufacturer", "model", "part", "version", "serial", "asset"))
_PLACEHOLDERS = frozenset(
    {"", "0", "none", "n/a", "na", "not available", "not specified", "unknown", "default string",
     "to be filled by o.e.m.", "system serial number", "system manufacturer", "system product name",
     "o.e.m.", "empty", "null", "."}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fru:
    """Fields by name: manufacturer, model, part, serial, and of a product also version and asset. Blanks and placeholders are left out.

    faults: what of it is broken.
    """

    board: dict[str, str] = field(default_factory=dict)
    product: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def first(self, name: str) -> str | None:
        """A field of the product, else of the board."""
        return self.product.get(name) or self.board.get(name)


def said(value: str) -> str | None:
    """A value; None for a blank one or a placeholder."""
    blank = value.strip().lower() in _PLACEHOLDERS or not value.strip(" .-0xX?")
    return None if blank else value.strip()


def decoded(data: bytes) -> Fru:
    """The board and product areas. Nothing raises: what is cut off or has a wrong checksum is in `faults`."""
    if len(data) < _HEADER or data[0] & 0x0F != 1:
        return Fru(faults=("there is no inventory data",))
    faults: list[str] = []
    if sum(data[:_HEADER]) & 0xFF:
        faults.append("the checksum of its header is wrong")
    board = _texts(_area(data, _BOARD, faults), _BOARD, faults)
    product = _texts(_area(data, _PRODUCT, faults), _PRODUCT, faults)
    return Fru(board, product, tuple(faults))


def _area(data: bytes, kind: _Kind, faults: list[str]) -> bytes:
    """The bytes of an area; none where there is none."""
    start = data[kind.pointer] * 8
    if start == 0:
        return b""
    size = data[start + 1] * 8 if len(data) > start + 1 else 0
    area = data[start : start + size]
    if not area or len(area) < size:
        faults.append(f"the {kind.name} area is cut off")
    elif sum(area) & 0xFF:
        faults.append(f"the checksum of the {kind.name} area is wrong")
    return area


def _texts(area: bytes, kind: _Kind, faults: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    at = kind.first
    for name in kind.fields:
        if at >= len(area) or area[at] == _END:
            break
        try:
            value, at = text.field(area, at)
        except IndexError:
            faults.append(f"the {name} in the {kind.name} area is cut off")
            break
        if kept := said(value):
            found[name] = kept
    return found
