"""Moments: those that a calendar has, and numbers that no calendar has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tui_snapshots import BEGIN

from microdc_tui import moments


@given(st.floats() | st.none(), st.floats() | st.none())
def test_any_number_can_be_told(at: float | None, now: float | None) -> None:
    assert moments.clock(at, now)
    assert moments.stamp(at)
    if at is not None:
        assert 1969 <= moments.local(at).year <= 9999


@pytest.mark.parametrize("at", [None, 1e17, -1e17, float("nan"), float("inf"), -float("inf"), 1e300])
def test_what_no_calendar_has_is_a_dash(at: float | None) -> None:
    assert (moments.clock(at), moments.stamp(at)) == ("-", "-")


def test_what_a_calendar_has_is_told() -> None:
    assert moments.stamp(BEGIN)[:4] == "2026"
    assert moments.clock(BEGIN, BEGIN).count(":") == 2
    assert moments.clock(BEGIN, BEGIN + 2 * 86_400).count(":") == 1
