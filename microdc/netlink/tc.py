"""Operations as the `tc` command lines that do the same, for people to read and copy."""

from __future__ import annotations

from decimal import Decimal

from microdc.netlink.diff import Operation
from microdc.netlink.intake_values import LED, PRIORITY, QUEUE_LENGTH, TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.model import (
    ETH_P_IP,
    ETH_P_IPV6,
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    HashTable,
    Htb,
    HtbClass,
    Led,
    Netem,
    Qdisc,
    Rule,
    handle_text,
)
from microdc.netlink.netem import EVERYTHING, TICK
from microdc.netlink.netem_values import HIDDEN, GeModel, Slot, StateModel, Table

_PROTOCOLS = {ETH_P_IP: "ip", ETH_P_IPV6: "ipv6"}


def tc_line(operation: Operation, interface: str) -> str:
    """The equivalent line. The distributions of tc differ from ours by less than their own rounding.

    What tc cannot be told in a line stands behind it as a comment. An ifb is named by the number of its interface, which a shell
    finds out.
    """
    verb = "del" if operation.verb == "delete" else operation.verb
    if isinstance(operation.item, Ifb):
        return _ifb(operation.item, verb, interface)
    return f"tc {_object(operation.item, verb, interface)}"


def _number(interface: str) -> str:
    return f"$(ip -o link show dev {interface} | cut -d: -f1)"


def _ifb(item: Ifb, verb: str, interface: str) -> str:
    name, state = f"mdc{_number(interface)}", "up" if item.up else "down"
    match verb:
        case "del":
            return f"ip link del dev {name}"
        case "change":
            return f"ip link set dev {name} {state}"
    index = f"$(({LED} + {_number(interface)}))"
    made = f"ip link add name {name} index {index} txqueuelen {QUEUE_LENGTH} type ifb"
    return f"{made} && ip link set dev {name} {state}"


def _object(item: HtbClass | Qdisc | HashTable | Rule | Led | Redirect, verb: str, interface: str) -> str:
    match item:
        case Led(inner):
            return _object(inner, verb, f"mdc{_number(interface)}")
        case Redirect():
            line = f"filter {verb} dev {interface} parent ffff: protocol all prio {PRIORITY}"
            action = f"action mirred egress redirect dev mdc{_number(interface)}"
            return line if verb == "del" else f"{line} u32 match u32 0 0 {action}"
        case Qdisc():
            line = f"qdisc {verb} dev {interface} {_place(item)}"
            bare = verb == "del" or item.parent == TC_H_INGRESS
            return line if bare else f"{line} {item.kind}{_options(item)}"
        case HtbClass():
            line = f"class {verb} dev {interface} parent {handle_text(item.parent)} classid {handle_text(item.handle)}"
            return line if verb == "del" else f"{line} htb{_class(item)}"
        case HashTable():
            line = _filter(item, verb, interface) + (f" handle {item.ident:x}: u32" if item.ident else "")
            return line if verb == "del" else f"{line} divisor {item.divisor}"
        case Rule():
            # the kernel numbers the root table of a protocol, and tc lets it
            table = item.table or item.kernel_handle >> 20
            handle = f"{table:x}:{item.bucket:x}:{item.node:x}" if table else f"::{item.node:x}"
            line = f"{_filter(item, verb, interface)} handle {handle} u32"
            return line if verb == "del" else f"{line}{_rule(item)}"


def _place(item: Qdisc) -> str:
    if item.parent == TC_H_INGRESS:
        return item.kind
    where = "root" if item.parent == TC_H_ROOT else f"parent {handle_text(item.parent)}"
    return f"{where} handle {handle_text(item.handle)}"


def _filter(item: HashTable | Rule, verb: str, interface: str) -> str:
    protocol = _PROTOCOLS.get(item.protocol, hex(item.protocol))
    return f"filter {verb} dev {interface} parent {handle_text(ROOT_HANDLE)} protocol {protocol} prio {item.prio}"


def _options(item: Qdisc) -> str:
    match item.options:
        case Htb(default=default, rate2quantum=r2q):
            return f" default {default:x} r2q {r2q}"
        case Fifo(limit=limit):
            return f" limit {limit}"
        case Netem():
            return _netem(item.options)
        case _:
            return ""


