"""What is written down of every change and measurement, and whose leave it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from microdc.store.happenings import Happening
from microdc.store.model import Entry
from microdc.store.pages import Book
from microdc.store.process import presence
from microdc.wan import plain
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.planning import Situation


@dataclass(frozen=True, slots=True)
class Ledger(Book):
    """The book of a testbed, as changes of its WAN are written into it."""

    def check(self, plan: Plan) -> None:
        """Raises RefusedError where somebody else holds the WAN, or a site whose traffic the plan changes."""
        resources = ["wan", *(f"site:{name}" for name in sorted(plan.sites))]
        self.ask_leave(resources)

    def note(self, kind: str, plan: Plan) -> None:
        """Writes down a plan that is not carried out."""
        self.store.journal.note(kind, self.actor, self.testbed, plan.summary, plan_data(plan))

    def collect(self, situations: Mapping[str, Situation]) -> None:
        """Takes in what the agents did without a controller."""
        told = [
            Happening(name, s.hello.boot, note.number, datetime.fromtimestamp(note.at, UTC), note.text)
            for name, s in situations.items()
            for note in s.state.notes
        ]
        self.store.journal.take_in(self.testbed, told)

    def settle(self, overlays: list[Overlay], situations: Mapping[str, Situation]) -> None:
        """Closes what a process began that is gone: by what it left on the shapers. Another controller may do the same."""
        for entry in self.store.journal.unfinished(self.testbed):
            waits = [
                n
                for n, s in situations.items()
                if s.state.unconfirmed and _change(entry) in s.state.unconfirmed.by
            ]
            if presence(entry.actor) != "gone" or waits:
                continue
            found = _found(entry, overlays)
            if found["complete"]:
                words = "the process was gone before it wrote this down; the shapers hold all of it"
                self.store.journal.settle(entry.id, {**found, "settled": words}, outcome="done")
            else:
                self.store.journal.settle(entry.id, found)


def plan_data(plan: Plan) -> dict[str, Any]:
    """A plan as the journal keeps it. change: names it on the shapers too."""
    return {
        "change": plan.change,
        "put": overlay_data(plan.put) if plan.put else None,
        "drop": list(plan.drop),
        "operations": {
            f"{port.emulator}:{port.interface}": dict(
                Counter(operation.verb for operation in port.operations)
            )
            for port in plan.ports
            if port.operations
        },
    }


def overlay_data(overlay: Overlay) -> dict[str, Any]:
    """An overlay as JSON holds it."""
    return {
        "id": overlay.id,
        "owner": overlay.owner,
        "reason": overlay.reason,
        "seconds": overlay.seconds,
        "cuts": list(overlay.cuts),
        **values_data(overlay.values),
    }


def values_data(values: Mapping[Direction, Asked]) -> dict[str, Any]:
    """What is laid, by direction, as JSON holds it; `values_of_data` is the way back."""
    return {
        "values": [
            plain.to_data(direction, asked)
            for direction, asked in sorted(values.items(), key=lambda item: item[0])
        ]
    }


def values_of_data(data: Mapping[str, Any]) -> dict[Direction, Asked]:
    """What was laid, as the journal keeps it."""
    return dict(plain.from_data(value) for value in data["values"])


def kind_of(plan: Plan) -> str:
    """What the journal calls a change."""
    if plan.put is None:
        return "undo" if plan.drop else "mend"
    if plan.put.cuts:
        return "cut"
    return "apply" if plan.put.id == BASE else "apply-profile"


def _change(entry: Entry) -> str:
    return str(entry.data.get("change") or "-")


def _found(entry: Entry, overlays: list[Overlay]) -> dict[str, Any]:
    """What is there of a change, and whether that is all of it."""
    laid = [overlay for overlay in overlays if overlay.change == _change(entry)]
    still = [ident for ident in entry.data.get("drop") or () if any(o.id == ident for o in overlays)]
    put = entry.data.get("put")
    whole = bool(laid) and not laid[0].missing if put else bool(entry.data.get("drop"))
    return {
        "laid": [overlay.id for overlay in laid],
        "missing_on": [name for overlay in laid for name in overlay.missing],
        "still_laid": still,
        "complete": whole and not still,
    }
