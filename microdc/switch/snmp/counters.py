"""IF-MIB (RFC 2863): what the ports have counted, at one moment of the device's clock. Pure."""

from __future__ import annotations

from microdc.switch.model import Counters, Sample
from microdc.switch.snmp import interfaces
from microdc.switch.snmp.interfaces import IF_ENTRY, IFX_ENTRY
from microdc.switch.snmp.objects import Index, Object, columns
from microdc.switch.snmp.system import UPTIME
from microdc.switch.snmp.told import Told

IN_WIDE, OUT_WIDE = columns(IFX_ENTRY, ifHCInOctets=6, ifHCOutOctets=10)
IN_NARROW, OUT_NARROW = columns(IF_ENTRY, ifInOctets=10, ifOutOctets=16)
IN_DISCARDS, IN_ERRORS, OUT_DISCARDS, OUT_ERRORS = columns(
    IF_ENTRY, ifInDiscards=13, ifInErrors=14, ifOutDiscards=19, ifOutErrors=20
)
IN_PACKETS_WIDE = columns(IFX_ENTRY, ifHCInUcastPkts=7, ifHCInMulticastPkts=8, ifHCInBroadcastPkts=9)
OUT_PACKETS_WIDE = columns(IFX_ENTRY, ifHCOutUcastPkts=11, ifHCOutMulticastPkts=12, ifHCOutBroadcastPkts=13)
IN_PACKETS_NARROW = (
    *columns(IF_ENTRY, ifInUcastPkts=11),
    *columns(IFX_ENTRY, ifInMulticastPkts=2, ifInBroadcastPkts=3),
)
OUT_PACKETS_NARROW = (
    *columns(IF_ENTRY, ifOutUcastPkts=17),
    *columns(IFX_ENTRY, ifOutMulticastPkts=4, ifOutBroadcastPkts=5),
)
(DISCONTINUITY,) = columns(IFX_ENTRY, ifCounterDiscontinuityTime=19)
_HEALTH = (IN_ERRORS, OUT_ERRORS, IN_DISCARDS, OUT_DISCARDS, interfaces.OPER)
WIDE = (IN_WIDE, OUT_WIDE)
NARROW = (IN_NARROW, OUT_NARROW)
HEALTH = (*WIDE, *_HEALTH)
"""What health needs; `NARROW` for an agent that has none of `WIDE`."""
PACKETS = (*IN_PACKETS_WIDE, *OUT_PACKETS_WIDE, DISCONTINUITY)


def sample(told: Told) -> Sample | None:
    """The counters of every port, by ifIndex; None where the agent has none, or does not tell its clock."""
    ticks = told.number(UPTIME)
    rows = [index for index in told.indexes(*HEALTH, *NARROW) if len(index) == 1]
    if ticks is None or not rows:
        return None
    return Sample(ticks, {index[0]: _counters(told, index) for index in rows})


def _counters(told: Told, index: Index) -> Counters:
    wide = any(index in told.column(column) for column in WIDE)
    return Counters(
        index=index[0],
        wide=wide,
        in_octets=told.number(IN_WIDE if wide else IN_NARROW, index),
        out_octets=told.number(OUT_WIDE if wide else OUT_NARROW, index),
        in_packets=_sum(told, index, IN_PACKETS_WIDE if wide else IN_PACKETS_NARROW),
        out_packets=_sum(told, index, OUT_PACKETS_WIDE if wide else OUT_PACKETS_NARROW),
        in_errors=told.number(IN_ERRORS, index),
        out_errors=told.number(OUT_ERRORS, index),
        in_discards=told.number(IN_DISCARDS, index),
        out_discards=told.number(OUT_DISCARDS, index),
        discontinuity=told.number(DISCONTINUITY, index),
        oper=interfaces.oper(told, index[0]),
    )


def _sum(told: Told, index: Index, of: tuple[Object, ...]) -> int | None:
    """Unicast, multicast and broadcast together: None without unicast."""
    found = [told.number(column, index) for column in of]
    return None if found[0] is None else sum(number for number in found if number is not None)
