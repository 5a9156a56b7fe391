"""Shapers, pairs and round trips: what is laid, what went through, what differs; no kernel."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from test_wan_planning import BACK, FAST, SLOW, THERE, a_situation, a_testbed, carried_out, overlay, plan

from microdc.agent.model import Reading, State, Unconfirmed
from microdc.errors import UnreachableError
from microdc.health.model import Observation, Reason
from microdc.health.sources import judging_pairs as judging
from microdc.health.sources.intervals import Pace
from microdc.health.sources.judging_pairs import PairView, Trip
from microdc.health.sources.laid import Laid
from microdc.health.sources.pairs import PairsProbe
from microdc.health.sources.roundtrips import RoundTrips
from microdc.health.sources.shapers import ShaperProbe
from microdc.impairment import Impairment
from microdc.netlink.model import Counters
from microdc.testbed.model import PairWan, Reach, Testbed
from microdc.testbed.shapers import shapers
from microdc.units import Delay, Percent, Rate
from microdc.wan import watch as watching
from microdc.wan.model import BASE, Asked, Overlay
from microdc.wan.operate import Wan
from microdc.wan.planning import Situation, Wish
from microdc.wan.rates import Rates

PACE = Pace(5.0, 10.0)
RATED = Asked(Impairment(owd=Delay(10_000_000), rate=Rate(8_000_000), loss=Percent(1.0)), "gpon + x + lte")
ALL_LOST = Asked(Impairment(loss=Percent(100.0)), "no way over x: cut")


@dataclass
class Shaped:
    """One shaper's part of a WAN whose counters are given: each reading of its interfaces shows the next of `bytes_`. broken: it no longer answers."""

    situations: dict[str, Situation]
    testbed: Testbed
    bytes_: list[int] = field(default_factory=list)
    broken: bool = False
    opened: int = 0
    closed: int = 0
    reads: int = 0

    def open(self, testbed: Testbed, shaper: object) -> Wan:
        del testbed, shaper
        if self.broken:
            raise UnreachableError("no route", where="wan1")
        self.opened += 1
        return cast("Wan", self)

    def count(self, shaper: str, interfaces: Sequence[str]) -> Reading:
        if self.broken:
            raise UnreachableError("the agent does not answer", where=shaper)
        situation = self.situations[shaper]
        figure = str(self.bytes_.pop(0) if self.bytes_ else 0).encode()
        return Reading(situation.hello, situation.state, {name: {"figure": figure} for name in interfaces})

    def read(self) -> None:
        self.reads += 1

    def __exit__(self, *failure: object) -> None:
        self.closed += 1


def paired() -> Testbed:
    pairs = (PairWan("paris", "barcelona", profile="slow"), PairWan("paris", "boston", profile="slow"))
    return replace(a_testbed(), pairs=pairs)


def laid(*overlays: Overlay) -> Situation:
    situation = a_situation()
    for one in overlays:
        situation = carried_out(situation, plan(situation, Wish("w", one)))
    return situation


