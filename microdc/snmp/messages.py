"""SNMPv2c's messages (RFC 1901, RFC 3416) in BER, as far as they read: requests written, responses read; `secure` puts SNMPv3 around them. Pure.

pysnmp reads some thousand objects a second, since it makes several Python objects of each; what is read of many switches at once needs more, and so these
few messages are read here. pysnmp has all that sets values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from microdc.snmp.model import Value
from microdc.snmp.oids import Oid, text

GET, BULK = 0xA0, 0xA5
RESPONSE: Final = 0xA2
_VERSION: Final = 1
"""SNMPv2c writes itself so."""
INTEGER, OCTETS, _NULL, _OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
_END_OF_VIEW: Final = 0x82
_NOTHING: Final = {_NULL, 0x80, 0x81}
"""noSuchObject and noSuchInstance among them."""
_UNSIGNED: Final = {0x41, 0x42, 0x43, 0x46, 0x47}
"""Counters, gauges and ticks; some agents leave out the octet that says they are not negative."""
_LONG: Final = 0x80
_LAST: Final = 0x80
"""Set in all octets of a number of an OID but its last one."""


class End:
    """In the place of a value: nothing comes after."""


END: Final = End()


@dataclass(frozen=True, slots=True)
class Response:
    """number: of the request; status, index: what went wrong and with which object, as the agent tells it."""

    number: int
    status: int
    index: int
    values: list[tuple[Oid, Value | End]]


def request(community: bytes, number: int, kind: int, oids: Sequence[Oid], rows: int = 0) -> bytes:
    """A GET, or a GETBULK for so many rows of each object. number: the request's own, of 31 bits."""
    head = integer(_VERSION) + wrapped(OCTETS, community)
    return wrapped(SEQUENCE, head + pdu(number, kind, oids, rows))


def pdu(number: int, kind: int, oids: Sequence[Oid], rows: int = 0) -> bytes:
    """What a request asks, without who asks it."""
    names = b"".join(wrapped(SEQUENCE, wrapped(_OID, _packed(oid)) + b"\x05\0") for oid in oids)
    return wrapped(kind, integer(number) + integer(0) + integer(rows) + wrapped(SEQUENCE, names))


def integer(value: int) -> bytes:
    """An INTEGER."""
    return wrapped(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def wrapped(tag: int, content: bytes) -> bytes:
    """A tag, the content's length, the content."""
    length = len(content)
    if length < _LONG:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(digits))) + digits + content


def _packed(oid: Oid) -> bytes:
    packed = bytearray()
    for number in (oid[0] * 40 + oid[1], *oid[2:]):
        octets = [number & 0x7F]
        rest = number >> 7
        while rest:
            octets.append(_LAST | rest & 0x7F)
            rest >>= 7
        packed += bytes(reversed(octets))
    return bytes(packed)


def response(data: bytes, community: bytes) -> Response | None:
    """What an agent answers; None for what is no response of v2c to this community, or breaks off."""
    try:
        return _response(data, community)
    except (IndexError, ValueError):
        return None


def _response(data: bytes, community: bytes) -> Response | None:
    start, end = inside(data, 0, len(data), SEQUENCE)
    version, at = integer_at(data, start, end)
    first, last = inside(data, at, end, OCTETS)
    if version != _VERSION or data[first:last] != community:
        return None
    return told(data, last, end, RESPONSE)


def told(data: bytes, at: int, end: int, kind: int) -> Response:
    """The PDU that stands there. Raises ValueError and IndexError for what is none of this kind, or breaks off."""
    at, end = inside(data, at, end, kind)
    number, at = integer_at(data, at, end)
    status, at = integer_at(data, at, end)
    index, at = integer_at(data, at, end)
    at, end = inside(data, at, end, SEQUENCE)
    values: list[tuple[Oid, Value | End]] = []
    while at < end:
        first, last = inside(data, at, end, SEQUENCE)
        start, middle = inside(data, first, last, _OID)
        tag, begin, stop = _head(data, middle, last)
        values.append((_unpacked(data[start:middle]), _value(tag, data[begin:stop])))
        at = last
    return Response(number, status, index, values)


def _head(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """A tag, and where its content begins and ends. Raises ValueError where that is beyond the end."""
    length = data[at + 1]
    begin = at + 2
    if length >= _LONG:
        digits = length & 0x7F
        length = int.from_bytes(data[begin : begin + digits], "big")
        begin += digits
    if begin + length > end:
        raise ValueError("it breaks off")
    return data[at], begin, begin + length


def inside(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of what stands there begins and ends. Raises ValueError for another tag."""
    found, begin, stop = _head(data, at, end)
    if found != tag:
        raise ValueError(f"tag {found:#x} stands where {tag:#x} should")
    return begin, stop


def integer_at(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An INTEGER, and where it ends."""
    begin, stop = inside(data, at, end, INTEGER)
    return int.from_bytes(data[begin:stop], "big", signed=True), stop


def _unpacked(packed: bytes) -> Oid:
    numbers = []
    number = 0
    for octet in packed:
        if octet < _LAST:
            numbers.append(number << 7 | octet)
            number = 0
        else:
            number = number << 7 | octet & 0x7F
    if not numbers or packed[-1] >= _LAST:
        raise ValueError("an OID without an end")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - first * 40, *numbers[1:])


def _value(tag: int, content: bytes) -> Value | End:
    if tag == INTEGER:
        return int.from_bytes(content, "big", signed=True)
    if tag in _UNSIGNED:
        return int.from_bytes(content, "big")
    if tag == _OID:
        return text(_unpacked(content)) if content else "0.0"
    if tag in _NOTHING:
        return None
    return END if tag == _END_OF_VIEW else content
