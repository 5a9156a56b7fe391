"""JUNIPER-L2ALD-MIB: the names of VLANs, and which forwarding table is whose, where Q-BRIDGE-MIB of the same device tells neither. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from microdc.switch.model import Vlan
from microdc.switch.snmp.objects import columns
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vlans import LAST

ENTERPRISE = (1, 3, 6, 1, 4, 1, 2636)
NAME, TAG, FDB = columns(
    (*ENTERPRISE, 3, 48, 1, 3, 1, 1), jnxL2aldVlanName=2, jnxL2aldVlanTag=3, jnxL2aldVlanFdbId=5
)
OBJECTS = (NAME, TAG, FDB)


def vlans(told: Told, found: Iterable[Vlan]) -> tuple[Vlan, ...]:
    """The VLANs that were found, with names, and those that only this table knows."""
    known = {vlan.id: vlan for vlan in found}
    for index in told.indexes(TAG):
        tag = told.number(TAG, index)
        if tag is None or not 0 < tag <= LAST:
            continue
        vlan = known.get(tag) or Vlan(tag)
        known[tag] = replace(vlan, name=vlan.name or told.text(NAME, index))
    return tuple(known[identity] for identity in sorted(known))


def filters(told: Told) -> Mapping[int, int]:
    """The VLAN of each forwarding table's number."""
    pairs = ((told.number(FDB, index), told.number(TAG, index)) for index in told.indexes(FDB))
    return {number: tag for number, tag in pairs if number is not None and tag}
