"""Operations as the `tc` command lines that do the same, for people to read and copy."""

from __future__ import annotations

from decimal import Decimal

from microdc.netlink.diff import Operation
from microdc.netlink.model import (
    ETH_P_IP,
    ETH_P_IPV6,
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    HashTable,
    Htb,
    HtbClass,
    Netem,
    Object,
    Qdisc,
    Rule,
    handle_text,
)
from microdc.netlink.netem import TICK

_PROTOCOLS = {ETH_P_IP: "ip", ETH_P_IPV6: "ipv6"}


def tc_line(operation: Operation, interface: str) -> str:
    """The equivalent line. The normal distribution of tc differs from ours by less than its own rounding."""
    verb = "del" if operation.verb == "delete" else operation.verb
    return f"tc {_object(operation.item, verb, interface)}"


def _object(item: Object, verb: str, interface: str) -> str:
    match item:
        case Qdisc():
            where = "root" if item.parent == TC_H_ROOT else f"parent {handle_text(item.parent)}"
            line = f"qdisc {verb} dev {interface} {where} handle {handle_text(item.handle)}"
            return line if verb == "del" else f"{line} {item.kind}{_options(item)}"
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
        words += f" {_time(netem.jitter)}{_percent(netem.delay_correlation)}"
        words += f" distribution {netem.table}" if netem.table else ""
    for name in ("loss", "duplicate", "corrupt", "reorder"):
        if value := getattr(netem, name):
            words += f" {name}{_percent(value)}{_percent(getattr(netem, f'{name}_correlation'))}"
    if netem.gap:
        words += f" gap {netem.gap}"
    return words + (f" rate {netem.rate * 8}bit" if netem.rate else "")


def _time(value: int) -> str:
    """Nanoseconds in a unit that every tc knows; that of iproute2 6.1 refuses `ns`."""
    return f"{value // 10**6}ms" if value % 10**6 == 0 else f"{Decimal(value) / 1000:f}us"


def _percent(value: int) -> str:
    return f" {value / (2**32 - 1) * 100:.7g}%" if value else ""


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
