"""Random racks, plugged right but for what is planted: everything planted is found, and nothing else is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cabling_racks as racks
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.survey.cabling.judging import check
from microdc.survey.cabling.model import CableVerdict, End, Expected

SPEAKS: tuple[racks.Speaks, ...] = ("lldpd", "card", "names", "nothing")
FOREIGN = "b8:27:eb:00:00:01"
"""Of a maker of none of the racks' servers."""


@st.composite
def plugged(draw: st.DrawFn) -> racks.Rack:
    """One to four switches in a tree with a link more, servers of one to three NICs in any of them; some tell nothing over LLDP."""
    count = draw(st.integers(1, 4))
    switches = [f"sw{number}" for number in range(1, count + 1)]
    style = draw(st.sampled_from(("Ethernet{}", "swp{}", "GigabitEthernet0/{}", "Port {}", "🔌 port/{}")))
    ports = {switch: tuple(style.format(number) for number in range(1, 25)) for switch in switches}
    free = {switch: list(names) for switch, names in ports.items()}
    cables: list[tuple[End, End]] = []
    for number, switch in enumerate(switches[1:], 1):
        above = switches[draw(st.integers(0, number - 1))]
        cables += [
            (End(above, free[above].pop()), End(switch, free[switch].pop()))
            for _ in range(draw(st.integers(1, 2)))  # a second cable beside it forwards nothing
        ]
    hosts = {}
    for number in range(draw(st.integers(2, 6))):
        speaks = draw(st.sampled_from(SPEAKS))
        one = racks.host(f"c{number}", number, nics=draw(st.integers(1, 3)), speaks=speaks)
        hosts[one.name] = one
        for nic in one.macs:
            switch = draw(st.sampled_from(switches))
            cables.append((End(one.name, nic), End(switch, free[switch].pop(0))))
    return racks.Rack(ports, hosts, tuple(cables))


def nics(rack: racks.Rack) -> list[tuple[End, End]]:
    return [pair for pair in rack.cables if pair[0].device in rack.hosts]


@dataclass(frozen=True)
class Planted:
    """What was done, to the cables of which declared ends."""

    what: Literal["nothing", "turned", "cut", "moved", "stranger", "instead", "silent"]
    rack: racks.Rack
    ends: tuple[End, ...] = ()


@st.composite
def planted(draw: st.DrawFn, rack: racks.Rack) -> Planted:
    what = draw(st.sampled_from(("nothing", "turned", "cut", "moved", "stranger", "instead", "silent")))
    if what == "turned":
        return draw(turned(rack))
    one, port = draw(st.sampled_from(nics(rack)))
    free = draw(st.sampled_from(racks.free_ports(rack)))
    stranger = racks.Host("laptop", {"en0": FOREIGN}, draw(st.sampled_from(SPEAKS)))
    cut, _ = draw(st.sampled_from(rack.cables))
    mute = replace(rack.hosts[one.device], silent=True)
    done = {
        "cut": Planted("cut", racks.unplug(rack, cut), (cut,)),
        "moved": Planted("moved", racks.replug(rack, {one: free}), (one,)),
        "stranger": Planted("stranger", racks.with_stranger(rack, free, stranger), (free,)),
        "silent": Planted("silent", replace(rack, hosts={**rack.hosts, mute.name: mute}), (one,)),
    }
    if stranger.speaks != "names":  # names alone cannot say that it is not the server
        done["instead"] = Planted(
            "instead", racks.with_stranger(racks.unplug(rack, one), port, stranger), (one,)
        )
    return done.get(what, Planted("nothing", rack))


@st.composite
def turned(draw: st.DrawFn, rack: racks.Rack) -> Planted:
    """Two to four cables whose second ends have moved on by one."""
    pairs = draw(st.permutations(list(rack.cables)))[: draw(st.integers(2, 4))]
    ends, to = [a for a, _ in pairs], [b for _, b in pairs]
    if len(pairs) < 2:
        return Planted("nothing", rack)
    return Planted("turned", racks.replug(rack, dict(zip(ends, [*to[1:], to[0]], strict=True))), tuple(ends))


def verdict_on(verdicts: tuple[CableVerdict, ...], end: End) -> CableVerdict:
    return next(one for one in verdicts if one.cable and end in one.cable.ends)


def told_otherwise(verdicts: tuple[CableVerdict, ...], ends: set[End]) -> list[CableVerdict]:
    """Verdicts that are not `right`, but for those on the cables of these ends."""
    return [one for one in verdicts if one.kind != "right" and not (one.cable and ends & set(one.cable.ends))]


@settings(max_examples=200)
@given(st.data())
def test_everything_planted_is_found_and_nothing_else_is_told(data: st.DataObject) -> None:
    rack = data.draw(plugged())
    expected = racks.declared(rack)
    done = data.draw(planted(rack))
    verdicts = check(expected, racks.told(done.rack))
    ends = set(done.ends)
    found = [verdict_on(verdicts, end) for end in done.ends if done.what != "stranger"]
    if done.what == "stranger":
        told = [one for one in verdicts if one.kind == "stranger"]
        assert [one.port for one in told] == list(done.ends)
        assert told[0].there is None
        assert all(one.kind in {"right", "stranger"} for one in verdicts)
        return
    if done.what == "silent":
        host = done.ends[0].device
        ends = {End(host, nic) for nic in rack.hosts[host].macs}
        assert [one.kind for one in verdicts if one.cable and one.cable.a.device == host] == [
            "missing"
        ] * len(ends)
        assert not any(one.alarming for one in verdicts)
    elif done.what == "cut":
        assert [one.kind for one in found] == ["missing"]
        assert found[0].alarming
    elif done.what in {"moved", "instead"}:
        assert [one.kind for one in found] == ["wrong"]
    elif done.what == "turned":
        assert {one.kind for one in found} == {"wrong"}
        for one in found:
            others = {verdict.cable for verdict in found} - {one.cable}
            assert set(one.crossed) == others
            words = "swapped with" if len(found) == 2 else f"{len(found)} cables changed places"
            assert one.reason.startswith(words)
    assert told_otherwise(verdicts, ends) == []


@settings(max_examples=200)
@given(st.data())
def test_less_information_never_makes_an_alarm(data: st.DataObject) -> None:
    """Of a rack that is plugged right: switches that are not read, tell no neighbours or no addresses, servers without declared
    addresses, or with a bond."""
    rack = data.draw(plugged())
    silent = data.draw(st.sets(st.sampled_from(sorted(rack.hosts))))
    hosts = {
        name: replace(one, silent=name in silent, bond=data.draw(st.sampled_from(("", *one.macs))))
        for name, one in rack.hosts.items()
    }
    deaf = frozenset(data.draw(st.sets(st.sampled_from(sorted(rack.ports)))))
    rack = replace(rack, hosts=hosts, deaf=deaf)
    expected = forgetful(racks.declared(rack), data.draw(st.sets(st.sampled_from(nics(rack)))))
    seen = racks.told(rack)
    for switch in data.draw(st.sets(st.sampled_from(sorted(rack.ports)))):
        seen[switch] = replace(seen[switch], addresses=())
    for switch in data.draw(st.sets(st.sampled_from(sorted(rack.ports)))):
        del seen[switch]
    verdicts = check(expected, seen)
    assert [one for one in verdicts if one.alarming or one.kind in {"wrong", "stranger"}] == []


def forgetful(expected: Expected, pairs: set[tuple[End, End]]) -> Expected:
    """Without the addresses of some NICs."""
    without = {end for end, _ in pairs}
    return replace(expected, macs={end: mac for end, mac in expected.macs.items() if end not in without})
