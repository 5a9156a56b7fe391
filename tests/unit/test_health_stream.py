"""Records as lines and back: nothing lost, nothing taken on trust."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import health_world as world
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.health.model import Fleet, Sample
from microdc.health.stream import LONGEST, Record, decode, encode


@given(world.SAMPLES | world.FLEETS)
def test_any_record_is_one_ascii_line_and_comes_back_as_it_was(record: Record) -> None:
    line = encode(record)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert decode(line) == record


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_left_out_of_figures_and_null_in_facts(wrong: float) -> None:
    figures, facts = {"attempt": 2.0, "draw_watts": wrong}, {"inner": [{"speed": wrong, "fan": 1}]}
    found = decode(encode(Sample("server/a", 1.0, figures=figures, facts=facts)))
    assert isinstance(found, Sample)
    assert found.figures == {"attempt": 2.0}
    assert found.facts == {"inner": [{"speed": None, "fan": 1}]}


def test_a_figure_is_a_number_whatever_a_probe_takes_for_one() -> None:
    found = decode(encode(Sample("server/a", 1, figures={"power_state": True, "attempt": 2})))
    assert isinstance(found, Sample)
    assert found.figures == {"power_state": 1.0, "attempt": 2.0}


def test_a_fact_that_json_cannot_say_ends_no_feed() -> None:
    round_and_round: list[Any] = []
    round_and_round.append(round_and_round)
    facts = {
        "ports": MappingProxyType({1: "up"}),
        "set": {3},
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "raw": b"\xff",
        "self": round_and_round,
    }
    found = decode(encode(Sample("switch/a", 1.0, facts=facts)))
    assert isinstance(found, Sample)
    assert found.facts["ports"] == {"1": "up"}
    assert found.facts["set"] == [3]
    assert found.facts["when"] == "2026-01-02 00:00:00+00:00"
    assert isinstance(found.facts["self"], list)


@given(st.text() | st.builds(json.dumps, world.JSON))
def test_nonsense_is_refused_and_nothing_else_happens(line: str) -> None:
    with pytest.raises(InputError):
        decode(line)


@given(world.SAMPLES | world.FLEETS, st.data())
def test_a_record_with_one_wrong_value_is_a_record_or_refused(record: Record, data: st.DataObject) -> None:
    document = json.loads(encode(record))
    where = document
    while True:
        name = data.draw(st.sampled_from(sorted(where) if isinstance(where, dict) else range(len(where))))
        inner = where[name]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        where = inner
    where[name] = data.draw(world.JSON)
    try:
        found = decode(json.dumps(document))
    except InputError:
        return
    assert decode(encode(found)) == found


SAMPLE = {"type": "sample", "device": "server/a", "at": 1}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"at": "1"}, "no number"),
        ({"at": True}, "no number"),
        ({"at": None}, "no number"),
        ({"device": 3}, "no text"),
        ({"figures": {"draw_watts": "much"}}, "no number"),
        ({"figures": [1]}, "no object"),
        ({"facts": []}, "no object"),
        ({"reasons": {"severity": "down"}}, "no list"),
        ({"reasons": [{"severity": "worst", "what": "x"}]}, "none of degraded, down, info"),
        ({"reasons": [{"severity": "down"}]}, "without 'what'"),
        ({"trouble": {"kind": "odd", "what": "x"}}, "none of fault"),
        ({"type": "event"}, "instead of fleet or sample"),
        ({"maintenance": 1}, "no text"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        decode(json.dumps({**SAMPLE, **changed}))


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({"at": 1e17}, False),
        ({"at": 253_402_300_799}, True),
        ({"at": 253_402_300_800}, False),
        ({"at": -1}, False),
        ({"at": 0}, True),
        ({"at": 9**999}, False),
        ({"next": 1e300}, False),
        ({"next": -1.0}, False),
        ({"next": 1e9}, True),
        ({"took": -0.1}, False),
        ({"took": 1e10}, False),
    ],
)
def test_times_that_no_clock_shows_are_refused(changed: dict[str, Any], *, good: bool) -> None:
    line = json.dumps({**SAMPLE, **changed})
    if good:
        assert isinstance(decode(line), Sample)
        return
    with pytest.raises(InputError, match=r"is not within|no number|too large"):
        decode(line)


@pytest.mark.parametrize(
    ("place", "device", "good"),
    [
        ({"at": [90, -180]}, {}, True),
        ({"at": [91, 720]}, {}, False),
        ({"at": [0, 180.1]}, {}, False),
        ({"at": [-90.1, 0]}, {}, False),
        ({"at": [1]}, {}, False),
        ({"at": [1, 2, 3]}, {}, False),
        ({"racks": {"r1": 1000}}, {"unit": 1000, "height": 0}, True),
        ({"racks": {"r1": 10**12}}, {}, False),
        ({"racks": {"r1": -1}}, {}, False),
        ({}, {"unit": 10**9}, False),
        ({}, {"unit": -3}, False),
        ({}, {"height": 10**9}, False),
    ],
)
def test_places_that_are_nowhere_and_racks_that_nobody_can_draw_are_refused(
    place: dict[str, Any], device: dict[str, Any], *, good: bool
) -> None:
    document = {
        **json.loads(encode(Fleet())),
        "sites": [{"name": "a", **place}],
        "devices": [{"kind": "server", "name": "s", **device}],
    }
    if good:
        assert isinstance(decode(json.dumps(document)), Fleet)
        return
    with pytest.raises(InputError):
        decode(json.dumps(document))


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1E+400", "9" * 400, "9" * 400 + ".0"]
)
@pytest.mark.parametrize("where", ["at", "figures", "facts"])
def test_numbers_that_no_float_can_hold_are_refused(number: str, where: str) -> None:
    value = {"at": number, "figures": f'{{"draw_watts": {number}}}', "facts": f'{{"a": [{number}]}}'}[where]
    line = json.dumps({**SAMPLE, where: "HERE"}).replace('"HERE"', value)
    if where == "facts" and number == "9" * 400:
        assert decode(line).facts == {"a": [int(number)]}  # type: ignore[union-attr]  # a whole number has no end
        return
    with pytest.raises(InputError):
        decode(line)


def test_lines_without_end_or_bottom_are_refused() -> None:
    with pytest.raises(InputError, match="characters"):
        decode(" " * (LONGEST + 1))
    with pytest.raises(InputError, match="nested"):
        decode("[" * 100_000)


def test_facts_without_end_are_left_out_and_the_rest_is_told() -> None:
    facts = {"ports": ["x" * 100] * 20_000}
    found = decode(encode(Sample("switch/a", 1.0, figures={"ports_up": 3.0}, facts=facts)))
    assert isinstance(found, Sample)
    assert (found.figures, found.facts) == ({"ports_up": 3.0}, {})
    assert [reason.severity for reason in found.reasons] == ["info"]
    with pytest.raises(InputError, match="a sample of"):
        decode(json.dumps({**SAMPLE, "facts": facts}))


def test_a_later_format_is_refused_and_news_in_this_one_are_not() -> None:
    line = json.loads(encode(Fleet(origin="demo")))
    with pytest.raises(InputError, match="format 2 instead of 1"):
        decode(json.dumps({**line, "format": 2}))
    assert decode(json.dumps({**line, "weather": "fair"})) == Fleet(origin="demo")
    assert decode(json.dumps({**SAMPLE, "weather": "fair"})) == Sample("server/a", 1.0)
