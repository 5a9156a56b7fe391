"""The certificates of BMCs: whose are meant, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from microdc.cli import bmc_results, render
from microdc.cli.render import Styled, Table
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.bmc.fleet import Outcome
    from microdc.bmc.model import Target
    from microdc.bmc.trust import Certificate
    from microdc.testbed.model import Server, Testbed


@dataclass(frozen=True, slots=True)
class Place:
    """A service to look at, and the server of the inventory whose it is, where it is one's."""

    target: Target
    server: Server | None = None


def places_of(testbed: Testbed, selectors: Sequence[str], labels: Sequence[str]) -> list[Place]:
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
            places.append(Place(Target(selector, redfish=url)))
    if names or labels:
        servers += [server for server in selected(testbed, names, labels).servers if server.bmc]
    for server in dict.fromkeys(server.name for server in servers):
        one = next(item for item in servers if item.name == server)
        if one.bmc is not None and one.bmc.redfish:
            places.append(Place(_target(testbed, one), one))
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
    from microdc.bmc.targets import target_of

    bare = replace(server.bmc, credentials="") if server.bmc is not None else None
    return target_of(testbed, replace(server, bmc=bare))


Looked = Sequence[tuple[Place, "Outcome[Certificate]"]]


def emit(looked: Looked) -> None:
    data = {"bmcs": [_data(place, outcome) for place, outcome in looked]}
    render.emit("BmcTrust", data, lambda: [_table(place, outcome) for place, outcome in looked])


def state_of(place: Place, shown: Certificate) -> str:
    """How it stands to what is stored."""
    if place.target.fingerprint:
        return "stored" if place.target.fingerprint == shown.fingerprint else "changed"
    if place.target.cafile:
        return "by ca"
    return "not stored"


def _data(place: Place, outcome: Outcome[Certificate]) -> dict[str, Any]:
    shown, error = outcome.value, outcome.error
    return {
        "server": place.server.name if place.server else None,
        "url": place.target.redfish,
        "state": state_of(place, shown) if shown is not None else None,
        "fingerprint": shown.fingerprint if shown is not None else None,
        "stored_fingerprint": place.target.fingerprint or None,
        "subject": shown.subject if shown is not None else None,
        "issuer": shown.issuer if shown is not None else None,
        "not_before": bmc_results.iso(shown.not_before) if shown is not None else None,
        "not_after": bmc_results.iso(shown.not_after) if shown is not None else None,
        "names": list(shown.names) if shown is not None else [],
        "self_signed": shown.self_signed if shown is not None else None,
        "error": str(error) if error is not None else None,
    }


def _table(place: Place, outcome: Outcome[Certificate]) -> Table | str:
    title = f"{place.target.name}  {place.target.redfish}" if place.server else place.target.redfish
    shown = outcome.value
    if shown is None:
        return f"{title}: {outcome.error}"
    state = state_of(place, shown)
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
