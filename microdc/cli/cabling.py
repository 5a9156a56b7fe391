"""`microdc cabling`: is the rack wired as the inventory declares it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import click

from microdc.cli import adoptions, complete, context, narrate, render, target
from microdc.cli import cabling_results as results
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.events import Step
    from microdc.survey.cabling.operate import Checked, Reading
    from microdc.switch.snmp.views import View
    from microdc.testbed.model import Switch, Testbed

_SWITCHES = click.argument(
    "patterns", nargs=-1, metavar="[SWITCH|RACK|SITE]...", shell_complete=complete.sites
)
_BMCS = click.option(
    "--ask-bmcs",
    is_flag=True,
    help="Ask the servers' BMCs for MAC addresses that the inventory does not declare.",
)


@click.group()
def cabling() -> None:
    """Check cables against the inventory, draw them, and write down what is found."""


def read(testbed: Testbed, switches: Sequence[Switch]) -> Generator[Step, None, Sequence[Reading]]:
    """Asks the switches for what tells cables, and for their VLANs where some are declared."""
    from microdc.survey.cabling.declared import declares_vlans
    from microdc.switch.operate import read as ask

    wanted: set[View] = {"ports", "neighbours", "addresses"}
    if declares_vlans(testbed):
        wanted.add("vlans")
    readings: Sequence[Reading] = yield from ask(testbed, switches, wanted)
    return readings


@cabling.command(
    epilog="""\b
Examples:
  microdc cabling check                        every switch of the inventory
  microdc cabling check barcelona/r1 --all     also the cables that are right
  microdc cabling check bcn-sw1 -o json | jq '.verdicts[] | select(.kind == "wrong")'
"""
)
@_SWITCHES
@_BMCS
@click.option("--all", "everything", is_flag=True, help="Tell of the cables that are right, too.")
@click.option("--evidence", is_flag=True, help="Show what the switches told, cable by cable.")
def check(patterns: tuple[str, ...], *, ask_bmcs: bool, everything: bool, evidence: bool) -> Exit:
    """Compare the cables that the inventory declares with what the switches hear: LLDP, forwarding tables, links.

    Where the inventory declares VLANs, the ports' own are compared with them as well.
    Exit code 0 if no cable or VLAN is wrong and no link missing, 1 if there is one, 3 where a switch cannot be read.
    """
    _, checked = _checked(patterns, ask_bmcs=ask_bmcs)
    render.emit(
        "Cabling",
        results.data(checked),
        lambda: results.tables(checked, everything=everything, evidence=evidence),
    )
    _tell_unread(checked)
    return _outcome(checked)


@cabling.command(
    epilog="""\b
Examples:
  microdc cabling show barcelona/r1                  in the terminal
  microdc cabling show barcelona --svg rack.svg
"""
)
@_SWITCHES
@_BMCS
@click.option("--svg", type=target.FILE, help="Draw the racks into this file; - is stdout.")
@target.force_option
def show(patterns: tuple[str, ...], *, ask_bmcs: bool, svg: str | None, force: bool) -> Exit:
    """Draw racks with their devices and cables; what is wrong is shown in colour and in words.

    Exit code 3 where a switch cannot be read: its cables are drawn as unknown.
    """
    from microdc.drawing.rack import svg_racks
    from microdc.drawing.terminal_rack import terminal_racks
    from microdc.survey.cabling.picture import picture
    from microdc.switch.targets import chosen

    target.check([svg], force=force)
    testbed, checked = _checked(patterns, ask_bmcs=ask_bmcs)
    homes = {(switch.site, switch.rack) for switch in chosen(testbed, patterns)}
    racks = [
        rack
        for site in testbed.sites.values()
        for rack in site.racks.values()
        if (site.name, rack.name) in homes
    ]
    frames, wires, notes = picture(testbed, racks, checked.verdicts)
    if svg is not None:
        names = ", ".join(f"{rack.site}/{rack.name}" for rack in racks)
        target.write(svg_racks(frames, wires, f"Cabling of {names}", notes), svg, force=force)
    else:
        drawn = render.Picture(terminal_racks(frames, wires, ascii=not _unicode()))
        render.emit("Cabling", results.data(checked), [drawn, results.count(checked.verdicts)])
    _tell_unread(checked)
    return Exit.UNREACHABLE if checked.unread else Exit.OK


@cabling.command(
    epilog="""\b
Examples:
  microdc cabling adopt barcelona --dry-run        the changes as a diff
  microdc cabling adopt barcelona/r1 --replace     the cables are meant so: also what is declared otherwise
"""
)
@_SWITCHES
@_BMCS
@click.option(
    "--replace", is_flag=True, help="Write over what is declared and differs; without it, it is only told."
)
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
def adopt(patterns: tuple[str, ...], *, ask_bmcs: bool, replace: bool, dry_run: bool) -> Exit:
    """Write the cables that are found into the inventory: `switch` and `port` of servers' `nics` and BMCs.

    Comments, order and all other lines of the documents stay as they are. Asks before it writes.
    """
    from microdc.survey.cabling.operate import plan_adoption, write

    testbed, checked = _checked(patterns, ask_bmcs=ask_bmcs)
    planned = plan_adoption(testbed, checked, replace=replace)
    adoptions.carry_out(
        "CablingAdoption", "cables", planned, write, {"unread": results.unread(checked)}, dry_run=dry_run
    )
    _tell_unread(checked)
    return Exit.UNREACHABLE if checked.unread else Exit.OK


def _checked(patterns: Sequence[str], *, ask_bmcs: bool) -> tuple[Testbed, Checked]:
    from microdc.survey.cabling.operate import check as compare
    from microdc.switch.targets import chosen
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    switches = chosen(testbed, patterns)
    own = _asked(testbed) if ask_bmcs else None
    return testbed, narrate.watch(compare(testbed, switches, read, own))


def _asked(testbed: Testbed) -> dict[str, tuple[str, ...]]:
    from microdc.bmc.targets import selected
    from microdc.survey.cabling.operate import own_macs
    from microdc.survey.operate import collect

    collected = narrate.watch(collect(testbed, selected(testbed, ("*",), ()).servers))
    for one in collected:
        if one.error:
            render.note(f"{one.server.name}: {one.error}")
    return own_macs(collected)


def _unicode() -> bool:
    import sys

    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16"}


def _tell_unread(checked: Checked) -> None:
    for name, error in checked.unread:
        render.note(f"{name}: {error}")


def _outcome(checked: Checked) -> Exit:
    if any(one.alarming for one in checked.verdicts):
        return Exit.FAILED
    return Exit.UNREACHABLE if checked.unread else Exit.OK
