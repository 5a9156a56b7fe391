"""`microdc deploy plan`: what would be done with which nodes, and the same before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import deploy_nodes, narrate, render
from microdc.cli.parameters import owner_option
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit, MicrodcError, RefusedError

if TYPE_CHECKING:
    from microdc.deploy.operate import Deployment, Plan
    from microdc.deploy.planning import Item

_HOWS = {"begin": "cyan", "resume": "cyan", "nothing": "dim", "refused": "bold red"}
wipe_option = click.option(
    "--wipe", is_flag=True, help="Overwrite disks also where they hold data that is not microdc's."
)
again_option = click.option(
    "--again",
    is_flag=True,
    help="Install nodes again that are active, also those that run this very image. --yes alone does not.",
)
take_over_option = click.option(
    "--take-over",
    is_flag=True,
    help="Go on at once with what a microdc of another machine left that you know is gone.",
)
attempts_option = click.option(
    "--attempts",
    type=click.IntRange(1, 10),
    default=2,
    show_default=True,
    help="How often a node is begun with, where beginning anew may help.",
)


@click.command(
    epilog=deploy_nodes.SELECTORS
    + """
\b
Examples:
  microdc deploy plan barcelona
  microdc deploy plan -l role=compute --wipe -o json
"""
)
@deploy_nodes.selecting
@wipe_option
@again_option
@click.option("--no-ask", is_flag=True, help="Ask no BMC: their power is not shown then.")
@owner_option
def plan(
    *, selectors: tuple[str, ...], labels: tuple[str, ...], wipe: bool, again: bool, no_ask: bool, owner: str
) -> Exit:
    """Show what `deploy run` would do with each node: image, disk, address, what is lost, and what is in the way.

    Nothing is changed. Exit code: 5 where something would be done, 4 where something is in the way, 0 where there is nothing to do.
    """
    from microdc.deploy import operate
    from microdc.deploy.model import Action

    with deploy_nodes.opened(owner) as deployment:
        names = deploy_nodes.names_of(deployment, selectors, labels, every=True)
        made = operate.plan(deployment, names, operate.Wish(Action.DEPLOY, wipe=wipe, again=again))
        power = {} if no_ask else power_of(deployment, [item.name for item in made.items])
        held = in_the_way(deployment, made)
    render.emit("DeployPlan", data(made, power, held), lambda: human(made, power, held))
    if made.refused or held:
        return Exit.LOCKED
    return Exit.PENDING if made.doing else Exit.OK


def power_of(deployment: Deployment, names: list[str]) -> dict[str, str]:
    """The power of nodes by their BMCs, or why it cannot be told; of a node without a BMC nothing is told."""
    from microdc.bmc import operate

    if not names:
        return {}
    servers = operate.servers_of(deployment.testbed, names)
    report = narrate.watch(operate.power_status(servers))
    told = {
        one.target.name: str(one.value or (one.error.what if one.error else "")) for one in report.outcomes
    }
    return {name: power for name, power in told.items() if power}


def in_the_way(deployment: Deployment, made: Plan) -> str:
    """Who holds what a plan needs; "" for nobody."""
    try:
        deployment.book.ask_leave(made.racks)
    except RefusedError as error:
        return str(error)
    except MicrodcError as error:
        return f"the leases cannot be read: {error.what}"
    return ""


def data(made: Plan, power: Mapping[str, str], held: str) -> dict[str, Any]:
    """A plan as programs read it."""
    return {
        "nodes": [_item(item, power.get(item.name)) for item in made.items],
        "racks": list(made.racks),
        "in_the_way": held or None,
        "remarks": list(made.remarks),
    }


def _item(item: Item, power: str | None) -> dict[str, Any]:
    from microdc.testbed.describe_nodes import disk

    spec = item.spec
    return {
        "node": item.name,
        "site": spec.site,
        "rack": spec.rack,
        "how": item.how,
        "action": item.action,
        "why": item.why or None,
        "state": item.record.state,
        "power": power,
        "image": deploy_nodes.image(item.image.ref if item.image else None) or {"name": spec.image},
        "address": str(spec.address),
        "nic": spec.nic,
        "mac": spec.mac,
        "disk": disk(spec.disk),
        "firmware": spec.firmware or None,
        "wipe": item.wipe,
        "loses": item.destroys or None,
        "described": spec.where,
    }


def human(made: Plan, power: Mapping[str, str], held: str) -> Human:
    """A plan as people read it."""
    if not made.items:
        return "Nothing to do."
    rows = [_row(item, power.get(item.name)) for item in made.items]
    columns = ("node", "is", "power", "will", "image", "address", "by", "disk", "loses", "mind")
    parts: list[Table | str] = [Table(columns, rows)]
    if held:
        parts.append(f"In the way: {held}")
    if made.remarks:
        parts.append("\n".join(f"Mind: {remark}." for remark in made.remarks))
    return parts


def _row(item: Item, power: str | None) -> tuple[Cell, ...]:
    spec = item.spec
    image = f"{spec.image} ({item.image.ref.size / 1e6:.0f} MB)" if item.image else spec.image
    return (
        item.name,
        str(item.record.state),
        power,
        Styled(will(item), _HOWS[item.how]),
        image if str(item.action) == "deploy" else None,
        str(spec.address),
        spec.nic,
        hints(item) if str(item.action) != "inspect" else None,
        Styled(item.destroys, "yellow") if item.destroys else None,
        item.why or None,
    )


def will(item: Item) -> str:
    """What becomes of a node, in a word or two."""
    if item.how == "begin":
        return f"be {_PARTICIPLES[str(item.action)]}"
    return {"resume": "go on", "nothing": "stay as it is", "refused": "be refused"}[item.how]


_PARTICIPLES = {"deploy": "deployed", "inspect": "inspected", "clean": "cleaned"}


def hints(item: Item) -> str:
    """Which disk: what is said of it, or that it has one only."""
    from microdc.testbed.describe_nodes import disk

    said = " ".join(f"{key}={value}" for key, value in disk(item.spec.disk).items())
    return f"{said or 'its only one'}{', wiped' if item.wipe else ''}"
