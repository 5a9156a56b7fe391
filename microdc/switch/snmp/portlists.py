"""Q-BRIDGE-MIB, PortList: which of a bridge's ports are in a set. Pure.

A string of bits, the first of the first octet for port 1. Some agents send text in its place: Juniper's numbers with commas between them, Dell's SONiC the
octets as hexadecimal digits, or 0 for none.
"""

from __future__ import annotations

import re

_NUMBERS = re.compile(rb"[0-9]+(,[0-9]+)+")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{2}( [0-9A-Fa-f]{2})+ ?")
_BITS = 8


def written(said: bytes) -> bool:
    """Whether it is text for sure. One port's number alone is not: 17 and the bits of two octets look alike."""
    return bool(_NUMBERS.fullmatch(said) or _DIGITS.fullmatch(said))


def members(said: bytes, *, text: bool = False) -> tuple[int, ...]:
    """The numbers of ports, ascending. text: the agent writes such lists as text elsewhere, so that "17" is port 17 and "0" is none."""
    if _NUMBERS.fullmatch(said) or (text and said.isdigit()):
        return tuple(sorted({int(number) for number in said.split(b",")} - {0}))
    octets = bytes.fromhex(said.decode("ascii")) if _DIGITS.fullmatch(said) else said
    return tuple(
        place * _BITS + bit + 1
        for place, octet in enumerate(octets)
        if octet
        for bit in range(_BITS)
        if octet & (0x80 >> bit)
    )
