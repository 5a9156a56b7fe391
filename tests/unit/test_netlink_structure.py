"""What the kernel does not show of a netem: recalled from what was laid, and sent again where it is put back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from microdc.netlink.diff import diff
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Fifo, Htb, Netem, Qdisc, QdiscTree
from microdc.netlink.netem_values import UNKNOWN_TABLE, Slot, Table
from microdc.netlink.structure import recalled, restored

HANDLE = 0x100000
PARETO, NORMAL, UNIFORM = Table("pareto"), Table("normal"), Table("uniform")


def tree(netem: Netem) -> QdiscTree:
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    return QdiscTree({ROOT_HANDLE: root, HANDLE: Qdisc(HANDLE, ROOT_HANDLE, netem)})


def tables(found: QdiscTree) -> tuple[str, str]:
    """Their names: tables that are not known equal all others."""
    netem = found.qdiscs[HANDLE].options
    assert isinstance(netem, Netem)
    return netem.table.name, netem.slot_table.name


def shown(netem: Netem) -> QdiscTree:
    return tree(replace(netem, table=UNKNOWN_TABLE, slot_table=UNKNOWN_TABLE))


LAID = Netem(jitter=5, table=PARETO, slot=Slot(dist_delay=5, dist_jitter=2), slot_table=NORMAL)


def test_tables_are_recalled_where_what_was_laid_is_still_there() -> None:
    assert tables(recalled(shown(LAID), tree(LAID))) == ("pareto", "normal")
    assert tables(recalled(shown(replace(LAID, latency=1)), tree(LAID))) == ("", "")
    assert tables(recalled(shown(LAID), QdiscTree())) == ("", "")
    other = recalled(tree(LAID), tree(LAID))
    assert other.qdiscs[ROOT_HANDLE].options == Htb()


def test_a_change_of_a_distribution_alone_is_planned_and_comes_back_whole() -> None:
    desired = tree(replace(LAID, table=UNIFORM))
    assert diff(desired, shown(LAID)) == []
    (operation,) = diff(desired, recalled(shown(LAID), tree(LAID)))
    assert (operation.verb, operation.reason) == ("change", "table pareto → uniform")
    ((verb, item),) = operation.inverse
    assert verb == "change"
    assert isinstance(item, Qdisc)
    assert tables(QdiscTree({HANDLE: item})) == ("pareto", "normal")


@pytest.mark.parametrize(
    ("netem", "wanted"),
    [
        (Netem(), ("", "")),
        (Netem(jitter=5), ("normal", "")),
        (Netem(jitter=5, table=PARETO), ("pareto", "")),
        (Netem(slot=Slot(min_delay=5)), ("", "")),
        (Netem(slot=Slot(dist_delay=5, dist_jitter=2)), ("", "uniform")),
    ],
)
def test_what_is_not_recalled_is_put_back_as_the_usual(netem: Netem, wanted: tuple[str, str]) -> None:
    fifo = Qdisc(1 << 16, HANDLE | 1, Fifo(5))
    first, second = restored([Qdisc(HANDLE, ROOT_HANDLE, netem), fifo])
    assert isinstance(first, Qdisc)
    assert tables(QdiscTree({HANDLE: first})) == wanted
    assert second == fifo
