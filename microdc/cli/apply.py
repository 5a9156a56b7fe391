"""`microdc plan`, `apply` and `apply-profile`: from documents to the kernel."""

from __future__ import annotations

import click

from microdc.cli import complete, narrate, plans, render
from microdc.cli.confirming import confirm_option
from microdc.cli.documents import inventory_and_library, read_profile
from microdc.cli.ledger import open_wan_for
from microdc.cli.parameters import DURATION, direction_values, owner_option
from microdc.errors import Exit, InputError

_TAKE_OVER = click.option("--take-over", is_flag=True, help="Replace root qdiscs that are not microdc's.")


@click.command(
    epilog="""\b
Examples:
  microdc plan            what would change, interface by interface; exit code 5 if anything would
  microdc plan -o json    the same for a script
"""
)
@_TAKE_OVER
@owner_option
def plan(*, take_over: bool, owner: str) -> Exit:
    """Show what `apply` would change where the WAN lives, on emulators and edge servers, and why. Changes nothing."""
    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        found = wan.plan_inventory(library, owner, take_over=take_over)
        wan.note_plan(found)
    render.emit("Plan", plans.data(found), lambda: plans.table(found, details=True))
    return Exit.OK if found.empty else Exit.PENDING


@click.command(
    epilog="""\b
Examples:
  microdc apply --dry-run    operations with their reasons, and the tc lines that do the same
  microdc apply              the whole WAN of the inventory; again: nothing to change
"""
)
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@_TAKE_OVER
@confirm_option
@owner_option
def apply(*, dry_run: bool, take_over: bool, confirm_within: float | None, owner: str) -> None:
    """Make the WAN what the inventory says of each pair of sites, on emulators and edge servers.

    Running links are changed in place, without losing a packet. Overlays laid by apply-profile stay on top; what is cut of the
    backbone stays cut, and is worked out anew.
    """
    from microdc.wan.cut import plan_again

    testbed, library = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        found = wan.plan_inventory(library, owner, take_over=take_over)
        if take_over and found.structural and not dry_run:
            render.confirm("Replace what others have laid on these interfaces?")
        if not dry_run:
            narrate.watch(wan.apply(found, confirm_within=confirm_within))
            if any(overlay.cuts for overlay in wan.overlays):
                narrate.watch(wan.apply(plan_again(wan, library), confirm_within=confirm_within))
    render.emit("Plan", plans.data(found, applied=not dry_run), lambda: plans.table(found, details=dry_run))


@click.command(
    epilog="""\b
Examples:
  microdc apply-profile lte --pair barcelona:paris --for 10m
  microdc apply-profile gpon --pair barcelona:paris --direction a-to-b --dry-run
  microdc apply-profile -f - --pair paris:boston < my-profile.yaml
"""
)
@click.argument("profile", required=False, shell_complete=complete.profiles)
@click.option("-f", "--file", "file", type=click.Path(), help="Read the profile from a file; - is stdin.")
@click.option(
    "--pair",
    "pairs",
    required=True,
    multiple=True,
    type=complete.PairType(),
    help="A:B, by site; may be repeated.",
)
@click.option(
    "--direction", shell_complete=complete.direction, help="Only one: a-to-b or b-to-a.  [default: both]"
)
@click.option("--for", "seconds", type=DURATION, help="End by itself after this time, such as 10m.")
@click.option("--reason", help="Kept with the overlay.")
@click.option("--replace", is_flag=True, help="Take the place of your last overlay on this pair.")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@_TAKE_OVER
@confirm_option
@owner_option
def apply_profile(
    *,
    profile: str | None,
    file: str | None,
    pairs: tuple[tuple[str, str], ...],
    direction: str | None,
    seconds: float | None,
    reason: str | None,
    replace: bool,
    dry_run: bool,
    take_over: bool,
    confirm_within: float | None,
    owner: str,
) -> None:
    """Lay a profile over a pair of sites, at once and end to end.

    The profile's `up` is the direction A to B, its `down` B to A. It lies over what was there until
    `microdc wan undo` or its time (--for) takes it away. The same again changes nothing.
    """
    if (profile is None) == (file is None):
        raise InputError("name a profile, or a file with -f", hint="microdc profile list shows the profiles")
    testbed, library = inventory_and_library()
    chosen = read_profile(file, library) if file else library[profile or ""]
    values = direction_values(testbed, chosen, pairs, direction)
    with open_wan_for(testbed, owner) as wan:
        found = wan.plan_overlay(
            values,
            owner,
            reason or f"profile {chosen.name} on {', '.join(map(':'.join, pairs))}",
            seconds=seconds,
            replace=replace,
            take_over=take_over,
        )
        if not dry_run:
            narrate.watch(wan.apply(found, confirm_within=confirm_within))
    render.emit("Plan", plans.data(found, applied=not dry_run), lambda: plans.table(found, details=dry_run))