@pytest.fixture
def shaped(monkeypatch: pytest.MonkeyPatch) -> Shaped:
    situation = laid(overlay(BASE, (THERE, RATED), (BACK, RATED)))

    def counters(reading: Reading) -> dict[str, Mapping[int, Counters]]:
        return {
            name: {
                handle: Counters(int(dump["figure"]), int(dump["figure"]) // 1000)
                for handle in situation.observed[name].tree.classes
            }
            for name, dump in cast("dict[str, Any]", reading.dumps).items()
        }

    monkeypatch.setattr(watching, "_counters", counters)
    return Shaped({"wan1": situation}, paired())


def shaper_probe(shaped: Shaped, known: Laid) -> ShaperProbe:
    (shaper,) = shapers(shaped.testbed)
    return ShaperProbe(shaped.testbed, shaper, PACE, known, open_=shaped.open, now=lambda: 1000.0)


def read(probe: ShaperProbe) -> Observation:
    (found,) = probe.read()
    return found


# -- shapers


def test_a_shaper_is_opened_once_and_tells_what_is_laid(shaped: Shaped) -> None:
    probe = shaper_probe(shaped, Laid())
    found = [read(probe) for _ in range(3)][-1]
    assert shaped.opened == 1
    assert found.figures == {"overlays": 0.0, "drifted": 0.0, "agent_up": 1.0}
    assert found.reasons == ()
    assert set(found.facts["ports"]) == {"par", "bcn", "bos"}
    (base,) = found.facts["overlays"]
    assert (base["id"], base["owner"], base["pairs"], base["until"]) == (
        BASE, "me", ["barcelona:paris"], None,
    )  # fmt: skip
    probe.close()
    assert shaped.closed == 1


def test_what_differs_in_the_kernel_is_told_and_looked_at_again_now_and_then(shaped: Shaped) -> None:
    probe = shaper_probe(shaped, Laid())
    right = shaped.situations["wan1"]
    other = laid(overlay(BASE, (THERE, FAST), (BACK, RATED)))
    shaped.situations["wan1"] = replace(right, observed=other.observed)
    first = read(probe)
    assert first.figures["drifted"] >= 1
    assert {(one.severity, one.where) for one in first.reasons} == {("degraded", "bcn")}
    assert any("delay line of paris → barcelona" in one.what for one in first.reasons)
    assert len(first.facts["drift"]) == first.figures["drifted"]
    shaped.situations["wan1"] = right
    found = [read(probe) for _ in range(12)]
    assert shaped.reads == 1
    assert found[-2].figures["drifted"] >= 1
    assert found[-1].figures["drifted"] == 0


def test_an_overlay_and_a_change_that_waits_are_told(shaped: Shaped) -> None:
    over = replace(overlay("o1", (THERE, SLOW)), reason="profile slow", owner="bob")
    shaped.situations["wan1"] = laid(overlay(BASE, (THERE, RATED), (BACK, RATED)), over)
    (base, top) = shaped.situations["wan1"].state.layers
    ending = replace(shaped.situations["wan1"].state, layers=(base, replace(top, remaining=60.0)))
    waiting = replace(ending, unconfirmed=Unconfirmed("bob on h", 25.0))
    shaped.situations["wan1"] = replace(shaped.situations["wan1"], state=waiting)
    found = read(shaper_probe(shaped, Laid()))
    assert found.figures["overlays"] == 1
    told = found.facts["overlays"][1]
    assert (told["id"], told["what"], told["owner"], told["until"]) == ("o1", "profile slow", "bob", 1060.0)
    assert [one.severity for one in found.reasons] == ["info"]
    assert "bob on h ends in 25 s" in found.reasons[0].what


@pytest.mark.parametrize(
    "problem", [UnreachableError("gone"), ConnectionResetError("gone"), KeyError("figure"), SystemExit(1)]
)
@pytest.mark.parametrize("ending", [None, OSError("half closed")])
def test_whatever_a_poll_raises_the_conversation_is_opened_anew(
    shaped: Shaped, monkeypatch: pytest.MonkeyPatch, problem: BaseException, ending: Exception | None
) -> None:
    probe = shaper_probe(shaped, Laid())
    read(probe)

    def fail(*_: object) -> None:
        raise problem

    def end(*_: object) -> None:
        shaped.closed += 1
        if ending is not None:
            raise ending

    with monkeypatch.context() as broken:
        broken.setattr(shaped, "count", fail)
        broken.setattr(shaped, "__exit__", end)
        for _ in range(2):
            with pytest.raises(type(problem)):
                read(probe)
    assert (shaped.opened, shaped.closed) == (2, 2)
    assert read(probe).figures["agent_up"] == 1.0
    assert shaped.opened == 3


def test_a_shaper_without_anything_laid_says_so(shaped: Shaped) -> None:
    shaped.situations["wan1"] = replace(a_situation(), state=State(1, ()))
    found = read(shaper_probe(shaped, Laid()))
    assert [(one.severity, one.where) for one in found.reasons] == [("info", "")]


def test_a_lost_shaper_is_opened_anew(shaped: Shaped) -> None:
    probe = shaper_probe(shaped, Laid())
    read(probe)
    shaped.broken = True
    for _ in range(2):
        with pytest.raises(UnreachableError):
            read(probe)
    assert shaped.closed == 1
    shaped.broken = False
    assert read(probe).figures["agent_up"] == 1.0
    assert shaped.opened == 2


# -- pairs


def pairs_probe(shaped: Shaped, known: Laid, trips: Any = None) -> PairsProbe:
    return PairsProbe(shaped.testbed, None, PACE, known, trips)


def pairs(probe: PairsProbe) -> dict[str, Observation]:
    return {one.device: one for one in probe.read()}


def test_pairs_tell_what_is_asked_and_what_went_through(
    shaped: Shaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([100.0, 110.0])
    monkeypatch.setattr("microdc.health.sources.shapers.time.monotonic", lambda: next(times))
    shaped.bytes_ = [0, 1_250_000]
    known = Laid()
    probe = shaper_probe(shaped, known)
    read(probe)
    assert "rate_ab" not in pairs(pairs_probe(shaped, known))["pair/paris:barcelona"].figures
    read(probe)
    found = pairs(pairs_probe(shaped, known))
    one = found["pair/paris:barcelona"]
    assert one.figures == {
        "way": 1.0,
        "rtt_asked": pytest.approx(0.02),
        "loss_asked_ab": pytest.approx(0.01),
        "loss_asked_ba": pytest.approx(0.01),
        "rate_asked_ab": 8e6,
        "rate_asked_ba": 8e6,
        "rate_ab": 1e6,
        "rate_ba": 1e6,
        "loss_ab": 0.0,
        "loss_ba": 0.0,
    }
    assert one.reasons == ()
    assert (one.facts["a"], one.facts["b"], one.facts["overlay"], one.facts["cut"]) == (
        "paris", "barcelona", None, False,
    )  # fmt: skip
    assert one.facts["ways"] == "gpon + x + lte"
    bare = found["pair/paris:boston"]
    assert [reason.severity for reason in bare.reasons] == ["info"]


def test_pairs_of_a_shaper_that_was_not_heard_are_left_out(shaped: Shaped) -> None:
    clock = [0.0]
    known = Laid(lambda: clock[0])
    assert not pairs(pairs_probe(shaped, known))
    read(shaper_probe(shaped, known))
    clock[0] = 14.0
    assert len(pairs(pairs_probe(shaped, known))) == 2
    clock[0] = 16.0
    assert not pairs(pairs_probe(shaped, known))


def test_a_pair_without_a_way_is_down_and_says_who_cut_it() -> None:
    cut = replace(overlay("o2", (THERE, ALL_LOST)), cuts=("x/paris:madrid",), owner="ann")
    view = PairView(PairWan("paris", "barcelona", topology="x"), (cut, ALL_LOST), (cut, ALL_LOST))
    assert judging.reasons(view) == (Reason("down", "there is no way: x/paris:madrid cut by ann"),)
    assert judging.figures(view)["way"] == 0.0
    assert "rtt_asked" not in judging.figures(view)
    assert judging.facts(view)["cut"] is True
    lossy = replace(view, forth=(replace(cut, cuts=()), ALL_LOST))
    assert "lost" in judging.reasons(replace(lossy, back=lossy.forth))[0].what


def rated(trip: Trip | None, *, queued: int = 0) -> PairView:
    base = overlay(BASE, (THERE, RATED), (BACK, RATED))
    view = PairView(PairWan("paris", "barcelona"), (base, RATED), (base, RATED), trip=trip)
    if not queued:
        return view
    busy = Rates(1e6, 10.0, 1e6, 10.0, 0.0, 0.0, 0.0, 5, 500, queued, 1500 * queued)
    sample = watching.Sample(watching.Place(THERE, "wan1", "bcn"), Rate(8_000_000), 0.99, busy)
    return replace(view, through=((sample,), ()))


@pytest.mark.parametrize(
    ("rtt", "queued", "severity"),
    [
        (0.0205, 0, None),
        (0.0245, 0, None),
        (0.031, 0, "degraded"),
        (0.031, 40, "info"),  # the queue of a full line, which was asked for
        (0.004, 0, "degraded"),
        (0.004, 40, "degraded"),  # no queue makes a way shorter
        (None, 0, "degraded"),
    ],
)
def test_a_round_trip_is_held_against_what_is_asked(
    rtt: float | None, queued: int, severity: str | None
) -> None:
    view = rated(Trip(1.0, rtt, 0.0, 0.02), queued=queued)
    assert [one.severity for one in judging.reasons(view)] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("least", "rtt", "well"),
    [
        (0.0202, 0.070, True),  # all but one were late at a busy machine
        (0.040, 0.070, False),  # none of them was near
        (0.001, 0.0203, True),  # one that came too early is a mistake of its clock
        (0.001, 0.0012, False),
    ],
)
def test_one_packet_shows_that_the_way_is_no_longer_and_most_that_it_is_shorter(
    least: float, rtt: float, *, well: bool
) -> None:
    assert (judging.reasons(rated(Trip(1.0, rtt, 0.0, 0.02, least=least))) == ()) is well


def test_a_round_trip_of_something_else_says_nothing() -> None:
    assert judging.reasons(rated(Trip(1.0, 0.3, 0.0, 0.28))) == ()


def test_a_round_trip_of_before_anything_was_laid_says_nothing() -> None:
    wide_open = Trip(1.0, 0.001, 0.0, None)
    assert judging.reasons(rated(wide_open)) == ()
    bare = replace(rated(wide_open), forth=None, back=None)
    assert bare.held is None
    assert [one.severity for one in judging.reasons(bare)] == ["info"]


def test_what_hinders_a_measurement_is_told() -> None:
    (reason,) = judging.reasons(rated(Trip(1.0, asked=0.02, problem="no such host")))
    assert reason == Reason("info", "its round trip cannot be measured: no such host")


# -- round trips


@pytest.fixture
def measurable() -> Testbed:
    found = paired()
    sites = {
        name: replace(site, probe_reach=Reach("local"), probe_ip="127.0.0.1" if name != "boston" else "")
        for name, site in found.sites.items()
    }
    return replace(found, sites=sites)


def test_round_trips_are_measured_between_the_probes(measurable: Testbed) -> None:
    trips = RoundTrips(measurable, ["paris:barcelona", "paris:boston"], Pace(60.0, 30.0))
    assert trips.names == ["paris:barcelona"]  # boston says no address
    stop = threading.Event()
    trips.ask({"paris:barcelona": 0.0})
    trips.start(stop)
    try:
        for _ in range(400):
            if (found := trips.newest("paris:barcelona")) is not None:
                break
            stop.wait(0.05)
        assert found is not None, "nothing was measured in 20 s"
        assert not found.problem
        assert found.lost == 0.0
        assert 0 < (found.rtt or 0.0) < 1.0
        assert found.asked == 0.0
    finally:
        stop.set()
        trips.close()


def test_a_probe_that_is_not_there_is_a_problem_of_its_pair(measurable: Testbed) -> None:
    sites = {**measurable.sites}
    sites["barcelona"] = replace(sites["barcelona"], probe_reach=Reach("netns:hb-no-such-place"))
    trips = RoundTrips(replace(measurable, sites=sites), ["paris:barcelona"], Pace(60.0, 30.0))
    found = trips.measure("paris:barcelona", 0.02)
    assert found.rtt is None
    assert "hb-no-such-place" in found.problem
    trips.close()


@pytest.mark.parametrize(
    ("measured", "counts", "times"),
    [
        ([0.021], 0.021, 1),
        ([0.070, 0.022], 0.022, 2),  # the machine was busy for a moment
        ([0.070, 0.080], 0.070, 2),
        ([0.070, None], 0.070, 2),
        ([0.001, 0.0012], 0.0012, 2),
        ([None], None, 1),
    ],
)
def test_a_round_trip_that_strays_is_measured_once_more(
    measurable: Testbed,
    monkeypatch: pytest.MonkeyPatch,
    measured: list[float | None],
    counts: float | None,
    times: int,
) -> None:
    trips = RoundTrips(measurable, ["paris:barcelona"], Pace(60.0, 30.0))
    taken = iter(measured)
    asked: list[float | None] = []

    def measure(_name: str, wanted: float | None = None) -> Trip:
        asked.append(wanted)
        return Trip(1.0, next(taken), 0.0, wanted)

    monkeypatch.setattr(trips, "measure", measure)
    assert trips._sure("paris:barcelona", 0.02).rtt == counts
    assert asked == [0.02] * times


def test_what_is_asked_anew_is_measured_first(measurable: Testbed) -> None:
    now = [0.0]
    names = ["paris:barcelona", "barcelona:paris"]
    trips = RoundTrips(measurable, names, Pace(60.0, 30.0), clock=lambda: now[0])
    taken = []
    for asked in ({names[0]: 0.02, names[1]: 0.02}, {names[0]: 0.02, names[1]: 0.09}, {names[0]: 0.02}):
        while (name := trips._next(asked)) is not None:
            taken.append(name)
            trips._keep(name, Trip(now[0], 0.02, asked=asked[name]), now[0])
    assert taken == [*names, names[1]]
    now[0] = 60.0
    assert trips._next({}) is None  # without a way there is nothing to measure
    assert trips._next({names[1]: 0.09}) == names[1]


@pytest.mark.parametrize("wall", [1e9, 1e9 - 3500.0, 1e9 + 3500.0])
def test_a_clock_that_is_set_neither_hurries_nor_delays_a_measurement(
    measurable: Testbed, wall: float
) -> None:
    now, clock, name = [1e9], [0.0], "paris:barcelona"
    trips = RoundTrips(measurable, [name], Pace(60.0, 30.0), now=lambda: now[0], clock=lambda: clock[0])
    trips._keep(name, Trip(now[0], 0.02, asked=0.02), 0.0)
    now[0] = wall
    clock[0] = 59.0
    assert trips._next({name: 0.02}) is None
    assert trips.newest(name) is not None
    clock[0] = 60.0
    assert trips._next({name: 0.02}) == name


def test_a_round_trip_of_long_ago_is_none_of_now(measurable: Testbed) -> None:
    clock, names = [0.0], ["paris:barcelona", "barcelona:paris"]
    trips = RoundTrips(measurable, names, Pace(60.0, 30.0), clock=lambda: clock[0])
    for name in names:
        trips._keep(name, Trip(0.0, 0.5, asked=0.02), 0.0)
    clock[0] = 180.0
    assert trips.newest(names[0]) is not None
    clock[0] = 181.0
    assert trips.newest(names[0]) is None


def test_where_all_pairs_take_longer_than_an_interval_a_round_trip_holds_as_much_longer(
    measurable: Testbed,
) -> None:
    clock, names = [0.0], ["paris:barcelona", "barcelona:paris"]
    trips = RoundTrips(measurable, names, Pace(60.0, 30.0), clock=lambda: clock[0])
    for name in names:
        began, clock[0] = clock[0], clock[0] + 100.0
        trips._keep(name, Trip(0.0, 0.5, asked=0.02), began)
    clock[0] += 300.0  # both at once take 100 s
    assert trips.newest(names[1]) is not None
    assert trips.newest(names[0]) is None
    clock[0] += 1.0
    assert trips.newest(names[1]) is None


def test_of_an_old_round_trip_nothing_is_said_of_its_pair(shaped: Shaped, measurable: Testbed) -> None:
    clock, name = [0.0], "paris:barcelona"
    trips = RoundTrips(measurable, [name], Pace(60.0, 30.0), clock=lambda: clock[0])
    known = Laid()
    read(shaper_probe(shaped, known))
    trips._keep(name, Trip(1.0, 0.5, asked=0.02), 0.0)
    found = pairs(pairs_probe(shaped, known, trips))[f"pair/{name}"]
    assert [one.severity for one in found.reasons] == ["degraded"]
    assert found.figures["rtt_measured"] == 0.5
    clock[0] = 36_000.0
    found = pairs(pairs_probe(shaped, known, trips))[f"pair/{name}"]
    assert not found.reasons
    assert "rtt_measured" not in found.figures
    assert "trip" not in found.facts


class Panic(BaseException):
    """As a library of another language has it: no Exception."""


@pytest.mark.parametrize(
    "problem", [OSError(24, "Too many open files"), KeyError("b"), Panic("at the disco")]
)
def test_whatever_a_measurement_raises_is_told_and_the_others_are_measured_on(
    measurable: Testbed, monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    names = ["paris:barcelona", "barcelona:paris"]
    trips = RoundTrips(measurable, names, Pace(0.01, 30.0))
    times = dict.fromkeys(names, 0)
    enough = threading.Event()

    def measure(name: str, asked: float | None = None) -> Trip:
        times[name] += 1
        if all(many >= 3 for many in times.values()):
            enough.set()
        if name == names[0]:
            raise problem
        return Trip(1.0, 0.02, asked=asked)

    monkeypatch.setattr(trips, "measure", measure)
    monkeypatch.setattr("microdc.health.sources.roundtrips._LOOK", 0.01)
    stop = threading.Event()
    trips.ask(dict.fromkeys(names, 0.02))
    trips.start(stop)
    try:
        assert enough.wait(20), f"measured {times}"
    finally:
        stop.set()
        trips.close()
    monkeypatch.setattr(trips, "_interval", 1e9)
    bad, good = (trips.newest(name) for name in names)
    assert bad is not None
    assert good is not None
    assert bad.problem.startswith(type(problem).__name__)
    assert (good.problem, good.rtt) == ("", 0.02)
