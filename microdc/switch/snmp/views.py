"""Which objects are asked for what: only those that a view needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

from microdc.snmp.oids import Oid
from microdc.switch.snmp import addresses, counters, entity, interfaces, lldp, poe, ports, sensors, vlans
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vendors import cisco, juniper

View: TypeAlias = Literal[
    "system", "ports", "neighbours", "vlans", "addresses", "components", "sensors", "health", "counters"
]
"""health: octets, errors, discards and state of each port; counters: packets as well. sensors: with the power that ports give. system is always told."""
ALL: Final[frozenset[View]] = frozenset(get_args(View.__value__ if hasattr(View, "__value__") else View))

_NAMED: Final = (*interfaces.NAMES, ports.BASE_PORTS)
_ASKED: Final[dict[View, tuple[Object, ...]]] = {
    # first, since they belong to the moment at which the clock was read
    "health": counters.HEALTH,
    "counters": (*counters.HEALTH, *counters.PACKETS),
    "system": (),
    "ports": interfaces.OBJECTS,
    "neighbours": (*_NAMED, *lldp.OBJECTS),
    "vlans": (*_NAMED, *vlans.OBJECTS),
    "addresses": (*_NAMED, vlans.FDB, *addresses.OBJECTS),
    "components": entity.OBJECTS,
    "sensors": (*_NAMED, *entity.NAMES, *sensors.OBJECTS, *poe.OBJECTS),
}
_VENDORS: Final[dict[Oid, dict[View, tuple[Object, ...]]]] = {
    cisco.ENTERPRISE: {
        "neighbours": cisco.NEIGHBOURS,
        "vlans": cisco.VLANS,
        "sensors": (*sensors.CISCO, *poe.CISCO),
    },
    juniper.ENTERPRISE: {"vlans": juniper.OBJECTS, "addresses": juniper.OBJECTS},
}


def asked(views: Iterable[View], object_id: str | None) -> tuple[Object, ...]:
    """What is walked first. object_id: sysObjectID, which tells the vendor."""
    wanted = set(views)
    own = _VENDORS.get(_enterprise(object_id), {})
    found = [
        *(_ASKED[view] for view in _ASKED if view in wanted),
        *(own[view] for view in own if view in wanted),
    ]
    return tuple(dict.fromkeys(column for columns in found for column in columns))


def instead(views: Iterable[View], told: Told) -> tuple[Object, ...]:
    """What is walked in place of what the agent does not have."""
    wanted = set(views)
    found: list[Object] = []
    if wanted & {"health", "counters"} and not told.indexes(*counters.WIDE):
        found += counters.NARROW
        if "counters" in wanted:
            found += (*counters.IN_PACKETS_NARROW, *counters.OUT_PACKETS_NARROW)
    if "addresses" in wanted and not told.column(addresses.PORT):
        found += addresses.PLAIN
    return tuple(found)


def _enterprise(object_id: str | None) -> Oid:
    """The first seven numbers: the vendor's own below 1.3.6.1.4.1."""
    parts = (object_id or "").split(".")[:7]
    return tuple(int(part) for part in parts if part.isdigit())
