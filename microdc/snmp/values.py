"""Between pysnmp's ASN.1 values and plain Python."""

from __future__ import annotations

from typing import Any

from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.proto import rfc1902, rfc1905

from microdc.snmp.messages import END
from microdc.snmp.model import Row, Value
from microdc.snmp.oids import Oid, text

Bound = tuple[Oid, Any]
"""A name and the value that an agent told of it, of pysnmp's ASN.1 or of `messages`."""


def plain(value: Any) -> Value:
    """As `Value` says; whatever else an agent tells is its bytes. Of `messages` the values are plain already."""
    if value is None or isinstance(value, int | bytes | str):
        return value
    if value is END:
        return None
    if isinstance(value, univ.Null):  # and with it noSuchObject, noSuchInstance and endOfMibView
        return None
    if isinstance(value, univ.Integer):
        return int(value)
    if isinstance(value, univ.ObjectIdentifier):
        return text(tuple(value))
    return bytes(value)


def row(bound: Bound) -> Row:
    """With the name in dotted text."""
    return text(bound[0]), plain(bound[1])


def wished(oid: Oid, value: int | bytes) -> tuple[Any, Any]:
    """A name and what it is to be set to: an int as INTEGER, bytes as OCTET STRING."""
    made = rfc1902.Integer32(value) if isinstance(value, int) else rfc1902.OctetString(value)
    return rfc1902.ObjectName(oid), made


def ends(value: Any) -> bool:
    """Whether the agent says that nothing comes after."""
    return value is END or isinstance(value, rfc1905.EndOfMibView)
