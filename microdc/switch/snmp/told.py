"""What an agent told, looked up by object and index. What makes no sense there becomes a remark and None, never an exception. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from microdc.remarks import Remark
from microdc.snmp.model import Value
from microdc.snmp.oids import Oid, text
from microdc.switch.snmp import texts
from microdc.switch.snmp.objects import SCALAR, Index, Object


class Told:
    """The cells of what was walked, and the remarks that come of reading them. Of a cell that was told twice, the first one counts."""

    def __init__(self, cells: Iterable[tuple[Oid, Value]]) -> None:
        self._cells: dict[Oid, Value] = {}
        for oid, value in cells:
            if value is not None:
                self._cells.setdefault(oid, value)
        self._order = sorted(self._cells)
        self._columns: dict[Oid, dict[Index, Value]] = {}
        self._wrong: dict[tuple[str, str], list[Index]] = {}

    def column(self, of: Object) -> Mapping[Index, Value]:
        """All cells of a column, by index in ascending order."""
        found = self._columns.get(of.oid)
        if found is None:
            length = len(of.oid)
            first = bisect_left(self._order, (*of.oid, 0))
            end = bisect_left(self._order, (*of.oid[:-1], of.oid[-1] + 1), first)
            found = {oid[length:]: self._cells[oid] for oid in self._order[first:end]}
            self._columns[of.oid] = found
        return found

    def indexes(self, *of: Object) -> list[Index]:
        """Of every row that has one of these columns, in ascending order."""
        return sorted({index for column in of for index in self.column(column)})

    def number(self, of: Object, index: Index = SCALAR, *, least: int = 0) -> int | None:
        """An integer, counter, gauge or ticks. None, with a remark, for less than `least`."""
        value = self.column(of).get(index)
        if value is None:
            return None
        if not isinstance(value, int):
            self.remark(of.name, index, "it should be a number")
            return None
        if value < least:
            self.remark(of.name, index, f"it should not be less than {least}")
            return None
        return value

    def octets(self, of: Object, index: Index = SCALAR) -> bytes | None:
        """An octet string as it came; b"" is told as such."""
        value = self.column(of).get(index)
        if value is None or isinstance(value, bytes):
            return value
        self.remark(of.name, index, "it should be octets")
        return None

    def text(self, of: Object, index: Index = SCALAR) -> str | None:
        """Text for people; None for an empty one."""
        value = self.octets(of, index)
        return (texts.readable(value) or None) if value else None

    def identity(self, of: Object, index: Index = SCALAR) -> str | None:
        """An OBJECT IDENTIFIER in dotted text."""
        value = self.column(of).get(index)
        if value is None or isinstance(value, str):
            return value
        self.remark(of.name, index, "it should be an OID")
        return None

    def mac(self, of: Object, index: Index = SCALAR) -> str | None:
        """A MAC address, lower case with colons; None also for no octets and for the address of nobody."""
        value = self.octets(of, index)
        if not value or not any(value):
            return None
        found = texts.mac(value)
        if found is None:
            self.remark(of.name, index, "it should be a MAC address")
        return found

    def remark(self, name: str, index: Index, what: str) -> None:
        """Notes what makes no sense."""
        self._wrong.setdefault((name, what), []).append(index)

    def remarks(self) -> tuple[Remark, ...]:
        """What was noted, one for each object and kind of nonsense: a table of 10,000 wrong cells is one remark."""
        return tuple(Remark(_where(name, found), what) for (name, what), found in self._wrong.items())


def _where(name: str, found: list[Index]) -> str:
    first = f"{name}.{text(found[0])}" if found[0] else name
    others = len(set(found)) - 1
    return f"{first} and {others} more" if others else first
