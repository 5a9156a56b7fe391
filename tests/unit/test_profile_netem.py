"""netem's options in profile documents: what they come to, and what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from microdc.documents.model import DocumentError, Problem
from microdc.documents.netem import DistributionName
from microdc.impairment import DISTRIBUTIONS, Framing, Impairment, Slots
from microdc.losses import Chance, FourState, GilbertElliott
from microdc.netlink.distributions import NAMES
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.profile import Library, load_library, parse_profile

MS = 1_000_000
HEAD = "profile: x\ndescription: d\nsource: s\n"
OWD, JITTER = Delay(20 * MS), Delay(5 * MS)


def both(text: str, library: Library | None = None, base: str = "") -> Impairment:
    head = HEAD + (f"base: {base}\n" if base else "")
    return parse_profile(f"{head}both: {{{text}}}".encode(), Path("x.yaml"), library).up


def problems(text: str) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        parse_profile((HEAD + text).encode(), Path("x.yaml"))
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("distribution: pareto", Impairment(OWD, JITTER, distribution="pareto")),
        ("distribution: {name: uniform}", Impairment(OWD, JITTER, distribution="uniform")),
        (
            "distribution: {table: [-1, 0.5, 4, 0]}",
            Impairment(OWD, JITTER, distribution=(-8192, 4096, 32767, 0)),
        ),
        ("jitter_correlation: 25%", Impairment(OWD, JITTER, jitter_correlation=Percent(25.0))),
        ("keep_order: false", Impairment(OWD, JITTER, keep_order=False)),
        ("keep_order: true", Impairment(OWD, JITTER)),
        ("seed: 7", Impairment(OWD, JITTER, seed=7)),
        ('seed: "18446744073709551615"', Impairment(OWD, JITTER, seed=2**64 - 1)),
        ("limit: 9", Impairment(OWD, JITTER, limit=9)),
        ("loss: 0.1%", Impairment(OWD, JITTER, Percent(0.1))),
        ("loss: {random: 1%}", Impairment(OWD, JITTER, Percent(1.0))),
        (
            "loss: {random: 1%, correlation: 25%}",
            Impairment(OWD, JITTER, Percent(1.0), loss_correlation=Percent(25.0)),
        ),
        ("loss: 1%, ecn: true", Impairment(OWD, JITTER, Percent(1.0), ecn=True)),
        ("ecn: false", Impairment(OWD, JITTER)),
        (
            "loss: {gemodel: {p: 1%, r: 10%}}",
            Impairment(OWD, JITTER, loss_model=GilbertElliott(Percent(1.0), Percent(10.0))),
        ),
        (
            "loss: {gemodel: {p: 1%, r: 10%, bad_loss: 70%, good_loss: 0.1%}}",
            Impairment(
                OWD, JITTER,
                loss_model=GilbertElliott(Percent(1.0), Percent(10.0), Percent(70.0), Percent(0.1)),
            ),
        ),
        (
            "loss: {state: {p13: 2%}}",
            Impairment(OWD, JITTER, loss_model=FourState(Percent(2.0), Percent(98.0))),
        ),
        (
            "loss: {state: {p13: 1%, p31: 2%, p32: 3%, p23: 4%, p14: 5%}}",
            Impairment(OWD, JITTER, loss_model=FourState(*map(Percent, (1.0, 2.0, 3.0, 4.0, 5.0)))),
        ),
        (
            "duplicate: 1%, corrupt: {share: 2%, correlation: 3%}",
            Impairment(OWD, JITTER, duplicate=Chance(Percent(1.0)), corrupt=Chance(Percent(2.0), Percent(3.0))),
        ),
        ("reorder: 25%", Impairment(OWD, JITTER, reorder=Chance(Percent(25.0)))),
        (
            "reorder: {share: 25%, correlation: 50%, gap: 5}",
            Impairment(OWD, JITTER, reorder=Chance(Percent(25.0), Percent(50.0)), gap=5),
        ),
        (
            "slots: {min: 10ms, max: 30ms, packets: 5}",
            Impairment(OWD, JITTER, slots=Slots(OWD, Delay(10 * MS), "uniform", 5)),
        ),
        ("slots: {min: 20ms, bytes: 64kB}", Impairment(OWD, JITTER, slots=Slots(OWD, bytes=64_000))),
        (
            "slots: {delay: 20ms, jitter: 5ms, distribution: pareto}",
            Impairment(OWD, JITTER, slots=Slots(OWD, JITTER, "pareto")),
        ),
        ("slots: {delay: 20ms, jitter: 5ms}", Impairment(OWD, JITTER, slots=Slots(OWD, JITTER, "normal"))),
        (
            "rate: 10mbit, framing: {overhead: -14B, cell: 48B, cell_overhead: 5B}",
            Impairment(
                OWD, JITTER, rate=Rate(10**7), buffer=Size(125_000), framing=Framing(-14, 48, 5)
            ),
        ),
    ],
)  # fmt: skip
def test_what_an_option_comes_to(text: str, wanted: Impairment) -> None:
    assert both(f"owd: 20ms, jitter: 5ms, {text}") == wanted


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("owd: 1ms\n  distribution: pareto", 6, "a distribution without jitter"),
        ("jitter: 0\n  distribution: pareto", 6, "a distribution without jitter"),
        ("owd: 1ms\n  jitter_correlation: 25%", 6, "a correlation without jitter"),
        ("owd: 1ms\n  keep_order: false", 6, "nothing makes packets overtake"),
        ("loss: 0%\n  ecn: true", 6, "ecn without loss"),
        ("loss: 1%\n  reorder: 1%", 6, "reorder without a delay"),
        ("loss: 1%\n  framing: {overhead: 18B}", 6, "framing without a rate"),
        ("owd: 1ms\n  seed: 5", 6, "a seed without anything that is left to chance"),
        (
            "{owd: 9ms, jitter: 1ms, rate: 1mbit,\n  keep_order: false, framing: {overhead: 0B}}",
            6,
            "with framing the order is kept",
        ),
        (
            "owd: 9ms\n  jitter: 1ms\n  distribution: gauss",
            7,
            "`distribution`: 'gauss' is not a distribution",
        ),
        (
            "owd: 9ms\n  jitter: 1ms\n  distribution:\n    table: [1, 2, 3]",
            8,
            "has 3 entries: netem takes 4 to 16384",
        ),
        ("owd: 9ms\n  jitter: 1ms\n  distribution:\n    table: [1, 2, 3, 4.5]", 8, "holds 4.5"),
        (
            "owd: 9ms\n  jitter: 1ms\n  distribution:\n    table: [1, 2, 3, x]",
            8,
            "`table[3]` must be a number, not text",
        ),
        (
            "owd: 9ms\n  jitter: 1ms\n  distribution: {name: normal, table: [1, 2, 3, 4]}",
            7,
            "write the name of a distribution, or",
        ),
        ("loss: 1", 5, "`loss`: '1' lacks the percent sign: write 1%"),
        ("loss:\n    random: 1", 6, "`random`: '1' lacks the percent sign"),
        ("loss: {correlation: 1%}", 5, "says nothing: write a share"),
        ("loss: {random: 1%, state: {p13: 1%}}", 5, "random and state exclude each other"),
        ("loss: {correlation: 1%, state: {p13: 1%}}", 5, "correlation is of random losses only"),
        ("loss:\n    gemodel:\n      p: 1%", 6, "`r` is missing"),
        ("loss: {gemodel: {r: 1%}}", 5, "`p` is missing"),
        ("loss: {state: {p31: 1%}}", 5, "`p13` is missing"),
        ("loss: {state: {p13: 60%, p14: 50%}}", 5, "p13 and p14 are 110% together"),
        ("loss: {state: {p13: 1%, p31: 60%, p32: 50%}}", 5, "p31 and p32 are 110% together"),
        ("loss: {state: {p13: 1%, p31: 1%, p32: 1%, p23: 0%}}", 5, "no way leads out of state 2"),
        ("duplicate: 2", 5, "`duplicate`: '2' lacks the percent sign"),
        ("duplicate: {correlation: 2%}", 5, "`share` is missing"),
        ("owd: 1ms\n  reorder: {gap: 5}", 6, "`share` is missing"),
        ("owd: 1ms\n  reorder: {share: 1%, gap: 0}", 6, "`gap`: must be greater than or equal to 1"),
        ("slots: {packets: 5}", 5, "write how far slots are apart"),
        ("slots: {min: 1ms, delay: 5ms}", 5, "write how far slots are apart"),
        ("slots: {max: 1ms, delay: 5ms}", 5, "max without min"),
        ("slots: {min: 1ms, jitter: 5ms}", 5, "jitter without delay"),
        ("slots: {delay: 1ms, distribution: normal}", 5, "distribution without jitter"),
        ("slots: {min: 2ms, max: 1ms}", 5, "min is more than max"),
        ("slots: {delay: 2ms, jitter: 3ms}", 5, "jitter is more than delay"),
        ("slots: {min: 0}", 5, "slots that are nothing apart are none"),
        ("slots: {delay: 9s, jitter: 3s}", 5, "spread by more than the kernel draws: 2.147483647s"),
        ("slots: {min: 1ms, bytes: 3000MB}", 5, "bytes are 1 to 2147483646"),
        ("{rate: 1mbit, framing: {}}", 5, "says nothing: give overhead"),
        ("{rate: 1mbit, framing: {overhead: -15B}}", 5, "takes off at most the Ethernet header: -14B"),
        ("{rate: 1mbit, framing: {overhead: 15}}", 5, "'15' has no unit of size"),
        ("{rate: 1mbit, framing: {overhead: 0B, cell_overhead: 5B}}", 5, "cell_overhead without cell"),
        ("{rate: 1mbit, framing: {cell: 5B, cell_overhead: -5B}}", 5, "a cell has at least one byte"),
        ("limit: 0", 5, "`limit`: must be greater than or equal to 1"),
        ("seed: 18446744073709551615", 5, "one of twenty digits is written in quotes"),
        ('seed: "18446744073709551616"', 5, "18446744073709551616 is not a seed"),
        ("los: 1%", 5, "did you mean loss?"),
    ],
)
def test_what_does_not_fit_together_is_told_at_its_line(text: str, line: int, words: str) -> None:
    first = "both: " if text.startswith("{") else "both:\n  "
    found = problems(first + (text.replace("\n  ", "\n ", 1) if text.startswith("{") else text))
    assert len(found) == 1, found
    expected = line - 1 if text.startswith("{") else line
    assert (found[0].where.line, words in str(found[0])) == (expected, True), found


def test_all_terms_that_a_model_lacks_are_named() -> None:
    found = problems("both: {loss: {gemodel: {}}}")
    assert [problem.what for problem in found] == ["`p` is missing", "`r` is missing"]
    assert "such as 10%" in found[1].hint


def test_two_large_tables_are_told_before_they_do_not_fit_a_message() -> None:
    table = "{table: [" + ", ".join(["0", "1"] * 8192) + "]}"
    text = f"both: {{owd: 9ms, jitter: 1ms, distribution: &t {table}, slots: {{delay: 9ms, jitter: 1ms, distribution: *t}}}}"
    (found,) = problems(text)
    assert "have 32768 entries together: a message takes 32000" in found.what


def test_all_rooms_know_the_same_distributions() -> None:
    assert get_args(DistributionName) == DISTRIBUTIONS == NAMES


BASE = (
    "owd: 20ms, jitter: 5ms, distribution: pareto, jitter_correlation: 5%, keep_order: false, loss: 1%, ecn: true, "
    "reorder: 1%, seed: 4"
)


def test_what_belonged_to_something_inherited_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(f"profile: base\ndescription: d\nsource: s\nboth: {{{BASE}}}\n")
    library = load_library(tmp_path)
    calm = both("jitter: 0, loss: 0%", library, "base")
    assert calm == Impairment(OWD, reorder=Chance(Percent(1.0)), seed=4)
    assert both("owd: 0, jitter: 0, loss: 0%", library, "base") == Impairment()
    assert both("seed: 5", library, "base").seed == 5
    assert both("loss: {gemodel: {p: 1%, r: 2%}}", library, "base").ecn
    assert both("keep_order: true, ecn: false", library, "base").keep_order
