"""`microdc wan`: what holds between the sites, and taking it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from microdc.cli import narrate, plans, render
from microdc.cli.calibrate import calibrate
from microdc.cli.confirming import confirm_option
from microdc.cli.cut import cut, mend
from microdc.cli.documents import inventory_and_library
from microdc.cli.drift import drift
from microdc.cli.ledger import open_wan_for
from microdc.cli.matrix import matrix
from microdc.cli.parameters import owner_option
from microdc.cli.path import path
from microdc.cli.render import Styled, Table
from microdc.cli.verify import verify
from microdc.cli.watch import watch
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.testbed.model import Testbed
    from microdc.wan.model import Overlay, Plan
    from microdc.wan.operate import Wan
    from microdc.wan.profile import Library
    from microdc.wan.view import Line


@click.group()
def wan() -> None:
    """Show, verify, calibrate, watch, cut, undo and reset the emulated WAN."""


for command in (verify, calibrate, watch, drift, matrix, path, cut, mend):
    wan.add_command(command)


@wan.command(
    epilog="""\b
Examples:
  microdc wan show
  microdc wan show -o json | jq '.directions[] | select(.as_asked | not)'
"""
)
def show() -> None:
    """Show what holds between the sites, direction by direction, and what is laid."""
    from microdc.wan.operate import open_wan
    from microdc.wan.view import lines

    testbed, library = inventory_and_library()
    with open_wan(testbed) as opened:
        found = list(lines(testbed, opened.situations, opened.overlays))
        notes = [note.text for situation in opened.situations.values() for note in situation.state.notes]
        overlays = opened.overlays
    told = [f"Mind: {words}." for words in _stale(testbed, library, overlays)]
    notes += told
    data = {
        "directions": [
            {
                "from": line.direction.source,
                "to": line.direction.target,
                "emulator": line.emulator,
                "interface": line.interface,
                "asked": line.impairment,
                "origin": line.origin,
                "overlay": line.overlay.id if line.overlay else None,
                "as_asked": line.as_asked,
                "sent": line.sent,
                "lost": line.lost,
            }
            for line in found
        ],
        "overlays": [
            {
                "id": overlay.id,
                "owner": overlay.owner,
                "reason": overlay.reason,
                "made": overlay.made,
                "ends_in_seconds": overlay.seconds,
                "directions": len(overlay.values),
                "missing_on": list(overlay.missing),
                "cuts": list(overlay.cuts),
            }
            for overlay in overlays
        ],
        "notes": notes,
    }
    render.emit("Wan", data, lambda: [_directions(found), _overlays(overlays), *told])


def _directions(found: Sequence[Line]) -> Table:
    from microdc.units import format_delay, format_percent, format_rate, format_size

    rows = []
    for line in found:
        asked = line.impairment
        rows.append(
            (
                str(line.direction),
                format_delay(asked.owd),
                format_delay(asked.jitter),
                format_percent(round(asked.mean_loss, 6)),
                format_rate(asked.rate) if asked.rate else None,
                format_size(asked.buffer) if asked.buffer else None,
                line.origin or None,
                line.overlay.id if line.overlay else None,
                _kernel(line),
                line.sent.packets,
                line.lost,
            )
        )
    columns = (
        "direction",
        "owd",
        "jitter",
        "loss",
        "rate",
        "buffer",
        "from",
        "overlay",
        "kernel",
        "packets",
        "lost",
    )
    return Table(columns, rows)


def _kernel(line: Line) -> Styled:
    if not line.as_asked:
        return Styled("drifted", "bold red")
    return Styled("as asked", "green") if line.overlay else Styled("clean", "dim")


def _stale(testbed: Testbed, library: Library, overlays: Sequence[Overlay]) -> list[str]:
    """What is said of cuts that are not as the documents and all cuts have it now."""
    from microdc.wan.cut import outdated

    try:
        found = outdated(testbed, library, overlays)
    except InputError as problem:
        return [f"whether what is cut is still right cannot be told: {problem}"]
    if not found:
        return []
    named = ", ".join(map(str, found[:3])) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return [
        f"what is cut was worked out for other cuts or documents than there are now: {named}; microdc apply mends it"
    ]


def _overlays(overlays: Sequence[Overlay]) -> Table | str:
    if not overlays:
        return "Nothing is laid: microdc apply lays what the inventory asks, apply-profile a profile over one pair."
    rows = [
        (
            o.id,
            o.owner,
            len(o.values),
            "-" if o.seconds is None else f"{o.seconds:.0f} s",
            Styled(f"not on {', '.join(o.missing)}", "bold red") if o.missing else "all",
            o.reason,
        )
        for o in reversed(overlays)
    ]
    columns = ("overlay", "owner", "directions", "ends in", "laid on", "reason")
    return Table(columns, rows, title="Laid, top first:")


@wan.command(
    epilog="""\b
Examples:
  microdc wan undo        the overlay that you laid last
  microdc wan undo o3     that one; microdc wan show lists them
"""
)
@click.argument("overlays", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@confirm_option
@owner_option
def undo(*, overlays: tuple[str, ...], dry_run: bool, confirm_within: float | None, owner: str) -> None:
    """Take overlays away; what lies below them shows again."""
    from microdc.wan.cut import plan_removal

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as opened:
        plan = plan_removal(opened, library, overlays or [_last(opened.overlays, owner)])
        _carry_out(opened, plan, confirm_within, dry_run=dry_run)


def _last(overlays: Sequence[Overlay], owner: str) -> str:
    """The owner's topmost overlay. Another's is not undone unless it is named."""
    if not overlays:
        raise InputError("nothing is laid, so there is nothing to undo")
    own = [overlay.id for overlay in overlays if overlay.owner == owner]
    if not own:
        top = overlays[-1]
        raise InputError(
            f"none of what is laid is {owner}'s",
            hint=f"on top is {top.id} of {top.owner}: microdc wan undo {top.id}",
        )
    return own[-1]


@wan.command(
    epilog="""\b
Examples:
  microdc wan reset --dry-run
  microdc wan reset --yes
"""
)
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@confirm_option
@owner_option
def reset(*, dry_run: bool, confirm_within: float | None, owner: str) -> None:
    """Take everything away: all overlays of all owners and what the inventory asked. The interfaces are as before."""
    testbed, _ = inventory_and_library()
    with open_wan_for(testbed, owner) as opened:
        owners = sorted({o.owner for o in opened.overlays})
        idents = [o.id for o in opened.overlays]
        if idents and not dry_run:
            render.confirm(f"Take away {len(idents)} overlays of {', '.join(owners)}?")
        _carry_out(opened, opened.plan_removal(idents), confirm_within, dry_run=dry_run)


def _carry_out(opened: Wan, plan: Plan, confirm_within: float | None, *, dry_run: bool) -> None:
    if not dry_run:
        narrate.watch(opened.apply(plan, confirm_within=confirm_within))
    render.emit("Plan", plans.data(plan, applied=not dry_run), lambda: plans.table(plan, details=dry_run))
