"""`microdc power`: the power of servers, by their BMCs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from microdc.cli import bmc_servers, narrate, render
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import owner_option
from microdc.cli.render import Styled
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.judging import Force, Wish

_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Read the servers, show the plan, ask nothing of them."
)
_POWER_STYLES = {"on": "green", "off": "dim", "unknown": "yellow"}


@click.group()
def power() -> None:
    """Show and change the power of servers, by their BMCs.

    What is asked of a BMC is read back until it really says so, and nothing is asked twice. Servers are worked at side by side; each has its
    own result. Exit code: 1 where a server did not do it, else 3 where a BMC could not be reached.
    """


@power.command(
    epilog=bmc_servers.SELECTORS
    + """
\b
Examples:
  microdc power status barcelona
  microdc power status -l role=compute -o json | jq '.servers[] | select(.power != "on")'
"""
)
@bmc_servers.selecting
def status(*, selectors: tuple[str, ...], labels: tuple[str, ...]) -> Exit:
    """Show whether servers are on."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels)
    report = bmc_servers.look("power status", servers, operate.power_status(servers))
    return bmc_servers.tell(
        "PowerStatus",
        report,
        lambda value: {"power": value},
        ("power",),
        lambda value: [[Styled(str(value), _POWER_STYLES.get(value, "yellow"))]],
    )


@power.command(
    epilog="""\b
Examples:
  microdc power on bcn-c1
  microdc power on barcelona --dry-run
"""
)
@bmc_servers.selecting
@_DRY_RUN
@owner_option
def on(*, selectors: tuple[str, ...], labels: tuple[str, ...], dry_run: bool, owner: str) -> Exit:
    """Turn servers on; one that is on stays as it is."""
    return _carry_out("on", selectors, labels, dry_run=dry_run, owner=owner)


@power.command(
    epilog="""\b
Examples:
  microdc power off bcn-c1                 asks its system to shut down, cuts the power after two minutes
  microdc power off bcn-c1 --force --yes   cuts the power at once
  microdc power off 'bcn-*' --no-force --wait 10m
"""
)
@bmc_servers.selecting
@bmc_servers.forcing
@_DRY_RUN
@owner_option
def off(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    force: bool,
    no_force: bool,
    wait: float,
    dry_run: bool,
    owner: str,
) -> Exit:
    """Turn servers off: their operating systems are asked first, and after a time the power is cut."""
    how = bmc_servers.force_of(force=force, no_force=no_force)
    return _carry_out("off", selectors, labels, force=how, wait=wait, dry_run=dry_run, owner=owner)


@power.command(
    epilog="""\b
Examples:
  microdc power cycle bcn-c1
  microdc power cycle barcelona/r1 --force --yes
"""
)
@bmc_servers.selecting
@bmc_servers.forcing
@_DRY_RUN
@owner_option
def cycle(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    force: bool,
    no_force: bool,
    wait: float,
    dry_run: bool,
    owner: str,
) -> Exit:
    """Turn servers off as `off` does, and on again; one that is off is turned on."""
    how = bmc_servers.force_of(force=force, no_force=no_force)
    return _carry_out("cycle", selectors, labels, force=how, wait=wait, dry_run=dry_run, owner=owner)


@power.command(
    epilog="""\b
Examples:
  microdc power restart bcn-c1
"""
)
@bmc_servers.selecting
@bmc_servers.forcing
@_DRY_RUN
@owner_option
def restart(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    force: bool,
    no_force: bool,
    wait: float,
    dry_run: bool,
    owner: str,
) -> Exit:
    """Have operating systems restart, as far as the BMC shows it; with --force as `reset`.

    Where a BMC cannot ask for that, the server is turned off as `off` does, and on again.
    """
    how = bmc_servers.force_of(force=force, no_force=no_force)
    return _carry_out("restart", selectors, labels, force=how, wait=wait, dry_run=dry_run, owner=owner)


@power.command(
    epilog="""\b
Examples:
  microdc power reset bcn-c1 --yes
"""
)
@bmc_servers.selecting
@_DRY_RUN
@owner_option
def reset(*, selectors: tuple[str, ...], labels: tuple[str, ...], dry_run: bool, owner: str) -> Exit:
    """Press the reset button of servers; the operating systems are not asked."""
    return _carry_out("reset", selectors, labels, dry_run=dry_run, owner=owner)


@power.command(
    epilog="""\b
Examples:
  microdc power nmi bcn-c1 --yes
"""
)
@bmc_servers.selecting
@_DRY_RUN
@owner_option
def nmi(*, selectors: tuple[str, ...], labels: tuple[str, ...], dry_run: bool, owner: str) -> Exit:
    """Send servers a diagnostic interrupt: most systems write a crash dump and halt."""
    return _carry_out("nmi", selectors, labels, dry_run=dry_run, owner=owner)


def _carry_out(
    verb: str,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    *,
    force: Force | None = None,
    wait: float = 120.0,
    dry_run: bool,
    owner: str,
) -> Exit:
    from microdc.bmc import operate
    from microdc.bmc.judging import Force, Wish

    wish, how = Wish(verb), force or Force.LATER
    patience = bmc_servers.patience_of(wait)
    servers = bmc_servers.chosen(selectors, labels)
    servers.check()
    if dry_run:
        planned = bmc_servers.look(
            f"plan power {wish}", servers, operate.power_plan(servers, wish, how, patience)
        )
        return bmc_servers.tell_plan("PowerPlan", planned)
    if wish.destructive:
        render.confirm(_question(wish, how, bmc_servers.named(servers)))
    with open_ledger(servers.testbed, owner) as book:
        report = narrate.watch(operate.power(servers, wish, book, force=how, patience=patience))
    return bmc_servers.tell(
        "PowerResult",
        report,
        lambda value: {
            "wish": value.wish,
            "result": value.came,
            "before": value.before,
            "power": value.after,
            "acts": list(value.acts),
            "what": value.what,
        },
        ("result", "was", "power", "what"),
        lambda value: [
            (
                bmc_servers.came(value.came, "")[0],
                str(value.before),
                str(value.after),
                value.what or None,
            )
        ],
    )


def _question(wish: Wish, force: Force, servers: str) -> str:
    words = {
        "off": "Power off",
        "cycle": "Power off and on again",
        "restart": "Restart",
        "reset": "Reset",
        "nmi": "Send a diagnostic interrupt, which halts most systems, to",
    }
    at_once = " at once, without asking their systems" if force == "now" or wish == "reset" else ""
    return f"{words[wish]} {servers}{at_once}?"
