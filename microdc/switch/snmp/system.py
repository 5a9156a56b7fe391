"""SNMPv2-MIB (RFC 3418), the system group; the device's own id is LLDP-MIB's. Pure."""

from __future__ import annotations

from microdc.switch.model import System
from microdc.switch.snmp import identifiers
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.told import Told

_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
DESCRIPTION = Object("sysDescr", (*_SYSTEM, 1))
OBJECT_ID = Object("sysObjectID", (*_SYSTEM, 2))
UPTIME = Object("sysUpTime", (*_SYSTEM, 3))
CONTACT = Object("sysContact", (*_SYSTEM, 4))
NAME = Object("sysName", (*_SYSTEM, 5))
LOCATION = Object("sysLocation", (*_SYSTEM, 6))
_LOCAL = (1, 0, 8802, 1, 1, 2, 1, 3)
CHASSIS_KIND = Object("lldpLocChassisIdSubtype", (*_LOCAL, 1))
CHASSIS = Object("lldpLocChassisId", (*_LOCAL, 2))
OBJECTS = (DESCRIPTION, OBJECT_ID, UPTIME, CONTACT, NAME, LOCATION)
CHASSIS_OBJECTS = (CHASSIS_KIND, CHASSIS)
HUNDREDTHS = 100
"""Ticks of a second."""


def system(told: Told) -> System:
    """Who it says it is."""
    ticks = told.number(UPTIME)
    chassis = told.octets(CHASSIS)
    kind = told.number(CHASSIS_KIND) if chassis else None
    return System(
        name=told.text(NAME),
        description=told.text(DESCRIPTION),
        object_id=told.identity(OBJECT_ID),
        location=told.text(LOCATION),
        contact=told.text(CONTACT),
        uptime=None if ticks is None else ticks / HUNDREDTHS,
        chassis=identifiers.chassis(kind, chassis) if chassis else None,
    )
