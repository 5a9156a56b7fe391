"""`microdc deploy`: nodes, from bare metal to a running system."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import click

from microdc.cli import complete, deploy_explain, deploy_nodes, deploy_watch, narrate, render
from microdc.cli.deploy_moves import abort, clean, inspect, retry, run
from microdc.cli.deploy_plan import plan
from microdc.cli.parameters import owner_option
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.deploy.model import NodeRecord


@click.group()
def deploy() -> None:
    """Deploy nodes over the network: from an empty disk, or any other, to a system that answers SSH.

    A node is a server with `deploy` in its site's document. It boots once from its site's boot services into a ramdisk that writes the image, is
    given its identity, boots from its disk and reports. What was done and seen is kept: a run can end anywhere, and the next one goes on.
    """


for _command in (plan, run, inspect, clean, retry, abort):
    deploy.add_command(_command)


@deploy.command(
    epilog=deploy_nodes.SELECTORS
    + """
\b
Examples:
  microdc deploy status
  microdc deploy status barcelona -o json | jq '.nodes[] | select(.state == "failed")'
"""
)
@deploy_nodes.selecting
@owner_option
def status(*, selectors: tuple[str, ...], labels: tuple[str, ...], owner: str) -> None:
    """Show where nodes are, as it was written down last; all of them where none is named."""
    from microdc.deploy import operate

    with deploy_nodes.opened(owner) as deployment:
        names = deploy_nodes.names_of(deployment, selectors, labels, every=True)
        records = operate.status(deployment, names)
        found = {
            "nodes": [
                {**deploy_nodes.data(record), "address": str(deployment.one(record.name).spec.address)}
                for record in records
            ],
            "counts": operate.counts(records),
        }
    render.emit("DeployStatus", found, lambda: _human(records))


def _human(records: tuple[NodeRecord, ...]) -> Human:
    now = datetime.now(UTC)
    parts: list[Table | str] = [
        Table(("node", "is", "phase", "for", "written", "image", "what"), [_row(one, now) for one in records])
    ]
    failed = [f"Why: microdc deploy explain {one.name}" for one in records if str(one.state) == "failed"]
    if failed:
        parts.append("\n".join(failed))
    return parts


def _row(record: NodeRecord, now: datetime) -> tuple[Cell, ...]:
    progress = record.progress if record.state.moving else None
    failure = record.failure if str(record.state) == "failed" else None
    image = record.image.name if record.image else None
    return (
        record.name,
        Styled(str(record.state), deploy_watch.STATE_STYLES.get(str(record.state), "")),
        str(record.phase) if record.phase else None,
        deploy_watch.left((now - record.since).total_seconds()) if record.since else None,
        deploy_watch.bar(progress.done, progress.total) if progress else None,
        image,
        (f"{failure.phase}: {failure.text}" if failure else record.note) or None,
    )


@deploy.command(
    epilog="""\b
Examples:
  microdc deploy explain bcn-c1
  microdc deploy explain bcn-c1 -v          all of the timeline, with the console
  microdc deploy explain bcn-c1 --no-ask    only what was noted
  microdc lab console bcn-c1 | microdc deploy explain bcn-c1 --console -
"""
)
@click.argument("node", shell_complete=complete.servers)
@click.option("--no-ask", is_flag=True, help="Ask nobody: neither its site, nor its BMC, nor switches.")
@click.option(
    "--console",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="What came out of its serial port, as a log has it; - reads it from standard input.",
)
@owner_option
def explain(*, node: str, no_ask: bool, console: IO[str] | None, owner: str) -> Exit:
    """Tell why a node is where it is: all that was seen of it in one timeline, and what that means.

    Joined are DHCP, TFTP and HTTP of its site's boot services, its ramdisk and system, its BMC's power and log, its console where it is
    given, and what its switches say of its ports. Exit code: 1 where something is wrong with it, 0 where nothing is.
    """
    from microdc.deploy.inquiring import explain as inquire

    with deploy_nodes.opened(owner) as deployment:
        (name,) = deploy_nodes.names_of(deployment, [node], ())[:1]
        found = narrate.watch(
            inquire(deployment, name, ask=not no_ask, console=console.read() if console else "")
        )
    return deploy_explain.tell(found.explanation, found.remarks)


@deploy.command(
    epilog="""\b
Examples:
  microdc deploy maintenance bcn-c1 --why 'its fan is being replaced'
  microdc deploy maintenance bcn-c1 --off
"""
)
@deploy_nodes.selecting
@click.option("--why", default="", metavar="TEXT", help="Shown to whoever wants to do something with it.")
@click.option("--off", is_flag=True, help="The maintenance is over.")
@owner_option
def maintenance(
    *, selectors: tuple[str, ...], labels: tuple[str, ...], why: str, off: bool, owner: str
) -> None:
    """Take nodes out, so that nothing is done with them until they are taken back."""
    from microdc.deploy import operate

    if off and why:
        raise click.UsageError("--why says why nodes are taken out, --off takes them back")
    if not off and not why.strip():
        raise click.UsageError("say why: --why TEXT")
    with deploy_nodes.opened(owner) as deployment:
        names = deploy_nodes.names_of(deployment, selectors, labels)
        if off:
            records = operate.take_back(deployment, names)
        else:
            records = operate.maintain(deployment, names, why.strip())
    found = {"nodes": [deploy_nodes.data(record) for record in records]}
    render.emit("DeployMaintenance", found, lambda: _human(records))
