"""How nodes are deployed, under the words of the documents. Pure."""

from __future__ import annotations

from typing import Any

from microdc.testbed.describe_reach import given, reach
from microdc.testbed.nodes import Deploy, DiskHints, Ironic, NodeSettings
from microdc.units import format_memory


def deploy(values: Deploy) -> dict[str, Any]:
    """The boot services of a site."""
    return given(
        {
            **reach(values.reach),
            "interface": values.interface,
            "address": values.address,
            "dhcp": values.dhcp,
            "other_dhcp": values.other_dhcp,
            "network": values.network,
            "gateway": values.gateway,
            "dns": list(values.dns),
            "port": values.port,
            "directory": values.directory,
            "image": values.image,
            "authorized_keys": list(values.authorized_keys),
            "limit": values.limit,
            "streams": values.streams,
            "ironic": _ironic(values.ironic) if values.ironic else None,
        }
    )


def _ironic(values: Ironic) -> dict[str, str]:
    return given(
        {
            "url": values.url,
            "credentials": values.credentials,
            "images": values.images,
            "driver": values.driver,
        }
    )


def node(values: NodeSettings) -> dict[str, Any]:
    """What a server becomes. The address is shown as it was written: without a prefix length where it had none."""
    address = values.address
    written = "" if address is None else str(address).removesuffix(f"/{address.max_prefixlen}")
    return given(
        {
            "image": values.image,
            "nic": values.nic,
            "address": written,
            "disk": disk(values.disk),
            "firmware": values.firmware,
        }
    )


def disk(hints: DiskHints) -> dict[str, str]:
    """What is said of the disk that a system is written to, such as `{"serial": "S1", "least": "100GiB"}`."""
    return given(
        {
            "serial": hints.serial,
            "wwn": hints.wwn,
            "model": hints.model,
            "path": hints.path,
            "least": format_memory(hints.least) if hints.least else "",
            "most": format_memory(hints.most) if hints.most else "",
            "kind": hints.kind,
        }
    )
