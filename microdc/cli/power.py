"""`microdc power`: the power of servers, by their BMCs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from microdc.cli import bmc_results, bmc_servers, narrate, render
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import owner_option
from microdc.cli.render import Styled
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.judging import Force, Wish

F = TypeVar("F", bound=Callable[..., Any])
_POWER_STYLES = {"on": "green", "off": "dim", "unknown": "yellow"}


def _acting(command: F) -> F:
    """What every act takes: the servers, `--dry-run` and `--owner`."""
    plan = click.option(
        "--dry-run", is_flag=True, help="Read the servers, show the plan, ask nothing of them."
    )
    return bmc_servers.selecting(plan(owner_option(command)))


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
def status(*, selectors: tuple[str, ...], labels: tuple[str, ...], timeout: float | None) -> Exit:
    """Show whether servers are on; all of them where none is named."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, every=True, timeout=timeout)
    report = bmc_servers.look("power status", servers, operate.power_status(servers))
    return bmc_results.tell(
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
@_acting
def on(**options: Any) -> Exit:
    """Turn servers on; one that is on stays as it is."""
    return _carry_out("on", **options)


@power.command(
    epilog="""\b
Examples:
  microdc power off bcn-c1                 asks its system to shut down, cuts the power after two minutes
  microdc power off bcn-c1 --force --yes   cuts the power at once
  microdc power off 'bcn-*' --no-force --wait 10m
"""
)
@_acting
@bmc_servers.forcing
def off(**options: Any) -> Exit:
    """Turn servers off: their operating systems are asked first, and after a time the power is cut."""
    return _carry_out("off", **options)


@power.command(
    epilog="""\b
Examples:
  microdc power cycle bcn-c1
  microdc power cycle barcelona/r1 --force --yes
"""
)
@_acting
@bmc_servers.forcing
def cycle(**options: Any) -> Exit:
    """Turn servers off as `off` does, and on again; one that is off is turned on."""
    return _carry_out("cycle", **options)


@power.command(
    epilog="""\b
Examples:
  microdc power restart bcn-c1
"""
)
@_acting
@bmc_servers.forcing
def restart(**options: Any) -> Exit:
    """Have operating systems restart, as far as the BMC shows it; with --force as `reset`.

    Where a BMC cannot ask for that, the server is turned off as `off` does, and on again.
    """
    return _carry_out("restart", **options)


@power.command(
    epilog="""\b
Examples:
  microdc power reset bcn-c1 --yes
"""
)
@_acting
def reset(**options: Any) -> Exit:
    """Press the reset button of servers; the operating systems are not asked."""
    return _carry_out("reset", **options)


@power.command(
    epilog="""\b
Examples:
  microdc power nmi bcn-c1 --yes
"""
)
@_acting
def nmi(**options: Any) -> Exit:
    """Send servers a diagnostic interrupt: most systems write a crash dump and halt."""
    return _carry_out("nmi", **options)


def _carry_out(
    verb: str,
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    dry_run: bool,
    owner: str,
    force: bool = False,
    no_force: bool = False,
    wait: float = 120.0,
) -> Exit:
    from microdc.bmc import operate, plans
    from microdc.bmc.judging import Wish

    wish, how = Wish(verb), bmc_servers.force_of(force=force, no_force=no_force)
    patience = bmc_servers.patience_of(wait)
    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    servers.check()
    if dry_run:
        planned = bmc_servers.look(
            f"plan power {wish}", servers, plans.power_plan(servers, wish, how, patience)
        )
        return bmc_results.tell_plan("PowerPlan", planned)
    if wish.destructive:
        render.confirm(_question(wish, how, bmc_servers.named(servers)))
    with open_ledger(servers.testbed, owner) as book:
        report = narrate.watch(operate.power(servers, wish, book, force=how, patience=patience))
    return bmc_results.tell(
        "PowerResult",
        report,
        lambda value: {"wish": value.wish, **bmc_results.power_data(value)},
        ("result", "was", "power", "what"),
        lambda value: [
            (
                bmc_results.came(value.came, "")[0],
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
