"""Objects of a QdiscTree as netlink messages, and dumps back as a QdiscTree."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Literal

from microdc.netlink import htb, netem, u32
from microdc.netlink.attributes import TCMSG, attribute, attributes, dump_request, message, messages
from microdc.netlink.model import (
    ROOT_HANDLE,
    Counters,
    Fifo,
    Foreign,
    HashTable,
    Htb,
    HtbClass,
    Netem,
    Object,
    Observed,
    Qdisc,
    QdiscTree,
    Rule,
)
from microdc.netlink.rtnetlink import (
    NLM_F_CREATE,
    NLM_F_EXCL,
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
_NEW = {"add": NLM_F_CREATE | NLM_F_EXCL, "change": 0, "delete": 0}


def encode(verb: Verb, item: Object, ifindex: int) -> bytes:
    """One message. `change` needs the object to be there already, `add` needs it not to be."""
    flags = _NEW[verb]
    match item:
        case Qdisc():
            kind = RTM_DELQDISC if verb == "delete" else RTM_NEWQDISC
            head = TCMSG.pack(0, ifindex, item.handle, item.parent, 0)
            name, options = item.kind, _qdisc_options(item)
        case HtbClass():
            kind = RTM_DELTCLASS if verb == "delete" else RTM_NEWTCLASS
            head = TCMSG.pack(0, ifindex, item.handle, item.parent, 0)
            name, options = "htb", htb.pack_class(item)
        case HashTable() | Rule():
            kind = RTM_DELTFILTER if verb == "delete" else RTM_NEWTFILTER
            # the kernel numbers root tables itself: a new rule goes there by table 0, a rule there has the real number
            known = isinstance(item, Rule) and verb == "delete" and item.kernel_handle
            handle = known or item.handle
            info = item.prio << 16 | _network_order(item.protocol)
            head = TCMSG.pack(0, ifindex, handle, ROOT_HANDLE, info)
            name = "u32"
            options = u32.pack_table(item) if isinstance(item, HashTable) else u32.pack_rule(item)
    body = head + attribute(_KIND, name.encode() + b"\0")
    if verb != "delete":
        body += attribute(_OPTIONS, options)
    return message(kind, flags, body)


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


def _network_order(protocol: int) -> int:
    return int(struct.unpack("=H", struct.pack(">H", protocol))[0])


def dump_requests(ifindex: int) -> dict[str, bytes]:
    """The three requests whose answers `decode` reads; the filters are those under our root."""
    return {
        "qdiscs": dump_request(RTM_GETQDISC, TCMSG.pack(0, ifindex, 0, 0, 0)),
        "classes": dump_request(RTM_GETTCLASS, TCMSG.pack(0, ifindex, 0, 0, 0)),
        "filters": dump_request(RTM_GETTFILTER, TCMSG.pack(0, ifindex, 0, ROOT_HANDLE, 0)),
    }


def decode(ifindex: int, dumps: Mapping[str, bytes]) -> Observed:
    """What an interface's egress holds. A kernel default (handle 0) is not part of the tree.

    dumps: the answers to `dump_requests`, one after the other; those of other interfaces are passed over.
    """
    qdiscs: dict[int, Qdisc] = {}
    classes: dict[int, HtbClass] = {}
    tables: dict[int, HashTable] = {}
    rules: dict[tuple[int, int], Rule] = {}
    roots: dict[int, int] = {}
    counters: dict[int, Counters] = {}
    for kind, handle, parent, _info, found in _entries(ifindex, dumps["qdiscs"], RTM_NEWQDISC):
        if handle == 0 or kind in {"ingress", "clsact"}:
            continue
        qdiscs[handle] = Qdisc(handle, parent, _options_of(kind, found.get(_OPTIONS, b"")))
        counters[handle] = _counters(found.get(_STATS2, b""))
    for kind, handle, parent, _info, found in _entries(ifindex, dumps["classes"], RTM_NEWTCLASS):
        if kind == "htb" and handle >> 16 == ROOT_HANDLE >> 16:
            # A class directly under the root shows TC_H_ROOT as its parent, whatever was sent.
            parent = ROOT_HANDLE if parent == 0xFFFFFFFF else parent  # noqa: PLW2901
            classes[handle] = htb.unpack_class(handle, parent, found.get(_OPTIONS, b""))
            counters[handle] = _counters(found.get(_STATS2, b""))
    for kind, handle, _parent, info, found in _entries(ifindex, dumps["filters"], RTM_NEWTFILTER):
        if kind == "u32" and _OPTIONS in found:
            protocol, prio = _network_order(info & 0xFFFF), info >> 16
            item = u32.unpack(handle, protocol, prio, found[_OPTIONS])
            if isinstance(item, HashTable):
                tables[item.ident] = item
            elif isinstance(item, Rule):
                rules[item.key] = item
            elif handle >> 20 >= u32.ROOT_TABLES:
                roots[prio << 16 | protocol] = handle
    return Observed(QdiscTree(qdiscs, classes, tables, rules, roots), counters)


def _entries(ifindex: int, dump: bytes, wanted: int) -> Iterator[tuple[str, int, int, int, dict[int, bytes]]]:
    for kind, body in messages(dump):
        if kind != wanted:
            continue
        _family, index, handle, parent, info = TCMSG.unpack_from(body)
        if index == ifindex:
            found = dict(attributes(body[TCMSG.size :]))
            yield found.get(_KIND, b"").rstrip(b"\0").decode(), handle, parent, info, found


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
    found = dict(attributes(data))
    total = packets = 0
    if _STATS_BASIC in found:
        total, packets = struct.unpack_from("=QI", found[_STATS_BASIC])
    queue = struct.unpack_from("=5I", found[_STATS_QUEUE]) if _STATS_QUEUE in found else (0,) * 5
    backlog_packets, backlog, drops, _requeues, overlimits = queue
    return Counters(total, packets, drops, overlimits, backlog, backlog_packets)
