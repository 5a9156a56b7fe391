"""From a server of the inventory to a node of Ironic's: its driver, how its BMC is reached, its MACs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from microdc.bmc.model import Target
from microdc.deploy.ironic.model import KEY, Mark, Node
from microdc.deploy.model import NodeSpec
from microdc.errors import InputError
from microdc.testbed.model import Server
from microdc.testbed.nodes import Ironic

Patch = list[dict[str, Any]]
"""A JSON Patch (RFC 6902)."""


def driver_of(target: Target, ironic: Ironic) -> str:
    """Ironic's hardware type of a server. Raises InputError for one that has neither Redfish nor IPMI."""
    if ironic.driver:
        return ironic.driver
    if target.redfish:
        return "redfish"
    if target.ipmi:
        return "ipmi"
    hint = "write `bmc:` with redfish or ipmi"
    raise InputError(f"Ironic has no way to {target.name}", where=target.where, hint=hint)


def driver_info(target: Target) -> dict[str, Any]:
    """How Ironic reaches a BMC. It holds a password: never to be shown.

    Raises InputError for a certificate that is pinned by its fingerprint, which Ironic cannot check.
    """
    return {**_redfish(target), **_ipmi(target)}


def _redfish(target: Target) -> dict[str, Any]:
    if not target.redfish:
        return {}
    if target.fingerprint and not target.cafile and target.verify:
        hint = "name its authority as `ca` (a file on Ironic's conductor), or write `verify: false`"
        what = "Ironic cannot check the fingerprint of a certificate"
        raise InputError(what, where=target.where, hint=hint)
    info: dict[str, Any] = {
        "redfish_address": target.redfish,
        "redfish_verify_ca": target.cafile or target.verify if target.verify else False,
    }
    if target.system:
        info["redfish_system_id"] = f"/redfish/v1/Systems/{quote(target.system, safe='')}"
    if target.login:
        info |= {"redfish_username": target.login.user, "redfish_password": target.login.password}
    return info


def _ipmi(target: Target) -> dict[str, Any]:
    if not target.ipmi:
        return {}
    host, port = _host_port(target.ipmi)
    info: dict[str, Any] = {"ipmi_address": host, **({"ipmi_port": port} if port else {})}
    if target.login:
        info |= {"ipmi_username": target.login.user, "ipmi_password": target.login.password}
    return info


def _host_port(text: str) -> tuple[str, int | None]:
    """HOST, HOST:PORT, an IPv6 address, or one in brackets with a port."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, colon, port = text.partition(":")
        if colon and ":" in port:
            return text, None
    return host, int(port) if port else None


def new_node(spec: NodeSpec, target: Target, ironic: Ironic, mark: Mark) -> dict[str, Any]:
    """The body of POST /v1/nodes."""
    return {
        "name": spec.name,
        "driver": driver_of(target, ironic),
        "driver_info": driver_info(target),
        "properties": _properties({}, spec),
        "resource_class": "baremetal",
        "extra": {KEY: mark.told()},
    }


def changes(node: Node, spec: NodeSpec, target: Target, ironic: Ironic, mark: Mark) -> Patch:
    """What brings a node that Ironic has to what the inventory says of it, with the mark of a new job.

    All of `driver_info` is sent each time: Ironic does not show passwords, so nobody can tell whether they are the same. What
    others wrote there stays.
    """
    patch = [_set(f"/driver_info/{key}", value) for key, value in driver_info(target).items()]
    driver, properties = driver_of(target, ironic), _properties(node.properties, spec)
    if node.driver != driver:
        patch.append(_set("/driver", driver))
    if properties.get("capabilities") != node.properties.get("capabilities"):
        patch.append(_set("/properties/capabilities", properties["capabilities"]))
    return [*patch, marking(mark)[0]]


def marking(mark: Mark) -> Patch:
    """What notes a job at its node."""
    return [_set(f"/extra/{KEY}", mark.told())]


def instance(info: Mapping[str, Any], node: Node) -> Patch:
    """What brings a node's `instance_info` to this; hints of an earlier job are taken away."""
    patch = [
        _set(f"/instance_info/{key}", value) for key, value in info.items() if node.instance.get(key) != value
    ]
    if "root_device" in node.instance and "root_device" not in info:
        patch.append({"op": "remove", "path": "/instance_info/root_device"})
    return patch


def macs_of(server: Server, spec: NodeSpec) -> dict[str, bool]:
    """The server's MACs, and whether it boots from each."""
    known = {nic.mac: nic.mac == spec.mac for nic in server.nics.values() if nic.mac}
    return {**known, spec.mac: True}


def _properties(known: Mapping[str, Any], spec: NodeSpec) -> dict[str, Any]:
    """`capabilities` is `key:value,key:value`; others' words in it stay."""
    if not spec.firmware:
        return dict(known)
    words = [word for word in str(known.get("capabilities") or "").split(",") if word]
    others = [word for word in words if not word.startswith("boot_mode:")]
    return {**known, "capabilities": ",".join([*others, f"boot_mode:{spec.firmware}"])}


def _set(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}
