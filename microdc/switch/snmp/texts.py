"""Octets of a device -> text and addresses. Pure.

Agents send text in the encoding of whoever typed it, with what is left in the buffer after it, and MAC addresses as 6 octets or as people write them.
"""

from __future__ import annotations

import ipaddress
import re

_HEX = re.compile(
    rb"[0-9A-Fa-f]{2}([-: ]?)[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}"
)
_MAC = 6
_ADDRESSES = {4, 16}


def readable(said: bytes) -> str:
    r"""UTF-8 as it is, Latin-1 where that makes printable text; other octets and control characters are written \x1b, so that none is lost or obeyed."""
    told = said.rstrip(b"\0").replace(b"\r\n", b"\n")
    for encoding in ("utf-8", "latin-1"):
        try:
            text = told.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or all(_shown(letter) for letter in text):
            return "".join(letter if _shown(letter) else _escaped(letter) for letter in text).strip()
    return "".join(
        chr(octet) if _shown(chr(octet)) and octet < 0x80 else f"\\x{octet:02x}" for octet in told
    ).strip()


def _shown(letter: str) -> bool:
    return letter.isprintable() or letter in "\n\t"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def plain(said: bytes) -> bool:
    """Whether it is text that somebody meant to be read, in UTF-8 or, if most of it is ASCII, in Latin-1."""
    told = said.rstrip(b"\0")
    try:
        text = told.decode("utf-8")
    except UnicodeDecodeError:
        text = told.decode("latin-1") if 2 * sum(octet < 0x80 for octet in told) > len(told) else "\0"
    return bool(text) and all(_shown(letter) for letter in text)


def mac(said: bytes) -> str | None:
    """A MAC address, lower case with colons, of 6 octets or of its text in the usual spellings; None where it is none."""
    if len(said) == _MAC:
        return said.hex(":")
    told = said.strip(b"\0 ")
    if not _HEX.fullmatch(told):
        return None
    return bytes.fromhex(re.sub(rb"[-:. ]", b"", told).decode("ascii")).hex(":")


def address(said: bytes) -> str | None:
    """An IP address of 4 or 16 octets; None for any other number of them."""
    return str(ipaddress.ip_address(said)) if len(said) in _ADDRESSES else None
