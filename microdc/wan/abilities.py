"""What not every kernel can do, how it is tried out, and what its answer means. Pure: an agent does the trying.

A kernel that lacks an ability does not always say so: one before 6.7 takes a seed and drops it. So each ability is tried
in a namespace made for it, and what is read back there decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from microdc.agent.model import Probe
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Htb, HtbClass, Netem, Qdisc, QdiscTree
from microdc.netlink.netem_values import Seed
from microdc.netlink.structure import whole

SEED, SEVERAL_DUPLICATING = "seed", "several-duplicating"
_LOOPBACK = 1
"""Index of `lo`, which is all that a new namespace has."""


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that a tree can need. lacking: what a kernel without it does, to be put behind its name. hint: what to do."""

    needed: Callable[[QdiscTree], bool]
    trial: QdiscTree
    lacking: str
    hint: str


def _netems(tree: QdiscTree) -> list[Netem]:
    return [qdisc.options for qdisc in tree.qdiscs.values() if isinstance(qdisc.options, Netem)]


def _has_seed(tree: QdiscTree) -> bool:
    return any(netem.seed.value is not None for netem in _netems(tree))


def _duplicates_among_others(tree: QdiscTree) -> bool:
    netems = _netems(tree)
    return len(netems) > 1 and any(netem.duplicate for netem in netems)


def _beside(*netems: Netem) -> QdiscTree:
    """Netems under one HTB, as the WAN has them."""
    qdiscs, classes = {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}, {}
    for minor, netem in enumerate(netems, 0x10):
        handle = ROOT_HANDLE | minor
        classes[handle] = HtbClass(handle, ROOT_HANDLE, 10**9, 10**9, 10_000, 10_000, 2000)
        qdiscs[minor << 16] = Qdisc(minor << 16, handle, netem)
    return QdiscTree(qdiscs, classes)


ABILITIES: Mapping[str, Ability] = {
    SEED: Ability(
        _has_seed,
        _beside(Netem(loss=2**31, seed=Seed(20_250_101))),
        "does not know seeds of netem, and drops them without a word",
        "leave `seed` out, or use a kernel of 6.7 or later on the emulator",
    ),
    SEVERAL_DUPLICATING: Ability(
        _duplicates_among_others,
        _beside(Netem(duplicate=2**31), Netem()),
        "refuses a netem that duplicates beside other netems on one interface",
        "ask `duplicate` only in a testbed of two sites, or use another kernel on the emulator",
    ),
}


def needs(tree: QdiscTree) -> frozenset[str]:
    """The abilities that a tree needs of the kernel."""
    return frozenset(name for name, ability in ABILITIES.items() if ability.needed(tree))


def batch(need: str) -> tuple[bytes, ...]:
    """The messages that try an ability out, for `Agent.probe`."""
    return tuple(encode("add", item, _LOOPBACK) for item in whole(ABILITIES[need].trial))


def dumps() -> Mapping[str, bytes]:
    """What is to be read back afterwards, for `Agent.probe`."""
    return dump_requests(_LOOPBACK)


def refusal(need: str, kernel: str, outcome: Probe) -> str:
    """Why a kernel (its release) cannot do what is needed, in words; "" if it can."""
    ability = ABILITIES[need]
    told = next((words for code, words in outcome.codes if code), "")
    if not told and decode(_LOOPBACK, outcome.dumps).tree == ability.trial:
        return ""
    return f"the kernel {kernel} {ability.lacking}" + (f" ({told})" if told else "")


def hint(need: str) -> str:
    """What to do where the kernel lacks an ability."""
    return ABILITIES[need].hint
