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

    from microdc.wan.model import Plan
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
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    help="All that you have cut comes up again after this time, such as 10m.",
)
@_DRY_RUN
@confirm_option
@owner_option
def cut(
    *, links: tuple[str, ...], seconds: float | None, dry_run: bool, confirm_within: float | None, owner: str
) -> None:
    """Take links of the backbone down: every pair of sites that goes over them goes another way, or none.

    LINK is TOPOLOGY/POP:POP, all links between the two; or TOPOLOGY/NAME, the one of that name. What you cut adds to what you have cut
    already, and is one overlay of yours; what apply-profile laid stays above it. Only lines that change are touched. A pair
    that has no way left loses every packet.
    """
    from microdc.wan.cut import links_of, plan_cut

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        down = sorted({*_own(wan, owner), *links_of(testbed, library, links)})
        plan = plan_cut(wan, library, down, owner, seconds=seconds)
        if plan.put and not any(port.operations for port in plan.ports):
            render.note("No line changes: no pair of sites goes over them now, or an overlay lies above.")
        _carry_out(wan, plan, confirm_within, dry_run=dry_run)


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
    """Bring links up again that you have cut; what else you have cut stays down, and ends when it would have ended."""
    from microdc.wan.cut import links_of, plan_cut

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        down = _own(wan, owner)
        known = [link for link in links if link in down]  # also such as the documents no longer have
        up = [*known, *links_of(testbed, library, [link for link in links if link not in down])]
        for link in up:
            if link not in down:
                hint = f"you have cut {', '.join(down)}" if down else "microdc wan show tells what is laid"
                raise InputError(f"{link} is not cut by {owner}", hint=hint)
        plan = plan_cut(wan, library, [link for link in down if link not in up], owner)
        _carry_out(wan, plan, confirm_within, dry_run=dry_run)


def _carry_out(wan: Wan, plan: Plan, confirm_within: float | None, *, dry_run: bool) -> None:
    if not dry_run:
        narrate.watch(wan.apply(plan, confirm_within=confirm_within))
    render.emit("Plan", plans.data(plan, applied=not dry_run), lambda: plans.table(plan, details=dry_run))


def _own(wan: Wan, owner: str) -> Sequence[str]:
    """The links that the owner has cut."""
    from microdc.wan.cut import own_cut

    own = own_cut(wan.overlays, owner)
    return own.cuts if own else ()
