"""`microdc health`: how all of it is, site by site and device by device; once, or as it changes."""

from __future__ import annotations

import threading

import click

from microdc.cli import complete, health_feed, health_results, health_watch, render
from microdc.cli.health_sources import Watched, every_option, opened
from microdc.errors import Exit, InputError


@click.command(
    epilog="""\b
Devices are named by site, rack, name or key, a pair by its sites; globs and labels as everywhere:
  barcelona               all of a site, its pairs included
  barcelona/r1            a rack
  bcn-c1, switch/bcn-sw1  a device
  barcelona:paris         a pair
  -l role=compute         all with this label

\b
Examples:
  microdc health                        each site, and what is wrong there
  microdc health barcelona              its devices
  microdc health --watch                as it changes, until Ctrl-C
  microdc health -o json | jq '.sites[] | select(.state != "ok") | .reasons'
  microdc health --feed > monday.jsonl  all that is polled, to be replayed
Exit code: 0 all is well or in maintenance, 1 something is degraded or down, else 2 where documents are wrong, else 3 where of a site nothing is known.
"""
)
@click.argument("patterns", nargs=-1, metavar="[SITE|RACK|DEVICE|A:B]...", shell_complete=complete.watched)
@click.option(
    "-l", "--label", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label."
)
@click.option("--watch", is_flag=True, help="Show it as it changes, until it is interrupted.")
@click.option(
    "--feed", is_flag=True, help="Write all that is polled, one JSON object a line: docs/health.md."
)
@every_option
@click.option("--count", type=click.IntRange(min=1), help="With --watch: so many times, once a second.")
@click.option("--demo", is_flag=True, help="A fleet that is not there, instead of the inventory.")
def health(
    *,
    patterns: tuple[str, ...],
    labels: tuple[str, ...],
    watch: bool,
    feed: bool,
    every: float,
    count: int | None,
    demo: bool,
) -> Exit:
    """Poll BMCs, switches, shapers and nodes, and tell how the sites are. Changes nothing.

    Each device is asked once, and what it says counts at once; with --watch and --feed they are asked again and again, and a device is down or
    degraded when it was so twice in a row. What cannot be polled (no BMC, no credentials) is told on stderr, and the rest works.
    """
    if watch and feed:
        raise InputError("--watch and --feed exclude each other")
    stop = threading.Event()
    with opened(demo=demo, every=every, patterns=patterns, labels=labels) as watched:
        if feed:
            return health_feed.feed(watched.source.run(stop), stop)
        _tell_problems(watched)
        if watch:
            return health_watch.show(watched, stop, detailed=watched.chosen, count=count)
        return _once(watched, stop)


def _tell_problems(watched: Watched) -> None:
    for problem in watched.source.fleet.problems:
        render.note(problem)


def _once(watched: Watched, stop: threading.Event) -> Exit:
    from microdc.health.board import Board
    from microdc.health.tracking import Rules

    if not watched.source.fleet.devices and watched.broken:
        raise InputError("nothing of this inventory can be watched", where=watched.source.fleet.origin)
    board = Board(Rules(down=1, degraded=1, unknown=1, better=1))
    for record in watched.source.once(stop):
        board.apply([record], health_results.now())
    health_results.tell(board, detailed=watched.chosen)
    found = health_results.verdict(board, detailed=watched.chosen)
    return Exit.USAGE if watched.broken and found in {Exit.OK, Exit.UNREACHABLE} else found
