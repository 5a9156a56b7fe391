"""What rows of SNMP are made of, as pass_persist of snmpd.conf(5) writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from microdc.lab.switch.tables.kernel import Entry

Oid = tuple[int, ...]
Row = tuple[Oid, str, str]
"""OID, type and value."""
MIB2: Oid = (1, 3, 6, 1, 2, 1)
_LEARNED, _SELF = 3, 4  # dot1dTpFdbStatus, dot1qTpFdbStatus


def bits(numbers: Iterable[int]) -> bytes:
    """PortList of Q-BRIDGE-MIB: the first port is the highest bit of the first byte."""
    made = bytearray()
    for number in numbers:
        place = (number - 1) // 8
        made.extend(bytes(place + 1 - len(made)))
        made[place] |= 0x80 >> (number - 1) % 8
    return bytes(made)


def spaced(text: str) -> str:
    return text.replace(":", " ")


def octets(mac: str) -> Oid:
    return tuple(bytes.fromhex(mac.replace(":", "")))


def status(entry: Entry) -> str:
    return str(_LEARNED if entry.learned else _SELF)


def hexed(data: bytes) -> str:
    return data.hex(" ")
