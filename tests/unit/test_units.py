"""Rates, delays, sizes and percentages: what is read, what is refused, and that what is printed reads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.units import (
    MAX_DELAY,
    MAX_RATE,
    MIN_RATE,
    format_delay,
    format_memory,
    format_percent,
    format_rate,
    format_size,
    parse_delay,
    parse_duration,
    parse_memory,
    parse_percent,
    parse_rate,
    parse_size,
)


@given(st.integers(0, MAX_DELAY))
def test_a_delay_reads_back(value: int) -> None:
    assert parse_delay(format_delay(value)) == value


@given(st.integers(MIN_RATE, MAX_RATE))
def test_a_rate_reads_back(value: int) -> None:
    assert parse_rate(format_rate(value)) == value


@given(st.integers(1, 2**32 - 1))
def test_memory_reads_back(value: int) -> None:
    assert parse_memory(format_memory(value * 2**20)) == value * 2**20


@given(st.integers(0, 2**32 - 1))
def test_a_size_reads_back(value: int) -> None:
    assert parse_size(format_size(value)) == value


@given(st.floats(0, 100))
def test_a_percentage_reads_back(value: float) -> None:
    assert parse_percent(format_percent(value)) == value


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_delay, "10ms", 10_000_000),
        (parse_delay, "0.75 ms", 750_000),
        (parse_delay, "250us", 250_000),
        (parse_delay, "3µs", 3_000),
        (parse_delay, "0", 0),
        (parse_duration, "10m", 600 * 10**9),
        (parse_duration, "1h", 3600 * 10**9),
        (parse_rate, "64kbit", 64_000),
        (parse_rate, "1.5Gbit", 1_500_000_000),
        (parse_rate, "10gbit/s", 10**10),
        (parse_rate, "1mibit", 2**20),
        (parse_memory, "64GiB", 64 * 2**30),
        (parse_memory, "1.5TiB", 3 * 2**39),
        (parse_size, "64kB", 64_000),
        (parse_size, "1KiB", 1024),
        (parse_size, "1514B", 1514),
        (parse_percent, "0.001%", 0.001),
        (parse_percent, "100 %", 100.0),
        (parse_percent, "0", 0.0),
    ],
)
def test_what_is_read(parse: Callable[[str], float], text: str, value: float) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "words"),
    [
        (parse_delay, "10", "no unit of time"),
        (parse_delay, "10 sec", "no unit of time"),
        (parse_delay, "-1ms", "negative"),
        (parse_delay, "nan", "not a duration"),
        (parse_delay, "infms", "not a duration"),
        (parse_delay, "1e400ms", "out of range"),
        (parse_delay, "1e-400ms", "out of range"),
        (parse_rate, "1e-99999999999bps", "out of range"),
        (parse_delay, "301s", "more than 300s"),
        (parse_delay, "", "not a duration"),
        (parse_delay, "10ms 5ms", "not a duration"),
        (parse_rate, "10gbps", "write 10gbit"),
        (parse_rate, "10 Mbps", "write 10mbit"),
        (parse_rate, "10GB", "write bits per second, such as 80gbit"),
        (parse_rate, "0mbit", "leave `rate` out"),
        (parse_rate, "401gbit", "is outside"),
        (parse_rate, "100", "no unit of rate"),
        (parse_size, "4GiB", "4 GiB or more"),
        (parse_memory, "64GB", "no unit of memory"),
        (parse_memory, "0GiB", "no memory that a server has"),
        (parse_size, "10", "no unit of size"),
        (parse_size, "1e400kB", "out of range"),
        (parse_percent, "101%", "more than 100%"),
        (parse_percent, "0.5", "write 0.5%"),
        (parse_percent, "-1%", "negative"),
        (parse_percent, "nan%", "not a percentage"),
    ],
)
def test_what_is_refused_says_what_to_write(parse: Callable[[str], object], text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")) as caught:
        parse(text)
    assert repr(text) in str(caught.value)


PARSERS = st.sampled_from([parse_delay, parse_duration, parse_rate, parse_size, parse_memory, parse_percent])
NUMBERS = st.text(st.sampled_from("0123456789.eE+-_ naif%kmgbitGBs"), max_size=14)


@given(PARSERS, st.one_of(st.text(max_size=12), NUMBERS))
def test_arbitrary_text_gives_a_number_or_a_value_error(parse: Callable[[str], float], text: str) -> None:
    try:
        value = parse(text)
    except ValueError:
        return
    assert value >= 0
