"""Checked documents to the testbed as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from microdc.documents.model import Where
from microdc.documents.site import (
    BmcRecord,
    FirmwareRecord,
    HardwareRecord,
    NicRecord,
    PduRecord,
    RackRecord,
    ServerRecord,
    SiteDocument,
    SwitchRecord,
)
from microdc.documents.testbed import EmulatorRecord, TestbedDocument
from microdc.testbed.build_nodes import deploy_of, node_of
from microdc.testbed.build_reach import AnySource, file_of, reach_of
from microdc.testbed.files import Source
from microdc.testbed.model import (
    Bmc,
    Cable,
    Edge,
    Emulator,
    Expected,
    Nic,
    PairWan,
    Pdu,
    Rack,
    Server,
    Site,
    Switch,
    Testbed,
    Uplink,
)


def build(testbed: Source[TestbedDocument], sites: list[Source[SiteDocument]]) -> Testbed:
    """The testbed of documents that the cross-checks found right."""
    top = testbed.record
    built = {source.record.site: _site(source) for source in sorted(sites, key=lambda item: item.record.site)}
    pairs, places = _pairs(top, built)
    return Testbed(
        name=top.testbed,
        title=top.title or top.testbed,
        sites=built,
        emulators={name: _emulator(name, record, testbed) for name, record in top.emulators.items()},
        pairs=pairs,
        where=Places(testbed, {source.record.site: source for source in sites}, places),
        topology=top.wan.topology or "",
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where the values of a testbed stand in its documents; see Testbed.where."""

    testbed: Source[TestbedDocument]
    sites: Mapping[str, Source[SiteDocument]]
    pairs: Mapping[frozenset[str], tuple[str | int, ...]]

    def __call__(self, *path: str | int) -> Where:
        match path:
            case ("sites", str(name), *keys) if name in self.sites:
                return self.sites[name].where(*keys)
            case ("pairs", str(a), str(b), *keys) if frozenset((a, b)) in self.pairs:
                return self.testbed.where(*self.pairs[frozenset((a, b))], *keys)
            case _:
                return self.testbed.where(*path)


def _pairs(
    top: TestbedDocument, sites: Mapping[str, Site]
) -> tuple[tuple[PairWan, ...], dict[frozenset[str], tuple[str | int, ...]]]:
    """The pairs that are named, then every two sites that are joined to the WAN: over the backbone where both have PoPs, else the default."""
    pairs: list[PairWan] = []
    places: dict[frozenset[str], tuple[str | int, ...]] = {}
    for index, record in enumerate(top.wan.pairs):
        a, b = record.between
        pairs.append(PairWan(a, b, record.profile or "", record.backbone or ""))
        places[frozenset((a, b))] = ("wan", "pairs", index)
    default = top.wan.default
    for a, b in combinations([name for name, site in sites.items() if site.joined], 2):
        if frozenset((a, b)) in places:
            continue
        topology = topology_of(top, sites[a].pops, sites[b].pops)
        if topology:
            pairs.append(PairWan(a, b, topology=topology))
            places[frozenset((a, b))] = ("wan",)
        elif default is not None:
            pairs.append(PairWan(a, b, default.profile or "", default.backbone or ""))
            places[frozenset((a, b))] = ("wan", "default")
    return tuple(pairs), places


def topology_of(top: TestbedDocument, a: tuple[str, ...], b: tuple[str, ...]) -> str:
    """The topology over which the way between two sites is worked out, by their PoPs; "" where there is none."""
    homes = {pop.partition("/")[0] for pop in (*a, *b)}
    if not a or not b:
        return ""
    return top.wan.topology or (homes.pop() if len(homes) == 1 else "")


def _emulator(name: str, record: EmulatorRecord, source: Source[TestbedDocument]) -> Emulator:
    return Emulator(name, reach_of(record, source), record.mtu)


