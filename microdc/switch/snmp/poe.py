"""POWER-ETHERNET-MIB (RFC 3621), and what Cisco adds: power that the ports give. Pure."""

from __future__ import annotations

from microdc.switch.model import Poe
from microdc.switch.snmp.objects import Index, columns
from microdc.switch.snmp.ports import Ports
from microdc.switch.snmp.told import Told

ENABLED, DETECTION, CLASS = columns(
    (1, 3, 6, 1, 2, 1, 105, 1, 1, 1),
    pethPsePortAdminEnable=3,
    pethPsePortDetectionStatus=6,
    pethPsePortPowerClassifications=10,
)
OBJECTS = (ENABLED, DETECTION, CLASS)
(CONSUMED,) = columns((1, 3, 6, 1, 4, 1, 9, 9, 402, 1, 2, 1), cpeExtPsePortPwrConsumption=9)
CISCO = (CONSUMED,)
_TRUE = 1
_DELIVERING = 3
_CLASSES = range(1, 6)
_MILLI = 1000
_PARTS = {2, 3}


def poe(told: Told, ports: Ports) -> tuple[Poe, ...]:
    """Every port that can give power, by group and number."""
    return tuple(_poe(told, index, ports) for index in told.indexes(ENABLED, DETECTION))


def _poe(told: Told, index: Index, ports: Ports) -> Poe:
    delivering = told.number(DETECTION, index) == _DELIVERING
    number = told.number(CLASS, index)
    milliwatts = told.number(CONSUMED, index)
    return Poe(
        port=_port(index, ports),
        enabled=told.number(ENABLED, index) == _TRUE,
        delivering=delivering,
        power_class=f"class {number - 1}" if delivering and number in _CLASSES and number else None,
        watts=None if milliwatts is None else milliwatts / _MILLI,
    )


def _port(index: Index, ports: Ports) -> str:
    """By group and number. A number is the bridge's own in a device of one group; in a stack each group counts from 1, and it is named as told."""
    group, number = (index[0], index[-1]) if index else (0, 0)
    place = f"{group}/{number}"
    named = [name for name in ports.names.values() if _ends(name, group, number)]
    if len(named) == 1:
        return named[0]
    port = ports.of_bridge(number) if group == 1 else None
    return place if port is None else ports.name(port)


def _ends(name: str, group: int, number: int) -> bool:
    """Whether a name is that of a stack's port: Gi2/0/17, or 2/17, of group 2 and number 17; the slot in between is told in no table."""
    parts = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz- ").split("/")
    return len(parts) in _PARTS and parts[0] == str(group) and parts[-1] == str(number)
