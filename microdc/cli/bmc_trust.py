"""`microdc bmc trust`: the certificate that a BMC shows, and its fingerprint in the inventory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import bmc_servers, context, render
from microdc.cli.bmc_certificates import Looked, Place, emit, places_of, state_of
from microdc.errors import Exit, MicrodcError

if TYPE_CHECKING:
    from microdc.bmc.trust import Certificate
    from microdc.testbed.model import Testbed


class Fingerprint(click.ParamType[str]):
    """SHA-256 of a certificate: 64 hexadecimal digits, with or without colons."""

    name = "HEX"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        digits = str(value).lower().removeprefix("sha256:").replace(":", "")
        if not re.fullmatch("[0-9a-f]{64}", digits):
            self.fail(
                f"{value!r} is no SHA-256: write 64 hexadecimal digits, with or without colons", param, ctx
            )
        return digits


@click.command(
    epilog="""\b
Examples:
  microdc bmc trust bcn-c1                          shows its certificate, asks, stores the fingerprint
  microdc bmc trust https://10.120.0.12 --show
  microdc bmc trust bcn-c1 --sha256 3F:A2:...       stores it if it is this one, without asking
"""
)
@bmc_servers.selecting
@click.option("--show", "only_show", is_flag=True, help="Show the certificates and store nothing.")
@click.option("--sha256", "demanded", type=Fingerprint(), help="The fingerprint that it must have.")
def trust(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    only_show: bool,
    demanded: str | None,
) -> Exit:
    """Show the TLS certificate of servers' BMCs and store its fingerprint, so that no other is accepted.

    Compare the fingerprint with what the BMC shows on its own console or web page: whoever answers on the network can show one. Instead of a
    server, HOST or a URL may be given; nothing is stored for one that the inventory does not know.
    """
    from microdc.bmc.fleet import each
    from microdc.bmc.trust import certificate
    from microdc.testbed.load import load

    if not selectors and not labels:
        raise click.UsageError("name a server, or the URL of a BMC")
    testbed = load(context.settings().inventory_dir())
    places = places_of(testbed, selectors, labels)
    targets = [place.target for place in places]
    found = {
        outcome.target.name: outcome
        for outcome in each(targets, lambda task: certificate(task.target), deadline=timeout)
    }
    looked = [(place, found[place.target.name]) for place in places]
    emit(looked)
    _demand(looked, demanded)
    if not only_show:
        for place, outcome in looked:
            if outcome.value is not None:
                _store(testbed, place, outcome.value, asked=demanded is None)
    errors = [outcome.error.exit_code for _, outcome in looked if outcome.error is not None]
    return max(errors, default=Exit.OK)


def _demand(looked: Looked, demanded: str | None) -> None:
    """Raises MicrodcError where a certificate is not the one that was demanded; nothing is stored then."""
    if demanded is None:
        return
    for place, outcome in looked:
        if outcome.value is not None and outcome.value.fingerprint != demanded:
            raise MicrodcError(
                "this is not the certificate that --sha256 names; nothing was stored",
                where=place.target.redfish,
                hint="somebody else may be answering at this address, or the BMC has a new one",
            )


def _store(testbed: Testbed, place: Place, shown: Certificate, *, asked: bool) -> None:
    from microdc.bmc.pinning import pin
    from microdc.bmc.targets import path_of

    if place.server is None:
        render.note(f"{place.target.name} is no server's of this inventory: nothing is stored.")
        return
    name, state = place.server.name, state_of(place, shown)
    if state == "stored":
        return
    if state == "by ca":
        render.note(f"{name} is vouched for by its `ca`: no fingerprint is stored.")
        return
    where = testbed.where(*path_of(place.server), "bmc")
    if asked:
        old = " in place of the one that is stored" if state == "changed" else ""
        render.confirm(f"Trust this certificate of {name}{old}? It is written to {where}.")
    pin(where.file, (*path_of(place.server)[2:], "bmc"), shown.fingerprint)
    render.note(f"{name}: stored in {where}.")
    if not place.target.verify:
        render.note(f"{name}: `verify: false` there can go now.")
