"""Objects of a QdiscTree as netlink messages, and dumps back as a QdiscTree."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from microdc.netlink import htb, intake_messages, netem, u32
from microdc.netlink.attributes import TCMSG, attribute, attributes, dump_request, message
from microdc.netlink.intake_values import INGRESS_HANDLE, LED, Ifb, Redirect
from microdc.netlink.model import (
    OUR_MAJOR,
    ROOT_HANDLE,
    TC_H_ROOT,
    Counters,
    Fifo,
    Foreign,
    HashTable,
    Htb,
    HtbClass,
    Intake,
    Led,
    Netem,
    Object,
    Observed,
    Qdisc,
    QdiscTree,
    Rule,
)
from microdc.netlink.rtnetlink import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_ECHO,
    NLM_F_EXCL,
    NLM_F_REQUEST,
    RTM_DELQDISC,
    RTM_DELTCLASS,
    RTM_DELTFILTER,
    RTM_GETQDISC,
    RTM_GETTCLASS,
    RTM_GETTFILTER,
    RTM_NEWQDISC,
    RTM_NEWTCLASS,
    RTM_NEWTFILTER,
)

Verb = Literal["add", "change", "delete"]

_KIND, _OPTIONS, _STATS2 = 1, 2, 7
_STATS_BASIC, _STATS_QUEUE = 1, 3
_NESTED = 0x8000
_HEAD = struct.Struct("=IH10x4xiIII")
"""Of a message of a dump: length, kind; interface, handle, parent, info."""
_BEGIN = struct.Struct("=IHHIIBxxxiIII")
"""Of a message that is sent: its header, and interface, handle, parent, info. At once: there are thousands."""
_ATTRIBUTE = struct.Struct("=HH")
_NEW = {"add": NLM_F_CREATE | NLM_F_EXCL, "change": 0, "delete": 0}


def encode(verb: Verb, item: Object, ifindex: int) -> bytes:
    """One message. `change` needs the object to be there already, `add` needs it not to be."""
    flags = _NEW[verb]
    match item:
        case Qdisc():
            kind = RTM_DELQDISC if verb == "delete" else RTM_NEWQDISC
            where = (item.handle, item.parent, 0)
            name, options = item.kind, _qdisc_options(item)
        case HtbClass():
            kind = RTM_DELTCLASS if verb == "delete" else RTM_NEWTCLASS
            where = (item.handle, item.parent, 0)
            name, options = "htb", htb.pack_class(item)
        case HashTable() | Rule():
            kind = RTM_DELTFILTER if verb == "delete" else RTM_NEWTFILTER
            # the kernel numbers root tables itself: a new rule goes there by table 0, a rule there has the real number
            known = isinstance(item, Rule) and verb == "delete" and item.kernel_handle
            handle = known or item.handle
            info = item.prio << 16 | _network_order(item.protocol)
            where = (handle, ROOT_HANDLE, info)
            name = "u32"
            options = u32.pack_table(item) if isinstance(item, HashTable) else u32.pack_rule(item)
        case Led(inner):
            return encode(verb, inner, LED + ifindex)
        case Ifb():
            return intake_messages.encode_ifb(verb, item, flags, ifindex)
        case Redirect():
            return intake_messages.encode_redirect(verb, item, flags, ifindex)
    named = _name(name)
    if verb != "delete":
        named += _ATTRIBUTE.pack(4 + len(options), _OPTIONS) + options + b"\0" * (-len(options) % 4)
    flags |= NLM_F_REQUEST | NLM_F_ACK
    return _BEGIN.pack(_BEGIN.size + len(named), kind, flags, 0, 0, 0, ifindex, *where) + named


@cache
def _name(kind: str) -> bytes:
    return attribute(_KIND, kind.encode() + b"\0")


def _qdisc_options(item: Qdisc) -> bytes:
    match item.options:
        case Htb():
            return htb.pack_root(item.options)
        case Netem():
            return netem.pack(item.options)
        case Fifo(limit=limit):
            return struct.pack("=I", limit)
        case Foreign(options=options):
            return options


@cache
def _network_order(protocol: int) -> int:
    return int(struct.unpack("=H", struct.pack(">H", protocol))[0])


def dump_requests(ifindex: int) -> dict[str, bytes]:
    """The requests whose answers `decode` reads; the filters are those under our root."""
    led = TCMSG.pack(0, LED + ifindex, 0, 0, 0)
    return {
        "qdiscs": dump_request(RTM_GETQDISC, TCMSG.pack(0, ifindex, 0, 0, 0)),
        "classes": dump_request(RTM_GETTCLASS, TCMSG.pack(0, ifindex, 0, 0, 0)),
        "filters": dump_request(RTM_GETTFILTER, TCMSG.pack(0, ifindex, 0, ROOT_HANDLE, 0)),
        **intake_messages.dump_requests(ifindex),
        "led qdiscs": dump_request(RTM_GETQDISC, led),
        "led classes": dump_request(RTM_GETTCLASS, led),
    }


def get_request(item: Qdisc | HtbClass, ifindex: int) -> bytes:
    """A request for one object; the answer is as in a dump. Older kernels (6.1) tell who asks only where an echo is wanted.

    A qdisc is looked for where it should hang, and shown as hanging where it was looked for.
    """
    if isinstance(item, Qdisc):
        return message(RTM_GETQDISC, NLM_F_ECHO, TCMSG.pack(0, ifindex, item.handle, item.parent, 0))
    return message(RTM_GETTCLASS, NLM_F_ECHO, TCMSG.pack(0, ifindex, item.handle, 0, 0))


def decode(ifindex: int, dumps: Mapping[str, bytes]) -> Observed:
    """What an interface's egress holds (see `decode_tree`), and what was counted there."""
    tree = decode_tree(ifindex, dumps)
    counted = {
        handle: _counters(rest)
        for dump, wanted in ((dumps["qdiscs"], RTM_NEWQDISC), (dumps["classes"], RTM_NEWTCLASS))
        for _kind, handle, _parent, _info, _options, rest in _entries(ifindex, dump, wanted)
        if handle in tree.qdiscs or handle in tree.classes
    }
    return Observed(tree, counted)


