"""The tools' own output, recorded from two namespaces whose veth loses or holds up some packets, as values.

irtt-loss: HTB classes throw packets away by checksum, a→b and b→a. irtt-reordered-*: they send some into a slow class.
iperf3-10mbit: a TBF of 10 Mbit/s, offered 11.5. fping-loss: a TBF of 20 kbit/s and a short queue.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.measure.assemble import Knocks, Session, from_knocks, from_pings, from_sessions, throughput
from microdc.measure.model import (
    Both,
    DelayStats,
    LossCount,
    Measurement,
    ReorderCount,
    Throughput,
    Unmeasured,
)
from microdc.measure.reports import (
    StreamReport,
    listening_port,
    opens_arrived,
    parse_fping,
    parse_iperf3,
    parse_irtt,
)
from microdc.measure.schedule import StreamPlan

DATA = Path(__file__).parents[1] / "data" / "measure"
NONE: Both[Throughput | Unmeasured] = Both(Unmeasured("no rate is asked"), Unmeasured("no rate is asked"))


def recorded(name: str) -> bytes:
    return (DATA / name).read_bytes()


def measured(name: str, *, one_clock: bool = True) -> Measurement:
    session = Session(parse_irtt(recorded(name)), Both(0, 0))
    return from_sessions(session, [], NONE, interval=5_000_000, one_clock=one_clock, notes=())


def test_irtt_clean_agrees_with_its_own_statistics() -> None:
    result = measured("irtt-clean.json")
    told = json.loads(recorded("irtt-clean.json"))["stats"]
    assert isinstance(result.rtt, DelayStats)
    assert result.rtt.count == told["rtt"]["n"] == 30
    assert (result.rtt.minimum, result.rtt.maximum) == (told["rtt"]["min"], told["rtt"]["max"])
    assert result.rtt.median == pytest.approx(told["rtt"]["median"], abs=1)
    assert result.rtt.mean == pytest.approx(told["rtt"]["mean"], abs=1)
    up = result.directions.a_to_b.delay
    assert isinstance(up, DelayStats)
    assert up.median == pytest.approx(told["send_delay"]["median"], abs=1)
    assert result.round_trip_loss == LossCount(30, 0)


def test_irtt_tells_losses_of_the_two_directions_apart() -> None:
    result = measured("irtt-loss.json")
    told = json.loads(recorded("irtt-loss.json"))["stats"]
    arrived = told["server_packets_received"]
    assert result.round_trip_loss == LossCount(120, told["packets_sent"] - told["packets_received"])
    assert result.directions.a_to_b.loss == LossCount(120, 120 - arrived)
    assert result.directions.b_to_a.loss == LossCount(arrived, arrived - told["packets_received"])


@pytest.mark.parametrize(
    ("name", "up", "down"),
    [
        ("irtt-clean.json", ReorderCount(30, 0), ReorderCount(30, 0)),
        ("irtt-loss.json", ReorderCount(85, 0), ReorderCount(85, 0)),
        ("irtt-reordered-up.json", ReorderCount(98, 2), ReorderCount(98, 0)),
        ("irtt-reordered-down.json", ReorderCount(100, 0), ReorderCount(100, 9)),
    ],
)
def test_irtt_tells_which_direction_reorders(name: str, up: ReorderCount, down: ReorderCount) -> None:
    ways = measured(name).directions
    assert ways.a_to_b.reorder == up
    assert ways.b_to_a.reorder == down


def test_without_one_clock_there_are_no_one_way_delays_but_their_variation() -> None:
    apart, together = measured("irtt-clean.json", one_clock=False), measured("irtt-clean.json")
    assert apart.clock == "clocks not checked"
    for (_, there), (_, here) in zip(apart.directions.items(), together.directions.items(), strict=True):
        assert there.delay == Unmeasured("clocks not checked")
        assert there.variation == here.variation
        assert isinstance(there.variation, DelayStats)
        assert isinstance(here.delay, DelayStats)
        assert there.variation.spread == pytest.approx(here.delay.spread, abs=20_000)


def test_nothing_that_came_back_is_no_statement_about_directions() -> None:
    document = json.loads(recorded("irtt-loss.json"))
    for trip in document["round_trips"]:
        trip["lost"] = "true"
    session = Session(parse_irtt(json.dumps(document).encode()), Both(0, 0))
    result = from_sessions(session, [], NONE, interval=1, one_clock=True, notes=())
    assert isinstance(result.rtt, Unmeasured)
    assert result.round_trip_loss == LossCount(120, 120)
    assert result.directions.a_to_b.loss == LossCount(0, 0)


def test_loss_after_the_last_reply_belongs_to_nobody() -> None:
    document = json.loads(recorded("irtt-clean.json"))
    for trip in document["round_trips"][20:]:
        trip["lost"] = "true"
    session = Session(parse_irtt(json.dumps(document).encode()), Both(0, 0))
    ways = from_sessions(session, [], NONE, interval=1, one_clock=True, notes=()).directions
    assert ways.a_to_b.loss == ways.b_to_a.loss == LossCount(20, 0)


def test_sessions_add_up() -> None:
    loss = Session(parse_irtt(recorded("irtt-loss.json")), Both(1, 2))
    clean = Session(parse_irtt(recorded("irtt-clean.json")), Both(0, 0))
    result = from_sessions(clean, [loss], NONE, interval=1, one_clock=True, notes=("a note",))
    assert result.directions.a_to_b.loss == LossCount(150, 12, 1)
    assert result.directions.b_to_a.loss == LossCount(138, 23, 2)
    assert isinstance(result.rtt, DelayStats)
    assert result.rtt.count == 30  # loss packets are too close together to be timed
    assert result.notes == ("a note",)


def test_fping() -> None:
    clean = parse_fping(recorded("fping-clean.txt"))
    assert clean.round_trips[:2] == (36_000, 17_000)
    assert clean.resolution == 1_000
    loss = parse_fping(recorded("fping-loss.txt"))
    assert len(loss.round_trips) == 20
    assert loss.round_trips[19] is None
    assert loss.resolution == 1_000_000  # 305 ms has three digits
    result = from_pings(loss, [clean], NONE, interval=20_000_000, why="irtt is missing", notes=())
    assert result.tool == "fping"
    assert result.round_trip_loss == LossCount(28, 1)
    assert result.directions.a_to_b.loss == Unmeasured("irtt is missing")


def test_iperf3_is_read_at_the_receiver_in_wire_bytes() -> None:
    sender, receiver = (parse_iperf3(recorded(f"iperf3-10mbit-{end}.json")) for end in ("sender", "receiver"))
    assert (sender.sending, receiver.sending) == (True, False)
    result = throughput(sender, receiver, StreamPlan(1400, 11_165_049, 11_500_000, 3.0), headers=42)
    assert isinstance(result, Throughput)
    assert result.rate == pytest.approx(10_000_000, rel=0.005)
    assert result.sent == pytest.approx(11_500_000, rel=0.005)
    assert result.seconds == pytest.approx(2.0, abs=0.01)
    assert result.lost == 260


def test_a_stream_that_begins_late_and_ends_early_is_read_where_it_flows() -> None:
    plan = StreamPlan(1000, 0, 0, 0.0)
    flowing = (
        [(0.25, 0, 0)] * 3
        + [(0.25, 10_000, 0)]
        + [(0.25, 30_000, 1)] * 6
        + [(0.25, 5_000, 0)]
        + [(0.25, 0, 0)] * 2
    )
    result = throughput(
        StreamReport(tuple(flowing), sending=True), StreamReport(tuple(flowing), sending=False), plan, 0
    )
    assert isinstance(result, Throughput)
    assert result.rate == 8 * 30_000 * 4
    assert result.seconds == 1.0


@pytest.mark.parametrize(
    ("readings", "why"),
    [([(0.25, 0, 0)] * 9, "no packet came through"), ([(0.25, 99, 0)] * 3, "before it had settled")],
)
def test_a_stream_that_tells_nothing(readings: list[tuple[float, int, int]], why: str) -> None:
    report = StreamReport(tuple(readings), sending=False)
    result = throughput(report, report, StreamPlan(1000, 0, 0, 0.0), 42)
    assert isinstance(result, Unmeasured)
    assert why in result.why


def test_iperf3_says_what_went_wrong() -> None:
    with pytest.raises(ValueError, match="Connection refused"):
        parse_iperf3(recorded("iperf3-refused.json"))


def test_irtt_server_log() -> None:
    log = [
        "[ServerStart] starting IRTT server version 0.9.0",
        "[ListenerStart] starting IPv6 listener on [fd09::2]:35719",
        "[[fd09::1]:35406] [NewConn] new connection, token=23e88257369f6750",
        "[[fd09::1]:35406] [NewConn] new connection, token=16eb64c1e1f19258",
        "[[fd09::1]:35406] [CloseConn] close connection, token=16eb64c1e1f19258",
    ]
    assert [port for line in log if (port := listening_port(line))] == [35719]
    assert opens_arrived(log) == 2


def test_knocks_are_all_there_is_to_count() -> None:
    result = from_knocks(Knocks(Both(LossCount(8, 0), LossCount(25, 25)), "no reply"))
    assert result.directions.b_to_a.loss == LossCount(25, 25)
    assert isinstance(result.rtt, Unmeasured)
    assert result.notes == ("no reply",)


@given(
    st.binary(max_size=200)
    | st.sampled_from([b"[]", b"{}", b'{"round_trips": [1]}', b'{"round_trips": 5}', b"null"])
)
def test_what_is_no_report_is_a_value_error(text: bytes) -> None:
    for parse in (parse_irtt, parse_fping, parse_iperf3):
        with pytest.raises(ValueError, match=r"irtt|fping|iperf3"):
            parse(text)


def test_a_cut_report_is_a_value_error() -> None:
    for name, parse in (("irtt-clean.json", parse_irtt), ("iperf3-10mbit-sender.json", parse_iperf3)):
        text = recorded(name)
        with pytest.raises(ValueError, match="JSON"):
            parse(text[: len(text) // 2])
