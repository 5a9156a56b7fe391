from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.impairment import CLEAN, Framing, Impairment, Slots
from microdc.losses import Chance, GilbertElliott
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


MS = Delay(1_000_000)
RUNS = GilbertElliott(Percent(1.0), Percent(10.0))
FRAMED = Impairment(rate=Rate(10**6), buffer=Size(9999), framing=Framing(cell=48))
PLAIN = Impairment(MS, MS, Percent(1.0), Rate(10**7), Size(99_999))


@pytest.mark.parametrize(
    "part",
    [
        Impairment(MS, MS, distribution="pareto"),
        Impairment(MS, MS, distribution=(1, 2, 3, 4)),
        Impairment(MS, MS, jitter_correlation=Percent(5.0)),
        Impairment(loss=Percent(1.0), loss_correlation=Percent(5.0)),
        Impairment(loss=Percent(1.0), ecn=True),
        Impairment(loss_model=RUNS),
        Impairment(loss_model=RUNS, ecn=True),
        Impairment(duplicate=Chance(Percent(1.0), Percent(2.0))),
        Impairment(corrupt=Chance(Percent(1.0), Percent(2.0))),
        Impairment(MS, reorder=Chance(Percent(1.0), Percent(2.0)), gap=5),
        Impairment(slots=Slots(MS)),
        Impairment(limit=5, seed=0),
        FRAMED,
        Impairment(MS, MS, keep_order=False),
    ],
)
def test_what_one_part_asks_holds_for_the_whole(part: Impairment) -> None:
    assert compose([CLEAN, part, CLEAN]) == part


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (Impairment(MS, MS, distribution="pareto"), "distribution of jitter"),
        (Impairment(MS, MS, jitter_correlation=Percent(5.0)), "correlation of jitter"),
        (Impairment(MS, reorder=Chance(Percent(1.0))), "reordering"),
        (Impairment(slots=Slots(MS)), "slots"),
        (Impairment(limit=5), "limit"),
        (Impairment(seed=0), "seed"),
        (Impairment(loss_model=RUNS), "loss"),
        (Impairment(loss=Percent(1.0), loss_correlation=Percent(5.0)), "loss"),
        (Impairment(duplicate=Chance(Percent(1.0), Percent(2.0))), "correlated duplicate"),
        (Impairment(corrupt=Chance(Percent(1.0), Percent(2.0))), "correlated corrupt"),
    ],
)
def test_what_two_parts_ask_and_nobody_can_put_together_is_refused(other: Impairment, what: str) -> None:
    with pytest.raises(InputError) as caught:
        compose({"vdsl2": other, "paris-boston": CLEAN, "gpon ": other})
    assert caught.value.what == f"vdsl2 and gpon each ask a {what} of their own, and lie on one path"


@pytest.mark.parametrize("parts", [("marks", "loses"), ("loses", "marks")])
def test_a_part_that_marks_and_one_that_loses_are_not_one(parts: tuple[str, str]) -> None:
    loses = Impairment(loss=Percent(1.0))
    known = {"loses": loses, "marks": Impairment(loss=Percent(1.0), ecn=True)}
    with pytest.raises(InputError, match="each ask a loss of their own"):
        compose({name: known[name] for name in parts})
    assert compose([known["marks"], known["marks"]]).ecn
    with pytest.raises(InputError):
        compose({"runs": Impairment(loss_model=RUNS), "loses": loses})
    with pytest.raises(InputError):
        compose({"loses": loses, "runs": Impairment(loss_model=RUNS)})


def test_another_distribution_is_that_of_the_whole_jitter() -> None:
    whole = compose([Impairment(MS, Delay(3000), distribution="pareto"), Impairment(MS, Delay(4000))])
    assert (whole.distribution, whole.jitter) == ("pareto", 5000)
    # a uniform jitter is half the width: its deviation is 1/sqrt(3) of it
    whole = compose([Impairment(MS, Delay(3000), distribution="uniform"), Impairment(MS, Delay(3000))])
    assert (whole.distribution, whole.jitter) == ("uniform", 6000)


def test_duplicates_and_corrupt_packets_of_two_parts_are_hit_at_least_once() -> None:
    part = Impairment(duplicate=Chance(Percent(10.0)), corrupt=Chance(Percent(50.0)))
    whole = compose([part, part])
    assert whole.duplicate.share == pytest.approx(19.0)
    assert whole.corrupt.share == pytest.approx(75.0)


def test_the_framing_is_that_of_the_slowest_part() -> None:
    assert compose([PLAIN, FRAMED]).framing == FRAMED.framing
    assert compose([replace(FRAMED, rate=Rate(10**8)), PLAIN]).framing is None


def test_one_part_that_gives_order_up_gives_it_up_for_all_but_behind_a_framed_rate() -> None:
    loose = Impairment(MS, MS, keep_order=False)
    assert not compose([PLAIN, loose]).keep_order
    assert compose([loose, FRAMED]).keep_order


def test_the_first_of_two_lines_that_are_equally_slow_is_the_bottleneck() -> None:
    lines = [Impairment(rate=Rate(10**6), buffer=Size(size)) for size in (2000, 5000)]
    assert compose(lines).buffer == 2000
    assert compose(lines[::-1]).buffer == 5000
