"""From what is there and what is wished to a plan. Pure: it runs on any machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from microdc.agent.model import Hello, Interface, State
from microdc.errors import InputError, UnreachableError
from microdc.netlink.classify import Side as Match
from microdc.netlink.diff import diff
from microdc.netlink.model import Observed, QdiscTree
from microdc.netlink.structure import recalled
from microdc.testbed.model import Site, Testbed
from microdc.testbed.shapers import ShapedPort, Shaper, others
from microdc.units import Rate
from microdc.wan.compile import compile_frame, compile_intake, compile_tree
from microdc.wan.layers import after, highest, lines_of, on_top, stack
from microdc.wan.model import BASE, AccessLine, Asked, Direction, Leaf, Overlay, Plan, PortChange

NO_LINE = AccessLine()


@dataclass(frozen=True, slots=True)
class Situation:
    """One shaper as it was found. observed: by interface, those in which directions are shaped."""

    shaper: Shaper
    hello: Hello
    state: State
    observed: Mapping[str, Observed]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is to bring about: an overlay laid or replaced, overlays removed, or (neither) drift mended.

    change: the name that it is to have.
    """

    summary: str
    put: Overlay | None = None
    drop: Sequence[str] = ()
    take_over: bool = False
    change: str = ""


def interface_of(testbed: Testbed, port: ShapedPort, hello: Hello, shaper: str = "") -> Interface:
    """A port's interface on its host. shaper: the host's name, for what is said of it.

    Raises UnreachableError if it is not there, InputError if it is too small.
    """
    interface = hello.interfaces.get(port.interface)
    site = testbed.sites[port.site]
    where = str(testbed.where(*_place(site, port, shaper)))
    host = " ".join(["the", "emulator" if port.side == "uplink" else "server", shaper]).strip()
    if interface is None:
        known = ", ".join(sorted(n for n in hello.interfaces if n != "lo"))
        role = f"behind which {port.site} should lie" if port.side == "uplink" else "by which it should send"
        raise UnreachableError(
            f"{host} has no interface {port.interface!r}, {role}",
            where=where,
            hint=f"it has {known}" if known else "it has none",
        )
    if interface.mtu < site.mtu:
        raise InputError(
            f"{site.name} has an MTU of {site.mtu}, the interface {port.interface} of {host} only {interface.mtu}",
            where=where,
            hint="raise the interface's or lower the site's: larger packets would vanish",
        )
    return interface


def _place(site: Site, port: ShapedPort, shaper: str) -> tuple[str, ...]:
    """Where the documents name a port."""
    if port.side == "uplink":
        return "sites", site.name, "uplink"
    racks = (server.rack for server in site.edges if server.name == shaper)
    return (
        "sites",
        site.name,
        "racks",
        *((rack, "servers", shaper, "edge") if (rack := next(racks, "")) else ()),
    )


def make_plan(testbed: Testbed, situations: Mapping[str, Situation], wish: Wish) -> Plan:
    """The operations that bring a wish about, on every shaper of the testbed.

    Raises RefusedError for a foreign qdisc, InputError or UnreachableError for an interface that does not fit.
    """
    before = stack({name: situation.state for name, situation in situations.items()})
    stacked = after(before, wish.put, wish.drop)
    top = {direction: asked for direction, (_, asked) in on_top(stacked).items()}
    was = {direction: asked for direction, (_, asked) in on_top(before).items()}
    lines = lines_of(before), lines_of(stacked)
    ports = [
        _plan_port(testbed, situation, port, (was, top), lines, take_over=wish.take_over)
        for situation in situations.values()
        for port in situation.shaper.ports
    ]
    put = wish.put if wish.put and not _is_laid(wish.put, before) else None
    drop = [overlay for overlay in before if overlay.id in wish.drop]
    replaced = [overlay for overlay in before if put and overlay.id == put.id]
    touched = (put, *drop, *replaced)
    return Plan(
        wish.summary,
        ports,
        {name: situation.state.generation for name, situation in situations.items()},
        stacked,
        put,
        [overlay.id for overlay in drop],
        frozenset(
            direction
            for overlay in touched
            if overlay
            for direction in overlay.values
            if not overlay.cuts or was.get(direction) != top.get(direction)  # it covers all, and changes some
        ),
        wish.change,
        highest([s.state for s in situations.values()], stacked),
        _strays(situations),
    )


