"""Ifbs and redirections as netlink messages, and dumps back as an Intake.

Source of the layouts: linux/if_link.h, linux/pkt_cls.h, linux/tc_act/tc_mirred.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from microdc.netlink.attributes import TCMSG, attribute, attributes, dump_request, message, messages, u32
from microdc.netlink.intake_values import (
    INGRESS_HANDLE,
    LED,
    PRIORITY,
    QUEUE_LENGTH,
    TC_H_INGRESS,
    Ifb,
    Redirect,
    ifb_name,
)
from microdc.netlink.model import ETH_P_ALL, U32_TERMINAL
from microdc.netlink.rtnetlink import (
    RTM_DELLINK,
    RTM_DELTFILTER,
    RTM_GETLINK,
    RTM_GETTFILTER,
    RTM_NEWLINK,
    RTM_NEWTFILTER,
)

_IFINFO = struct.Struct("=BxHiII")
_IFF_UP = 1
_IFNAME, _TXQLEN, _LINKINFO, _EXT_MASK, _INFO_KIND = 3, 13, 18, 29, 1
_SKIP_STATS = 1 << 3
_KIND, _OPTIONS = 1, 2  # of a filter, and of an action
_SEL, _ACT = 5, 7
_SELECTOR = struct.Struct("=BBBx2sHhhI")
_MIRRED_PARMS = 2
_MIRRED = struct.Struct("=IIiiiiI")  # index, capab, action, refcnt, bindcnt, eaction, ifindex
_STOLEN, _EGRESS_REDIRECT = 4, 1
_INFO = PRIORITY << 16 | struct.unpack("=H", struct.pack(">H", ETH_P_ALL))[0]


def encode_ifb(verb: str, ifb: Ifb, flags: int, ifindex: int) -> bytes:
    """ifindex: of the interface whose ifb it is."""
    head = _IFINFO.pack(0, 0, LED + ifindex, _IFF_UP if ifb.up else 0, _IFF_UP)
    if verb == "delete":
        return message(RTM_DELLINK, flags, _IFINFO.pack(0, 0, LED + ifindex, 0, 0))
    body = head + attribute(_IFNAME, ifb_name(ifindex).encode() + b"\0") + u32(_TXQLEN, QUEUE_LENGTH)
    if verb == "add":
        body += attribute(_LINKINFO, attribute(_INFO_KIND, b"ifb\0"))
    return message(RTM_NEWLINK, flags, body)


def encode_redirect(verb: str, redirect: Redirect, flags: int, ifindex: int) -> bytes:
    """Deleted is all that has our priority. A selector without keys matches every packet, however short."""
    body = TCMSG.pack(0, ifindex, 0, INGRESS_HANDLE, _INFO) + attribute(_KIND, b"u32\0")
    if verb == "delete":
        return message(RTM_DELTFILTER, flags, body)
    mirred = _MIRRED.pack(0, 0, _STOLEN, 0, 0, _EGRESS_REDIRECT, ifindex + redirect.to)
    action = attribute(_KIND, b"mirred\0") + attribute(_OPTIONS, attribute(_MIRRED_PARMS, mirred))
    selector = _SELECTOR.pack(U32_TERMINAL, 0, 0, b"\0\0", 0, 0, 0, 0)
    options = attribute(_SEL, selector) + attribute(_ACT, attribute(1, action))
    return message(RTM_NEWTFILTER, flags, body + attribute(_OPTIONS, options))


def dump_requests(ifindex: int) -> dict[str, bytes]:
    """The requests whose answers are read here. The ifb is asked for alone: a dump would show all interfaces."""
    alone = _IFINFO.pack(0, 0, LED + ifindex, 0, 0) + u32(_EXT_MASK, _SKIP_STATS)
    return {
        "incoming": dump_request(RTM_GETTFILTER, TCMSG.pack(0, ifindex, 0, INGRESS_HANDLE, 0)),
        "ifb": message(RTM_GETLINK, 0, alone),
    }


def decode_ifb(ifindex: int, dump: bytes) -> Ifb | None:
    """The ifb of an interface, if it is ours by number, name and kind."""
    for kind, body in messages(dump):
        if kind != RTM_NEWLINK:
            continue
        _family, _type, index, flags, _change = _IFINFO.unpack_from(body)
        found = dict(attributes(body[_IFINFO.size :]))
        named = found.get(_IFNAME, b"").rstrip(b"\0").decode() == ifb_name(ifindex)
        ifb = dict(attributes(found.get(_LINKINFO, b""))).get(_INFO_KIND, b"").rstrip(b"\0") == b"ifb"
        if index == LED + ifindex and named and ifb:
            return Ifb(up=bool(flags & _IFF_UP))
    return None


def decode_filters(ifindex: int, dump: bytes) -> tuple[Redirect | None, int]:
    """Our filter on an interface's ingress qdisc, and how many other classifiers hang there."""
    redirect, others = None, set()
    for index, parent, info, options in _filters(dump):
        if index != ifindex or parent not in (INGRESS_HANDLE, TC_H_INGRESS):
            continue
        if info != _INFO:
            others.add(info)
        elif _SEL in options:
            keys = options[_SEL][2]
            redirect = Redirect(_target(options.get(_ACT, b"")) - ifindex, everything=not keys)
    return redirect, len(others)


def _filters(dump: bytes) -> Iterator[tuple[int, int, int, Mapping[int, bytes]]]:
    for kind, body in messages(dump):
        if kind == RTM_NEWTFILTER:
            _family, index, _handle, parent, info = TCMSG.unpack_from(body)
            found = dict(attributes(body[TCMSG.size :]))
            yield index, parent, info, dict(attributes(found.get(_OPTIONS, b"")))


def _target(actions: bytes) -> int:
    """The number of the device to which a list of actions redirects; 0 where it does not, or where the device is gone."""
    for _order, action in attributes(actions):
        found = dict(attributes(action))
        parms = dict(attributes(found.get(_OPTIONS, b""))).get(_MIRRED_PARMS, b"")
        if found.get(_KIND, b"").rstrip(b"\0") == b"mirred" and len(parms) >= _MIRRED.size:
            _index, _capab, action_code, _ref, _bind, what, device = _MIRRED.unpack_from(parms)
            return int(device) if (action_code, what) == (_STOLEN, _EGRESS_REDIRECT) else 0
    return 0
