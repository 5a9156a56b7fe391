"""What a node is told of itself at its first boot: the configuration drive that Ironic writes beside the system. Pure.

The system has to read it (cloud-init does): Ironic changes nothing in an image.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from microdc.deploy.model import NodeSpec
from microdc.deploy.specs import SiteSpec

_LINK = "boot"


def configdrive(spec: NodeSpec, site: SiteSpec, keys: Sequence[str]) -> dict[str, Any]:
    """Host name, network and keys, as OpenStack's metadata has them. keys: public SSH keys that may log in as root. No secret is in it."""
    return {
        "meta_data": {
            "hostname": spec.name,
            "local-hostname": spec.name,
            "public_keys": {f"microdc-{number}": key for number, key in enumerate(keys)},
        },
        "network_data": network_data(spec, site),
        "user_data": user_data(spec, keys),
    }


def network_data(spec: NodeSpec, site: SiteSpec) -> dict[str, Any]:
    """Its address on the NIC that it boots from, which is found by its MAC."""
    network: dict[str, Any] = {
        "id": site.deploy.network,
        "network_id": site.deploy.network,
        "link": _LINK,
        "type": "ipv4",
        "ip_address": str(spec.address.ip),
        "netmask": str(spec.address.netmask),
        "routes": [],
    }
    if site.gateway is not None:
        everywhere = {"network": "0.0.0.0", "netmask": "0.0.0.0"}  # noqa: S104  a route, nothing listens
        network["routes"] = [{**everywhere, "gateway": str(site.gateway)}]
    return {
        "links": [{"id": _LINK, "type": "phy", "ethernet_mac_address": spec.mac, "mtu": None}],
        "networks": [network],
        "services": [{"type": "dns", "address": address} for address in site.deploy.dns],
    }


def user_data(spec: NodeSpec, keys: Sequence[str]) -> str:
    """A cloud-config, whose YAML is JSON: nothing has to be quoted by hand."""
    config = {
        "hostname": spec.name,
        "manage_etc_hosts": True,
        "disable_root": False,
        "users": [{"name": "root", "ssh_authorized_keys": list(keys)}],
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"
