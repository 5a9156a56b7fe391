"""Where the health that a command shows comes from: the inventory in force, polled; an exporter that polls; or the demo."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import click
from click.core import ParameterSource

from microdc.cli import context
from microdc.cli.parameters import DURATION
from microdc.errors import InputError, MicrodcError

if TYPE_CHECKING:
    from microdc.health.demo import Demo
    from microdc.health.exporter.remote import Address
    from microdc.health.model import Fleet
    from microdc.health.stream import Record
    from microdc.store.pages import Book
    from microdc.testbed.model import Testbed

DEMO = "(demo)"
"""By which the store knows the demo: no testbed can be called so."""
_USUAL = 10.0
"""Seconds of `--every` that leave all intervals as they are."""
every_option = click.option(
    "--every",
    type=DURATION,
    default="10s",
    show_default=True,
    help="From poll to poll of a BMC and a switch; of the others in proportion.",
)


class Exporter(click.ParamType["Address"]):
    """Where an exporter serves its records: 127.0.0.1:9723, or a URL."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        from microdc.health.exporter.remote import Address, address_of

        if isinstance(value, Address):
            return value
        try:
            return address_of(str(value))
        except InputError as error:
            self.fail(f"{error.what}: {error.hint}", param, ctx)


from_option = click.option(
    "--from",
    "remote",
    type=Exporter(),
    metavar="HOST:PORT|URL",
    help="Poll nothing: show what the `microdc exporter` there polls.",
)


def check_from(remote: Address | None, *, demo: bool) -> None:
    """Raises InputError for what does not go with --from."""
    if remote is None:
        return
    if demo:
        raise InputError("--from and --demo exclude each other: each says where records come from")
    if click.get_current_context().get_parameter_source("every") is ParameterSource.COMMANDLINE:
        raise InputError(
            "--every does not go with --from: nothing is polled here",
            hint=f"give it to the exporter whose feed is {remote}",
        )


class Source(Protocol):
    """What gives records: all the time, or each device once."""

    @property
    def fleet(self) -> Fleet: ...

    def run(self, stop: threading.Event) -> Generator[Record, None, None]: ...

    def once(self, stop: threading.Event) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """chosen: whether devices were named. broken: whether documents of the inventory have mistakes. testbed: its name, "" where it is not known."""

    source: Source
    chosen: bool = False
    broken: bool = False
    testbed: str = ""


@contextmanager
def opened(
    *,
    demo: bool,
    every: float,
    patterns: Sequence[str],
    labels: Sequence[str],
    remote: Address | None = None,
) -> Iterator[Watched]:
    """The devices that are meant. Raises InputError for a name or label that nothing has. At the end all sessions are logged out of.

    remote: the exporter that polls them; raises UnreachableError where there is none.
    """
    check_from(remote, demo=demo)
    chosen = bool(patterns or labels)
    if demo:
        from microdc.health.demo import Demo

        yield Watched(_Part(_DemoSource(Demo()), patterns, labels), chosen, testbed=DEMO)
        return
    if remote is not None:
        from microdc.health.exporter.remote import Remote

        with Remote(remote) as read:
            yield Watched(_Part(read, patterns, labels), chosen)
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
            name = "" if inventory.testbed is None else inventory.testbed.name
            yield Watched(monitor, chosen, bool(inventory.problems), name)


def _book(testbed: Testbed | None, open_: ExitStack) -> tuple[Book | None, list[str]]:
    """The store of nodes and leases, or why it is left out."""
    from microdc.cli.ledger import open_ledger

    if testbed is None:
        return None, []
    try:
        return open_.enter_context(open_ledger(testbed, context.settings().owner.value)), []
    except MicrodcError as problem:
        return None, [f"nodes and maintenance are not watched: {problem}"]


class _Part:
    """Of the records of a source those of some devices. A fleet that comes later is looked through anew."""

    def __init__(self, source: Source, patterns: Sequence[str], labels: Sequence[str]) -> None:
        self._source = source
        self._patterns, self._labels = patterns, labels
        self.fleet = self._chosen(source.fleet)

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        return self._part(self._source.run(stop))

    def once(self, stop: threading.Event) -> Iterator[Record]:
        return self._part(self._source.once(stop))

    def _part(self, records: Iterator[Record]) -> Generator[Record, None, None]:
        from microdc.health.model import Sample

        keys = frozenset(one.key for one in self.fleet.devices)
        for record in records:
            if not isinstance(record, Sample):
                part = self._chosen(record)
                keys = frozenset(one.key for one in part.devices)
                yield part
            elif record.device in keys:
                yield record

    def _chosen(self, fleet: Fleet) -> Fleet:
        from microdc.health.fleet import fleet_with
        from microdc.health.selecting import select

        if not (self._patterns or self._labels):
            return fleet
        return fleet_with(fleet, {one.key for one in select(fleet, self._patterns, self._labels)})


class _DemoSource:
    """The demo, also asked once."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self.fleet = demo.fleet

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        yield from self._demo.run(stop)

    def once(self, stop: threading.Event) -> Iterator[Record]:
        del stop
        from microdc.cli.health_results import now

        yield self.fleet
        yield from self._demo.samples(now())
