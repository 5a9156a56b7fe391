"""What the demo's inventory would say of a server."""

from __future__ import annotations

from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.state import State


def show(state: State, name: str, at: float) -> Document:
    """As `microdc inventory show NAME` prints it. Raises InputError."""
    del at
    return document("InventoryItems", [_described(state, machine) for machine in state.machines(name)])


def _described(state: State, machine: Machine) -> Document:
    device = machine.device
    seats = _seats(state, machine)
    nics = {
        nic: {"mac": mac, **seats.get(nic, {})}
        for nic, mac in zip(("eno1", "eno2"), machine.macs, strict=True)
    }
    return {
        "path": f"{device.site}/{device.rack}/{device.name}",
        "kind": "server",
        "role": device.role,
        "unit": device.unit,
        "height": device.height,
        "labels": {key: value for key, value in device.labels.items() if key != "role"},
        "bmc": {machine.driver: machine.bmc, "nic": seats.get("bmc", {})},
        "nics": nics,
        "described": f"sites/{device.site}.yaml:{20 + machine.port}",
    }


def _seats(state: State, machine: Machine) -> dict[str, Document]:
    """The switch port of each of its ports, as declared."""
    return {
        "bmc" if box.management else "eno1": {"switch": box.device.name, "port": box.ports[number - 1]}
        for box in state.world.switches.values()
        for number, there in box.wired.items()
        if there is machine
    }
