"""`microdc deploy run|inspect|clean|retry|abort`: nodes taken through their moves, or out of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import deploy_nodes, deploy_plan, deploy_watch, render
from microdc.cli.parameters import owner_option
from microdc.cli.render import Human, Styled, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.deploy.operate import Deployment, NodeOutcome, Plan, Report

_ENDED = {
    "done": "green",
    "nothing": "dim",
    "failed": "bold red",
    "left": "yellow",
    "lost": "yellow",
    "refused": "bold red",
}
Make = Callable[["Deployment", tuple[str, ...]], "Plan"]


@click.command(
    epilog=deploy_nodes.SELECTORS
    + """
\b
Examples:
  microdc deploy run bcn-c1                      its image onto its disk, until SSH answers
  microdc deploy run barcelona --yes             all nodes of a site, side by side
  microdc deploy run -l role=compute --wipe      whatever their disks hold
  microdc deploy run barcelona --yes --again     those that are active, too: installed anew
  microdc deploy run barcelona                   once more after Ctrl-C or a crash: goes on where it was
"""
)
@deploy_nodes.selecting
@deploy_plan.wipe_option
@deploy_plan.again_option
@deploy_plan.attempts_option
@deploy_plan.take_over_option
@owner_option
def run(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    wipe: bool,
    again: bool,
    attempts: int,
    take_over: bool,
    owner: str,
) -> Exit:
    """Deploy nodes: boot them from the network, write their image, and wait until their system answers.

    Goes on with what an earlier run left. Ctrl-C ends only the watching: the nodes go on by themselves as far as they can, and the same command
    takes them up again. Exit code: 1 where a node failed, else 3 where one could not be followed, else 4 where one is somebody else's.
    """
    from microdc.deploy import operate
    from microdc.deploy.model import Action

    wish = operate.Wish(Action.DEPLOY, wipe, attempts, again)
    who = _Who(selectors, labels, owner, take_over)
    return _carry_out(who, lambda world, names: operate.plan(world, names, wish))


@click.command(
    epilog="""\b
Examples:
  microdc deploy inspect bcn-c1
  microdc deploy inspect barcelona --yes -o json | jq '.nodes[].hardware.disks'
"""
)
@deploy_nodes.selecting
@deploy_plan.attempts_option
@deploy_plan.take_over_option
@owner_option
def inspect(
    *, selectors: tuple[str, ...], labels: tuple[str, ...], attempts: int, take_over: bool, owner: str
) -> Exit:
    """Boot nodes into the ramdisk, list their hardware, and turn them off. Their disks are only read."""
    from microdc.deploy import operate
    from microdc.deploy.model import Action

    wish = operate.Wish(Action.INSPECT, attempts=attempts)
    who = _Who(selectors, labels, owner, take_over)
    return _carry_out(who, lambda world, names: operate.plan(world, names, wish))


@click.command(
    epilog="""\b
Examples:
  microdc deploy clean bcn-c1
  microdc deploy clean barcelona --wipe      also disks that microdc did not write
"""
)
@deploy_nodes.selecting
@deploy_plan.wipe_option
@deploy_plan.attempts_option
@deploy_plan.take_over_option
@owner_option
def clean(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    wipe: bool,
    attempts: int,
    take_over: bool,
    owner: str,
) -> Exit:
    """Take from nodes what was deployed: partition tables and signatures of their disks are removed."""
    from microdc.deploy import operate
    from microdc.deploy.model import Action

    wish = operate.Wish(Action.CLEAN, wipe, attempts)
    who = _Who(selectors, labels, owner, take_over)
    return _carry_out(who, lambda world, names: operate.plan(world, names, wish))


@click.command(
    epilog="""\b
Examples:
  microdc deploy retry bcn-c1
"""
)
@deploy_nodes.selecting
@deploy_plan.attempts_option
@deploy_plan.take_over_option
@owner_option
def retry(
    *, selectors: tuple[str, ...], labels: tuple[str, ...], attempts: int, take_over: bool, owner: str
) -> Exit:
    """Begin again what failed of nodes, as it was asked for."""
    from microdc.deploy import operate

    who = _Who(selectors, labels, owner, take_over)
    return _carry_out(who, lambda world, names: operate.plan_retry(world, names, attempts=attempts))


@click.command(
    epilog="""\b
Examples:
  microdc deploy abort bcn-c1
  microdc deploy abort barcelona --off --why 'wrong image'
