"""From counters to rates, and the ticks in between: no kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from test_wan_planning import THERE, a_situation, a_testbed, carried_out, overlay, plan

from microdc.agent.model import Reading, State
from microdc.cli import watch as watch_command
from microdc.cli.render import to_plain
from microdc.impairment import Impairment
from microdc.netlink.model import Counters
from microdc.testbed.model import Testbed
from microdc.units import Rate
from microdc.wan import watch as watching
from microdc.wan.model import Asked, Direction
from microdc.wan.operate import Wan
from microdc.wan.planning import Situation, Wish
from microdc.wan.rates import Tally, leaves, rates, tally
from microdc.wan.watch import Glance, Place, Sample, Tick, sample, watch

NONE = Counters()
RATED = Asked(Impairment(rate=Rate(8_000_000), buffer=None), "rated")


def a_tally(**netem: int) -> Tally:
    """One whose class has sent what its delay line has."""
    counters = replace(NONE, **netem)
    return Tally(replace(counters, drops=0), counters, NONE)


def test_bytes_and_packets_a_second() -> None:
    found = rates(a_tally(bytes=1000, packets=10), a_tally(bytes=251_000, packets=510), 2.0)
    assert (found.out_bits, found.out_packets) == (1_000_000, 250)
    assert (found.in_bits, found.in_packets) == (1_000_000, 250)
    assert not found.restarted


def test_what_came_in_is_what_went_what_was_dropped_and_what_is_still_there() -> None:
    before = a_tally(bytes=0, packets=0, backlog_packets=5, backlog_bytes=500)
    after = a_tally(bytes=10_000, packets=100, drops=20, backlog_packets=15, backlog_bytes=1500)
    found = rates(before, after, 1.0)
    assert found.in_packets == 100 + 20 + 10
    assert found.in_bits == 8 * (10_000 + 20 * 100 + 1000)
    assert (found.in_flight_packets, found.in_flight_bytes) == (15, 1500)


def test_a_queue_that_empties_lets_more_out_than_in() -> None:
    before = a_tally(backlog_packets=50, backlog_bytes=5000)
    found = rates(before, a_tally(bytes=5000, packets=50), 1.0)
    assert (found.in_packets, found.out_packets, found.in_bits) == (0, 50, 0)


def test_what_the_buffer_refuses_is_told_from_what_is_lost_by_chance() -> None:
    before = Tally(NONE, NONE, NONE)
    after = Tally(
        Counters(9000, 90), Counters(9000, 90, drops=10), Counters(9000, 90, drops=7, backlog_packets=3)
    )
    found = rates(before, after, 0.5)
    assert (found.lost, found.overflowed) == (6, 14)
    assert found.queued_packets == 3


def test_a_dead_line_has_no_size_to_guess_from() -> None:
    found = rates(a_tally(), a_tally(drops=10), 1.0)
    assert (found.in_bits, found.in_packets, found.lost) == (None, 10, 10)


def test_counters_that_went_back_belong_to_something_new() -> None:
    found = rates(
        a_tally(bytes=10**9, packets=10**6, drops=50), a_tally(bytes=2000, packets=20, drops=1), 1.0
    )
    assert found.restarted
    assert (found.out_bits, found.out_packets, found.lost) == (16_000, 20, 1)


def test_counts_of_packets_wrap_at_32_bits_and_bytes_do_not() -> None:
    before = a_tally(bytes=10**12, packets=2**32 - 10, drops=2**32 - 1, overlimits=2**32 - 2)
    found = rates(before, a_tally(bytes=10**12 + 2000, packets=10, drops=1, overlimits=0), 1.0)
    assert not found.restarted
    assert (found.out_packets, found.lost, found.overlimits) == (20, 2, 2)


def test_no_time_is_no_rate() -> None:
    with pytest.raises(ValueError, match="no time"):
        rates(a_tally(), a_tally(), 0.0)


# -- places and ticks


def laid() -> Situation:
    return carried_out(a_situation(), plan(a_situation(), Wish("w", overlay("o1", (THERE, RATED)))))


def test_the_handles_are_those_of_what_is_laid() -> None:
    ports = {
        port.interface: port for port in plan(a_situation(), Wish("w", overlay("o1", (THERE, RATED)))).ports
    }
    for port in ports.values():
        found = leaves(a_testbed(), port.port)
        assert {d: leaf.cls.handle for d, leaf in found.items()} == {
            d: leaf.cls.handle for d, leaf in port.leaves.items()
        }


def test_a_direction_without_a_class_has_no_tally() -> None:
    port = plan(a_situation(), Wish("")).ports[1].port
    leaf = leaves(a_testbed(), port)[THERE]
    assert tally({}, leaf) is None
    assert tally({leaf.cls.handle: Counters(5, 1)}, leaf) == Tally(Counters(5, 1), NONE, NONE)


def test_a_share_is_of_the_rate_that_is_asked_now() -> None:
    place = Place(THERE, "wan1", "bcn")
    before = Glance({"wan1": 10.0}, {place: a_tally()}, {THERE: Rate(1)})
    after = Glance({"wan1": 12.0}, {place: a_tally(bytes=1_000_000, packets=1000)}, {THERE: Rate(8_000_000)})
    assert sample(place, before, after).share == 0.5
    assert sample(place, before, replace(after, asked={})).share is None
    assert sample(place, replace(before, tallies={}), after).rates is None


@dataclass
class Shaped:
    """A WAN whose counters are given: each reading of wan1's interfaces shows the next figure."""

    testbed: Testbed
    situations: dict[str, Situation]
    figures: list[int]
    asked: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    def count(self, shaper: str, interfaces: Sequence[str]) -> Reading:
        self.asked.append((shaper, tuple(interfaces)))
        situation = self.situations[shaper]
        figure = str(self.figures.pop(0)).encode()
        return Reading(situation.hello, situation.state, {name: {"figure": figure} for name in interfaces})