def _netem(netem: Netem) -> str:
    words = f" limit {netem.limit} delay {_time(netem.latency)}"
    if netem.jitter:
        words += f" {_time(netem.jitter)}{_percent(netem.delay_correlation)}{_distribution(netem.table)}"
    words += _loss(netem)
    for name in ("duplicate", "corrupt", "reorder"):
        if value := getattr(netem, name):
            words += f" {name}{_percent(value)}{_percent(getattr(netem, f'{name}_correlation'))}"
    if netem.gap:
        words += f" gap {netem.gap}"
    if netem.rate:
        words += f" rate {netem.rate * 8}bit{_framing(netem)}"
    words += _slot(netem.slot, netem.slot_table)
    if netem.seed.value is not None and netem.seed != HIDDEN:
        words += f" seed {netem.seed}"
    own = [table for table in (netem.table, netem.slot_table) if table.values]
    return words + "".join(f"  # {table}: tc reads it from a file" for table in own)


def _distribution(table: Table) -> str:
    """The uniform one is what there is without a word."""
    if table.values:
        return " distribution FILE"
    return f" distribution {table}" if table.known and table.name != "uniform" else ""


def _loss(netem: Netem) -> str:
    words = ""
    match netem.loss_model:
        case GeModel(p, r, h, k1):
            words = f" loss gemodel {_share(p)} {_share(r)} {_share(EVERYTHING - h)} {_share(k1)}"
        case StateModel(p13, p31, p32, p14, p23):
            words = f" loss state {' '.join(map(_share, (p13, p31, p32, p23, p14)))}"
        case None if netem.loss:
            words = f" loss{_percent(netem.loss)}{_percent(netem.loss_correlation)}"
    return words + (" ecn" if netem.ecn else "")


def _framing(netem: Netem) -> str:
    """Packet overhead, cell size and cell overhead: as many as are needed."""
    numbers = [netem.packet_overhead, netem.cell_size, netem.cell_overhead]
    while numbers and not numbers[-1]:
        numbers.pop()
    return "".join(f" {number}" for number in numbers)


def _slot(slot: Slot, table: Table) -> str:
    if slot.dist_jitter and table.name == "uniform":
        low, high = slot.dist_delay - slot.dist_jitter, slot.dist_delay + slot.dist_jitter
        words = f" slot {_time(low)} {_time(high)}"
    elif slot.dist_jitter:
        name = "FILE" if table.values else table.name or "normal"
        words = f" slot distribution {name} {_time(slot.dist_delay)} {_time(slot.dist_jitter)}"
    elif slot.min_delay or slot.max_delay:
        words = f" slot {_time(slot.min_delay)} {_time(slot.max_delay)}"
    else:
        return ""
    words += f" packets {slot.max_packets}" if slot.max_packets else ""
    return words + (f" bytes {slot.max_bytes}" if slot.max_bytes else "")


def _time(value: int) -> str:
    """Nanoseconds in a unit that every tc knows; that of iproute2 6.1 refuses `ns`."""
    return f"{value // 10**6}ms" if value % 10**6 == 0 else f"{Decimal(value) / 1000:f}us"


def _percent(value: int) -> str:
    """A share as a further word; none for nothing."""
    return f" {_share(value)}" if value else ""


def _share(value: int) -> str:
    return f"{value / EVERYTHING * 100:.7g}%"


def _class(item: HtbClass) -> str:
    burst = item.burst * TICK * item.rate // 10**9
    cburst = item.cburst * TICK * item.ceil // 10**9
    return (
        f" rate {item.rate * 8}bit ceil {item.ceil * 8}bit burst {burst} cburst {cburst} "
        f"quantum {item.quantum} prio {item.prio}"
    )


def _rule(rule: Rule) -> str:
    line = f" ht {rule.table:x}:{rule.bucket:x}:" if rule.table else ""
    for match in rule.matches:
        line += f" match u32 0x{match.value:08x} 0x{match.mask:08x} at {match.offset}"
    if rule.link:
        return line + f" hashkey mask 0x{rule.hash_mask:08x} at {rule.hash_offset} link {rule.link:x}:"
    return line + f" flowid {handle_text(rule.target)}"
