"""Impairments as plain data and back, what they promise, and what chances come to in the long run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.impairment import CLEAN, DISTRIBUTIONS, Framing, Impairment, Slots, from_data, to_data
from microdc.losses import Chance, FourState, GilbertElliott, correlated_share
from microdc.units import Delay, Percent, Rate, Size

PERCENT = st.floats(0, 100).map(lambda value: Percent(round(value, 4)))
DELAY = st.integers(0, 10**10).map(Delay)
CHANCE = st.builds(Chance, PERCENT, PERCENT)
DISTRIBUTION = st.sampled_from(DISTRIBUTIONS) | st.lists(
    st.integers(-(2**15), 2**15 - 1), min_size=4, max_size=8
).map(tuple)
IMPAIRMENTS = st.builds(
    Impairment,
    owd=DELAY,
    jitter=DELAY,
    loss=PERCENT,
    rate=st.none() | st.integers(8_000, 4 * 10**11).map(Rate),
    buffer=st.none() | st.integers(1514, 2**32 - 1).map(Size),
    distribution=DISTRIBUTION,
    jitter_correlation=PERCENT,
    loss_correlation=PERCENT,
    loss_model=st.one_of(
        st.none(),
        st.builds(GilbertElliott, PERCENT, PERCENT, PERCENT, PERCENT),
        st.builds(FourState, PERCENT, PERCENT, PERCENT, PERCENT, PERCENT),
    ),
    ecn=st.booleans(),
    duplicate=CHANCE,
    corrupt=CHANCE,
    reorder=CHANCE,
    gap=st.integers(1, 99),
    slots=st.none() | st.builds(Slots, DELAY, DELAY, DISTRIBUTION, st.integers(0, 9), st.integers(0, 9)),
    framing=st.none() | st.builds(Framing, st.integers(-14, 99), st.integers(0, 99), st.integers(-5, 9)),
    limit=st.none() | st.integers(1, 2**31 - 1),
    seed=st.none() | st.integers(0, 2**64 - 1),
    keep_order=st.booleans(),
)


@given(IMPAIRMENTS)
def test_an_impairment_comes_back_from_json(value: Impairment) -> None:
    assert from_data(json.loads(json.dumps(to_data(value)))) == value


def test_plain_data_holds_what_differs_from_a_clean_wire_by_the_fields_names() -> None:
    assert to_data(CLEAN) == {}
    assert from_data({}) == CLEAN
    assert to_data(Impairment(Delay(5), loss_model=GilbertElliott(Percent(1.0), Percent(2.0)))) == {
        "owd": 5,
        "loss_model": {"model": "gemodel", "p": 1.0, "r": 2.0, "bad_loss": 100.0, "good_loss": 0.0},
    }


def test_what_an_earlier_microdc_kept_is_read() -> None:
    old = {"owd": 5, "jitter": 0, "loss": 1, "rate": None, "buffer": None}
    assert from_data(old) == Impairment(Delay(5), loss=Percent(1.0))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"delay": 5}, "an impairment has no 'delay'"),
        ({"owd": "5ms"}, "owd of an impairment cannot be '5ms'"),
        ({"owd": True}, "owd of an impairment cannot be True"),
        ({"loss": 101}, "loss of an impairment cannot be 101"),
        ({"ecn": 1}, "ecn of an impairment cannot be 1"),
        ({"distribution": "gauss"}, "distribution of an impairment cannot be 'gauss'"),
        ({"distribution": [1.5]}, "distribution of an impairment cannot be"),
        ({"loss_model": {"p": 1}}, "loss_model of an impairment cannot be"),
        ({"loss_model": {"model": "gemodel", "q": 1}}, "a gemodel has no 'q'"),
        ({"loss_model": {"model": "state", "p13": 1}}, "loss_model of an impairment cannot be"),
        ({"duplicate": {"share": "1%"}}, "share of a chance cannot be '1%'"),
        ({"slots": 5}, "5 is not slots"),
        ({"framing": {"cells": 5}}, "framing has no 'cells'"),
        ([], "is not an impairment"),
    ],
)  # fmt: skip
def test_data_that_is_no_impairment_is_told(data: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        from_data(data)
    assert words in str(caught.value)


@given(IMPAIRMENTS)
def test_the_words_are_one_short_line(value: Impairment) -> None:
    assert str(value).startswith("owd ")
    assert len(str(value)) < 330
    assert "\n" not in str(value)


def test_each_field_is_told_in_words() -> None:
    silent = {"owd", "gap", "jitter_correlation", "loss_correlation"}
    other = {
        "jitter": Delay(1), "loss": Percent(1.0), "rate": Rate(8000), "buffer": Size(1514),
        "loss_model": FourState(Percent(1.0), Percent(2.0)), "ecn": True, "duplicate": Chance(Percent(1.0)),
        "corrupt": Chance(Percent(1.0)), "reorder": Chance(Percent(1.0)), "slots": Slots(Delay(1)), "limit": 1, "seed": 0,
        "keep_order": False,
    }  # fmt: skip
    for name, value in other.items():
        assert str(Impairment(**{name: value})) != str(CLEAN), name  # type: ignore[arg-type]
    left = {field.name for field in fields(Impairment)} - other.keys() - silent
    assert left == {"distribution", "framing"}
    assert "uniform" in str(Impairment(jitter=Delay(1), distribution="uniform"))
    assert "framed" in str(Impairment(rate=Rate(8000), framing=Framing(1)))


SHARE = Percent(1.0)


@pytest.mark.parametrize(
    ("value", "independent", "ordered", "normal"),
    [
        (Impairment(Delay(9), Delay(5), SHARE, Rate(10**6), Size(9999)), True, True, True),
        (Impairment(loss_model=GilbertElliott(SHARE, SHARE)), False, True, True),
        (Impairment(loss=SHARE, loss_correlation=SHARE), False, True, True),
        (Impairment(loss=Percent(100.0), loss_correlation=SHARE), True, True, True),
        (Impairment(loss=SHARE, ecn=True), False, True, True),
        (Impairment(duplicate=Chance(SHARE)), False, True, True),
        (Impairment(corrupt=Chance(SHARE)), False, True, True),
        (Impairment(limit=5), False, True, True),
        (Impairment(Delay(9), reorder=Chance(SHARE)), True, False, False),
        (Impairment(Delay(9), Delay(5), keep_order=False), True, False, True),
        (Impairment(Delay(9), Delay(5), distribution="pareto"), True, True, False),
        (Impairment(Delay(9), Delay(5), jitter_correlation=SHARE), True, True, False),
        (Impairment(slots=Slots(Delay(5))), True, True, False),
    ],
)
def test_what_can_be_relied_on(value: Impairment, *, independent: bool, ordered: bool, normal: bool) -> None:
    assert (value.independent_loss, value.keeps_order, value.normal_jitter) == (independent, ordered, normal)


def gilbert(model: GilbertElliott, draw: Callable[[], float]) -> Iterator[bool]:
    """The kernel's loss_gilb_ell: the state that a packet finds decides its lot."""
    bad = False
    while True:
        found = bad
        if draw() * 100 < (model.r if bad else model.p):
            bad = not bad
        yield draw() * 100 < (model.bad_loss if found else model.good_loss)