def decode_tree(ifindex: int, dumps: Mapping[str, bytes]) -> QdiscTree:
    """What an interface's egress holds. A kernel default (handle 0) is not part of the tree.

    dumps: the answers to `dump_requests`, one after the other; those of other interfaces are passed over.
    """
    qdiscs: dict[int, Qdisc] = {}
    classes: dict[int, HtbClass] = {}
    for kind, handle, parent, _info, options, _rest in _entries(ifindex, dumps["qdiscs"], RTM_NEWQDISC):
        if handle:
            qdiscs[handle] = Qdisc(handle, parent, _options_of(kind, options))
    intake = _intake(ifindex, dumps, qdiscs.pop(INGRESS_HANDLE, None))
    for kind, handle, parent, _info, options, _rest in _entries(ifindex, dumps["classes"], RTM_NEWTCLASS):
        if kind == "htb" and handle >> 16 == OUR_MAJOR:
            # A class directly under the root shows TC_H_ROOT as its parent, whatever was sent.
            above = ROOT_HANDLE if parent == TC_H_ROOT else parent
            classes[handle] = htb.unpack_class(handle, above, options)
    tables, rules, roots = _filters(ifindex, dumps["filters"])
    return QdiscTree(qdiscs, classes, tables, rules, roots, intake)


def _filters(
    ifindex: int, dump: bytes
) -> tuple[dict[int, HashTable], dict[tuple[int, int], Rule], dict[int, int]]:
    """Tables, rules, and the roots' handles, as in a QdiscTree."""
    tables: dict[int, HashTable] = {}
    rules: dict[tuple[int, int], Rule] = {}
    roots: dict[int, int] = {}
    for kind, handle, _parent, info, options, _rest in _entries(ifindex, dump, RTM_NEWTFILTER):
        if kind == "u32" and options:
            protocol, prio = _network_order(info & 0xFFFF), info >> 16
            item = u32.unpack(handle, protocol, prio, options)
            if isinstance(item, HashTable):
                tables[item.ident] = item
            elif isinstance(item, Rule):
                rules[item.key] = item
            elif handle >> 20 >= u32.ROOT_TABLES:
                roots[prio << 16 | protocol] = handle
    return tables, rules, roots


def _intake(ifindex: int, dumps: Mapping[str, bytes], ingress: Qdisc | None) -> Intake | None:
    """What there is for packets that come in. What was not asked for counts as not there."""
    ifb = intake_messages.decode_ifb(ifindex, dumps.get("ifb", b""))
    if ifb is None and ingress is None:
        return None
    redirect, strangers = intake_messages.decode_filters(ifindex, dumps.get("incoming", b""))
    led = {"qdiscs": dumps.get("led qdiscs", b""), "classes": dumps.get("led classes", b""), "filters": b""}
    tree = QdiscTree() if ifb is None else decode_tree(LED + ifindex, led)
    return Intake(tree, ifb, ingress, redirect, strangers)


def _entries(ifindex: int, dump: bytes, wanted: int) -> Iterator[tuple[str, int, int, int, bytes, bytes]]:
    """An interface's objects in a dump: kind, handle, parent, info, options, and the attributes behind those.

    There are thousands: what is not asked for is not taken apart, and nothing is copied on the way.
    """
    at, last = 0, len(dump) - _HEAD.size
    while at <= last:
        length, kind, index, handle, parent, info = _HEAD.unpack_from(dump, at)
        if length < _HEAD.size:
            return
        if kind == wanted and index == ifindex:
            here, end, name, options = at + _HEAD.size, at + length, b"", b""
            while here < end and not options:
                size, number = _ATTRIBUTE.unpack_from(dump, here)
                if number == _KIND:
                    name = dump[here + 4 : here + size]
                elif number == _OPTIONS or number == _OPTIONS | _NESTED:
                    options = dump[here + 4 : here + size]
                here += (size + 3) & ~3 or 4
            yield _text(name), handle, parent, info, options, dump[here:end]
        at += (length + 3) & ~3


@cache
def _text(name: bytes) -> str:
    return name.rstrip(b"\0").decode()


def _options_of(kind: str, data: bytes) -> Htb | Netem | Fifo | Foreign:
    match kind:
        case "htb":
            return htb.unpack_root(data)
        case "netem":
            return netem.unpack(data)
        case "bfifo" | "pfifo":
            return Fifo(int(struct.unpack_from("=I", data)[0]), kind)
        case _:
            return Foreign(kind, data)


def _counters(data: bytes) -> Counters:
    found = dict(attributes(dict(attributes(data)).get(_STATS2, b"")))
    total = packets = 0
    if _STATS_BASIC in found:
        total, packets = struct.unpack_from("=QI", found[_STATS_BASIC])
    queue = struct.unpack_from("=5I", found[_STATS_QUEUE]) if _STATS_QUEUE in found else (0,) * 5
    backlog_packets, backlog, drops, _requeues, overlimits = queue
    return Counters(total, packets, drops, overlimits, backlog, backlog_packets)
