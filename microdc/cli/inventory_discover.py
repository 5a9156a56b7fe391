"""`microdc inventory discover`: which BMCs answer in the declared management networks."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, narrate, render
from microdc.cli.render import Styled, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.cli.render import Cell
    from microdc.survey.discover import Discovery
    from microdc.testbed.model import Network, Testbed


@click.command(
    epilog="""\b
Examples:
  microdc inventory discover                           the management networks of all sites
  microdc inventory discover barcelona
  microdc inventory discover --range 10.120.0.0/28 -o json
"""
)
@click.argument("sites", nargs=-1, metavar="[SITE]...", shell_complete=complete.sites)
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="NETWORK",
    help="Only this part of a declared management network; may be given again.",
)
@click.option(
    "--per-second", type=click.FloatRange(0.1, 1000), default=100, show_default=True, help="New addresses."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 60),
    default=3,
    show_default=True,
    help="Seconds that an address has.",
)
def discover(sites: tuple[str, ...], ranges: tuple[str, ...], per_second: float, timeout: float) -> Exit:
    """Look for BMCs in the management networks (`mgmt`) that the inventory declares, and nowhere else.

    Each address is asked for a Redfish service, then whether IPMI answers; no password is sent. Exit code 1 where a declared BMC
    does not answer, or a BMC answers that nobody declared.
    """
    from microdc.survey.discover import discover as look
    from microdc.survey.ranges import candidates
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    wanted = candidates(testbed, _sites(testbed, sites), [_network(text) for text in ranges])
    if not wanted:
        raise InputError(
            "no management network is declared", hint="write `networks: {mgmt: [...]}` in a site's document"
        )
    found = narrate.watch(look(wanted, timeout=timeout, per_second=per_second))
    render.emit("Discovery", _discovery(found), lambda: _discovery_table(found))
    return Exit.FAILED if found.silent or found.strangers else Exit.OK


def _sites(testbed: Testbed, named: Sequence[str]) -> list[str]:
    from microdc.documents.check import nearest

    for name in named:
        if name not in testbed.sites:
            raise InputError(f"there is no site {name!r}", hint=nearest(name, testbed.sites))
    return list(named or testbed.sites)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise InputError(f"--range {text}: {error}", hint="write such as 10.120.0.0/28") from None


def _discovery(found: Discovery) -> dict[str, Any]:
    return {
        "found": [
            {
                "address": str(one.candidate.address),
                "site": one.candidate.site,
                "server": one.candidate.server or None,
                "redfish": one.redfish or None,
                "ipmi": one.ipmi or None,
                "vendor": one.vendor or None,
                "product": one.product or None,
                "uuid": one.uuid or None,
                "redfish_version": one.version or None,
                "fingerprint": one.fingerprint or None,
            }
            for one in found.found
        ],
        "silent": [
            {"address": str(one.address), "site": one.site, "server": one.server} for one in found.silent
        ],
        "looked": found.looked,
    }


def _discovery_table(found: Discovery) -> list[Table | str]:
    rows: list[Sequence[Cell]] = [
        (
            str(one.candidate.address),
            one.candidate.site,
            one.candidate.server or Styled("not declared", "yellow"),
            " ".join(word for word, there in (("Redfish", one.redfish), ("IPMI", one.ipmi)) if there),
            " ".join(filter(None, (one.vendor, one.product))) or None,
            f"{one.fingerprint[:16]}..." if one.fingerprint else None,
        )
        for one in found.found
    ]
    rows += [
        (str(one.address), one.site, one.server, Styled("does not answer", "bold red"), None, None)
        for one in found.silent
    ]
    columns = ("address", "site", "server", "speaks", "product", "certificate")
    return [Table(columns, rows), f"{len(found.found)} BMCs at {found.looked} addresses"]
