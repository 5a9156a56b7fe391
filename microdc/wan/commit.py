"""A plan as what each agent is asked to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from microdc.agent.model import Commit, Confirm, Layer, Port
from microdc.netlink.intake import removing
from microdc.netlink.messages import encode
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Htb, Qdisc
from microdc.wan.compile import compile_leaf
from microdc.wan.layers import layer_of, leaf_messages, slot
from microdc.wan.model import BASE, Direction, Leaf, Overlay, Plan, PortChange
from microdc.wan.readback import requests

NOBODY: Mapping[str, Collection[str]] = {}

SINGLY: Mapping[str, tuple[str, ...]] = {
    "uplink": ("gro", "lro"),
    "edge": ("gro", "lro", "tso", "gso", "segments"),
}
"""The offloads that have to be off, so that each packet is delayed and lost by itself. At an edge those of sending too, and the
segments that TCP puts into one packet: Linux builds such packets with TSO and GSO off as well, and cuts them behind the qdisc."""


def commits(
    plan: Plan, confirm: Confirm | None = None, touched: Mapping[str, Collection[str]] = NOBODY
) -> dict[str, Commit]:
    """What each shaper's agent is asked, by shaper.

    confirm: whether the change is taken back unless it is confirmed. touched: by shaper, the interfaces on which others have
    changed something.
    """
    return {name: _commit(plan, name, confirm, touched.get(name, ())) for name in plan.generations}


def _commit(plan: Plan, emulator: str, confirm: Confirm | None, touched: Collection[str]) -> Commit:
    ports = [port for port in plan.ports if port.emulator == emulator]
    batch = [
        (
            encode(operation.verb, operation.item, port.index),
            [encode(verb, item, port.index) for verb, item in operation.inverse],
        )
        for port in ports
        for operation in port.operations
    ]
    held = [port for port in ports if not port.desired.empty]
    anew = _anew(plan, held)
    return Commit(
        plan.generations[emulator],
        batch,
        [layer for layer in _layers(plan, held, anew=anew) if layer.values],
        plan.drop,
        {port.interface: _port(port) for port in held if (anew and port.operations) or not port.held},
        [port.interface for port in ports if port.desired.empty],
        requests(ports, touched, singly=not anew),
        confirm,
        plan.change,
        plan.serial,
    )


def _layers(plan: Plan, held: list[PortChange], *, anew: bool) -> list[Layer]:
    """The layers to be laid: the new one, or all anew."""
    laid = plan.overlays if anew else [plan.put] if plan.put else []
    return [layer_of(overlay, held, _own_leaves(overlay, held), _shapers(plan, overlay)) for overlay in laid]


def _anew(plan: Plan, held: list[PortChange]) -> bool:
    """Whether the messages that an agent keeps may no longer be right: those of its layers, and those that clear a port.

    A layer's messages name interfaces and classes by number; one laid over an earlier structure would set the wrong ones
    when it shows again. And where the whole WAN is laid or taken away, or drift is mended, what the same values come to may have
    changed: another access line, another MTU, another version of this program.
    """
    structural = any(operation.structural for port in held for operation in port.operations)
    changed = any(port.operations for port in held)
    whole = plan.put.id == BASE if plan.put else BASE in plan.drop or (not plan.drop and changed)
    return structural or whole


def _shapers(plan: Plan, overlay: Overlay) -> list[str]:
    """All that get a part of an overlay."""
    parts = {port.emulator for port in plan.ports if port.clean.keys() & overlay.values.keys()}
    return sorted(parts)


def _own_leaves(overlay: Overlay, ports: Iterable[PortChange]) -> dict[Direction, Leaf]:
    """The overlay's values compiled, whether or not they lie on top now."""
    return {
        direction: compile_leaf(
            leaf.cls.handle & 0xFFFF, asked.emulated, port.mtu, port.line if asked.shared else None
        )
        for port in ports
        for direction, leaf in port.clean.items()
        if (asked := overlay.values.get(direction)) is not None
    }


def _port(port: PortChange) -> Port:
    clean = {
        slot(port.interface, direction): leaf_messages(leaf, port.index)
        for direction, leaf in port.clean.items()
    }
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    bare = [*(removing() if port.desired.intake else ()), root]
    messages = [encode("delete", item, port.index) for item in bare]
    return Port(port.index, clean, messages, SINGLY[port.port.side])
