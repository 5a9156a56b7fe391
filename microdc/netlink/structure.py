"""What hangs on what in a QdiscTree, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from microdc.netlink.model import TC_H_ROOT, HtbClass, Netem, Object, Qdisc, QdiscTree, Rule


def owner(item: Qdisc | HtbClass, tree: QdiscTree) -> int:
    """The handle of the class or qdisc on which an item hangs; TC_H_ROOT for the root.

    A qdisc without classes of its own, such as netem, lends its leaf a number under its own major.
    """
    if item.parent == TC_H_ROOT or item.parent in tree.classes:
        return item.parent
    return item.parent & 0xFFFF0000


def below(tree: QdiscTree, handle: int) -> list[Qdisc | HtbClass]:
    """All that hangs on an object, parents before children; on TC_H_ROOT that is everything but the filters."""
    children: dict[int, list[Qdisc | HtbClass]] = {}
    items: list[Qdisc | HtbClass] = [*tree.qdiscs.values(), *tree.classes.values()]
    for item in items:
        children.setdefault(owner(item, tree), []).append(item)
    found: list[Qdisc | HtbClass] = []
    level = children.get(handle, [])
    while level:
        found += level
        level = [child for item in level for child in children.get(item.handle, [])]
    return found


def whole(tree: QdiscTree) -> list[Object]:
    """All of a tree in an order in which it can be built; packets are classified last."""
    return [*below(tree, TC_H_ROOT), *tree.tables.values(), *root_last(tree.rules.values())]


def root_last(rules: Iterable[Rule]) -> list[Rule]:
    """Rules in an order in which they can be added: what leads packets into the tables comes last."""
    return sorted(rules, key=lambda rule: (rule.table == 0, rule.key))


def restored(items: Iterable[Object]) -> Iterator[Object]:
    """Observed objects as they have to be sent to be as they were.

    The kernel does not show a netem's delay table. Ours is the normal one wherever there is jitter.
    """
    for item in items:
        if isinstance(item, Qdisc) and isinstance(item.options, Netem) and item.options.jitter:
            yield replace(item, options=replace(item.options, table=item.options.table or "normal"))
        else:
            yield item
