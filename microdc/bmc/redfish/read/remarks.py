"""The remarks of one reading: each once, and not more of them than a person reads."""

from __future__ import annotations

from typing import Final

from microdc.bmc.model import Remark
from microdc.bmc.redfish.read.links import ROOT

MOST: Final = 200


class Remarks:
    """Collects remarks. A tree that is broken everywhere is said to be so, not listed to its end."""

    def __init__(self) -> None:
        self._kept: dict[Remark, None] = {}
        self._more = False

    def add(self, where: str, what: str) -> None:
        remark = Remark(where, what)
        if remark in self._kept:
            return
        if len(self._kept) < MOST:
            self._kept[remark] = None
        else:
            self._more = True

    def all(self) -> tuple[Remark, ...]:
        """In the order in which they were made."""
        rest = (Remark(ROOT, f"has more to remark than these {MOST}"),) if self._more else ()
        return (*self._kept, *rest)
