"""`microdc health --since`: how it was, from what `--keep` has kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, health_past_tables, health_results, history, render
from microdc.cli.health_keep import Span
from microdc.cli.health_sources import DEMO
from microdc.cli.render import Human
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.health.model import Device, Fleet
    from microdc.store.healthrows import ChangeRow, PointRow
    from microdc.store.operate import Store

MOST = 200_000
"""Points that are read: more is nothing to look at, and fills the memory."""
_QUIET = timedelta(minutes=2)


class Moment(history.Time):
    """As history's: a moment, or how long ago; also in days."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, str) and value.strip().endswith("d"):
            return datetime.now(UTC) - timedelta(seconds=Span().convert(value, param, ctx))
        return super().convert(value, param, ctx)


def tell(
    since: datetime, until: datetime | None, patterns: Sequence[str], labels: Sequence[str], *, demo: bool
) -> Exit:
    """Prints what was kept between two moments; whether anything was. Raises InputError for names that nothing has, and for a time that is none."""
    until = datetime.now(UTC) if until is None else until
    if until <= since:
        raise InputError("--until lies before --since")
    testbed = DEMO if demo else history.testbed_in_force()
    with history.opened() as store:
        past = _Past(store, testbed, since, until)
        devices = _chosen(past, patterns, labels, demo=demo) if patterns or labels else None
        named = _named(devices or (), patterns)
        keys = None if devices is None else {one.key for one in devices}
        changes, found = past.changes(keys), past.anything()
        nothing = "" if found else _nothing(past)
        if context.settings().output.value == "table":
            render.show(nothing or _tables(past, changes, named))
        else:
            render.emit("HealthPast", _data(past, changes, past.points(keys)))
            if nothing:
                render.note(nothing)
        if found and past.keeper is not None and past.keeper.at + _QUIET < until:
            at = history.clock(past.keeper.at)
            render.note(f"Nothing was kept since {at}, when its keeper told last that he was there.")
    return Exit.OK if found else Exit.UNREACHABLE


class _Past:
    """What a store has of a testbed between two moments."""

    def __init__(self, store: Store, testbed: str, since: datetime, until: datetime) -> None:
        self._health = store.health
        self.testbed, self.since, self.until = testbed, since, until
        self.keeper = self._health.keeper(testbed)

    def changes(self, devices: Collection[str] | None) -> list[ChangeRow]:
        return self._health.changes(self.testbed, self.since, self.until, devices)

    def points(self, devices: Collection[str] | None) -> list[PointRow]:
        found = self._health.points(self.testbed, self.since, self.until, devices, most=MOST + 1)
        if len(found) > MOST:
            raise InputError(f"more than {MOST:,} points were kept", hint="name devices, or a shorter time")
        return found

    def devices(self) -> frozenset[str]:
        return self._health.devices(self.testbed, self.since, self.until)

    def anything(self) -> bool:
        """Whether something was kept in that time, or somebody kept and there was nothing."""
        one = self.keeper
        if one is not None and one.since <= self.until and one.at >= self.since:
            return True
        return self._health.anything(self.testbed, self.since, self.until)


# -- which devices


def _chosen(past: _Past, patterns: Sequence[str], labels: Sequence[str], *, demo: bool) -> tuple[Device, ...]:
    """Those of the inventory, and those that were kept and are in it no longer."""
    from microdc.health.model import Device, Kind
    from microdc.health.selecting import select

    fleet = _fleet(demo=demo)
    declared = {one.key for one in fleet.devices}
    gone = [key.partition("/") for key in sorted(past.devices() - declared)]
    kinds = {str(kind) for kind in Kind}
    lost = [Device(Kind(kind), name) for kind, _, name in gone if kind in kinds]
    return select(replace(fleet, devices=(*fleet.devices, *lost)), patterns, labels)


def _fleet(*, demo: bool) -> Fleet:
    if demo:
        from microdc.health.demo import Demo

        return Demo().fleet
    from microdc.health.fleet import fleet_of
    from microdc.health.inventory import read_inventory

    return fleet_of(read_inventory(context.settings().inventory.value).testbed)


def _named(devices: Collection[Device], patterns: Sequence[str]) -> list[str]:
    """The keys of those that were meant themselves, not as a part of a site or a rack."""
    meant: list[str] = []
    for one in devices:
        names = {
            one.name,
            one.key,
            ":".join(reversed(one.name.split(":"))),
            f"{one.site}/{one.rack}/{one.name}",
        }
        if any(fnmatchcase(name, pattern) for name in names for pattern in patterns):
            meant.append(one.key)
    return meant


# -- for programs


def _data(past: _Past, changes: Sequence[ChangeRow], points: Sequence[PointRow]) -> dict[str, Any]:
    keeper = past.keeper
    return {
        "testbed": past.testbed,
        "since": history.iso(past.since),
        "until": history.iso(past.until),
        "keeper": None
        if keeper is None
        else {
            "owner": keeper.actor.owner,
            "host": keeper.actor.host,
            "pid": keeper.actor.pid,
            "since": history.iso(keeper.since),
            "at": history.iso(keeper.at),
            "ended": keeper.ended,
        },
        "changes": [
            {
                "at": health_results.iso(one.at.timestamp()),
                "device": one.device,
                "from": one.before,
                "to": one.after,
                "why": one.why or None,
            }
            for one in changes
        ],
        "points": [
            {"device": one.device, "minute": health_results.iso(one.minute), "figures": one.figures}
            for one in points
        ],
    }


def _tables(past: _Past, changes: Sequence[ChangeRow], named: Sequence[str]) -> Human:
    shown = named[: health_past_tables.SHOWN]
    points = past.points(shown) if shown else ()
    return health_past_tables.human(changes, points, past.since, past.until, left=len(named) - len(shown))


def _nothing(past: _Past) -> str:
    """That nothing was kept, what would keep it, and who did last."""
    span = f"between {history.clock(past.since)} and {history.clock(past.until)}"
    keeper = past.keeper
    last = (
        "" if keeper is None else f"; last it was until {history.clock(keeper.at)}, by {keeper.actor.owner}"
    )
    return f"Nothing was kept of {past.testbed} {span}: microdc exporter --keep does{last}."
