from __future__ import annotations

import pytest

from microdc.impairment import CLEAN, Framing, Impairment
from microdc.losses import Chance
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.remarks import remarks

SHARE, QUARTER = Percent(1.0), Percent(25.0)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            Impairment(loss=SHARE, loss_correlation=QUARTER),
            "loss of 1% with a correlation of 25% comes to 0.00024%",
        ),
        (
            Impairment(corrupt=Chance(SHARE, QUARTER)),
            "corrupt of 1% with a correlation of 25% comes to 0.00024%",
        ),
        (
            Impairment(Delay(5), Delay(1), jitter_correlation=QUARTER),
            "jitter_correlation is set and has no effect",
        ),
        (Impairment(rate=Rate(10**6), buffer=Size(5000), framing=Framing(5)), "a number of full packets"),
    ],
)
def test_what_the_kernel_makes_otherwise_is_told(asked: Impairment, words: str) -> None:
    (found,) = remarks(asked)
    assert words in found


@pytest.mark.parametrize(
    "asked",
    [
        CLEAN,
        Impairment(Delay(5), Delay(1), SHARE, Rate(10**6), Size(5000)),
        Impairment(loss=Percent(100.0), loss_correlation=QUARTER),
        Impairment(duplicate=Chance(SHARE)),
    ],
)
def test_what_is_as_it_is_written_needs_no_word(asked: Impairment) -> None:
    assert remarks(asked) == ()
