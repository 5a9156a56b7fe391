"""`--keep`: what is polled is kept in the store, and `microdc health --since` tells it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from microdc.cli import context, history, render
from microdc.cli.health_results import age
from microdc.cli.parameters import Duration
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.cli.health_sources import Source, Watched
    from microdc.health.archive.archive import Archive
    from microdc.health.stream import Record

F = TypeVar("F", bound=Callable[..., Any])
_DAYS = re.compile(r"(\d+(?:\.\d+)?) ?d")
_LEAST = 3600.0
"""Seconds for which something is kept at least: less is what the rings of screens are for."""


class Span(Duration):
    """As Duration, and in days: 7d, 12h."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        days = _DAYS.fullmatch(value.strip()) if isinstance(value, str) else None
        return super().convert(f"{float(days[1]) * 24:g}h" if days else value, param, ctx)


def keep_options(command: F) -> F:
    """`--keep` and `--keep-for`."""
    keep_for = click.option(
        "--keep-for", type=Span(), default="7d", show_default=True, help="With --keep: older is removed."
    )
    keep = click.option(
        "--keep", is_flag=True, help="Keep what is polled in the store: `microdc health --since` tells it."
    )
    return keep(keep_for(command))


@contextmanager
def kept(watched: Watched, *, keep: bool, keep_for: float) -> Iterator[Watched]:
    """What is watched, so that what comes of it is kept. Raises RefusedError where somebody keeps it already."""
    if not keep:
        if click.get_current_context().get_parameter_source("keep_for") is ParameterSource.COMMANDLINE:
            raise InputError("--keep-for says how long --keep keeps, and --keep is not given")
        yield watched
        return
    if not watched.testbed:
        raise InputError(
            "--keep goes with an inventory that is polled here",
            hint="with --from, give it to the exporter that polls; else see what the inventory lacks: microdc validate",
        )
    if keep_for < _LEAST:
        raise InputError("--keep-for is less than an hour", hint="write such as 12h or 7d")
    from microdc.cli.actor import actor
    from microdc.health.archive.archive import Archive

    me = actor(context.settings().owner.value)
    with (
        history.opened() as store,
        Archive(store.health, watched.testbed, me, keep_for, _tell) as archive,
    ):
        render.note(f"kept for {age(keep_for)} in {store.place}")
        yield replace(watched, source=_Kept(watched.source, archive))


def _tell(line: str) -> None:
    """From a thread that knows no command."""
    click.echo(line, err=True)


class _Kept:
    """The records of a source, each of which the archive has as well."""

    def __init__(self, source: Source, archive: Archive) -> None:
        self._source, self._archive = source, archive
        self.fleet = source.fleet

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        return self._each(self._source.run(stop))

    def once(self, stop: threading.Event) -> Iterator[Record]:
        return self._each(self._source.once(stop))

    def _each(self, records: Iterator[Record]) -> Generator[Record, None, None]:
        for record in records:
            self._archive.put(record)
            yield record