@pytest.fixture
def shaped(monkeypatch: pytest.MonkeyPatch) -> Shaped:
    situation = laid()

    def counters(reading: Reading) -> dict[str, Mapping[int, Counters]]:
        return {
            name: {h: Counters(int(dump["figure"]), 1) for h in situation.observed[name].tree.classes}
            for name, dump in cast("dict[str, Any]", reading.dumps).items()
        }

    monkeypatch.setattr(watching, "_counters", counters)
    return Shaped(a_testbed(), {"wan1": situation}, [])


class Clock:
    """Time that passes by sleeping only, and by what a reading takes."""

    def __init__(self, *takes: float) -> None:
        self.now, self.slept, self.takes = 100.0, [0.0][:0], list(takes)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + (self.takes.pop(0) if self.takes else 0.0)


def test_every_shaper_is_asked_once_a_tick_for_the_interfaces_that_matter(shaped: Shaped) -> None:
    shaped.figures = [0, 1_000_000, 3_000_000]
    clock = Clock()
    found = list(
        watch(cast("Wan", shaped), [("barcelona", "paris")], count=2, clock=clock, sleep=clock.sleep)
    )
    assert shaped.asked == [("wan1", ("par", "bcn"))] * 3
    assert clock.slept == [1.0, 1.0]
    by_place = [{s.place.direction: s for s in tick.samples} for tick in found]
    assert [one.keys() for one in by_place] == [{THERE, THERE.reverse}] * 2
    measured = [one[THERE].rates for one in by_place]
    assert [r.out_bits for r in measured if r] == [8_000_000, 16_000_000]
    assert by_place[0][THERE].share == 1.0
    assert by_place[0][THERE.reverse].rates is None  # nothing is laid there


def test_a_reading_that_takes_long_leaves_ticks_out_and_keeps_the_pace(shaped: Shaped) -> None:
    shaped.figures = [0, 0, 0, 0]
    clock = Clock(2.5)
    list(watch(cast("Wan", shaped), count=3, clock=clock, sleep=clock.sleep))
    assert clock.slept == [1.0, 0.5, 1.0]


def test_nothing_is_left_running_when_it_is_ended_early(shaped: Shaped) -> None:
    shaped.figures = [0, 1, 2]
    clock = Clock()
    ticks = watch(cast("Wan", shaped), clock=clock, sleep=clock.sleep)
    assert next(ticks).samples
    ticks.close()  # type: ignore[attr-defined]
    assert len(shaped.asked) == 2


def test_a_state_without_layers_asks_nothing(shaped: Shaped) -> None:
    shaped.figures = [0, 5]
    shaped.situations["wan1"] = replace(shaped.situations["wan1"], state=State(1, ()))
    clock = Clock()
    (tick,) = watch(cast("Wan", shaped), count=1, clock=clock, sleep=clock.sleep)
    assert {s.asked for s in tick.samples} == {None}
    assert Direction("paris", "boston") in {s.place.direction for s in tick.samples}


# -- what is printed


def a_tick() -> Tick:
    place = Place(THERE, "wan1", "bcn")
    found = rates(a_tally(), a_tally(bytes=1_000_000, packets=1000, drops=5), 1.0)
    return Tick(
        1_800_000_000.0, (Sample(place, Rate(10_000_000), 0.8, found), Sample(place, None, None, None))
    )


def test_lines_have_a_column_for_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    watch_command._lines(a_tick())
    first, second = (line.split() for line in capsys.readouterr().out.splitlines())
    assert first[1:6] == ["paris", "→", "barcelona", "wan1:bcn", "8.040"]
    assert (
        len(first) == len(second) == len(watch_command._COLUMNS) + 3
    )  # the time, and two more words in a direction
    assert second[5:] == ["-"] * 10


def test_a_narrow_terminal_gets_fewer_columns() -> None:
    wide, narrow = (watch_command._table(a_tick(), narrow=narrow) for narrow in (False, True))
    assert set(narrow.columns) < set(wide.columns)
    assert {len(row) for row in narrow.rows} == {len(narrow.columns)}


def test_a_tick_is_plain_data() -> None:
    first, second = to_plain(watch_command._data(a_tick()))["directions"]
    assert (first["from"], first["share"], first["rates"]["lost"]) == ("paris", 0.8, 5.0)
    assert second["rates"] is None
