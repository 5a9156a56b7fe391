"""Objects of MIBs by name and number. Pure."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from microdc.snmp.oids import Oid

Index: TypeAlias = "tuple[int, ...]"
"""What follows a column's OID in the name of one of its cells; (0,) for an object that is in no table."""
SCALAR: Index = (0,)


class Object(NamedTuple):
    """A column of a table, or an object that is in none. name: the MIB's."""

    name: str
    oid: Oid


def columns(entry: Oid, **numbers: int) -> tuple[Object, ...]:
    """Columns of one table, in the order given. entry: the OID of its entry."""
    return tuple(Object(name, (*entry, number)) for name, number in numbers.items())
