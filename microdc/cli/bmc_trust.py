"""`microdc bmc trust`: the certificate that a BMC shows, and its fingerprint in the inventory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from microdc.cli import bmc_servers, context, render
from microdc.cli.render import Styled, Table
from microdc.errors import Exit, InputError, MicrodcError

if TYPE_CHECKING:
    from microdc.bmc.fleet import Outcome
    from microdc.bmc.model import Target
    from microdc.bmc.trust import Certificate
    from microdc.testbed.model import Server, Testbed


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


@dataclass(frozen=True, slots=True)
class _Place:
    """A service to look at, and the server of the inventory whose it is, where it is one's."""

    target: Target
    server: Server | None = None


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
    *, selectors: tuple[str, ...], labels: tuple[str, ...], only_show: bool, demanded: str | None
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
    places = _places(testbed, selectors, labels)
    found = {
        outcome.target.name: outcome
        for outcome in each([place.target for place in places], lambda task: certificate(task.target))
    }
    looked = [(place, found[place.target.name]) for place in places]
    _emit(looked)
    _demand(looked, demanded)
    if not only_show:
        for place, outcome in looked:
            if outcome.value is not None:
                _store(testbed, place, outcome.value, asked=demanded is None)
    errors = [outcome.error.exit_code for _, outcome in looked if outcome.error is not None]
    return max(errors, default=Exit.OK)


def _places(testbed: Testbed, selectors: Sequence[str], labels: Sequence[str]) -> list[_Place]:
    """The services that are meant, each once: servers with Redfish, and addresses that no server has."""
    from microdc.bmc.model import Target
    from microdc.bmc.targets import selected
    from microdc.testbed.selectors import items

    names, servers, places = [], [], []
    known = {item.name for item in items(testbed)}
    for selector in selectors:
        host = _host(selector) if selector not in known else None
        if not host:
            names.append(selector)
            continue
        owners = [server for server in _all(testbed) if server.bmc and _host(server.bmc.redfish) == host]
        servers += owners
        if not owners:
            url = selector if "://" in selector else f"https://{selector}"
            places.append(_Place(Target(selector, redfish=url)))
    if names or labels:
        servers += [server for server in selected(testbed, names, labels).servers if server.bmc]
    for server in dict.fromkeys(server.name for server in servers):
        one = next(item for item in servers if item.name == server)
        if one.bmc is not None and one.bmc.redfish:
            places.append(_Place(_target(testbed, one), one))
    if not places:
        raise InputError("none of these has a Redfish service, which is what has a certificate")
    return places


def _host(text: str) -> tuple[str, int] | None:
    """Host and port of a URL or an address; None for what is a selector."""
    if "://" not in text and not re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?", text):
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        raise InputError(f"{text!r} is not a URL", hint="write https://HOST[:PORT]") from None
    return parts.hostname or "", port


def _all(testbed: Testbed) -> list[Server]:
    return [
        server
        for site in testbed.sites.values()
        for rack in site.racks.values()
        for server in rack.servers.values()
    ]


def _target(testbed: Testbed, server: Server) -> Target:
    """How it is reached; without its password, which a certificate does not take."""
    from dataclasses import replace

    from microdc.bmc.targets import target_of

    bare = replace(server.bmc, credentials="") if server.bmc is not None else None
    return target_of(testbed, replace(server, bmc=bare))


_Looked = Sequence[tuple[_Place, "Outcome[Certificate]"]]


def _emit(looked: _Looked) -> None:
    data = {"bmcs": [_data(place, outcome) for place, outcome in looked]}
    render.emit("BmcTrust", data, lambda: [_table(place, outcome) for place, outcome in looked])


def _state(place: _Place, shown: Certificate) -> str:
    """How it stands to what is stored."""
    if place.target.fingerprint:
        return "stored" if place.target.fingerprint == shown.fingerprint else "changed"
    if place.target.cafile:
        return "by ca"
    return "not stored"


def _data(place: _Place, outcome: Outcome[Certificate]) -> dict[str, Any]:
    shown, error = outcome.value, outcome.error
    return {
        "server": place.server.name if place.server else None,
        "url": place.target.redfish,
        "state": _state(place, shown) if shown is not None else None,
        "fingerprint": shown.fingerprint if shown is not None else None,
        "stored_fingerprint": place.target.fingerprint or None,
        "subject": shown.subject if shown is not None else None,
        "issuer": shown.issuer if shown is not None else None,
        "not_before": bmc_servers.iso(shown.not_before) if shown is not None else None,
        "not_after": bmc_servers.iso(shown.not_after) if shown is not None else None,
        "names": list(shown.names) if shown is not None else [],
        "self_signed": shown.self_signed if shown is not None else None,
        "error": str(error) if error is not None else None,
    }


def _table(place: _Place, outcome: Outcome[Certificate]) -> Table | str:
    title = f"{place.target.name}  {place.target.redfish}" if place.server else place.target.redfish
    shown = outcome.value
    if shown is None:
        return f"{title}: {outcome.error}"
    state = _state(place, shown)
    style = {"stored": "green", "changed": "bold red"}.get(state, "yellow")
    rows: list[tuple[str, render.Cell]] = [
        ("SHA-256", shown.written),
        ("in the inventory", Styled(state, style)),
        ("made out to", shown.subject or None),
        ("by", "itself" if shown.self_signed else shown.issuer or None),
        ("valid", f"{shown.not_before or '?'} to {shown.not_after or '?'}"),
        ("names", ", ".join(shown.names) or None),
    ]
    return Table(("certificate", ""), rows, title)


def _demand(looked: _Looked, demanded: str | None) -> None:
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


def _store(testbed: Testbed, place: _Place, shown: Certificate, *, asked: bool) -> None:
    from microdc.bmc.pinning import pin
    from microdc.bmc.targets import path_of

    if place.server is None:
        render.note(f"{place.target.name} is no server's of this inventory: nothing is stored.")
        return
    name, state = place.server.name, _state(place, shown)
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
