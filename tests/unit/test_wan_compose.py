from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Impairment
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compose import compose

impairments = st.builds(
    Impairment,
    owd=st.integers(0, 10**10).map(Delay),
    jitter=st.integers(0, 10**9).map(Delay),
    loss=st.floats(0, 100).map(Percent),
    rate=st.integers(8_000, 400 * 10**9).map(Rate),
    buffer=st.integers(1514, 10**8).map(Size),
)


def test_a_path_of_three_parts() -> None:
    access = Impairment(Delay(750_000), Delay(300_000), Percent(1), Rate(10**8), Size(500_000))
    backbone = Impairment(Delay(11_000_000), Delay(400_000), Percent(50), Rate(10**10), Size(10**7))
    whole = compose([access, backbone, CLEAN])
    assert whole.owd == 11_750_000
    assert whole.jitter == 500_000  # 3, 4, 5
    assert whole.loss == pytest.approx(50.5)
    assert (whole.rate, whole.buffer) == (10**8, 500_000)


def test_nothing_composes_to_a_clean_wire() -> None:
    assert compose([]) == CLEAN
    assert compose([CLEAN, CLEAN]) == CLEAN


def test_the_loss_of_a_single_lossy_part_keeps_its_digits() -> None:
    assert compose([CLEAN, Impairment(loss=Percent(0.001)), CLEAN]).loss == 0.001


def test_a_dead_part_makes_a_dead_path() -> None:
    assert compose([Impairment(loss=Percent(100)), Impairment(loss=Percent(1))]).loss == 100


@given(st.lists(impairments, min_size=1, max_size=6))
def test_composition_is_what_the_formulas_say(parts: list[Impairment]) -> None:
    whole = compose(parts)
    assert whole.owd == sum(part.owd for part in parts)
    assert whole.jitter == pytest.approx(math.sqrt(sum(part.jitter**2 for part in parts)), abs=1)
    assert 100 - whole.loss == pytest.approx(100 * math.prod(1 - p.loss / 100 for p in parts), abs=1e-9)
    assert whole.rate == min(part.rate or 0 for part in parts)
    assert whole.loss >= max(part.loss for part in parts) - 1e-9


@given(impairments)
def test_one_part_is_the_whole(part: Impairment) -> None:
    assert compose([part]) == part
