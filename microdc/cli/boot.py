"""`microdc boot`: what servers boot from next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import bmc_results, bmc_servers, narrate, render
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import owner_option
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.booting import BootResult
    from microdc.bmc.model import Boot
    from microdc.bmc.operate import Servers

_TARGETS = ("pxe", "http", "disk", "bios", "cd")


@click.command(
    epilog=bmc_servers.SELECTORS
    + """
\b
Examples:
  microdc boot bcn-c1                                what is set now
  microdc boot bcn-c1 --once pxe --uefi              the next time it boots
  microdc boot -l role=compute --once pxe --reboot   now, and seen to be used up
  microdc boot bcn-c1 --clear
"""
)
@bmc_servers.selecting
@click.option("--once", "target", type=click.Choice(_TARGETS), help="Boot from this, once; bios: its set-up.")
@click.option("--uefi", "mode", flag_value="uefi", help="Boot with UEFI.")
@click.option("--bios", "mode", flag_value="bios", help="Boot with BIOS (legacy).")
@click.option("--clear", is_flag=True, help="Take the override away: boot as the firmware is set up.")
@click.option(
    "--reboot",
    is_flag=True,
    help="Boot now: turned off and on again, or on where it is off; then look again.",
)
@bmc_servers.forcing
@click.option("--dry-run", is_flag=True, help="Read the servers, show the plan, ask nothing of them.")
@owner_option
def boot(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    target: str | None,
    mode: str | None,
    clear: bool,
    reboot: bool,
    force: bool,
    no_force: bool,
    wait: float,
    dry_run: bool,
    owner: str,
) -> Exit:
    """Show or set what servers boot from next.

    What was set is read back: a BMC that says yes and keeps another override has failed, and its old one is put back. With --reboot the
    override is seen to be used up after the boot; one that stays is taken away and told.
    """
    from microdc.bmc import operate, plans
    from microdc.bmc.judging import words

    wanted = _wanted(target, mode, clear=clear, reboot=reboot)
    how = bmc_servers.force_of(force=force, no_force=no_force)
    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    if wanted is None:
        return _show(servers)
    servers.check()
    if dry_run:
        planned = plans.boot_plan(servers, wanted, reboot=reboot, force=how)
        return bmc_results.tell_plan("BootPlan", bmc_servers.look("plan boot", servers, planned))
    if reboot:
        render.confirm(f"Boot {bmc_servers.named(servers)} now? What runs there ends.")
    patience = bmc_servers.patience_of(wait)
    with open_ledger(servers.testbed, owner) as book:
        report = narrate.watch(
            operate.boot(servers, wanted, book, reboot=reboot, force=how, patience=patience)
        )
    return bmc_results.tell(
        "BootResult",
        report,
        _result,
        ("result", "was", "boot", "what"),
        lambda value: [
            (
                bmc_results.came(value.came, "")[0],
                words(value.before),
                words(value.after),
                value.what or None,
            )
        ],
    )


def _show(servers: Servers) -> Exit:
    from microdc.bmc import operate
    from microdc.bmc.judging import words

    report = bmc_servers.look("boot", servers, operate.boot_status(servers))
    return bmc_results.tell(
        "BootStatus",
        report,
        lambda value: {"boot": _data(value)},
        ("boot",),
        lambda value: [[words(value)]],
    )


def _wanted(target: str | None, mode: str | None, *, clear: bool, reboot: bool) -> Boot | None:
    """What the options ask for; None where they only ask how it is. Raises UsageError for what does not go together."""
    from microdc.bmc.booting import CLEAR
    from microdc.bmc.model import Boot, BootMode, BootTarget

    if clear and target:
        raise click.UsageError("--once and --clear exclude each other")
    if mode and not target:
        raise click.UsageError("--uefi and --bios say how to boot --once from something")
    if reboot and not (clear or target):
        raise click.UsageError("--reboot comes with --once or --clear; microdc power cycle boots servers")
    if target:
        return Boot(BootTarget(target), "once", BootMode(mode) if mode else None)
    return CLEAR if clear else None


def _result(came: BootResult) -> dict[str, Any]:
    return {
        "result": came.came,
        "wanted": _data(came.wanted),
        "before": _data(came.before),
        "boot": _data(came.after),
        "power": bmc_results.power_data(came.power) if came.power else None,
        "what": came.what,
    }


def _data(boot: Boot) -> dict[str, Any]:
    return {
        "target": boot.target,
        "lasting": boot.lasting,
        "mode": boot.mode,
        "told": boot.told or None,
    }
