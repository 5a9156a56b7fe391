"""ENTITY-MIB (RFC 6933): what the device is made of. Pure."""

from __future__ import annotations

from microdc.switch.model import Component
from microdc.switch.snmp.objects import columns
from microdc.switch.snmp.told import Told

DESCRIPTION, INSIDE, KIND, NAME, HARDWARE, FIRMWARE, SOFTWARE, SERIAL, MODEL = columns(
    (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1),
    entPhysicalDescr=2,
    entPhysicalContainedIn=4,
    entPhysicalClass=5,
    entPhysicalName=7,
    entPhysicalHardwareRev=8,
    entPhysicalFirmwareRev=9,
    entPhysicalSoftwareRev=10,
    entPhysicalSerialNum=11,
    entPhysicalModelName=13,
)
NAMES = (DESCRIPTION, NAME)
OBJECTS = (*NAMES, INSIDE, KIND, HARDWARE, FIRMWARE, SOFTWARE, SERIAL, MODEL)
_KINDS = {
    1: "other",
    2: "unknown",
    3: "chassis",
    4: "backplane",
    5: "container",
    6: "power supply",
    7: "fan",
    8: "sensor",
    9: "module",
    10: "port",
    11: "stack",
    12: "processor",
    13: "energy object",
    14: "battery",
    15: "storage drive",
}


def components(told: Told) -> tuple[Component, ...]:
    """Every part, by its index; `inside` None for one that is in no other."""
    found = []
    for index in told.indexes(DESCRIPTION, KIND, NAME, SERIAL, MODEL):
        if len(index) != 1:
            told.remark("entPhysicalEntry", index, "its index should be one number")
            continue
        found.append(
            Component(
                index=index[0],
                kind=_KINDS.get(told.number(KIND, index) or 0, "unknown"),
                name=told.text(NAME, index),
                description=told.text(DESCRIPTION, index),
                model=told.text(MODEL, index),
                serial=told.text(SERIAL, index),
                hardware=told.text(HARDWARE, index),
                firmware=told.text(FIRMWARE, index),
                software=told.text(SOFTWARE, index),
                inside=told.number(INSIDE, index) or None,
            )
        )
    return tuple(found)
