"""`microdc switch set`: a port of a switch changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, narrate, render
from microdc.cli.confirming import ConfirmTime
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import owner_option
from microdc.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.switch.cli.model import Plan
    from microdc.testbed.model import Switch, Testbed


@click.command(
    "set",
    epilog="""\b
Examples:
  microdc switch set bcn-sw1 swp7 --down --dry-run
  microdc switch set bcn-sw1 swp7 --up --description 'to bcn-c7' --vlan 20
  microdc switch set bcn-sw1 swp7 --description '' --yes        takes it away
  microdc switch set bcn-sw1 swp7 --vlan 20 --confirm-within 2m
""",
)
@click.argument("switch_name", metavar="SWITCH", shell_complete=complete.switches)
@click.argument("port", shell_complete=complete.ports)
@click.option("--up", "up", flag_value=True, type=click.BOOL, default=None, help="Turn it on.")
@click.option("--down", "up", flag_value=False, type=click.BOOL, help="Turn it off.")
@click.option("--description", metavar="TEXT", help="What it is called; '' takes that away.")
@click.option(
    "--vlan", type=click.IntRange(1, 4094), help="The VLAN of untagged frames, which the switch must have."
)
@click.option("--dry-run", is_flag=True, help="Read the switch, show the plan, change nothing.")
@click.option(
    "--confirm-within",
    type=ConfirmTime(),
    default="30s",
    show_default=True,
    help="Where the switch can, it takes the change back after this time, at most 10m, unless it was read back over a new connection.",
)
@owner_option
def set_(
    *,
    switch_name: str,
    port: str,
    up: bool | None,
    description: str | None,
    vlan: int | None,
    dry_run: bool,
    confirm_within: float,
    owner: str,
) -> Exit:
    """Change a port of a switch: its state, its description, the VLAN of its untagged frames.

    The plan is made of what the switch says, shown, and asked about; it is refused if the port is changed in between. What was sent is read
    back, and read back once more over a new connection; where it is not as planned it is undone. Exit code 1 where it did not come to be and
    the port is as before, 3 where the switch was lost and it is not known how the port is: the message says what undoes the change.
    """
    from microdc.switch import changing
    from microdc.switch.cli.model import PortChange
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    switch = changing.one(testbed, switch_name)
    change = PortChange(port, up, description, vlan)
    if dry_run:
        made = narrate.watch(changing.plan(testbed, switch, change, confirm_within=confirm_within))
        behind = _behind(testbed, switch, made)
        render.emit(
            "SwitchPlan", _data(switch, made, behind), lambda: "\n".join(_words(switch, made, behind))
        )
        return Exit.OK
    with open_ledger(testbed, owner) as book:
        made = narrate.watch(changing.plan(testbed, switch, change, book, confirm_within=confirm_within))
        behind = _behind(testbed, switch, made)
        if made.commands:
            render.note("\n".join(_words(switch, made, behind)))
            render.confirm(f"Change {made.before.port} of {switch.name}?")
            narrate.watch(changing.apply(testbed, switch, made, book))
    result = "done" if made.commands else "nothing"
    render.emit(
        "SwitchSet",
        {"result": result, **_data(switch, made, behind)},
        lambda: (
            "\n".join(made.diff) if made.commands else f"{made.before.port} of {switch.name} is so already."
        ),
    )
    return Exit.OK


def _behind(testbed: Testbed, switch: Switch, made: Plan) -> list[str]:
    """What by the inventory hangs on the port, where it calls the port as the switch does."""
    from microdc.survey.cabling.declared import expected

    return [
        str(cable.other(end))
        for cable in expected(testbed).cables
        for end in cable.ends
        if (end.device, end.port) == (switch.name, made.before.port)
    ]


def _data(switch: Switch, made: Plan, behind: Sequence[str]) -> dict[str, Any]:
    return {
        "switch": switch.name,
        "port": made.before.port,
        "platform": made.platform,
        "before": made.before,
        "after": made.after,
        "diff": made.diff,
        "commands": made.commands,
        "undo": made.undo,
        "taken_back_after_seconds": made.dead_man,
        "remarks": made.remarks,
        "declared_behind": behind,
    }


def _words(switch: Switch, made: Plan, behind: Sequence[str]) -> list[str]:
    """A plan as people read it."""
    if not made.commands:
        return [f"{made.before.port} of {switch.name} is so already: nothing would be sent."]
    lines = list(made.diff)
    lines += [f"sent:    {command}" for command in made.commands]
    lines += [f"undone:  {command}" for command in made.undo]
    if made.dead_man:
        lines.append(
            f"The switch takes it back after {made.dead_man} s, unless by then it was read back over a new connection."
        )
    if behind:
        lines.append(f"By the inventory, {' and '.join(behind)} hangs on it.")
    return [*lines, *(f"Mind: {remark}." for remark in made.remarks)]