"""
)
@deploy_nodes.selecting
@click.option("--off", is_flag=True, help="Turn them off, too, without asking their systems.")
@click.option("--why", default="", metavar="TEXT", help="Kept with it.")
@owner_option
def abort(*, selectors: tuple[str, ...], labels: tuple[str, ...], off: bool, why: str, owner: str) -> Exit:
    """End what goes on with nodes. A disk that is being written is left half written, and said to be."""
    from microdc.deploy import operate

    with deploy_nodes.opened(owner) as deployment:
        names = deploy_nodes.names_of(deployment, selectors, labels)
        moving = tuple(record.name for record in operate.status(deployment, names) if record.state.moving)
        if not moving:
            render.emit("DeployResult", {"nodes": []}, "Nothing goes on with these nodes.")
            return Exit.OK
        turned = ", and turn them off" if off else ""
        render.confirm(
            f"End what goes on with {deploy_nodes.named(moving)}{turned}? Their disks may be half written."
        )
        report = deploy_watch.watch(operate.abort(deployment, moving, why or f"ended by {owner}", off=off))
    return tell(report)


@dataclass(frozen=True, slots=True)
class _Who:
    """Which nodes are meant, for whom, and whether others that are at them are known to be gone."""

    selectors: Sequence[str]
    labels: Sequence[str]
    owner: str
    take_over: bool


def _carry_out(who: _Who, make: Make) -> Exit:
    """Plans, shows, asks once, and does it."""
    from microdc.deploy import operate

    with deploy_nodes.opened(who.owner) as deployment:
        names = deploy_nodes.names_of(deployment, who.selectors, who.labels)
        plan = make(deployment, names)
        plan.check()
        _ask(deployment, plan)
        try:
            report = deploy_watch.watch(operate.run(deployment, plan, take_over=who.take_over))
        except KeyboardInterrupt:
            _left(names)
            raise
    return tell(report)


def _ask(deployment: Deployment, plan: Plan) -> None:
    """Shows the plan and asks, where something begins by which something is lost or ends. What only goes on was consented to before."""
    begins = [item for item in plan.items if item.how == "begin"]
    if not begins:
        return
    active = [item.name for item in plan.replacing]
    if active and _unattended() and not plan.wish.again:
        what = f"not done with --yes alone: {_ends(active)}"
        raise InputError(
            what, hint="--again says that they are to be; or leave them out, or answer the question"
        )
    if not _consented():
        power = deploy_plan.power_of(deployment, [item.name for item in begins])
        click.echo(_text(deploy_plan.human(plan, power, "")), err=True)
    else:
        for remark in plan.remarks:
            render.note(f"Mind: {remark}.")
    wiped = [item.name for item in begins if item.wipe]
    doing = ", ".join(dict.fromkeys(deploy_plan.will(item).removeprefix("be ") for item in begins))
    question = (
        f"{deploy_nodes.named(item.name for item in begins)} will be {doing}, and restarted for it. Go on?"
    )
    if wiped:
        question = f"Whatever the disks of {deploy_nodes.named(wiped)} hold is lost, also what is not microdc's. Go on?"
    render.confirm(f"{_ends(active)}. {question}" if active else question)


def _ends(active: Sequence[str]) -> str:
    """What becomes of nodes that run a system."""
    them = "it runs" if len(active) == 1 else "they run"
    are = "is active and would be" if len(active) == 1 else "are active and would be"
    return f"{deploy_nodes.named(active)} {are} installed again: the system that {them} is lost"


def _unattended() -> bool:
    from microdc.cli import context

    return context.settings().yes.value


def _consented() -> bool:
    from microdc.cli import context

    settings = context.settings()
    return settings.yes.value or settings.no_input.value


def _text(human: Human) -> str:
    parts = [human] if isinstance(human, str | Table | render.Picture) else list(human)
    return "\n".join(render.plain_table(part) if isinstance(part, Table) else str(part) for part in parts)


def _left(names: Sequence[str]) -> None:
    with suppress(OSError):  # the terminal may be gone
        render.note(
            "The nodes go on by themselves as far as they can; nothing was taken back.\n"
            f"  microdc deploy run {' '.join(names)}    takes them up again\n"
            f"  microdc deploy abort {' '.join(names)}  ends it"
        )


def tell(report: Report) -> Exit:
    """Prints what came of each node; the exit code that stands for all."""
    found = {"nodes": [_data(outcome) for outcome in report.outcomes]}
    render.emit("DeployResult", found, lambda: _human(report))
    return report.exit


def _data(outcome: NodeOutcome) -> dict[str, Any]:
    record = outcome.record
    return {
        **deploy_nodes.data(record),
        "result": outcome.ended,
        "what": outcome.what or None,
        "hardware": dict(record.hardware) if str(record.action) == "inspect" else None,
    }


def _human(report: Report) -> Human:
    rows = [
        (
            outcome.record.name,
            Styled(outcome.ended, _ENDED[outcome.ended]),
            str(outcome.record.state),
            outcome.what or outcome.record.note or None,
        )
        for outcome in report.outcomes
    ]
    parts: list[Table | str] = [Table(("node", "result", "is", "what"), rows)] if rows else ["Nothing to do."]
    failed = [outcome.record.name for outcome in report.outcomes if outcome.ended == "failed"]
    if failed:
        parts.append("\n".join(f"Why: microdc deploy explain {name}" for name in failed))
    return parts
