"""Losses in runs: the chains against exact sums, and the tests of their counts over many simulated runs."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from microdc.losses import FourState, GilbertElliott, LossModel
from microdc.measure.chains import Chain
from microdc.measure.losstest import LossTest, packets_needed
from microdc.measure.runtest import RunsTest
from microdc.units import Percent


def gilbert(p: float, r: float, bad: float = 100.0, good: float = 0.0) -> GilbertElliott:
    return GilbertElliott(Percent(p), Percent(r), Percent(bad), Percent(good))


def four(p13: float, p31: float, p32: float = 0.0, p23: float = 100.0, p14: float = 0.0) -> FourState:
    return FourState(Percent(p13), Percent(p31), Percent(p32), Percent(p23), Percent(p14))


MODELS: list[LossModel] = [
    gilbert(0.2525, 25),
    gilbert(5, 25),
    gilbert(2, 20, 60, 0.5),
    gilbert(100, 100),
    gilbert(1, 99),
    four(5, 20, 50, 50, 3),
    four(1, 30),
]
SHORT = [model for model in MODELS if model != gilbert(100, 100)]
IDS = str


def settled(chain: Chain) -> list[float]:
    """The share of packets in each state, by going on from a state for long; the mean of two steps for a chain with a period."""
    share = [1.0] + [0.0] * (len(chain.moves) - 1)
    before = share
    for _ in range(4000):
        before, share = share, step(chain, share)
    return [(one + other) / 2 for one, other in zip(before, share, strict=True)]


def step(chain: Chain, share: list[float]) -> list[float]:
    size = range(len(share))
    return [sum(share[i] * chain.moves[i][j] for i in size) for j in size]


def exact_counts(chain: Chain, packets: int) -> list[float]:
    """The probability of each count of losses among so many packets: a sum over all that can happen."""
    size = range(len(chain.moves))
    found = [[0.0] * (packets + 1) for _ in size]
    for state, share in enumerate(settled(chain)):
        found[state][0] = share
    for _ in range(packets):
        counted = [
            [
                chain.fates[i][0] * found[i][k] + (chain.fates[i][1] * found[i][k - 1] if k else 0.0)
                for k in range(packets + 1)
            ]
            for i in size
        ]
        found = [
            [sum(chain.moves[i][j] * counted[i][k] for i in size) for k in range(packets + 1)] for j in size
        ]
    return [sum(found[i][k] for i in size) for k in range(packets + 1)]


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_mean_and_variance_are_those_of_exact_sums(model: LossModel) -> None:
    chain = Chain.of(model)
    assert 100 * chain.mean == pytest.approx(model.mean, rel=1e-9)
    moments = []
    for packets in (60, 120):
        counts = exact_counts(chain, packets)
        mean = sum(k * chance for k, chance in enumerate(counts))
        assert mean == pytest.approx(packets * chain.mean, rel=1e-6)
        moments.append(sum((k - mean) ** 2 * chance for k, chance in enumerate(counts)))
    growth = (moments[1] - moments[0]) / 60  # what the variance grows by, the start being over
    assert chain.burstiness * chain.mean * (1 - chain.mean) == pytest.approx(growth, rel=0.02, abs=1e-4)


@pytest.mark.parametrize(("p", "r", "bad", "good"), [(0.2525, 25, 100, 0), (2, 20, 60, 0.5), (60, 70, 90, 5)])
def test_variance_of_two_states_in_closed_form(p: float, r: float, bad: float, good: float) -> None:
    chain = Chain.of(gilbert(p, r, bad, good))
    share, memory, apart = p / (p + r), 1 - (p + r) / 100, (bad - good) / 100
    variance = chain.mean * (1 - chain.mean)
    variance += 2 * apart**2 * share * (1 - share) * memory / (1 - memory)
    assert chain.burstiness * chain.mean * (1 - chain.mean) == pytest.approx(variance, rel=5e-3)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
@pytest.mark.parametrize("alpha", [1e-2, 1e-6])
def test_a_false_alarm_is_no_more_probable_than_stated(model: LossModel, alpha: float) -> None:
    """By calculation, for the asked chain itself: simulated runs could never show so small a probability."""
    test = RunsTest(Chain.of(model), 0.0005, alpha)
    counts = exact_counts(test.chain, 150)
    assert sum(counts) == pytest.approx(1)
    for rejects in (test.too_many, test.too_few):
        assert sum(chance for k, chance in enumerate(counts) if rejects(150, k)) <= alpha / 2


def losing(chain: Chain, draw: random.Random) -> Iterator[bool]:
    """Whether each packet is lost, for ever."""
    (state,) = draw.choices(range(len(chain.moves)), settled(chain))
    while True:
        yield draw.random() < chain.fates[state][1]
        (state,) = draw.choices(range(len(chain.moves)), chain.moves[state])


def runs(model: LossModel, packets: int, many: int, under: float = 0.0) -> Iterator[int]:
    """Counts of losses, with those of an underlay that loses its own share of packets."""
    draw = random.Random(41)
    fates = losing(Chain.of(model), draw)
    for _ in range(many):
        yield sum(next(fates) or draw.random() < under for _ in range(packets))


@pytest.mark.parametrize("model", [gilbert(5, 25), four(5, 20, 50, 50, 3)], ids=IDS)
def test_no_false_alarms_and_no_missed_errors_in_many_runs(model: LossModel) -> None:
    test = RunsTest(Chain.of(model), 0.0005, 1e-6)
    packets = packets_needed(test)
    assert packets is not None
    for under in (0.0, 0.0005):
        for lost in runs(model, packets, 60, under):
            assert not test.too_many(packets, lost)
            assert not test.too_few(packets, lost)
    often = gilbert(16, 25) if isinstance(model, GilbertElliott) else four(28, 20, 50, 50, 3)
    seldom = gilbert(1.0, 25) if isinstance(model, GilbertElliott) else four(0.5, 20, 50, 50, 1)
    assert 100 * (test.more or 0) <= often.mean
    assert 100 * (test.less or 0) >= seldom.mean
    assert sum(test.too_many(packets, lost) for lost in runs(often, packets, 40)) >= 32
    assert sum(test.too_few(packets, lost) for lost in runs(seldom, packets, 40)) >= 32


def test_an_independent_test_would_raise_false_alarms() -> None:
    """Why there is one for runs: the losses asked for are called wrong by a test that takes them for independent."""
    model, packets = gilbert(0.2525, 10), 20_000
    wrong = LossTest(model.mean / 100, 0.0005, 1e-6)
    right = RunsTest(Chain.of(model), 0.0005, 1e-6)
    counts = list(runs(model, packets, 8))
    assert any(wrong.too_many(packets, lost) or wrong.too_few(packets, lost) for lost in counts)
    assert not any(right.too_many(packets, lost) or right.too_few(packets, lost) for lost in counts)


@pytest.mark.parametrize("model", SHORT, ids=IDS)
def test_packets_needed_are_sent_in_a_run(model: LossModel) -> None:
    test = RunsTest(Chain.of(model), 0.0005, 1e-6 / 2)
    needed = packets_needed(test)
    assert needed is not None
    assert test.tells(needed)
    assert not test.tells(needed // 3)
    assert needed < 40_000  # forty seconds at a thousand a second


def test_long_runs_are_known() -> None:
    assert Chain.of(gilbert(1, 25)).endures(64) == pytest.approx(0.75**64, rel=1e-6)
    assert Chain.of(four(1, 20)).endures(64) == pytest.approx(0.8**64, rel=1e-6)
    assert Chain.of(gilbert(1, 0)).endures(64) == pytest.approx(1)
    assert Chain.of(four(1, 100)).endures(64) < 1e-12
