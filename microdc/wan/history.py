"""What the shapers should hold by the journal, and no longer do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from microdc.store.model import Entry
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import directions
from microdc.wan.planning import Situation


@dataclass(frozen=True, slots=True)
class Gone:
    """Overlays that were laid on a shaper, that nobody is known to have undone, and that are not there.

    rebooted: the shaper's machine (or its namespace) is another than then. after: Unix time of the last change that is
    known of the shaper; what took them came later.
    """

    emulator: str
    overlays: Sequence[str]
    rebooted: bool
    after: float


@dataclass(slots=True)
class _Known:
    """One shaper by the journal. ends: the overlays laid, with their ends (None: they stay)."""

    boot: str = ""
    at: float = 0.0
    ends: dict[str, float | None] = field(default_factory=dict)


def gone(
    testbed: Testbed, situations: Mapping[str, Situation], entries: Sequence[Entry], now: float
) -> list[Gone]:
    """What is missing on each shaper. entries: the journal, oldest first. now: Unix time."""
    found = []
    for name, known in _replayed(testbed, situations, entries).items():
        situation = situations[name]
        laid = {layer.id for layer in situation.state.layers}
        missing = [i for i, end in known.ends.items() if i not in laid and (end is None or end > now)]
        if missing:
            found.append(Gone(name, missing, situation.hello.boot != known.boot, known.at))
    return found


def _replayed(
    testbed: Testbed, situations: Mapping[str, Situation], entries: Sequence[Entry]
) -> dict[str, _Known]:
    shapers: dict[str, _Known] = {name: _Known() for name in situations}
    for entry in entries:
        if entry.outcome not in {"done", "interrupted"} or "drop" not in entry.data:
            continue
        for known in shapers.values():
            for ident in entry.data["drop"]:
                known.ends.pop(ident, None)
        for name, facts in (entry.result.get("shapers") or {}).items():
            if name in shapers:
                _take_in(shapers[name], entry, facts["boot"], _laid(testbed, situations[name], entry))
    return shapers


def _take_in(known: _Known, entry: Entry, boot: str, laid: Sequence[str]) -> None:
    at = (entry.ended or entry.began).timestamp()
    if known.boot != boot:
        known.ends.clear()
    known.boot, known.at = boot, at
    put = entry.data.get("put") or {}
    for ident in laid:
        known.ends[ident] = None if put["seconds"] is None else at + put["seconds"]


def _laid(testbed: Testbed, situation: Situation, entry: Entry) -> list[str]:
    """The overlay that an entry laid, if a part of it belongs on this shaper."""
    put = entry.data.get("put")
    if not put:
        return []
    carried = set(_carried(testbed, situation))
    return [put["id"]] if any((v["source"], v["target"]) in carried for v in put["values"]) else []


def _carried(testbed: Testbed, situation: Situation) -> Iterator[tuple[str, str]]:
    for port in situation.shaper.ports:
        yield from directions(testbed, port)
