"""What hangs on what in a QdiscTree, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from microdc.netlink.model import TC_H_ROOT, HtbClass, Netem, Object, Qdisc, QdiscTree, Rule
from microdc.netlink.netem_values import Table


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

    The kernel does not show a netem's tables. One that is not recalled either is taken for the normal one where there is
    jitter, and for the uniform one where slots are drawn.
    """
    for item in items:
        if isinstance(item, Qdisc) and isinstance(item.options, Netem):
            yield replace(item, options=_with_tables(item.options))
        else:
            yield item


def _with_tables(netem: Netem) -> Netem:
    table, slot_table = netem.table, netem.slot_table
    if netem.jitter and not table.known:
        table = Table("normal")
    if netem.slot.dist_jitter and not slot_table.known:
        slot_table = Table("uniform")
    return replace(netem, table=table, slot_table=slot_table)


def recalled(observed: QdiscTree, laid: QdiscTree) -> QdiscTree:
    """What is observed, with the tables that the kernel does not show, where what was laid still is what is observed.

    So a change of nothing but a distribution is seen, and a change that is taken back comes back with the right tables.
    """
    qdiscs = {
        handle: laid.qdiscs[handle] if _is_netem(qdisc) and laid.qdiscs.get(handle) == qdisc else qdisc
        for handle, qdisc in observed.qdiscs.items()
    }
    return replace(observed, qdiscs=qdiscs)


def _is_netem(qdisc: Qdisc) -> bool:
    return isinstance(qdisc.options, Netem)