def _site(source: Source[SiteDocument]) -> Site:
    record = source.record
    return Site(
        name=record.site,
        title=record.title or record.site,
        pops=record.pop or (),
        access=record.access or "",
        uplink=Uplink(record.uplink.emulator, record.uplink.interface) if record.uplink else None,
        networks={purpose: tuple(networks) for purpose, networks in record.networks.items()},
        probe_reach=reach_of(record.probe, source) if record.probe else None,
        probe_ip=str(record.probe_ip) if record.probe_ip else "",
        mtu=record.mtu,
        labels=record.labels,
        deploy=deploy_of(record.deploy, source) if record.deploy else None,
        racks={name: _rack(name, source, rack) for name, rack in record.racks.items()},
    )


def _rack(name: str, source: Source[SiteDocument], record: RackRecord) -> Rack:
    site = source.record.site
    return Rack(
        name=name,
        site=site,
        height=record.height,
        servers={key: _server(key, name, source, server) for key, server in record.servers.items()},
        switches={key: _switch(key, site, name, switch) for key, switch in record.switches.items()},
        pdus={key: _pdu(key, site, name, pdu) for key, pdu in record.pdus.items()},
        cables=tuple(Cable(cable.a, cable.b, cable.kind, cable.label) for cable in record.cables),
    )


def _server(name: str, rack: str, source: Source[SiteDocument], record: ServerRecord) -> Server:
    return Server(
        name=name,
        site=source.record.site,
        rack=rack,
        role=record.role or "",
        labels=record.labels,
        unit=record.unit,
        height=record.height,
        bmc=_bmc(record.bmc, source) if record.bmc else None,
        nics={key: _nic(key, nic) for key, nic in record.nics.items()},
        hardware=_expected(record.hardware) if record.hardware else None,
        edge=Edge(record.edge.interface, reach_of(record.edge, source)) if record.edge else None,
        deploy=node_of(record.deploy) if record.deploy else None,
    )


def _bmc(record: BmcRecord, source: AnySource) -> Bmc:
    return Bmc(
        redfish=record.redfish or "",
        ipmi=record.ipmi or "",
        credentials=record.credentials or "",
        fingerprint=record.fingerprint or "",
        ca=file_of(record.ca, source),
        verify=record.verify,
        system=record.system or "",
        via=record.via or "",
        nic=_nic("bmc", record.nic) if record.nic else None,
    )


def _nic(name: str, record: NicRecord) -> Nic:
    return Nic(name, record.mac or "", record.switch or "", record.port or "", record.label, record.vlan)


def _expected(record: HardwareRecord) -> Expected:
    firmware = record.firmware or FirmwareRecord()
    return Expected(
        manufacturer=record.manufacturer or "",
        model=record.model or "",
        serial=record.serial or "",
        processors=record.processors,
        memory=record.memory,
        modules=record.modules,
        disks=record.disks,
        power_supplies=record.power_supplies,
        bios=firmware.bios or "",
        bmc=firmware.bmc or "",
    )


def _pdu(name: str, site: str, rack: str, record: PduRecord) -> Pdu:
    return Pdu(
        name=name,
        site=site,
        rack=rack,
        labels=record.labels,
        unit=record.unit,
        height=record.height,
        management=str(record.management or ""),
        snmp_version=record.snmp.version if record.snmp else None,
        snmp_credentials=(record.snmp.credentials or "") if record.snmp else "",
        outlets=record.outlets or "",
        via=record.via or "",
    )


def _switch(name: str, site: str, rack: str, record: SwitchRecord) -> Switch:
    return Switch(
        name=name,
        site=site,
        rack=rack,
        role=record.role or "",
        labels=record.labels,
        unit=record.unit,
        height=record.height,
        management=str(record.management or ""),
        snmp_version=record.snmp.version if record.snmp else None,
        snmp_credentials=(record.snmp.credentials or "") if record.snmp else "",
        ssh_platform=record.ssh.platform if record.ssh else "",
        ssh_credentials=(record.ssh.credentials or "") if record.ssh else "",
        ssh_host_key=(record.ssh.host_key or "") if record.ssh else "",
        via=record.via or "",
    )