def _strays(situations: Mapping[str, Situation]) -> dict[str, list[str]]:
    """By shaper, what its agent holds and the inventory no longer names."""
    known = {name: {port.interface for port in s.shaper.ports} for name, s in situations.items()}
    found = {name: sorted(s.state.ports - known[name]) for name, s in situations.items()}
    return {name: interfaces for name, interfaces in found.items() if interfaces}


def _is_laid(overlay: Overlay, overlays: Iterable[Overlay]) -> bool:
    """Whether this very overlay is laid already, whole, without an end that would have to be moved."""
    known = next((o for o in overlays if o.id == overlay.id), None)
    if known is None or known.missing or (known.values, known.lines) != (overlay.values, overlay.lines):
        return False
    if overlay.id == BASE:  # the inventory is the same whoever applies it
        return True
    ends = known.seconds is not None or overlay.seconds is not None
    return not ends and (known.owner, known.reason) == (overlay.owner, overlay.reason)


def _plan_port(
    testbed: Testbed,
    situation: Situation,
    port: ShapedPort,
    tops: tuple[Mapping[Direction, Asked], Mapping[Direction, Asked]],
    lines: tuple[Mapping[str, AccessLine], Mapping[str, AccessLine]],
    *,
    take_over: bool,
) -> PortChange:
    """tops: what lies on top of each direction, before and after. lines: the shared access lines, likewise."""
    was, top = tops
    interface = interface_of(testbed, port, situation.hello, situation.shaper.name)
    networks = {site.name: site.data_networks for site in others(testbed, port)}
    directions = {name: direction_of(port, name) for name in networks}
    covered = any(direction in top for direction in directions.values())
    mtu = testbed.sites[port.site].mtu
    match: Match = "src" if port.side == "uplink" else "dst"

    frame = compile_frame(networks, mtu, match)

    def leaves(values: Mapping[Direction, Asked], line: Rate | None) -> dict[str, Leaf]:
        asked = {name: values[d] for name, d in directions.items() if d in values}
        sharing = {name for name, one in asked.items() if one.shared} if line is not None else set()
        return frame.leaves({name: one.emulated for name, one in asked.items()}, line, sharing)

    line_was, line = (_rate(port, by_site.get(port.site, NO_LINE)) for by_site in lines)
    laid, wanted, clean = leaves(was, line_was), leaves(top, line), leaves({}, None)
    observed = recalled(situation.observed[interface.name].tree, compile_tree(frame, laid))
    intake = compile_intake(lines[1].get(port.site, NO_LINE), mtu) if port.side == "uplink" else None
    desired = compile_tree(frame, wanted, line, intake) if covered else QdiscTree()
    where = f"{situation.shaper.name}:{interface.name}"
    return PortChange(
        situation.shaper.name,
        port,
        interface.index,
        mtu,
        diff(desired, observed, where=where, take_over=take_over),
        desired,
        {directions[name]: leaf for name, leaf in wanted.items()},
        {directions[name]: leaf for name, leaf in clean.items()},
        port.interface in situation.state.ports,
        line,
    )


def _rate(port: ShapedPort, line: AccessLine) -> Rate | None:
    """What the directions that leave at a port share: at an emulator they go down to the site, at an edge up from it."""
    return line.down if port.side == "uplink" else line.up


def direction_of(port: ShapedPort, other: str) -> Direction:
    """The direction between a port's site and another that leaves at the port."""
    return Direction(other, port.site) if port.side == "uplink" else Direction(port.site, other)
