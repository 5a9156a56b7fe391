"""CISCO-VTP-MIB and CISCO-VLAN-MEMBERSHIP-MIB: the VLANs of devices that have no Q-BRIDGE-MIB; CISCO-CDP-MIB: their neighbours. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.switch.model import Neighbour, Vlan
from microdc.switch.snmp import identifiers, portlists, texts
from microdc.switch.snmp.objects import Index, columns
from microdc.switch.snmp.ports import Ports
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vlans import LAST

ENTERPRISE = (1, 3, 6, 1, 4, 1, 9)
_MANAGEMENT = (*ENTERPRISE, 9)
STATE, KIND, NAME = columns((*_MANAGEMENT, 46, 1, 3, 1, 1), vtpVlanState=2, vtpVlanType=3, vtpVlanName=4)
(ACCESS,) = columns((*_MANAGEMENT, 68, 1, 2, 2, 1), vmVlan=2)
ENABLED, NATIVE, TRUNK, ENCAPSULATION, ENABLED_2, ENABLED_3, ENABLED_4 = columns(
    (*_MANAGEMENT, 46, 1, 6, 1, 1),
    vlanTrunkPortVlansEnabled=4,
    vlanTrunkPortNativeVlan=5,
    vlanTrunkPortDynamicStatus=14,
    vlanTrunkPortEncapsulationOperType=16,
    vlanTrunkPortVlansEnabled2k=17,
    vlanTrunkPortVlansEnabled3k=18,
    vlanTrunkPortVlansEnabled4k=19,
)
VLANS = (STATE, KIND, NAME, ACCESS, ENABLED, NATIVE, TRUNK, ENCAPSULATION, ENABLED_2, ENABLED_3, ENABLED_4)
ADDRESS_KIND, ADDRESS, VERSION, DEVICE, PORT, PLATFORM = columns(
    (*_MANAGEMENT, 23, 1, 2, 1, 1),
    cdpCacheAddressType=3,
    cdpCacheAddress=4,
    cdpCacheVersion=5,
    cdpCacheDeviceId=6,
    cdpCacheDevicePort=7,
    cdpCachePlatform=8,
)
NEIGHBOURS = (ADDRESS_KIND, ADDRESS, VERSION, DEVICE, PORT, PLATFORM)
_ETHERNET = 1
_TRUNKING = 1
_DOT1Q = 4
_THOUSAND = 1024
_IP = {1, 20}
_PAIR = 2
_LOCAL, _NAME = 7, 5
"""LLDP's subtypes of a chassis id and of a port id, as which CDP's are to be read."""


def vlans(told: Told, ports: Ports) -> tuple[Vlan, ...]:
    """Every Ethernet VLAN that VTP knows or that a port is in untagged.

    A port that is no trunk now is in its access VLAN, and where it has none, as one that is configured to be a trunk has not, in its native VLAN.
    """
    names: dict[int, str | None] = {
        index[-1]: told.text(NAME, index)
        for index in told.indexes(STATE, NAME)
        if told.number(KIND, index) in {None, _ETHERNET} and 0 < index[-1] <= LAST
    }
    untagged: dict[int, list[str]] = {}
    tagged: dict[int, list[str]] = {}
    for index in told.indexes(ACCESS, NATIVE):
        if len(index) == 1:
            name, native = ports.name(index[0]), told.number(NATIVE, index)
            trunk = told.number(TRUNK, index) == _TRUNKING or told.number(ENCAPSULATION, index) == _DOT1Q
            access = None if trunk else told.number(ACCESS, index)
            _put(untagged, native if access is None else access, name)
            for identity in _carried(told, index) if trunk else ():
                if identity in names and identity != native:
                    _put(tagged, identity, name)
    return tuple(
        Vlan(
            identity, names.get(identity), tuple(untagged.get(identity, ())), tuple(tagged.get(identity, ()))
        )
        for identity in sorted(names.keys() | untagged.keys())
    )


def _put(members: dict[int, list[str]], identity: int | None, name: str) -> None:
    if identity is not None and 0 < identity <= LAST:
        members.setdefault(identity, []).append(name)


def _carried(told: Told, index: Index) -> Iterator[int]:
    """The VLANs that a trunk is allowed to carry: four strings of bits, each for 1024 of them, the first bit for VLAN 0."""
    for thousand, of in enumerate((ENABLED, ENABLED_2, ENABLED_3, ENABLED_4)):
        for number in portlists.members(told.octets(of, index) or b""):
            yield thousand * _THOUSAND + number - 1


def identities(told: Told) -> tuple[int, ...]:
    """Of the VLANs whose forwarding tables are asked for one by one."""
    return tuple(vlan.id for vlan in vlans(told, Ports({}, {}, {})))


def neighbours(told: Told, ports: Ports) -> tuple[Neighbour, ...]:
    """Every neighbour that is heard over CDP, in the order of local ports. A row is an ifIndex and a number of the neighbour."""
    found = []
    for index in told.indexes(DEVICE, PORT):
        device, port = told.octets(DEVICE, index), told.octets(PORT, index)
        if len(index) != _PAIR or not device or not port:
            told.remark("cdpCacheEntry", index, "a neighbour without device id or port id")
            continue
        address = told.octets(ADDRESS, index) if told.number(ADDRESS_KIND, index) in _IP else None
        management = texts.address(address) if address else None
        found.append(
            Neighbour(
                port=ports.name(index[0]),
                chassis=identifiers.chassis(_LOCAL, device),
                remote_port=identifiers.port(_NAME, port),
                index=index[0] if index[0] in ports.names else None,
                system=texts.readable(device) or None,
                system_description=told.text(VERSION, index),
                management=(management,) if management else (),
                protocol="CDP",
                platform=told.text(PLATFORM, index),
            )
        )
    return tuple(found)
