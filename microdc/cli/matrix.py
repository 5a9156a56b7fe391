"""`microdc wan matrix`: what lies between every two sites."""

from __future__ import annotations

import csv
import statistics
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, render
from microdc.cli.documents import inventory_and_library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from microdc.testbed.model import Testbed
    from microdc.wan.matrix import Entry, Side

_SQUARE_MOST = 16
"""Sites up to which a square of all pairs fits a terminal."""
_FILE = click.File("w", encoding="utf-8", lazy=True, atomic=True)
cut_option = click.option(
    "--cut",
    "cuts",
    multiple=True,
    metavar="LINK",
    shell_complete=complete.links,
    help="As if this link were down; may be repeated.",
)


@click.command(
    epilog="""\b
Examples:
  microdc wan matrix                               RTT of every pair
  microdc wan matrix --what rate
  microdc wan matrix --svg rtt.svg                 a heat map
  microdc wan matrix --csv - | head
  microdc wan matrix --cut nren-europe/paris:madrid    what would become of them
"""
)
@click.option(
    "--what",
    type=click.Choice(["rtt", "rate", "loss"]),
    default="rtt",
    show_default=True,
    help="What to show.",
)
@click.option("--csv", "csv_file", type=_FILE, help="Write all of every pair into this file; - is stdout.")
@click.option("--svg", type=_FILE, help="Draw a heat map into this file; - is stdout.")
@cut_option
def matrix(*, what: str, csv_file: TextIO | None, svg: TextIO | None, cuts: tuple[str, ...]) -> None:
    """Show what the inventory asks of every pair of sites: delay there and back, rate, loss. Nothing is contacted."""
    from microdc.wan.cut import links_of
    from microdc.wan.matrix import matrix as entries

    testbed, library = inventory_and_library()
    down = links_of(testbed, library, cuts) if cuts else []
    found = list(entries(testbed, library, down))
    if csv_file is not None:
        _write_csv(found, csv_file)
    if svg is not None:
        svg.write(_heat_map(testbed, found, what, down))
    if csv_file is None and svg is None:
        data = {"cut": down, "pairs": [_data(entry) for entry in found]}
        render.emit("Matrix", data, lambda: _human(testbed, found, what))


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "a": entry.a,
        "b": entry.b,
        "origin": entry.origin,
        "rtt_ns": entry.rtt,
        "forth": _side(entry.forth),
        "back": _side(entry.back),
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"owd_ns": side.owd, "rate_bit_per_s": side.rate, "loss_percent": side.loss}


def _write_csv(found: Sequence[Entry], target: TextIO) -> None:
    """One line a pair. A pair between which every way is cut has empty fields; so has a rate without a limit."""
    writer = csv.writer(target, lineterminator="\n")
    names = ("owd_ms", "rate_bit_per_s", "loss_percent")
    columns = [f"{name}_{way}" for way in ("a_to_b", "b_to_a") for name in names]
    writer.writerow(["a", "b", "rtt_ms", *columns, "origin"])
    for entry in found:
        sides = [
            value
            for side in (entry.forth, entry.back)
            for value in ((side.owd / 1e6, side.rate, side.loss) if side else (None, None, None))
        ]
        rtt = None if entry.rtt is None else entry.rtt / 1e6
        writer.writerow([entry.a, entry.b, rtt, *sides, entry.origin])


def _values(found: Sequence[Entry], what: str) -> dict[tuple[str, str], float | None]:
    """By row and column: ms there and back, Mbit/s or percent from the row's site to the column's."""
    values: dict[tuple[str, str], float | None] = {}
    for entry in found:
        for ends, side in (((entry.a, entry.b), entry.forth), ((entry.b, entry.a), entry.back)):
            if side is None:
                values[ends] = None
            elif what == "rtt":
                values[ends] = None if entry.rtt is None else entry.rtt / 1e6
            elif what == "rate":
                values[ends] = None if side.rate is None else side.rate / 1e6
            else:
                values[ends] = side.loss
    return values


_UNITS = {"rtt": "ms", "rate": "Mbit/s", "loss": "%"}
_TITLES = {
    "rtt": "Delay there and back",
    "rate": "Rate from row to column",
    "loss": "Loss from row to column",
}


def _heat_map(testbed: Testbed, found: Sequence[Entry], what: str, down: Sequence[str]) -> str:
    from microdc.drawing.heatmap import svg_heatmap

    groups = {
        site.name: site.pops[0].partition("/")[0] if site.pops else "" for site in testbed.sites.values()
    }
    names = sorted((n for n in {e for f in found for e in (f.a, f.b)}), key=lambda n: (groups[n], n))
    notes = [f"asked by the inventory of {testbed.title}", *(f"without {link}" for link in down)]
    title = f"{_TITLES[what]}, {len(names)} sites"
    return svg_heatmap(names, _values(found, what), title, _UNITS[what], notes, groups)


def _human(testbed: Testbed, found: Sequence[Entry], what: str) -> render.Human:
    if not found:
        return "The inventory asks nothing between any two sites."
    names = [name for name in testbed.sites if any(name in (entry.a, entry.b) for entry in found)]
    values = _values(found, what)
    title = f"{_TITLES[what]}, {_UNITS[what]}:"
    if len(names) <= _SQUARE_MOST:
        rows = [(row, *(_cell(values, row, column) for column in names)) for row in names]
        return render.Table(("", *names), rows, title=title)
    return [_summary(names, values, title), "All pairs: --csv FILE, -o json; as a heat map: --svg FILE."]


def _cell(values: dict[tuple[str, str], float | None], row: str, column: str) -> str:
    if (row, column) not in values:
        return "" if row == column else "-"
    value = values[row, column]
    return "none" if value is None else f"{value:.4g}"


def _summary(names: Sequence[str], values: dict[tuple[str, str], float | None], title: str) -> render.Table:
    """For each site its least, middle and largest."""
    rows: list[Sequence[render.Cell]] = []
    for name in names:
        peers = sorted((v, other) for (row, other), v in values.items() if row == name and v is not None)
        if not peers:
            rows.append((name, None, None, None))
            continue
        (low, near), (high, far) = peers[0], peers[-1]
        middle = statistics.median(value for value, _ in peers)
        rows.append((name, f"{low:.4g} ({near})", f"{middle:.4g}", f"{high:.4g} ({far})"))
    return render.Table(("site", "least", "median", "most"), rows, title=title)
