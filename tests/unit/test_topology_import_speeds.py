"""The speed of a link from the words of a map: one meaning is taken silently, of several one is taken and told, or none."""

from __future__ import annotations

import pytest

from microdc.topology.formats.speeds import read_speed


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("2.5 Gbit/s", 2_500_000_000), ("622 Mbps", 622_000_000), ("10Gbps", 10**10), ("100G", 10**11), ("64 kbit/s", 64_000),
        ("OC-192c", 9_953_280_000), ("OC192/STM64", 9_953_280_000), ("OC12", 622_080_000), ("STM-16", 2_488_320_000),
        ("Lit Fibre (10 Gbps)", 10**10), ("10GbE", 10**10), ("Gigabit Ethernet", 10**9), ("GigE", 10**9),
        ("T3", 44_736_000), ("E1", 2_048_000), ("1.45Gbps", 1_450_000_000), ("0.5 Tbps", 5 * 10**11),
        ("10 Gigabit Ethernet", 10**10), ("100 megabit", 10**8), ("10-G", 10**10), ("Madrid -> Lisboa: 10 Gbps", 10**10),
        ("10 Gbps/OC-192", 9_953_280_000), ("2.5Gbps (OC-48)", 2_488_320_000),
    ],
)  # fmt: skip
def test_a_speed_of_one_meaning_is_taken_without_a_word(text: str, rate: int) -> None:
    speed = read_speed(text)
    assert speed is not None
    assert (speed.rate, speed.note) == (rate, "")


@pytest.mark.parametrize(
    ("text", "rate", "word"),
    [
        ("1-10Gbps", 10**9, "range"), ("34/45 Mbit/s", 34_000_000, "two speeds"), ("155 Mbps to 2.5 Gbps", 155_000_000, "range"),
        ("OC-3/OC-12", 155_520_000, "two speeds"), ("OC-12, OC-3", 155_520_000, "two speeds"), ("STM-4/T3", 44_736_000, "two speeds"),
        ("10 Gbps (was 1 Gbps)", 10**9, "two speeds"), ("E3/T3", 34_368_000, "two speeds"), ("1/10/100 Mbps", 10**6, "several speeds"),
        ("34-45-155 Mbps", 34_000_000, "range"), ("100 Mbit Ethernet and 2 Mbit DSL", 2_000_000, "two speeds"),
        ("T1, E1, 64k", 64_000, "several speeds"),
        (">10Gbps", 10**10, "lower bound"), ("<45Mb", 45_000_000, "upper bound"), ("up to 1 Gbps", 10**9, "upper bound"),
        ("OC3 and below/STM1", 155_520_000, "upper bound"), ("ring: max 10 Gbps", 10**10, "upper bound"), ("E3 or more", 34_368_000, "lower bound"),
        ("~10 Gbps", 10**10, "about"), ("n x 2.5G", 2_500_000_000, "unknown number of lines"),
        ("2x10 Gbps", 2 * 10**10, "2 lines"), ("4 x STM-16", 4 * 2_488_320_000, "4 lines"), ("E1 x 4", 4 * 2_048_000, "4 lines"),
        ("10G x2", 2 * 10**10, "2 lines"), ("2 x 155 + 34 Mbps", 344_000_000, "3 lines"), ("2x10G + 40G", 6 * 10**10, "3 lines"),
        ("OC-3 + E3", 155_520_000 + 34_368_000, "2 lines"), ("2 x 10G / 1G", 10**9, "two speeds"), ("2 x 1G / 10G", 2 * 10**9, "2 lines and two speeds"),
        ("2,5 Gbit/s", 2_500_000_000, "comma"), ("0,155 Gbps", 155_000_000, "comma"), ("34,45 Mbps", 34_450_000, "comma"),
        ("10 Mbps 20 km", 10**7, "several numbers"), ("Ring 3: OC-3", 155_520_000, "several numbers"), ("45 Mbps / 155", 45_000_000, "several numbers"),
        ("10 GB/s", 10**10, "in bytes"),
    ],
)  # fmt: skip
def test_a_speed_of_more_than_one_meaning_says_what_is_taken(text: str, rate: int, word: str) -> None:
    speed = read_speed(text)
    assert speed is not None
    assert speed.rate == rate
    assert word in speed.note


@pytest.mark.parametrize(
    "text", ["1,544 Mbps", "1,000 Mbps", "10 Gbps/1,544 Mbps", "1 000 Mbps", "4 E1", "2 STM-1", "3 10G"]
)
def test_a_speed_that_can_be_read_in_two_ways_is_not_guessed(text: str) -> None:
    speed = read_speed(text)
    assert speed is not None
    assert speed.rate is None
    assert speed.note.endswith(": none")
    given = read_speed(text, "5e6")
    assert given is not None
    assert given.rate == 5_000_000
    assert "the file's own number" in given.note


@pytest.mark.parametrize(
    "text",
    [
        "", "Lit Fibre", "Green Link", "Fibre (2x)", "None", "?", "c", "Pink Off-net location", "12", "ARCOS", "-5 Mbps", "0 Mbps",
        "1,234,567 kbps", "1'000 Mbps", "2.5.1 Gbps", "1e3 Mbps", "10 km", "½ Gbps", "STM", "OC-0",
    ],
)  # fmt: skip
def test_what_is_no_speed_is_none(text: str) -> None:
    assert read_speed(text) is None


def test_the_number_that_the_file_gives_is_believed_and_a_difference_told() -> None:
    both = read_speed("34/45 Mbit/s", "45000000.0")
    other = read_speed("10 Gbps", "45000000.0")
    assert both is not None
    assert other is not None
    assert (both.rate, other.rate) == (45_000_000, 45_000_000)
    assert "two speeds" in both.note
    assert "differ" in other.note
    assert read_speed("2.5", "", "G") == read_speed("2.5 Gbps")
    assert read_speed("10 Gbps", "nan") == read_speed("10 Gbps")
