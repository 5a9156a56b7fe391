"""What a tree needs of the kernel, and what a kernel's answers to the trial mean."""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

import pytest

from microdc.agent.model import Probe
from microdc.impairment import CLEAN, Impairment
from microdc.losses import Chance
from microdc.netlink.classify import Network
from microdc.netlink.messages import encode
from microdc.netlink.model import Netem, Qdisc, QdiscTree
from microdc.netlink.structure import whole
from microdc.units import Percent
from microdc.wan.abilities import ABILITIES, SEED, SEVERAL_DUPLICATING, batch, dumps, hint, needs, refusal
from microdc.wan.compile import compile_port

DUPLICATING = Impairment(duplicate=Chance(Percent(1.0)))
SEEDED = Impairment(loss=Percent(1.0), seed=0)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ([CLEAN, CLEAN], set()),
        ([SEEDED], {SEED}),
        ([DUPLICATING], set()),
        ([DUPLICATING, CLEAN], {SEVERAL_DUPLICATING}),
        ([DUPLICATING, SEEDED], {SEVERAL_DUPLICATING, SEED}),
    ],
)
def test_what_a_tree_needs(asked: Sequence[Impairment], wanted: set[str]) -> None:
    sites: dict[str, list[Network]] = {f"s{n}": [] for n in range(len(asked))}
    tree, _ = compile_port(sites, dict(zip(sites, asked, strict=True)), 1500)
    assert needs(tree) == wanted


def test_an_empty_tree_needs_nothing() -> None:
    assert needs(QdiscTree()) == frozenset()


def shown(tree: QdiscTree) -> dict[str, bytes]:
    """Dumps of a kernel that has exactly this on interface 1."""
    kinds = {36: "qdiscs", 40: "classes", 44: "filters"}
    found = dict.fromkeys(dumps(), b"")
    for item in whole(tree):
        message = encode("add", item, 1)
        found[kinds[struct.unpack_from("=H", message, 4)[0]]] += message
    return found


@pytest.mark.parametrize("need", ABILITIES)
def test_a_kernel_that_takes_and_shows_it_is_able(need: str) -> None:
    tree = ABILITIES[need].trial
    assert needs(tree) >= {need}
    codes = tuple((0, "") for _ in batch(need))
    assert len(codes) == len(list(whole(tree)))
    assert refusal(need, "6.12.9", Probe(codes, shown(tree))) == ""
    assert shown(tree).keys() == dumps().keys() >= {"qdiscs", "classes"}
    assert hint(need)


def test_a_kernel_that_drops_a_seed_without_a_word() -> None:
    tree = ABILITIES[SEED].trial
    dropped = {
        handle: Qdisc(handle, qdisc.parent, Netem(loss=2**31)) if isinstance(qdisc.options, Netem) else qdisc
        for handle, qdisc in tree.qdiscs.items()
    }
    outcome = Probe(((0, ""),) * 3, shown(QdiscTree(dropped, tree.classes)))
    words = "the kernel 6.1.0 does not know seeds of netem, and drops them without a word"
    assert refusal(SEED, "6.1.0", outcome) == words


def test_a_kernel_that_refuses_says_so_itself() -> None:
    codes = ((0, ""), (0, ""), (errno.EINVAL, "netem: cannot mix duplicating netems"))
    reason = refusal(SEVERAL_DUPLICATING, "6.1.0-44-amd64", Probe(codes, shown(QdiscTree())))
    assert reason.startswith("the kernel 6.1.0-44-amd64 refuses a netem that duplicates beside other netems")
    assert reason.endswith("(netem: cannot mix duplicating netems)")
