"""Text as IPMI stores it: a type and length byte, then characters in one of four codes (section 43.15)."""

from __future__ import annotations

_BCD_PLUS = "0123456789 -.:,_"


def decoded(kind: int, data: bytes) -> str:
    """Text of a code: 0 Unicode, 1 BCD plus, 2 packed 6-bit ASCII, 3 Latin-1. Control characters and blanks at its ends are left out."""
    if kind == 1:
        text = "".join(_BCD_PLUS[byte >> 4] + _BCD_PLUS[byte & 15] for byte in data)
    elif kind == 2:
        bits = int.from_bytes(data, "little")
        text = "".join(chr(0x20 + (bits >> at & 0x3F)) for at in range(0, len(data) * 8 - 5, 6))
    else:
        text = data.decode("utf-8" if kind == 0 else "latin-1", "replace")
    return "".join(character for character in text if character.isprintable()).strip()


def field(data: bytes, at: int) -> tuple[str, int]:
    """The text whose type and length byte is at `at`, and where the next one begins. Raises IndexError past the end."""
    size = data[at] & 0x3F
    if at + 1 + size > len(data):
        raise IndexError("text goes on past the end")
    return decoded(data[at] >> 6, data[at + 1 : at + 1 + size]), at + 1 + size
