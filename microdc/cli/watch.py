"""`microdc wan watch`: what goes through the WAN now, by the kernels' own counters."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.parameters import DURATION, check_sites
from microdc.cli.render import Cell, Styled, Table

if TYPE_CHECKING:
    from microdc.wan.watch import Sample, Tick

_COLUMNS = (
    "direction",
    "at",
    "in Mbit/s",
    "out Mbit/s",
    "of rate",
    "in pkt/s",
    "out pkt/s",
    "lost/s",
    "overflow/s",
    "waits/s",
    "in flight",
    "queued",
)
_WIDTHS = (24, 16, 9, 10, 7, 8, 9, 7, 10, 8, 10, 10)
"""Of a line where there is no terminal; what is longer moves the rest."""
_NARROW = 120
"""Columns of a terminal on which the whole table does not fit; there these are left out."""
_SPARED = {"at", "in pkt/s", "out pkt/s", "waits/s", "in flight"}


@click.command(
    epilog="""\b
Examples:
  microdc wan watch                            every direction, once a second, until Ctrl-C
  microdc wan watch --pair paris:boston --every 200ms
  microdc wan watch --count 60 -o json > run.jsonl
"""
)
@click.option(
    "--pair", "pairs", multiple=True, type=complete.PairType(), help="Only this pair; may be repeated."
)
@click.option("--every", type=DURATION, default="1s", show_default=True, help="Time between two readings.")
@click.option(
    "--count", type=click.IntRange(min=1), help="So many readings.  [default: until it is interrupted]"
)
def watch(*, pairs: tuple[tuple[str, str], ...], every: float, count: int | None) -> None:
    """Show what goes through each direction: rates, losses, queues. Nothing is sent over the WAN for it.

    \b
    in, out     what came to the direction, and what left it; what was dropped is taken to be of mean size
    of rate     out, of the rate that is asked
    lost        packets that netem dropped, by chance or for want of room; overflow: the buffer was full
    waits       how often packets had to wait for the rate
    in flight   packets in the delay line and behind it; queued: those of them in the buffer
    With -o json one object a line.
    """
    from microdc.wan.operate import open_wan
    from microdc.wan.watch import watch as ticks

    testbed, _ = inventory_and_library()
    check_sites(testbed, {name for pair in pairs for name in pair})
    with open_wan(testbed) as wan, _shown() as show:
        for tick in ticks(wan, pairs, every=every, count=count):
            show(tick)


@contextmanager
def _shown() -> Iterator[Callable[[Tick], None]]:
    """What shows a tick: a table that stays in its place on a terminal, else lines."""
    chosen = context.settings().output.value
    if chosen == "json":
        yield lambda tick: click.echo(json.dumps(render.document("WanTick", _data(tick)), ensure_ascii=False))
    elif chosen == "yaml":
        yield _yaml
    elif render.is_fancy(sys.stdout):
        from rich.live import Live

        with Live(auto_refresh=False) as live:
            narrow = live.console.width < _NARROW
            yield lambda tick: live.update(render.rich_table(_table(tick, narrow=narrow)), refresh=True)
    else:
        click.echo(_line(("time", *_COLUMNS)).upper())
        yield _lines


def _table(tick: Tick, *, narrow: bool) -> Table:
    chosen = [n for n, name in enumerate(_COLUMNS) if not (narrow and name in _SPARED)]
    rows = [[cells[n] for n in chosen] for cells in (_row(one) for one in tick.samples)]
    return Table([_COLUMNS[n] for n in chosen], rows, _clock(tick))


def _yaml(tick: Tick) -> None:
    click.echo("---")
    render.emit("WanTick", _data(tick))


def _lines(tick: Tick) -> None:
    for one in tick.samples:
        click.echo(_line((_clock(tick), *_row(one))))


def _line(cells: tuple[Cell, ...]) -> str:
    texts = ["-" if cell is None else cell.text if isinstance(cell, Styled) else str(cell) for cell in cells]
    fitted = [text.ljust(width) for text, width in zip(texts[1:3], _WIDTHS[:2], strict=True)]
    fitted += [text.rjust(width) for text, width in zip(texts[3:], _WIDTHS[2:], strict=True)]
    return "  ".join([texts[0].ljust(8), *fitted])


def _clock(tick: Tick) -> str:
    return f"{datetime.fromtimestamp(tick.at).astimezone():%H:%M:%S}"


def _row(one: Sample) -> tuple[Cell, ...]:
    place, found = one.place, one.rates
    names = (str(place.direction), f"{place.shaper}:{place.interface}")
    if found is None:
        return (*names, *([None] * (len(_COLUMNS) - 2)))
    return (
        *names,
        None if found.in_bits is None else f"{found.in_bits / 1e6:.3f}",
        Styled(f"{found.out_bits / 1e6:.3f}", "dim" if found.restarted else ""),
        None if one.share is None else f"{100 * one.share:.0f}%",
        f"{found.in_packets:.0f}",
        f"{found.out_packets:.0f}",
        _alarming(found.lost, "yellow"),
        _alarming(found.overflowed, "bold red"),
        f"{found.overlimits:.0f}",
        found.in_flight_packets,
        found.queued_packets,
    )


def _alarming(value: float, style: str) -> Styled:
    return Styled(f"{value:.0f}" if value >= 1 or not value else f"{value:.2f}", style if value else "dim")


def _data(tick: Tick) -> dict[str, Any]:
    return {
        "at": datetime.fromtimestamp(tick.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "directions": [
            {
                "from": one.place.direction.source,
                "to": one.place.direction.target,
                "emulator": one.place.shaper,
                "interface": one.place.interface,
                "asked_rate": one.asked,
                "share": one.share,
                "rates": one.rates,
            }
            for one in tick.samples
        ],
    }
