"""HTB's options as bytes, both ways. Source of the layout: linux/pkt_sched.h, net/sched/sch_htb.c."""

from __future__ import annotations

import struct

from microdc.netlink.attributes import attribute, attributes
from microdc.netlink.model import Htb, HtbClass

PARMS, INIT, _CTAB, _RTAB, DIRECT_QLEN, RATE64, CEIL64 = range(1, 8)

_GLOB = struct.Struct("=5I")  # version, rate2quantum, defcls, debug, direct_pkts
_PARMS = struct.Struct("=8xI8xI5I")
"""rate, ceil, buffer, cbuffer, quantum, level, prio."""
_CLASS = struct.Struct("=HH8sI8sI5I")
"""PARMS whole: its header, rate, ceil, and what follows them. Packed at once, since there is one for each direction."""
_VERSION = 3
_ETHERNET = 1  # a known link layer spares the kernel the rate tables that only old tc needed
_SPEC = struct.pack("=BBHhH", 0, _ETHERNET, 0, 0, 0)
"""Of a rate, before it: cell_log, linklayer, overhead, cell_align, mpu."""
_U32_MAX = 2**32 - 1


def pack_root(htb: Htb) -> bytes:
    return attribute(INIT, _GLOB.pack(_VERSION, htb.rate2quantum, htb.default, 0, 0))


def unpack_root(data: bytes) -> Htb:
    for kind, payload in attributes(data):
        if kind == INIT:
            _version, rate2quantum, default, _debug, _direct = _GLOB.unpack_from(payload)
            return Htb(default, rate2quantum)
    return Htb()


def pack_class(cls: HtbClass) -> bytes:
    rate, ceil = min(cls.rate, _U32_MAX), min(cls.ceil, _U32_MAX)
    tail = (cls.burst, cls.cburst, cls.quantum, 0, cls.prio)
    packed = _CLASS.pack(_CLASS.size, PARMS, _SPEC, rate, _SPEC, ceil, *tail)
    if cls.rate > _U32_MAX:
        packed += attribute(RATE64, struct.pack("=Q", cls.rate))
    if cls.ceil > _U32_MAX:
        packed += attribute(CEIL64, struct.pack("=Q", cls.ceil))
    return packed


def unpack_class(handle: int, parent: int, data: bytes) -> HtbClass:
    rate = ceil = burst = cburst = quantum = prio = 0
    wide: dict[int, int] = {}
    for kind, payload in attributes(data):
        if kind == PARMS:
            rate, ceil, burst, cburst, quantum, _level, prio = _PARMS.unpack_from(payload)
        elif kind in {RATE64, CEIL64}:
            wide[kind] = struct.unpack("=Q", payload)[0]
    return HtbClass(
        handle, parent, wide.get(RATE64, rate), wide.get(CEIL64, ceil), burst, cburst, quantum, prio
    )
