"""What came of a run, node by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from microdc.deploy.model import NodeRecord
from microdc.errors import Exit

Ended = Literal["done", "failed", "left", "lost", "nothing", "refused"]
"""How a run ended for a node. left: it goes on by itself, unwatched; lost: another microdc has it now; nothing: there was nothing to do."""

_EXITS: Mapping[Ended, Exit] = {
    "done": Exit.OK,
    "nothing": Exit.OK,
    "failed": Exit.FAILED,
    "left": Exit.UNREACHABLE,
    "lost": Exit.LOCKED,
    "refused": Exit.LOCKED,
}


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """What came of one node. what: in words, "" where its record says all."""

    record: NodeRecord
    ended: Ended
    what: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all, in the inventory's order."""

    outcomes: tuple[NodeOutcome, ...]

    @property
    def exit(self) -> Exit:
        """The exit code that stands for all: a failure before what could not be reached, and that before what is somebody else's."""
        codes = {_EXITS[outcome.ended] for outcome in self.outcomes}
        order = (Exit.FAILED, Exit.UNREACHABLE, Exit.LOCKED)
        return next((code for code in order if code in codes), Exit.OK)
