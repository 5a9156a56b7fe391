"""`microdc wan matrix`: what lies between every two sites."""

from __future__ import annotations

import csv
import io
import math
import statistics
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, render, target
from microdc.cli.documents import inventory_and_library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from microdc.testbed.model import Testbed
    from microdc.wan.matrix import Entry, Side, What

    Values = Mapping[tuple[str, str], float | None]

_SQUARE_MOST = 16
"""Sites up to which a square of all pairs fits a terminal."""
_WORDS = {None: "no way", math.inf: "no limit"}
"""What has no number: every way is cut, nothing limits the rate."""
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
@click.option(
    "--csv", "csv_file", type=target.FILE, help="Write all of every pair into this file; - is stdout."
)
@click.option("--svg", type=target.FILE, help="Draw a heat map into this file; - is stdout.")
@target.force_option
@cut_option
def matrix(*, what: What, csv_file: str | None, svg: str | None, force: bool, cuts: tuple[str, ...]) -> None:
    """Show what the inventory asks of every pair of sites: delay there and back, rate, loss. Nothing is contacted."""
    from microdc.wan.cut import links_of
    from microdc.wan.matrix import matrix as entries

    target.check((csv_file, svg), force=force)
    testbed, library = inventory_and_library()
    down = links_of(testbed, library, cuts) if cuts else []
    found = list(entries(testbed, library, down))
    if csv_file is not None:
        target.write(_csv(found), csv_file, force=force)
    if svg is not None:
        target.write(_heat_map(testbed, found, what, down), svg, force=force)
    if csv_file is None and svg is None:
        data = {"cut": down, "pairs": [_data(entry) for entry in found]}
        render.emit("Matrix", data, lambda: _human(testbed, found, what))


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "a": entry.a,
        "b": entry.b,
        "origin": entry.origin,
        "way": entry.way,
        "rtt_ns": entry.rtt,
        "forth": _side(entry.forth),
        "back": _side(entry.back),
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"owd_ns": side.owd, "rate_bit_per_s": side.rate, "loss_percent": side.loss}


def _csv(found: Sequence[Entry]) -> str:
    """One line a pair. An empty rate has no limit where there is a way; where there is none, delays are empty as well."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    names = ("owd_ms", "rate_bit_per_s", "loss_percent")
    columns = [f"{name}_{way}" for way in ("a_to_b", "b_to_a") for name in names]
    writer.writerow(["a", "b", "way", "rtt_ms", *columns, "origin"])
    for entry in found:
        sides: list[float | None] = []
        for side, loss in zip((entry.forth, entry.back), entry.losses, strict=True):
            sides += [side.owd / 1e6, side.rate, loss] if side else [None, None, loss]
        rtt = None if entry.rtt is None else entry.rtt / 1e6
        writer.writerow([entry.a, entry.b, "yes" if entry.way else "no", rtt, *sides, entry.origin])
    return target.getvalue()


_UNITS = {"rtt": "ms", "rate": "Mbit/s", "loss": "%"}
_TITLES = {
    "rtt": "Delay there and back",
    "rate": "Rate from row to column",
    "loss": "Loss from row to column",
}


def _heat_map(testbed: Testbed, found: Sequence[Entry], what: What, down: Sequence[str]) -> str:
    from microdc.drawing.heatmap import svg_heatmap
    from microdc.wan.matrix import figures

    groups = {
        site.name: site.pops[0].partition("/")[0] if site.pops else "" for site in testbed.sites.values()
    }
    names = sorted((n for n in {e for f in found for e in (f.a, f.b)}), key=lambda n: (groups[n], n))
    notes = [f"asked by the inventory of {testbed.title}", *(f"without {link}" for link in down)]
    values = figures(found, what)
    if len(values) < len(names) * (len(names) - 1):
        notes.append("no value: the inventory asks nothing of the two")
    title = f"{_TITLES[what]}, {len(names)} sites"
    return svg_heatmap(names, values, title, _UNITS[what], notes, groups)


def _human(testbed: Testbed, found: Sequence[Entry], what: What) -> render.Human:
    from microdc.wan.matrix import figures

    if not found:
        return "The inventory asks nothing between any two sites."
    names = [name for name in testbed.sites if any(name in (entry.a, entry.b) for entry in found)]
    values = figures(found, what)
    title = f"{_TITLES[what]}, {_UNITS[what]}:"
    if len(names) <= _SQUARE_MOST:
        rows = [(row, *(_cell(values, row, column) for column in names)) for row in names]
        return render.Table(("", *names), rows, title=title)
    return [_summary(names, values, title), "All pairs: --csv FILE, -o json; as a heat map: --svg FILE."]


def _cell(values: Values, row: str, column: str) -> str:
    """A dash where the inventory asks nothing."""
    if (row, column) not in values:
        return "" if row == column else "-"
    return _words(values[row, column])


def _words(value: float | None) -> str:
    return _WORDS.get(value) or f"{value:.4g}"


def _summary(names: Sequence[str], values: Values, title: str) -> render.Table:
    """For each site its least, middle and largest, and to how many others it has no way."""
    rows: list[Sequence[render.Cell]] = []
    for name in names:
        peers = [(value, other) for (row, other), value in values.items() if row == name]
        known = sorted((value, other) for value, other in peers if value is not None)
        parted = len(peers) - len(known)
        if not known:
            rows.append((name, None, None, None, parted))
            continue
        (low, near), (high, far) = known[0], known[-1]
        middle = statistics.median(value for value, _ in known)
        rows.append((name, f"{_words(low)} ({near})", _words(middle), f"{_words(high)} ({far})", parted))
    columns = ("site", "least", "median", "most", _WORDS[None])
    shown = len(columns) if any(row[-1] for row in rows) else -1
    return render.Table(columns[:shown], [row[:shown] for row in rows], title=title)
