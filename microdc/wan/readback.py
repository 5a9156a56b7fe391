"""What a change came to: what is asked for along with it, and what comes back held against the plan. Pure.

Where a change sets values of some running objects, those are read back, each by itself, and nothing else: it costs what was
changed, not what is laid. All of an interface is read back where its structure changes, where much of it does, where the whole
WAN is laid, and where somebody else was there; only then is known that nothing else differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from microdc.agent.model import Dumps
from microdc.netlink.diff import changes, diff
from microdc.netlink.messages import decode_tree, dump_requests, get_request
from microdc.netlink.model import HtbClass, Observed, Qdisc, QdiscTree, comes_in
from microdc.wan.model import Plan, PortChange

FEW = 4
"""Objects are read one by one where there are this many times as many on the interface: one costs about what four cost in a dump."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an interface shows after a change. whole: all of it, or else only what the change touched."""

    tree: QdiscTree
    whole: bool


def requests(ports: Iterable[PortChange], touched: Collection[str], *, singly: bool) -> Dumps:
    """What shows what a change came to.

    ports: of one shaper. touched: those interfaces on which others have changed something. singly: whether objects may be read
    each by itself.
    """
    found: dict[str, Mapping[str, bytes]] = {}
    for port in ports:
        if port.operations or port.interface in touched:
            objects = _objects(port) if singly and port.interface not in touched else {}
            found[port.interface] = objects or dump_requests(port.index)
    return found


def _objects(port: PortChange) -> dict[str, bytes]:
    """Requests for each object that is changed, by the kinds of a dump; none where they do not do."""
    every = len(port.desired.qdiscs) + len(port.desired.classes)
    if len(port.operations) * FEW > every:
        return {}
    found: dict[str, bytes] = {"qdiscs": b"", "classes": b""}
    for operation in port.operations:
        item = operation.item
        if operation.structural or not isinstance(item, Qdisc | HtbClass) or comes_in(item):
            return {}
        found["qdiscs" if isinstance(item, Qdisc) else "classes"] += get_request(item, port.index)
    return {kind: wanted for kind, wanted in found.items() if wanted}


def read(plan: Plan, emulator: str, dumps: Dumps) -> dict[str, ReadBack]:
    """The answers to `requests`, by interface; one that is gone is left out."""
    nothing = {"qdiscs": b"", "classes": b"", "filters": b""}
    return {
        port.interface: ReadBack(
            decode_tree(port.index, {**nothing, **dumps[port.interface]}), "filters" in dumps[port.interface]
        )
        for port in plan.ports
        if port.emulator == emulator and port.interface in dumps
    }


def differences(
    plan: Plan, emulator: str, asked: Collection[str], found: Mapping[str, ReadBack]
) -> list[str]:
    """What the kernel shows after a commit that is not what was planned, in words; none if all is well.

    asked: the interfaces that were asked for. found: those that were there.
    """
    told = []
    for port in plan.ports:
        if port.emulator != emulator or port.interface not in asked:
            continue
        if port.interface not in found:
            told.append(f"{port.interface}: it is gone")
            continue
        told += [f"{port.interface}: {words}" for words in _wrong(port, found[port.interface])]
    return told


def _wrong(port: PortChange, found: ReadBack) -> Iterator[str]:
    if found.whole:
        for operation in diff(port.desired, found.tree, where=port.interface):
            yield f"{operation.verb} {type(operation.item).__name__}: {operation.reason}"
        return
    there: Mapping[int, Qdisc | HtbClass] = {**found.tree.qdiscs, **found.tree.classes}
    for item in (operation.item for operation in port.operations):
        if isinstance(item, Qdisc | HtbClass) and there.get(item.handle) != item:
            old = there.get(item.handle)
            yield f"change {type(item).__name__}: {changes(old, item) if old else 'it is gone'}"


def after(before: Observed, found: ReadBack) -> Observed:
    """An interface after a change. What was counted is as it was read before."""
    tree = found.tree
    if not found.whole:
        qdiscs = {**before.tree.qdiscs, **tree.qdiscs}
        tree = replace(before.tree, qdiscs=qdiscs, classes={**before.tree.classes, **tree.classes})
    return replace(before, tree=tree)
