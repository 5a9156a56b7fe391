"""Profile documents to impairments: directions, bases, buffers; and a library that others shadow."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventories import TESTBED, site, write

from microdc.documents.model import DocumentError, Problem
from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.testbed.load import load
from microdc.units import (
    MAX_JITTER,
    MAX_RATE,
    MIN_RATE,
    Delay,
    Percent,
    Rate,
    Size,
    format_delay,
    format_percent,
    format_rate,
    format_size,
)
from microdc.wan.profile import Library, Profile, check, inspect_library, load_library, parse_profile

MS = 1_000_000
HEAD = "profile: {name}\ndescription: d\nsource: s\n"


def profile(text: str, name: str = "x", library: Library | None = None) -> Profile:
    return parse_profile((HEAD.format(name=name) + text).encode(), Path("x.yaml"), library)


def problems(text: str, name: str = "x", library: Library | None = None) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        profile(text, name, library)
    return list(caught.value.problems)


def library(directory: Path, **texts: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_text(HEAD.format(name=name) + text, "utf-8")
    return directory


def test_both_directions_alike() -> None:
    found = profile("both: {owd: 10ms, jitter: 1ms, loss: 0.5%}")
    assert found.up == found.down == Impairment(Delay(10 * MS), Delay(MS), Percent(0.5))
    assert found.symmetric
    assert found.rtt == 20 * MS


def test_up_and_down_apart() -> None:
    found = profile(
        "up: {owd: 1ms, rate: 10mbit, buffer: 40ms}\ndown: {owd: 2ms, rate: 50mbit, buffer: 64kB}"
    )
    assert found.up == Impairment(Delay(MS), rate=Rate(10**7), buffer=Size(50_000))
    assert found.down == Impairment(Delay(2 * MS), rate=Rate(5 * 10**7), buffer=Size(64_000))
    assert not found.symmetric


def test_half_of_an_rtt_is_one_way() -> None:
    assert profile("both: {rtt: 22.64ms}").up.owd == 11_320_000


def test_an_empty_direction_does_nothing() -> None:
    assert profile("up: {}\ndown: {owd: 1ms}").up == Impairment()


@pytest.mark.parametrize(
    ("rate", "size"),
    [
        ("100mbit", 1_250_000),
        ("64kbit", 16 * 1514),
        ("1.9mbit", 16 * 1514),
        ("2mbit", 25_000),
        ("400gbit", 2**32 - 1),
    ],
)
def test_a_rate_without_a_buffer_gets_100ms_and_at_least_16_packets(rate: str, size: int) -> None:
    assert profile(f"both: {{rate: {rate}}}").up.buffer == size


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("both:\n  owd: 1ms\n  jitter: 2ms", 6, "jitter 2ms is larger than the delay 1ms"),
        ("both: {jitter: 2ms}", 4, "jitter 2ms is larger than the delay 0ms"),
        ("both:\n  owd: 9s\n  jitter: 3s", 6, "jitter 3s is more than the kernel draws"),
        ("up: {}\ndown:\n  rtt: 1ms", 6, "unknown key 'rtt'"),
        ("both:\n  rtt: 1ms\n  jitter: 0.6ms", 6, "larger than the delay 500us"),
        ("both: {owd: 1ms, buffer: 10ms}", 4, "buffer without a rate"),
        ("both:\n  rate: 64kbit\n  buffer: 40ms", 6, "less than one full packet of 1514 B"),
        ("both: {rate: 1mbit, buffer: 0}", 4, "at 1mbit write at least 13ms"),
        ("both: {rate: 400gbit, buffer: 1s}", 4, "the kernel counts at most 4294967295 B"),
        ("base: x\nboth: {}", 4, "profile 'x' is its own base: x -> x"),
        ("base: y\nboth: {}", 4, "unknown base 'y'"),
    ],
)
def test_what_does_not_fit_together_is_told_at_its_line(text: str, line: int, words: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert (found[0].where.line, words in str(found[0])) == (line, True), found


def test_a_base_is_inherited_where_nothing_is_given(tmp_path: Path) -> None:
    base = load_library(
        library(
            tmp_path,
            line="up: {owd: 1ms, rate: 10mbit, buffer: 40ms}\ndown: {owd: 2ms, loss: 1%, rate: 20mbit}",
            twice="base: line\nup: {loss: 2%}",
        )
    )
    found = profile("base: twice\nboth: {rate: 100mbit}", library=base)
    assert found.up == Impairment(Delay(MS), loss=Percent(2.0), rate=Rate(10**8), buffer=Size(500_000))
    assert found.down == Impairment(
        Delay(2 * MS), loss=Percent(1.0), rate=Rate(10**8), buffer=Size(1_250_000)
    )
    assert found.base == "twice"


def test_jitter_inherited_over_a_shorter_delay_is_told_at_the_delay(tmp_path: Path) -> None:
    base = load_library(library(tmp_path, line="both: {owd: 10ms, jitter: 5ms}"))
    found = problems("base: line\nboth:\n  owd: 1ms", library=base)
    assert (found[0].where.line, "jitter 5ms" in found[0].what) == (6, True)


def test_a_circle_of_bases_is_told_for_each_and_does_not_hide_the_rest(tmp_path: Path) -> None:
    library(tmp_path, a="base: b\nboth: {}", b="base: a\nboth: {}", heir="base: a", good="both: {owd: 1ms}")
    found, wrong = inspect_library(tmp_path)
    assert list(found) == ["good"]
    assert {problem.where.file.stem for problem in wrong} == {"a", "b"}
    assert "a -> b -> a" in str(wrong[0]) or "b -> a -> b" in str(wrong[0])


def test_a_library_tells_all_problems_at_once(tmp_path: Path) -> None:
    library(tmp_path, a="both: {delay: 1ms}", b="both: {loss: 1}", c="base: a", d="base: nowhere")
    with pytest.raises(DocumentError) as caught:
        load_library(tmp_path)
    assert [problem.where.file.stem for problem in caught.value.problems] == ["a", "b", "c", "d"]


def test_later_directories_shadow_earlier_ones(tmp_path: Path) -> None:
    first = library(tmp_path / "1", line="both: {owd: 1ms}", heir="base: line")
    second = library(tmp_path / "2" / "deeper", line="both: {owd: 5ms}")
    found = load_library(first, second.parent, tmp_path / "missing")
    assert found["line"].up.owd == found["heir"].up.owd == 5 * MS
    assert found["line"].shadows is not None
    assert found["line"].shadows.file == first / "line.yaml"
    assert (found["heir"].shadows, found["line"].shipped) == (None, False)


def test_a_name_twice_in_one_directory_is_a_problem(tmp_path: Path) -> None:
    library(tmp_path, line="both: {}")
    library(tmp_path / "deeper", line="both: {}")
    _, wrong = inspect_library(tmp_path)
    assert [problem.what for problem in wrong] == ["profile 'line' is described twice"]


def test_an_unknown_profile_is_an_input_error_with_the_nearest_name(tmp_path: Path) -> None:
    found = load_library(library(tmp_path, line="both: {}"))
    with pytest.raises(InputError, match=r"there is no profile 'lime' \(did you mean line\?\)"):
        found["lime"]
    assert "lime" not in found
    assert found.get("lime") is None


def test_profiles_that_the_inventory_names_and_nobody_has(tmp_path: Path) -> None:
    found = load_library(library(tmp_path / "profiles", lan="both: {}", slow="both: {owd: 1ms}"))
    (tmp_path / "inventory").mkdir()
    text = TESTBED + "  pairs:\n    - between: [a, b]\n      backbone: slwo\n"
    testbed = load(write(tmp_path / "inventory", testbed=text, a=site("a", 1, "access: lam"), c=site("c", 3)))
    assert [str(problem).removeprefix(f"{tmp_path}/inventory/") for problem in check(testbed, found)] == [
        "sites/a.yaml:6: unknown profile 'lam' (did you mean lan?)",
        "testbed.yaml:8: unknown profile 'slwo' (did you mean slow?)",
    ]


IMPAIRMENTS = st.builds(
    lambda owd, share, loss, rate, size: Impairment(
        Delay(owd),
        Delay(min(owd * share // 100, MAX_JITTER)),
        Percent(loss),
        Rate(rate) if rate else None,
        Size(size) if rate else None,
    ),
    st.integers(0, 300 * 10**9),
    st.integers(0, 100),
    st.floats(0, 100),
    st.none() | st.integers(MIN_RATE, MAX_RATE),
    st.integers(1514, 2**32 - 1),
)


def written(impairment: Impairment) -> str:
    values = [f"owd: {format_delay(impairment.owd)}", f"jitter: {format_delay(impairment.jitter)}"]
    values.append(f"loss: {format_percent(impairment.loss)}")
    if impairment.rate is not None and impairment.buffer is not None:
        values += [f"rate: {format_rate(impairment.rate)}", f"buffer: {format_size(impairment.buffer)}"]
    return "{" + ", ".join(values) + "}"


@given(IMPAIRMENTS, IMPAIRMENTS)
def test_an_impairment_written_as_a_document_comes_back(up: Impairment, down: Impairment) -> None:
    found = profile(f"up: {written(up)}\ndown: {written(down)}")
    assert (found.up, found.down) == (up, down)
