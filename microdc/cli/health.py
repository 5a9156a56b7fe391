"""`microdc health`: how all of it is, site by site and device by device; once, or as it changes."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

import click

from microdc.cli import complete, health_feed, health_past, health_results, health_watch, render
from microdc.cli.health_keep import keep_options, kept
from microdc.cli.health_sources import Watched, every_option, from_option, opened
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.health.exporter.remote import Address


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
  microdc health --from 127.0.0.1:9723  what the exporter there knows: nothing is polled
  microdc health --since 2h bcn-c1      how it was, where `microdc exporter --keep` has kept it
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
@from_option
@keep_options
@click.option(
    "--since",
    type=health_past.Moment(),
    metavar="TIME",
    help="How it was, from then on: 2h, 3d, 2026-11-26T22:00.",
)
@click.option("--until", type=health_past.Moment(), metavar="TIME", help="With --since: up to then.")
@click.option("--count", type=click.IntRange(min=1), help="With --watch: so many times, once a second.")
@click.option("--demo", is_flag=True, help="A fleet that is not there, instead of the inventory.")
def health(
    *,
    patterns: tuple[str, ...],
    labels: tuple[str, ...],
    watch: bool,
    feed: bool,
    every: float,
    remote: Address | None,
    keep: bool,
    keep_for: float,
    since: datetime | None,
    until: datetime | None,
    count: int | None,
    demo: bool,
) -> Exit:
    """Poll BMCs, switches, shapers and nodes, and tell how the sites are. Changes nothing.

    Each device is asked once, and what it says counts at once; with --watch and --feed they are asked again and again, and a device is down or
    degraded when it was so twice in a row. What cannot be polled (no BMC, no credentials) is told on stderr, and the rest works.
    """
    if watch and feed:
        raise InputError("--watch and --feed exclude each other")
    if since is not None:
        if watch or feed or keep or remote is not None:
            raise InputError(
                "--since tells of the past: it goes with neither --watch, --feed, --from nor --keep"
            )
        return health_past.tell(since, until, patterns, labels, demo=demo)
    if until is not None:
        raise InputError("--until ends what --since begins, and --since is not given")
    if keep and not (watch or feed):
        raise InputError("--keep goes with --watch or --feed: what is asked once is no history")
    stop = threading.Event()
    with (
        opened(demo=demo, every=every, patterns=patterns, labels=labels, remote=remote) as opened_,
        kept(opened_, keep=keep, keep_for=keep_for) as watched,
    ):
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