def four_states(model: FourState, draw: Callable[[], float]) -> Iterator[bool]:
    """The kernel's loss_4state."""
    state = 1
    while True:
        at = draw() * 100
        if state == 1:
            state = 4 if at < model.p14 else 3 if at < model.p14 + model.p13 else 1
        elif state == 2:
            state = 3 if at < model.p23 else 2
        elif state == 3:
            state = 2 if at < model.p32 else 1 if at < model.p32 + model.p31 else 3
        else:
            state = 1
        yield state in {3, 4}


@pytest.mark.parametrize(
    "model",
    [
        GilbertElliott(Percent(5.0), Percent(20.0)),
        GilbertElliott(Percent(5.0), Percent(20.0), Percent(60.0), Percent(3.0)),
        FourState(Percent(5.0), Percent(20.0)),
        FourState(Percent(5.0), Percent(20.0), Percent(30.0), Percent(40.0), Percent(6.0)),
        FourState(Percent(0.0), Percent(20.0), p14=Percent(30.0)),
        FourState(Percent(20.0), Percent(0.0), Percent(30.0), Percent(40.0), Percent(6.0)),
        FourState(Percent(20.0), Percent(0.0)),
    ],
)
def test_the_mean_loss_of_a_model_is_what_the_kernels_chain_loses(model: GilbertElliott | FourState) -> None:
    draw = random.Random(20250101).random
    chain = gilbert(model, draw) if isinstance(model, GilbertElliott) else four_states(model, draw)
    lost = sum(next(chain) for _ in range(40_000)) / 400
    assert lost == pytest.approx(model.mean, abs=2)
    assert Impairment(loss_model=model).mean_loss == model.mean


def test_a_model_that_never_leaves_the_good_state() -> None:
    assert GilbertElliott(Percent(0.0), Percent(0.0), good_loss=Percent(3.0)).mean == Percent(3.0)


@pytest.mark.parametrize(("share", "correlation"), [(5, 5), (10, 25), (30, 50), (60, 80), (45, 95)])
def test_a_correlated_share_is_what_the_kernels_number_comes_to(share: float, correlation: float) -> None:
    draw, c, x, hits = random.Random(20250101).random, correlation / 100, 0.5, 0
    for _ in range(200_000):
        x = (1 - c) * draw() + c * x
        hits += x <= share / 100
    found = correlated_share(Percent(share), Percent(correlation))
    assert found == pytest.approx(hits / 2000, abs=0.6)
    assert Impairment(loss=Percent(share), loss_correlation=Percent(correlation)).mean_loss == found


@pytest.mark.parametrize(("share", "correlation"), [(0, 50), (100, 50), (7, 0), (7, 100)])
def test_a_share_that_no_correlation_changes(share: float, correlation: float) -> None:
    assert correlated_share(Percent(share), Percent(correlation)) == share
