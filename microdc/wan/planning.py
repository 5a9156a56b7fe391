"""From what is there and what is wished to a plan. Pure: it runs on any machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from microdc.agent.model import Hello, Interface, State
from microdc.errors import InputError, UnreachableError
from microdc.impairment import CLEAN, Impairment
from microdc.netlink.diff import diff
from microdc.netlink.model import Observed, QdiscTree
from microdc.testbed.model import Site, Testbed
from microdc.wan.compile import compile_port
from microdc.wan.layers import after, on_top, stack
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan, PortChange


@dataclass(frozen=True, slots=True)
class Situation:
    """One emulator as it was found. observed: by interface, those behind which a site lies."""

    emulator: str
    hello: Hello
    state: State
    observed: Mapping[str, Observed]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is to bring about: an overlay laid or replaced, overlays removed, or (neither) drift mended."""

    summary: str
    put: Overlay | None = None
    drop: Sequence[str] = ()
    take_over: bool = False


def sites_of(testbed: Testbed, emulator: str) -> list[Site]:
    """The sites that hang on an emulator."""
    return [s for s in testbed.sites.values() if s.uplink and s.uplink.emulator == emulator]


def interface_of(testbed: Testbed, site: Site, hello: Hello) -> Interface:
    """A site's interface on its emulator. Raises UnreachableError if it is not there, InputError if it is too small."""
    name = site.uplink.interface if site.uplink else ""
    interface = hello.interfaces.get(name)
    where = str(testbed.where("sites", site.name, "uplink"))
    if interface is None:
        known = ", ".join(sorted(n for n in hello.interfaces if n != "lo"))
        raise UnreachableError(
            f"the emulator has no interface {name!r}, behind which {site.name} should lie",
            where=where,
            hint=f"it has {known}" if known else "it has none",
        )
    if interface.mtu < site.mtu:
        raise InputError(
            f"{site.name} has an MTU of {site.mtu}, the emulator's interface {name} only {interface.mtu}",
            where=where,
            hint="raise the emulator's or lower the site's: larger packets would vanish",
        )
    return interface


def make_plan(testbed: Testbed, situations: Mapping[str, Situation], wish: Wish) -> Plan:
    """The operations that bring a wish about, on every emulator of the testbed.

    Raises RefusedError for a foreign qdisc, InputError or UnreachableError for an interface that does not fit.
    """
    before = stack(situation.state for situation in situations.values())
    stacked = after(before, wish.put, wish.drop)
    top = on_top(stacked)
    ports = [
        _plan_port(testbed, situation, site, {d: asked for d, (_, asked) in top.items()}, wish)
        for situation in situations.values()
        for site in sites_of(testbed, situation.emulator)
    ]
    put = wish.put if wish.put and not _is_laid(wish.put, before) else None
    return Plan(
        wish.summary,
        ports,
        {name: situation.state.generation for name, situation in situations.items()},
        stacked,
        put,
        [i for i in wish.drop if any(o.id == i for o in before)],
    )


def _is_laid(overlay: Overlay, overlays: Iterable[Overlay]) -> bool:
    """Whether this very overlay is laid already, without an end that would have to be moved."""
    known = next((o for o in overlays if o.id == overlay.id), None)
    if known is None or known.values != overlay.values:
        return False
    if overlay.id == BASE:  # the inventory is the same whoever applies it
        return True
    ends = known.seconds is not None or overlay.seconds is not None
    return not ends and (known.owner, known.reason) == (overlay.owner, overlay.reason)


def _plan_port(
    testbed: Testbed, situation: Situation, site: Site, top: Mapping[Direction, Asked], wish: Wish
) -> PortChange:
    interface = interface_of(testbed, site, situation.hello)
    others = {s.name: s.data_networks for s in testbed.sites.values() if s.name != site.name}
    covered = any(Direction(name, site.name) in top for name in others)
    observed = situation.observed[interface.name].tree
    values = {name: _impairment(top.get(Direction(name, site.name))) for name in others}
    tree, leaves = compile_port(others, values, site.mtu)
    _, clean = compile_port(others, dict.fromkeys(others, CLEAN), site.mtu)
    desired = tree if covered else QdiscTree()
    return PortChange(
        situation.emulator,
        interface.name,
        interface.index,
        site.name,
        site.mtu,
        diff(desired, observed, where=f"{situation.emulator}:{interface.name}", take_over=wish.take_over),
        desired,
        {Direction(name, site.name): leaf for name, leaf in leaves.items()},
        {Direction(name, site.name): leaf for name, leaf in clean.items()},
    )


def _impairment(asked: Asked | None) -> Impairment:
    return asked.impairment if asked else CLEAN
