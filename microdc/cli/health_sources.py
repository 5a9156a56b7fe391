"""Where the health that a command shows comes from: the inventory in force, polled, or the demo."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import click

from microdc.cli import context
from microdc.cli.parameters import DURATION
from microdc.errors import MicrodcError

if TYPE_CHECKING:
    from microdc.health.demo import Demo
    from microdc.health.model import Fleet
    from microdc.health.stream import Record
    from microdc.store.pages import Book
    from microdc.testbed.model import Testbed

_USUAL = 10.0
"""Seconds of `--every` that leave all intervals as they are."""
every_option = click.option(
    "--every",
    type=DURATION,
    default="10s",
    show_default=True,
    help="From poll to poll of a BMC and a switch; of the others in proportion.",
)


class Source(Protocol):
    """What gives records: all the time, or each device once."""

    @property
    def fleet(self) -> Fleet: ...

    def run(self, stop: threading.Event) -> Generator[Record, None, None]: ...

    def once(self, stop: threading.Event) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """chosen: whether devices were named. broken: whether documents of the inventory have mistakes."""

    source: Source
    chosen: bool = False
    broken: bool = False


@contextmanager
def opened(*, demo: bool, every: float, patterns: Sequence[str], labels: Sequence[str]) -> Iterator[Watched]:
    """The devices that are meant. Raises InputError for a name or label that nothing has. At the end all sessions are logged out of."""
    chosen = bool(patterns or labels)
    if demo:
        from microdc.health.demo import Demo

        yield Watched(_DemoSource(Demo(), patterns, labels), chosen)
        return
    from microdc.health.inventory import read_inventory
    from microdc.health.operate import narrowed, open_monitor
    from microdc.health.selecting import select
    from microdc.health.sources.intervals import Intervals

    directory = context.settings().inventory.value
    inventory = read_inventory(directory)
    with ExitStack() as open_:
        book, said = _book(inventory.testbed, open_)
        monitor = open_monitor(
            inventory,
            book=book,
            intervals=Intervals().scaled(every / _USUAL),
            origin=f"inventory {directory}",
            problems=said,
        )
        if chosen:
            monitor = narrowed(monitor, {one.key for one in select(monitor.fleet, patterns, labels)})
        with monitor:
            yield Watched(monitor, chosen, bool(inventory.problems))


def _book(testbed: Testbed | None, open_: ExitStack) -> tuple[Book | None, list[str]]:
    """The store of nodes and leases, or why it is left out."""
    from microdc.cli.ledger import open_ledger

    if testbed is None:
        return None, []
    try:
        return open_.enter_context(open_ledger(testbed, context.settings().owner.value)), []
    except MicrodcError as problem:
        return None, [f"nodes and maintenance are not watched: {problem}"]


class _DemoSource:
    """The demo, or a part of it."""

    def __init__(self, demo: Demo, patterns: Sequence[str], labels: Sequence[str]) -> None:
        from microdc.health.fleet import fleet_with
        from microdc.health.selecting import select

        self._demo = demo
        self.fleet = demo.fleet
        if patterns or labels:
            self.fleet = fleet_with(demo.fleet, {one.key for one in select(demo.fleet, patterns, labels)})
        self._keys = frozenset(one.key for one in self.fleet.devices)

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        return self._part(self._demo.run(stop))

    def once(self, stop: threading.Event) -> Iterator[Record]:
        del stop
        from microdc.cli.health_results import now

        return self._part(iter([self.fleet, *self._demo.samples(now())]))

    def _part(self, records: Iterator[Record]) -> Generator[Record, None, None]:
        from microdc.health.model import Sample

        for record in records:
            if not isinstance(record, Sample):
                yield replace(record, sites=self.fleet.sites, devices=self.fleet.devices)
            elif record.device in self._keys:
                yield record
