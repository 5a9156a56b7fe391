"""What was told -> a SwitchState. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from microdc.remarks import Remark
from microdc.switch.model import Address, SwitchState
from microdc.switch.snmp import (
    addresses,
    counters,
    entity,
    interfaces,
    lldp,
    poe,
    ports,
    sensors,
    system,
    vlans,
)
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vendors import cisco, juniper
from microdc.switch.snmp.views import View


def state(told: Told, views: Collection[View], remarks: Iterable[Remark] = ()) -> SwitchState:
    """The parts that the views ask for. remarks: what the walk has to say."""
    listed = interfaces.ports(told)
    place = ports.ports(told, listed)
    filtered = (
        juniper.vlans(told, vlans.vlans(told, place) or cisco.vlans(told, place)) if "vlans" in views else ()
    )
    heard = (*lldp.neighbours(told, place), *cisco.neighbours(told, place)) if "neighbours" in views else ()
    found = SwitchState(
        system=system.system(told),
        ports=listed if "ports" in views else (),
        neighbours=heard,
        vlans=filtered,
        addresses=_addresses(told, place) if "addresses" in views else (),
        components=entity.components(told) if "components" in views else (),
        sensors=(*sensors.sensors(told), *sensors.sensors(told, sensors.CISCO)) if "sensors" in views else (),
        poe=poe.poe(told, place) if "sensors" in views else (),
        sample=counters.sample(told) if {"health", "counters"} & set(views) else None,
        pvids=vlans.pvids(told, place, filtered) if "vlans" in views else {},
    )
    return replace(found, remarks=(*remarks, *told.remarks()))  # the last: only now all has been read


def _addresses(told: Told, place: ports.Ports) -> tuple[Address, ...]:
    return addresses.addresses(told, place, {**vlans.filters(told), **juniper.filters(told)})
