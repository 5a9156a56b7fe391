"""From what the site document says and the controller wants to the one document that a station follows. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from microdc.deploy.ports import StationConfig, StationNode
from microdc.deploy.specs import SiteSpec


@dataclass(frozen=True, slots=True)
class Watchfulness:
    """How other DHCP servers are looked for. probe: seconds that an answer to a question is waited for, more than the 3 s for which dnsmasq
    pings an address before it offers it; every: seconds between questions.
    """

    probe: float = 4.0
    every: float = 300.0


ALERT = Watchfulness()
REPOSITORY = "repo"
"""In the station's directory: packages for the nodes."""


def directory_of(spec: SiteSpec) -> str:
    """The station's directory on the site's host."""
    return f"{spec.deploy.directory.rstrip('/')}/{spec.name}"


def url_of(spec: SiteSpec, address: IPv4Address) -> str:
    """Where nodes reach it."""
    return f"http://{address}:{spec.deploy.port}"


def document(
    spec: SiteSpec,
    config: StationConfig,
    address: IPv4Address,
    loaders: Mapping[str, str],
    watchfulness: Watchfulness = ALERT,
) -> bytes:
    """The document. address: that nodes reach; loaders: kind -> digest. The same in gives the same bytes."""
    deploy = spec.deploy
    ramdisk = config.ramdisk
    value = {
        "site": config.site,
        "revision": config.revision,
        "interface": deploy.interface,
        "address": str(address),
        "dhcp": deploy.dhcp,
        "other_dhcp": deploy.other_dhcp,
        "network": str(spec.network),
        "port": deploy.port,
        "gateway": str(spec.gateway) if spec.gateway else None,
        "dns": list(deploy.dns),
        "repository": f"{directory_of(spec)}/{REPOSITORY}",
        "streams": deploy.streams,
        "probe": watchfulness.probe,
        "probe_every": watchfulness.every,
        "loaders": dict(loaders),
        "ramdisk": ramdisk
        and {"kernel": ramdisk.kernel.digest, "initrd": ramdisk.initrd.digest, "options": ramdisk.options},
        "nodes": [_node(node) for node in config.nodes],
    }
    return json.dumps(value, sort_keys=True).encode()


def _node(node: StationNode) -> dict[str, Any]:
    return {
        "node": node.node,
        "mac": node.mac.lower(),
        "macs": [mac.lower() for mac in node.macs],
        "address": str(node.address),
        "armed": node.armed,
        "move": node.move,
        "boot_token": node.boot_token,
        "home_token_sha256": hashlib.sha256(node.home_token.encode()).hexdigest() if node.home_token else "",
        "order": node.order,
    }
