"""What a server says it is, as the bytes of its FRU device (Platform Management FRU Information Storage 1.0). Pure."""

from __future__ import annotations

_VERSION = 1
_ENGLISH = 25
_RACK_MOUNT = 0x17  # chassis type, as in SMBIOS
_END = 0xC1  # no more fields
_LONGEST = 0x3F


def content(*, manufacturer: str, model: str, sku: str, serial: str) -> bytes:
    """A chassis and a product, padded to whole areas of 8 bytes."""
    chassis = _area(bytes([_RACK_MOUNT]), sku, serial)
    product = _area(bytes([_ENGLISH]), manufacturer, model, sku, "", serial, "", "")
    header = bytes([_VERSION, 0, 1, 0, 1 + len(chassis) // 8, 0, 0])  # offsets in units of 8 bytes
    return _summed(header) + chassis + product


def _area(head: bytes, *texts: str) -> bytes:
    body = head + b"".join(map(_field, texts)) + bytes([_END])
    units = -(-(len(body) + 3) // 8)  # version, length and checksum are in it
    return _summed((bytes([_VERSION, units]) + body).ljust(units * 8 - 1, b"\0"))


def _field(text: str) -> bytes:
    data = text.encode("ascii", "replace")[:_LONGEST]
    if len(data) == 1:
        data += b" "  # one byte of text has the mark of the end
    return bytes([0xC0 | len(data)]) + data if data else b"\0"


def _summed(data: bytes) -> bytes:
    """With the byte that makes the sum of all zero."""
    return data + bytes([-sum(data) & 0xFF])
