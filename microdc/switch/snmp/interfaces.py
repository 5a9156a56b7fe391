"""IF-MIB (RFC 2863): the ports. Pure."""

from __future__ import annotations

from dataclasses import replace

from microdc.switch.model import Port, Status
from microdc.switch.snmp import lags
from microdc.switch.snmp.objects import Index, columns
from microdc.switch.snmp.system import HUNDREDTHS
from microdc.switch.snmp.told import Told

IF_ENTRY = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IFX_ENTRY = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
DESCRIPTION, KIND, MTU, SPEED, MAC, ADMIN, OPER, CHANGED = columns(
    IF_ENTRY,
    ifDescr=2,
    ifType=3,
    ifMtu=4,
    ifSpeed=5,
    ifPhysAddress=6,
    ifAdminStatus=7,
    ifOperStatus=8,
    ifLastChange=9,
)
NAME, HIGH_SPEED, ALIAS = columns(IFX_ENTRY, ifName=1, ifHighSpeed=15, ifAlias=18)
NAMES = (DESCRIPTION, NAME, ALIAS, MAC)
"""By which a port can be known."""
OBJECTS = (*NAMES, KIND, MTU, SPEED, ADMIN, OPER, CHANGED, HIGH_SPEED, *lags.OBJECTS)
_SATURATED = 2**32 - 1
_MEGA = 1_000_000
STATUSES: dict[int | None, Status] = {
    1: "up",
    2: "down",
    3: "testing",
    4: "unknown",
    5: "dormant",
    6: "not present",
    7: "lower layer down",
}


def ports(told: Told) -> tuple[Port, ...]:
    """Every interface that has a name, a type or a state, by ifIndex. A row without any of them is a hole, and none."""
    rows = [index for index in told.indexes(DESCRIPTION, NAME, KIND, OPER) if _single(told, index)]
    listed = {index[0]: _port(told, index) for index in rows}
    aggregated = lags.lags(told, listed)
    return tuple(replace(port, lag=aggregated.get(index)) for index, port in listed.items())


def _single(told: Told, index: Index) -> bool:
    if len(index) == 1:
        return True
    told.remark("ifEntry", index, "its index should be one number")
    return False


def _port(told: Told, index: Index) -> Port:
    description = told.text(DESCRIPTION, index)
    changed = told.number(CHANGED, index)
    return Port(
        index=index[0],
        name=told.text(NAME, index) or description or str(index[0]),
        description=description,
        alias=told.text(ALIAS, index),
        mac=_mac(told, index),
        kind=told.number(KIND, index),
        mtu=told.number(MTU, index),
        speed=speed(told.number(SPEED, index), told.number(HIGH_SPEED, index)),
        admin=_status(told, index, admin=True),
        oper=_status(told, index),
        changed=None if changed is None else changed / HUNDREDTHS,
    )


def _mac(told: Told, index: Index) -> str | None:
    """Interfaces that are no Ethernet have addresses of other lengths, or none: 4 octets of a tunnel, 8 of Fibre Channel."""
    said = told.column(MAC).get(index)
    return told.mac(MAC, index) if isinstance(said, bytes) and len(said) not in {4, 8, 16, 20} else None


def speed(low: int | None, high: int | None) -> int | None:
    """Bit/s of ifSpeed and ifHighSpeed (Mbit/s); None for 0, which a port without link or of no speed tells.

    ifSpeed has 32 bits: from 4.3 Gbit/s on it tells its greatest number, or what is left of a greater one.
    """
    wide = (high or 0) * _MEGA
    narrow = 0 if low == _SATURATED else low or 0
    return (wide if wide >= _SATURATED else narrow or wide) or None


def _status(told: Told, index: Index, *, admin: bool = False) -> Status | None:
    column = ADMIN if admin else OPER
    number = told.number(column, index)
    if number is None:
        return None
    status = STATUSES.get(number)
    if status is None:
        told.remark(column.name, index, "it is none of the states that the MIB knows")
    return status


def oper(told: Told, index: int) -> Status | None:
    """The state of one port, where only states were asked for."""
    return _status(told, (index,))
