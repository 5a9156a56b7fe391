"""The calls of Ironic's API that a node's life takes, by name. Each may raise what `wire` raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from microdc.deploy.ironic.enrolling import Patch
from microdc.deploy.ironic.errors import IronicError
from microdc.deploy.ironic.model import FIELDS, Node, node_of
from microdc.deploy.ironic.wire import Wire
from microdc.errors import MicrodcError, RefusedError

_HISTORY, _INVENTORY = (1, 78), (1, 81)  # the API versions that they came with
_NEEDED = ("power", "management", "boot", "deploy", "network", "storage")
"""The interfaces of a node without which it cannot be deployed."""


class Api:
    """Ironic, as a node's life needs it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def node(self, name: str) -> Node | None:
        """A node by its name; None where Ironic has none."""
        try:
            return node_of(self.wire.ask("GET", f"{_path(name)}?fields={','.join(FIELDS)}"))
        except IronicError as error:
            if error.status == 404:
                return None
            raise

    def create(self, body: Mapping[str, Any]) -> None:
        """Enrols a node. One that is there meanwhile stays as it is. Raises with a hint where no conductor serves its driver."""
        try:
            self.wire.ask("POST", "/v1/nodes", body)
        except IronicError as error:
            if error.status == 409:
                return
            raise self._explained(error, str(body.get("driver"))) from None

    def patch(self, name: str, patch: Patch) -> None:
        if patch:
            self.wire.ask("PATCH", _path(name), patch)

    def delete(self, name: str) -> None:
        """Makes Ironic forget a node that nothing is deployed on."""
        self.wire.ask("DELETE", _path(name))

    def ports(self, node: Node) -> dict[str, tuple[str, bool]]:
        """The UUID of each port and whether the node boots from it, by MAC."""
        told = self.wire.ask("GET", f"/v1/ports/detail?node={node.uuid}")
        return {
            str(port["address"]).lower(): (str(port["uuid"]), bool(port["pxe_enabled"]))
            for port in told["ports"]
        }

    def add_port(self, node: Node, mac: str, *, boots: bool) -> None:
        """Raises RefusedError where another node has this MAC."""
        body = {"node_uuid": node.uuid, "address": mac, "pxe_enabled": boots}
        try:
            self.wire.ask("POST", "/v1/ports", body)
        except IronicError as error:
            if error.status != 409:
                raise
            owner = self.owner(mac)
            if owner != node.uuid:
                hint = f"another node of Ironic's has it: {owner}; two nodes with one MAC cannot both boot"
                raise RefusedError(
                    f"the MAC {mac} is not {node.name}'s alone", where=self.wire.where, hint=hint
                ) from None

    def set_port(self, port: str, *, boots: bool) -> None:
        self.wire.ask("PATCH", f"/v1/ports/{port}", [{"op": "add", "path": "/pxe_enabled", "value": boots}])

    def owner(self, mac: str) -> str:
        """The UUID of the node that has a MAC; "" where none has."""
        told = self.wire.ask("GET", f"/v1/ports?address={quote(mac)}&fields=node_uuid")
        return next((str(port["node_uuid"]) for port in told["ports"]), "")

    def wrong(self, name: str) -> tuple[str, ...]:
        """What Ironic's own validation says against a deployment, an interface each."""
        told = self.wire.ask("GET", f"{_path(name)}/validate")
        return tuple(_objections(told))

    def provision(self, name: str, verb: str, configdrive: Mapping[str, Any] | None = None) -> None:
        """Asks for a change of the provision state; it goes on after this returns."""
        body: dict[str, Any] = {"target": verb}
        if configdrive is not None:
            body["configdrive"] = configdrive
        self.wire.ask("PUT", f"{_path(name)}/states/provision", body)

    def power(self, name: str, *, on: bool) -> None:
        """Asks for a change of the power; it goes on after this returns."""
        self.wire.ask("PUT", f"{_path(name)}/states/power", {"target": "power on" if on else "power off"})

    def boot_device(self, name: str) -> tuple[str, bool]:
        """What a node boots from next, as its BMC says, and whether that lasts."""
        told = self.wire.ask("GET", f"{_path(name)}/management/boot_device")
        return str(told.get("boot_device") or ""), bool(told.get("persistent"))

    def set_boot_device(self, name: str, device: str, *, lasting: bool) -> None:
        """device: pxe, disk, cdrom, bios or what else the driver knows."""
        body = {"boot_device": device, "persistent": lasting}
        self.wire.ask("PUT", f"{_path(name)}/management/boot_device", body)

    def maintain(self, name: str, reason: str | None) -> None:
        """Puts a node into maintenance, where Ironic does nothing with it; None takes it out."""
        path = f"{_path(name)}/maintenance"
        if reason is None:
            self.wire.ask("DELETE", path)
        else:
            self.wire.ask("PUT", path, {"reason": reason})

    def history(self, name: str) -> Sequence[Mapping[str, Any]]:
        """What Ironic noted of a node; nothing where it is too old to."""
        if self.wire.version < _HISTORY:
            return ()
        told = self.wire.ask("GET", f"{_path(name)}/history?detail=True")
        return tuple(told.get("history") or ())

    def inventory(self, name: str) -> Mapping[str, Any]:
        """What Ironic's ramdisk found at the last inspection; nothing where there was none, or Ironic is too old to keep it."""
        if self.wire.version < _INVENTORY:
            return {}
        try:
            return dict(self.wire.ask("GET", f"{_path(name)}/inventory") or {})
        except IronicError as error:
            if error.status == 404:
                return {}
            raise

    def drivers(self) -> dict[str, tuple[str, ...]]:
        """The conductors that serve each driver and live."""
        told = self.wire.ask("GET", "/v1/drivers")
        return {str(driver["name"]): tuple(driver.get("hosts") or ()) for driver in told["drivers"]}

    def _explained(self, error: IronicError, driver: str) -> MicrodcError:
        """A refused enrolment; of a driver that no conductor serves Ironic says that it found no host."""
        if "No conductor" not in error.what:
            return error
        known = ", ".join(sorted(self.drivers()))
        hint = f"its conductors serve {known}; enable it as `enabled_hardware_types` there, or name another as `driver`"
        what = f"Ironic does not serve the driver {driver}"
        return IronicError(what, status=error.status, where=self.wire.where, hint=hint)


def _path(name: str) -> str:
    return f"/v1/nodes/{quote(name, safe='')}"


def _objections(told: Mapping[str, Any]) -> Iterator[str]:
    for interface in _NEEDED:
        answer = told.get(interface)
        if isinstance(answer, Mapping) and answer.get("result") is False:
            yield f"{interface}: {answer.get('reason') or 'no reason is given'}"
