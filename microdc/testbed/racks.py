"""What must hold in racks: units do not overlap, names and MAC addresses are unique, cables end somewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from microdc.documents.check import nearest
from microdc.documents.model import Problem, Where
from microdc.documents.site import (
    CableRecord,
    NicRecord,
    PduRecord,
    RackRecord,
    ServerRecord,
    SiteDocument,
    SwitchRecord,
)
from microdc.testbed.files import Files, Source

AnyDevice = ServerRecord | SwitchRecord | PduRecord


@dataclass(frozen=True, slots=True)
class _Device:
    """A device, and the place of its description."""

    name: str
    record: AnyDevice
    source: Source[SiteDocument]
    path: tuple[str, ...]

    def where(self, *path: str | int) -> Where:
        return self.source.where(*self.path, *path)


def check_racks(files: Files) -> Iterator[Problem]:
    """Everything about racks, over all sites."""
    named: dict[str, _Device] = {}
    macs: dict[str, Where] = {}
    for source in files.sites:
        devices: dict[str, _Device] = {}
        for rack_name, rack in source.record.racks.items():
            here = [
                _Device(name, record, source, ("racks", rack_name, group, name))
                for group, name, record in _devices(rack)
            ]
            yield from _units(rack, here)
            for device in here:
                if device.name in named:
                    yield Problem(
                        device.where(),
                        f"two devices are called {device.name!r}",
                        f"the other one: {named[device.name].where()}",
                    )
                named.setdefault(device.name, device)
                devices.setdefault(device.name, device)
                yield from _macs(device, macs)
        yield from _nics(devices)
        for rack_name, rack in source.record.racks.items():
            for index, cable in enumerate(rack.cables):
                yield from _cable(cable, source, ("racks", rack_name, "cables", index), devices)


def _devices(rack: RackRecord) -> Iterator[tuple[str, str, AnyDevice]]:
    """The group, name and record of each device of a rack."""
    groups: dict[str, Mapping[str, AnyDevice]] = {
        "servers": rack.servers,
        "switches": rack.switches,
        "pdus": rack.pdus,
    }
    for group, devices in groups.items():
        for name, record in devices.items():
            yield group, name, record


def _units(rack: RackRecord, devices: list[_Device]) -> Iterator[Problem]:
    filled: dict[int, _Device] = {}
    for device in devices:
        unit, height = device.record.unit, device.record.height
        if unit is None or height == 0:
            continue
        top = unit + height - 1
        if top > rack.height:
            yield Problem(
                device.where("unit"),
                f"{device.name} reaches unit {top} of a rack of {rack.height}",
                f"unit {rack.height - height + 1} is its highest" if height <= rack.height else "",
            )
        clash = next((filled[number] for number in range(unit, top + 1) if number in filled), None)
        if clash is not None:
            yield Problem(
                device.where("unit"),
                f"{device.name} and {clash.name} fill the same rack unit",
                f"see {clash.where('unit')}",
            )
        filled.update(dict.fromkeys(range(unit, top + 1), device))


def _ports(server: ServerRecord) -> Iterator[tuple[tuple[str, ...], NicRecord]]:
    """The network ports of a server, its BMC's included, each with its place in the server."""
    for name, nic in server.nics.items():
        yield ("nics", name), nic
    if server.bmc is not None and server.bmc.nic is not None:
        yield ("bmc", "nic"), server.bmc.nic


def _macs(device: _Device, macs: dict[str, Where]) -> Iterator[Problem]:
    if not isinstance(device.record, ServerRecord):
        return
    for path, nic in _ports(device.record):
        where = device.where(*path, "mac")
        if nic.mac is not None and nic.mac in macs:
            yield Problem(where, f"the MAC address {nic.mac} is given twice", f"first at {macs[nic.mac]}")
        elif nic.mac is not None:
            macs[nic.mac] = where


def _nics(devices: Mapping[str, _Device]) -> Iterator[Problem]:
    """Every NIC, and every BMC's, ends in a known switch of its site, and in a port of its own."""
    switches = [device.name for device in devices.values() if isinstance(device.record, SwitchRecord)]
    taken: dict[tuple[str, str], Where] = {}
    for device in devices.values():
        if not isinstance(device.record, ServerRecord):
            continue
        for path, nic in _ports(device.record):
            if nic.switch is None:
                continue
            if nic.switch not in switches:
                hint = nearest(nic.switch, switches) or "its site has no switch"
                yield Problem(device.where(*path, "switch"), f"unknown switch {nic.switch!r}", hint)
            elif nic.port is not None:
                where = device.where(*path, "port")
                first = taken.setdefault((nic.switch, nic.port), where)
                if first is not where:
                    yield Problem(
                        where, f"port {nic.port} of {nic.switch} has a cable already", f"see {first}"
                    )


def _cable(
    cable: CableRecord,
    source: Source[SiteDocument],
    path: tuple[str | int, ...],
    devices: Mapping[str, _Device],
) -> Iterator[Problem]:
    uplink = source.record.uplink
    for end, text in (("a", cable.a), ("b", cable.b)):
        if uplink and cable.kind == "data" and text == f"{uplink.emulator}:{uplink.interface}":
            continue  # the site's way into the WAN
        name, _, port = text.partition(":")
        where = source.where(*path, end)
        device = devices.get(name)
        if device is None:
            yield Problem(where, f"the cable ends in an unknown device {name!r}", nearest(name, devices))
        elif (
            isinstance(device.record, ServerRecord)
            and cable.kind == "data"
            and port not in device.record.nics
            and not (port == "bmc" and device.record.bmc is not None)
        ):
            hint = nearest(port, device.record.nics) or "it has no NICs"
            yield Problem(where, f"{name} has no NIC {port!r}", hint)
    if cable.a == cable.b:
        yield Problem(source.where(*path), f"the cable joins {cable.a} with itself", "")
