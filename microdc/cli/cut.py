"""`microdc wan cut` and `mend`: links of the backbone go down, and the pairs of sites another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from microdc.cli import complete, narrate, plans, render
from microdc.cli.confirming import confirm_option
from microdc.cli.documents import inventory_and_library
from microdc.cli.ledger import open_wan_for
from microdc.cli.parameters import DURATION, owner_option
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.wan.operate import Wan

_LINKS = click.argument("links", nargs=-1, required=True, metavar="LINK...", shell_complete=complete.links)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")


@click.command(
    epilog="""\b
Examples:
  microdc wan cut nren-europe/paris:madrid --dry-run    what would change
  microdc wan cut nren-europe/paris:madrid --for 10m
  microdc wan cut cables/ellalink                       one link by its name; besides what you have cut
  microdc wan mend cables/ellalink                      up again
  microdc wan undo                                      all of them up again
"""
)
@_LINKS
@click.option("--for", "seconds", type=DURATION, help="End by itself after this time, such as 10m.")
@_DRY_RUN
@confirm_option
@owner_option
def cut(
    *, links: tuple[str, ...], seconds: float | None, dry_run: bool, confirm_within: float | None, owner: str
) -> None:
    """Take links of the backbone down: every pair of sites that goes over them goes another way, or none.

    LINK is TOPOLOGY/POP:POP, all links between the two; or TOPOLOGY/NAME, the one of that name. What is cut is one overlay of yours;
    only directions that change are touched. A pair that has no way left loses every packet.
    """
    from microdc.wan.cut import links_of

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        down = sorted({*_own(wan, owner), *links_of(testbed, library, links)})
        plan, detour = wan.plan_cut(library, down, owner, seconds=seconds)
        for a, b in detour.kept:
            render.note(f"{a}:{b} has an overlay of its own and stays as it is.")
        if not dry_run:
            narrate.watch(wan.apply(plan, confirm_within=confirm_within))
    render.emit("Plan", plans.data(plan, applied=not dry_run), lambda: plans.table(plan, details=dry_run))


@click.command(
    epilog="""\b
Examples:
  microdc wan mend nren-europe/paris:madrid
"""
)
@_LINKS
@_DRY_RUN
@confirm_option
@owner_option
def mend(*, links: tuple[str, ...], dry_run: bool, confirm_within: float | None, owner: str) -> None:
    """Bring links up again that you have cut; what else you have cut stays down."""
    from microdc.wan.cut import links_of

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        down, up = _own(wan, owner), links_of(testbed, library, links)
        for link in up:
            if link not in down:
                hint = f"you have cut {', '.join(down)}" if down else "microdc wan show tells what is laid"
                raise InputError(f"{link} is not cut by {owner}", hint=hint)
        plan, _ = wan.plan_cut(library, [link for link in down if link not in up], owner)
        if not dry_run:
            narrate.watch(wan.apply(plan, confirm_within=confirm_within))
    render.emit("Plan", plans.data(plan, applied=not dry_run), lambda: plans.table(plan, details=dry_run))


def _own(wan: Wan, owner: str) -> Sequence[str]:
    """What the owner has cut."""
    return next((list(o.cuts) for o in reversed(wan.overlays) if o.cuts and o.owner == owner), [])
