"""Q-BRIDGE-MIB (RFC 4363): the VLANs and their ports. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from microdc.switch.model import Vlan
from microdc.switch.snmp import portlists
from microdc.switch.snmp.objects import Index, Object, columns
from microdc.switch.snmp.ports import Ports
from microdc.switch.snmp.told import Told

_STATIC_ENTRY = (1, 3, 6, 1, 2, 1, 17, 7, 1, 4, 3, 1)
_CURRENT_ENTRY = (1, 3, 6, 1, 2, 1, 17, 7, 1, 4, 2, 1)
NAME, STATIC, STATIC_UNTAGGED = columns(
    _STATIC_ENTRY, dot1qVlanStaticName=1, dot1qVlanStaticEgressPorts=2, dot1qVlanStaticUntaggedPorts=4
)
FDB, CURRENT, CURRENT_UNTAGGED = columns(
    _CURRENT_ENTRY, dot1qVlanFdbId=3, dot1qVlanCurrentEgressPorts=4, dot1qVlanCurrentUntaggedPorts=5
)
(PVID,) = columns((1, 3, 6, 1, 2, 1, 17, 7, 1, 4, 5, 1), dot1qPvid=1)
OBJECTS = (NAME, STATIC, STATIC_UNTAGGED, CURRENT, CURRENT_UNTAGGED, PVID)
_LISTS = (STATIC, STATIC_UNTAGGED, CURRENT, CURRENT_UNTAGGED)
LAST = 4094


def vlans(told: Told, ports: Ports) -> tuple[Vlan, ...]:
    """Every VLAN by its id. Its ports are those that send its frames now, or, where the agent tells none of that, those that it is configured on."""
    current, current_untagged = dict(_latest(told, CURRENT)), dict(_latest(told, CURRENT_UNTAGGED))
    text = any(
        isinstance(said, bytes) and portlists.written(said)
        for of in _LISTS
        for said in told.column(of).values()
    )
    identities = {index[0] for index in told.indexes(NAME, STATIC, STATIC_UNTAGGED) if len(index) == 1}
    found = []
    for identity in sorted(identities | current.keys()):
        if not 0 < identity <= LAST:
            told.remark("dot1qVlanStaticEntry", (identity,), "no VLAN has such a number")
            continue
        index = (identity,)
        sets = (
            _members(told, CURRENT, current.get(identity), ports, text=text),
            _members(told, CURRENT_UNTAGGED, current_untagged.get(identity), ports, text=text),
        )
        if sets[0] is None:
            sets = (
                _members(told, STATIC, index, ports, text=text),
                _members(told, STATIC_UNTAGGED, index, ports, text=text),
            )
        untagged = sets[1] or ()
        tagged = tuple(name for name in sets[0] or () if name not in set(untagged))
        found.append(Vlan(identity, told.text(NAME, index), untagged, tagged))
    return tuple(found)


def pvids(told: Told, ports: Ports, found: Sequence[Vlan]) -> Mapping[str, int]:
    """By port, the VLAN of untagged frames that come in, where it is told and nothing contradicts it. found: the VLANs as they were made out.

    Arista EOS lists only ports with a link as members, so that dot1qPvid alone tells of the others. HP's ProCurve and Dell's SONiC have numbers there
    that are no VLAN of the port. What has none, as Cisco's, is known by the one VLAN in which the port is untagged.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for vlan in found:
        for name in vlan.untagged:
            members[name].append(vlan.id)
    known = {vlan.id for vlan in found}
    settled = {name: vlans[0] for name, vlans in members.items() if len(vlans) == 1}
    for index in told.column(PVID):
        port, number = ports.of_bridge(index[0]) if len(index) == 1 else None, told.number(PVID, index)
        if port is None or number is None:
            continue
        name = ports.name(port)
        if not 0 < number <= LAST or (known and number not in known):
            continue
        if not members[name] or number in members[name]:
            settled[name] = number
        else:
            settled.pop(name, None)
    return settled


def filters(told: Told) -> Mapping[int, int]:
    """The VLAN of each forwarding table's number (dot1qVlanFdbId), where no other one shares it."""
    shared: dict[int, set[int]] = {}
    for identity, index in _latest(told, FDB):
        number = told.number(FDB, index)
        if number is not None:
            shared.setdefault(number, set()).add(identity)
    return {number: identities.pop() for number, identities in shared.items() if len(identities) == 1}


def _latest(told: Told, of: Object) -> Iterator[tuple[int, Index]]:
    """VLANs and their rows' indexes: a time mark and the VLAN's number. Of rows with several marks the last one wins; some agents leave the mark out."""
    for index in told.column(of):
        if len(index) in {1, 2}:
            yield index[-1], index
        else:
            told.remark(of.name, index, "its index should be a time mark and a VLAN")


def _members(
    told: Told, of: Object, index: Index | None, ports: Ports, *, text: bool
) -> tuple[str, ...] | None:
    said = None if index is None else told.octets(of, index)
    if said is None:
        return None
    names = []
    for number in portlists.members(said, text=text):
        port = ports.of_bridge(number)
        if port is None:
            told.remark(of.name, index or (), "it has ports that the bridge does not number")
        else:
            names.append(ports.name(port))
    return tuple(dict.fromkeys(names))  # a bridge may number one port twice
