"""What a vendor's table of outlets looks like: columns and numbers, and how an outlet is named in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microdc.bmc.model import SensorKind
from microdc.errors import InputError

_OUTLET = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured at each outlet. value: the column; type: what follows the outlet's index, where a column holds several.

    scale: what one unit of the agent is in `unit`. digits: the column that tells how many of the value's digits are decimals, available: the
    one that tells (1 for yes) whether there is a value; "" for none.
    """

    kind: SensorKind
    unit: str
    value: str
    type: str = ""
    scale: float = 1.0
    digits: str = ""
    available: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Outlets that can be switched. command, state: the columns that are set and read; on, off: what is set; is_on, is_off: what is read.

    group: the index before the outlet's own, where the table has one and the document does not give it.
    """

    name: str
    command: str
    on: int
    off: int
    state: str
    is_on: int
    is_off: int
    group: str = ""
    measures: tuple[Measure, ...] = ()

    def index(self, outlet: str, *, where: str = "") -> str:
        """What follows a column for an outlet of the document. Raises InputError."""
        levels = 1 + bool(self.group)
        if not _OUTLET.fullmatch(outlet) or outlet.count(".") >= levels:
            form = "a number, or PDU.OUTLET of linked ones" if self.group else "a number"
            raise InputError(
                f"{outlet!r} is no outlet of {self.name}",
                where=where,
                hint=f"after the PDU's colon write {form}",
            )
        return outlet if "." in outlet or not self.group else f"{self.group}.{outlet}"
