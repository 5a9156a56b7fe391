"""`microdc bmc`: the management controllers of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import bmc_results, bmc_servers, narrate, render
from microdc.cli.bmc_log import sel
from microdc.cli.bmc_sensors import sensors
from microdc.cli.bmc_trust import trust
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import owner_option
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.operate import About

_LEDS = {"on": "on", "off": "off", "blink": "blinking"}


@click.group()
def bmc() -> None:
    """Show BMCs: who they say they are, log, sensors, identify LED, certificate; restart them."""


for command in (sel, sensors, trust):
    bmc.add_command(command)


@bmc.command(
    epilog=bmc_servers.SELECTORS
    + """
\b
Examples:
  microdc bmc show bcn-c1
  microdc bmc show barcelona -o json | jq '.servers[].abilities.lacks'
"""
)
@bmc_servers.selecting
def show(*, selectors: tuple[str, ...], labels: tuple[str, ...], timeout: float | None) -> Exit:
    """Show who servers are, how they are reached, and what their BMCs cannot do; all where none is named."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, every=True, timeout=timeout)
    report = bmc_servers.look("show", servers, operate.show(servers))
    return bmc_results.tell(
        "BmcShow",
        report,
        _about,
        ("by", "power", "manufacturer", "model", "serial", "cannot"),
        lambda about: [
            (
                about.driver,
                str(about.power),
                about.identity.manufacturer,
                about.identity.model,
                about.identity.serial,
                ", ".join(about.abilities.lacks) or None,
            )
        ],
    )


def _about(about: About) -> dict[str, Any]:
    able = about.abilities
    return {
        "power": about.power,
        "identity": about.identity,
        "abilities": {
            "acts": sorted(able.acts),
            "boot_targets": sorted(able.targets),
            "boot_modes": sorted(able.modes),
            "features": sorted(able.features),
            "lacks": dict(able.lacks),
        },
    }


@bmc.command(
    epilog="""\b
Examples:
  microdc bmc reset bcn-c1
"""
)
@bmc_servers.selecting
@owner_option
def reset(*, selectors: tuple[str, ...], labels: tuple[str, ...], timeout: float | None, owner: str) -> Exit:
    """Restart BMCs themselves and wait until they answer again; the servers run on."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    servers.check()
    render.confirm(f"Restart the BMC of {bmc_servers.named(servers)}? It does not answer for some minutes.")
    with open_ledger(servers.testbed, owner) as book:
        patience = bmc_servers.patience_of()
        report = narrate.watch(operate.reset_controllers(servers, book, patience))
    return bmc_results.tell_tended("BmcReset", report)


@bmc.command(
    epilog="""\b
Examples:
  microdc bmc led bcn-c1             how it is
  microdc bmc led bcn-c1 --set blink
"""
)
@bmc_servers.selecting
@click.option("--set", "wanted", type=click.Choice(list(_LEDS)), help="Set it.")
@owner_option
def led(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    wanted: str | None,
    owner: str,
) -> Exit:
    """Show or set the LED by which a server is found in its rack."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    if wanted is None:
        found = bmc_servers.look("led", servers, operate.led(servers))
        return bmc_results.tell(
            "BmcLed", found, lambda value: {"led": value}, ("led",), lambda value: [[value]]
        )
    with open_ledger(servers.testbed, owner) as book:
        report = narrate.watch(operate.set_led(servers, _LEDS[wanted], book))  # type: ignore[arg-type]
    return bmc_results.tell_tended("BmcLed", report)


@bmc.command(
    "console-hint",
    epilog="""\b
Examples:
  microdc bmc console-hint bcn-c1
""",
)
@bmc_servers.selecting
def console_hint(*, selectors: tuple[str, ...], labels: tuple[str, ...], timeout: float | None) -> Exit:
    """Tell the command that opens a server's serial console."""
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    report = bmc_servers.look("console", servers, operate.console(servers))
    code = bmc_results.tell(
        "BmcConsole",
        report,
        lambda value: {
            "command": value.command,
            "kinds": list(value.kinds),
            "remarks": list(value.remarks),
        },
        ("offers", "command"),
        lambda value: [(", ".join(value.kinds) or None, value.command or None)],
    )
    for outcome in report.outcomes:
        for remark in outcome.value.remarks if outcome.value is not None else ():
            render.note(f"Mind: {outcome.target.name}: {remark.where}: {remark.what}.")
    return code
