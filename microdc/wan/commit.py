"""A plan as what each agent is asked to do, and what it gave back held against the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from microdc.agent.model import Commit, Confirm, Dumps, Layer, Port
from microdc.netlink.diff import diff
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Htb, Qdisc
from microdc.wan.compile import compile_leaf
from microdc.wan.layers import layer_of, leaf_messages, slot
from microdc.wan.model import BASE, Direction, Leaf, Overlay, Plan, PortChange

SINGLY: Mapping[str, tuple[str, ...]] = {
    "uplink": ("gro", "lro"),
    "edge": ("gro", "lro", "tso", "gso", "segments"),
}
"""The offloads that have to be off, so that each packet is delayed and lost by itself. At an edge those of sending too, and the
segments that TCP puts into one packet: Linux builds such packets with TSO and GSO off as well, and cuts them behind the qdisc."""


def commits(plan: Plan, confirm: Confirm | None = None) -> dict[str, Commit]:
    """What each shaper's agent is asked, by shaper. confirm: whether the change is taken back unless it is confirmed."""
    return {
        name: _commit(plan, name, [p for p in plan.ports if p.emulator == name], confirm)
        for name in plan.generations
    }


def _commit(plan: Plan, emulator: str, ports: list[PortChange], confirm: Confirm | None) -> Commit:
    batch = [
        (
            encode(operation.verb, operation.item, port.index),
            [encode(verb, item, port.index) for verb, item in operation.inverse],
        )
        for port in ports
        for operation in port.operations
    ]
    held = [port for port in ports if not port.desired.empty]
    return Commit(
        plan.generations[emulator],
        batch,
        [layer for layer in _layers(plan, held) if layer.values],
        plan.drop,
        {port.interface: _port(port) for port in held if port.operations or not port.held},
        [port.interface for port in ports if port.desired.empty],
        read_back(ports),
        confirm,
        plan.change,
        plan.serial,
    )


def read_back(ports: Iterable[PortChange]) -> Dumps:
    """The dumps that show what a change came to."""
    return {port.interface: dump_requests(port.index) for port in ports}


def _layers(plan: Plan, held: list[PortChange]) -> list[Layer]:
    """The layers to be laid: the new one, or all anew where their messages may no longer be right.

    A layer's messages name interfaces and classes by number; one laid over an earlier structure would set the wrong ones
    when it shows again. And where the whole WAN is laid, or drift is mended, what the same values come to may have changed: another
    MTU, another version of this program.
    """
    structural = any(operation.structural for port in held for operation in port.operations)
    changed = any(port.operations for port in held)
    whole = plan.put.id == BASE if plan.put else not plan.drop and changed
    laid = plan.overlays if structural or whole else [plan.put] if plan.put else []
    return [layer_of(overlay, held, _own_leaves(overlay, held), _shapers(plan, overlay)) for overlay in laid]


def _shapers(plan: Plan, overlay: Overlay) -> list[str]:
    """All that get a part of an overlay."""
    parts = {port.emulator for port in plan.ports if port.clean.keys() & overlay.values.keys()}
    return sorted(parts)


def _own_leaves(overlay: Overlay, ports: Iterable[PortChange]) -> dict[Direction, Leaf]:
    """The overlay's values compiled, whether or not they lie on top now."""
    return {
        direction: compile_leaf(leaf.cls.handle & 0xFFFF, overlay.values[direction].emulated, port.mtu)
        for port in ports
        for direction, leaf in port.clean.items()
        if direction in overlay.values
    }


def _port(port: PortChange) -> Port:
    clean = {
        slot(port.interface, direction): leaf_messages(leaf, port.index)
        for direction, leaf in port.clean.items()
    }
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    return Port(port.index, clean, [encode("delete", root, port.index)], SINGLY[port.port.side])


def differences(plan: Plan, emulator: str, dumps: Dumps) -> list[str]:
    """What the kernel shows after a commit that is not what was planned, in words; none if all is well."""
    found = []
    for port in plan.ports:
        if port.emulator != emulator:
            continue
        if port.interface not in dumps:
            found.append(f"{port.interface}: it is gone")
            continue
        observed = decode(port.index, dumps[port.interface]).tree
        found += [
            f"{port.interface}: {operation.verb} {type(operation.item).__name__}: {operation.reason}"
            for operation in diff(port.desired, observed, where=port.interface)
        ]
    return found
