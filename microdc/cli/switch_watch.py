"""`microdc switch ports --watch`: what goes through the ports now, and which links come and go."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, render, switch_results
from microdc.cli.render import Cell, Styled, Table

if TYPE_CHECKING:
    from microdc.switch.model import Rates
    from microdc.switch.traffic import Traffic
    from microdc.switch.watching import Tick
    from microdc.testbed.model import Switch, Testbed

_COLUMNS = (
    "switch",
    "port",
    "state",
    "in Mbit/s",
    "out Mbit/s",
    "in pkt/s",
    "out pkt/s",
    "errors/s",
    "discards/s",
    "flaps",
)
_WIDTHS = (12, 20, 16, 10, 10, 10, 10, 9, 10, 5)
"""Of a line where there is no terminal; what is longer moves the rest."""


def show(
    testbed: Testbed, switches: Sequence[Switch], *, every: float, count: int | None, everything: bool
) -> None:
    """Shows ticks until there are no more, or somebody interrupts. everything: also the ports without a link."""
    from microdc.switch.watching import watch

    with (
        closing(watch(testbed, switches, every=every, count=count)) as ticks,
        _shown(everything=everything) as tell,
    ):
        for tick in ticks:
            tell(tick)


@contextmanager
def _shown(*, everything: bool) -> Iterator[Callable[[Tick], None]]:
    """What shows a tick: a table that stays in its place on a terminal, else lines."""
    chosen = context.settings().output.value
    if chosen == "json":
        yield lambda tick: click.echo(
            json.dumps(render.document("SwitchTick", _data(tick)), ensure_ascii=False)
        )
    elif chosen == "yaml":
        yield _yaml
    elif render.is_fancy(sys.stdout):
        from rich.live import Live

        newest: dict[str, Tick] = {}
        with Live(auto_refresh=False) as live:

            def tell(tick: Tick) -> None:
                newest[tick.switch.name] = tick
                rows = [row for one in newest.values() for row in _rows(one, everything=everything)]
                live.update(render.rich_table(Table(_COLUMNS, rows, _clock(tick))), refresh=True)

            yield tell
    else:
        click.echo(_line(("time", *_COLUMNS)).upper())
        yield lambda tick: _lines(tick, everything=everything)


def _yaml(tick: Tick) -> None:
    click.echo("---")
    render.emit("SwitchTick", _data(tick))


def _lines(tick: Tick, *, everything: bool) -> None:
    for row in _rows(tick, everything=everything):
        click.echo(_line((_clock(tick), *row)))


def _line(cells: Sequence[Cell]) -> str:
    texts = ["-" if cell is None else cell.text if isinstance(cell, Styled) else str(cell) for cell in cells]
    fitted = [text.ljust(width) for text, width in zip(texts[1:4], _WIDTHS[:3], strict=False)]
    fitted += [text.rjust(width) for text, width in zip(texts[4:], _WIDTHS[3:], strict=False)]
    return "  ".join([texts[0].ljust(8), *fitted]).rstrip()


def _clock(tick: Tick) -> str:
    return f"{datetime.fromtimestamp(tick.at).astimezone():%H:%M:%S}"


def _rows(tick: Tick, *, everything: bool) -> list[tuple[Cell, ...]]:
    if tick.between is None:
        return [(tick.switch.name, "-", Styled(str(tick.error), "bold red"), *([None] * (len(_COLUMNS) - 3)))]
    return [
        _row(tick, one)
        for one in tick.between.ports
        if everything or one.port.oper == "up" or one.flapped or tick.flaps.get(one.port.index)
    ]


def _row(tick: Tick, one: Traffic) -> tuple[Cell, ...]:
    flaps = tick.flaps.get(one.port.index, 0)
    state = "counts anew" if one.reset or (tick.between and tick.between.restarted) else one.port.oper
    style = "yellow" if state == "counts anew" else switch_results.STATES.get(state or "", "")
    head: tuple[Cell, ...] = (tick.switch.name, one.port.name, Styled(state or "-", style))
    return (*head, *_numbers(one.rates), Styled(str(flaps), "bold red" if flaps else "dim"))


def _numbers(rates: Rates | None) -> tuple[Cell, ...]:
    if rates is None:
        return (None,) * 6
    return (
        _megabits(rates.in_octets),
        _megabits(rates.out_octets),
        None if rates.in_packets is None else f"{rates.in_packets:.0f}",
        None if rates.out_packets is None else f"{rates.out_packets:.0f}",
        _alarming(rates.in_errors, rates.out_errors, "bold red"),
        _alarming(rates.in_discards, rates.out_discards, "yellow"),
    )


def _megabits(octets: float | None) -> Cell:
    return None if octets is None else f"{octets * 8 / 1e6:.3f}"


def _alarming(inward: float | None, outward: float | None, style: str) -> Cell:
    """Both ways together."""
    if inward is None and outward is None:
        return None
    value = (inward or 0) + (outward or 0)
    return Styled(f"{value:.0f}" if value >= 1 or not value else f"{value:.2f}", style if value else "dim")


def _data(tick: Tick) -> dict[str, Any]:
    found = tick.between
    return {
        "at": datetime.fromtimestamp(tick.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "switch": tick.switch.name,
        "error": switch_results.error_data(tick.error),
        "seconds": found.seconds if found else None,
        "restarted": found.restarted if found else None,
        "ports": [
            {
                "index": one.port.index,
                "name": one.port.name,
                "admin": one.port.admin,
                "oper": one.port.oper,
                "rates": one.rates,
                "reset": one.reset,
                "flapped": one.flapped,
                "flaps": tick.flaps.get(one.port.index, 0),
            }
            for one in (found.ports if found else ())
        ],
    }
