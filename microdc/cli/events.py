"""`microdc events`: what happens, as a stream for programs."""

from __future__ import annotations

from datetime import datetime

import click

from microdc.cli import history


@click.command(
    epilog="""\b
Examples:
  microdc events -o json --follow
  microdc events -o json --after 812      where an earlier run ended: `number` of its last event
  microdc events --since 2h --kind apply
"""
)
@click.option("--follow", is_flag=True, help="Wait for more, until it is interrupted.")
@click.option("--since", type=history.Time(), help="Those since then: 2h, or 2026-11-26T22:00.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Those after the one of this number.")
@click.option("--kind", "kinds", multiple=True, help="Such as apply, undo, measurement, lease, agent.")
@history.testbed_options
def events(
    *,
    follow: bool,
    since: datetime | None,
    after: int,
    kinds: tuple[str, ...],
    testbed: str | None,
    everywhere: bool,
) -> None:
    """Stream what begins and ends and what the emulators' agents told, in order; with -o json one object a line.

    With --follow and neither --since nor --after it begins with what happens next.
    """
    chosen = history.chosen_testbed(testbed, everywhere=everywhere)
    with history.opened() as store:
        if follow and since is None and not after:
            after = store.journal.last_event()
        for event in store.journal.events(chosen, since=since, after=after, kinds=kinds):
            history.print_event(event)
            after = event.number
        if follow:
            history.follow(lambda number: store.journal.events(chosen, after=number, kinds=kinds), after)
