"""What the bytes of the event log mean."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipmi_samples import HOT, find

from microdc.bmc.ipmi import sel, words


def test_a_threshold_event() -> None:
    entry = sel.entry(HOT, sel.Clock(), find)
    assert (entry.id, entry.severity, entry.source, entry.code) == ("258", "critical", "Inlet Tem", "01.01.9")
    assert entry.at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert entry.message == "Upper critical going high: 78 Cel, threshold 77 Cel"


def test_the_end_of_a_state_is_ok() -> None:
    entry = sel.entry(HOT[:12] + b"\x81" + HOT[13:], sel.Clock(), find)
    assert (entry.severity, "deasserted" in entry.message) == ("ok", True)


def test_an_event_of_an_unknown_sensor_names_its_kind_and_number() -> None:
    entry = sel.entry(HOT[:11] + b"\x55" + HOT[12:], sel.Clock(), find)
    assert (entry.source, entry.message) == ("Temperature sensor 0x55", "Upper critical going high")


@pytest.mark.parametrize("seconds", [0, 14586, 0x2000_0000, 0xFFFF_FFFF])
def test_times_before_the_clock_was_set_are_none(seconds: int) -> None:
    record = HOT[:3] + struct.pack("<I", seconds) + HOT[7:]
    assert sel.entry(record, sel.Clock(), find).at is None


def test_a_clock_with_an_offset_counts_local_time() -> None:
    at = sel.entry(HOT, sel.Clock(timedelta(hours=2)), find).at
    assert at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))


def test_records_of_manufacturers_and_of_a_kernel_that_panicked() -> None:
    timed = sel.entry(bytes.fromhex("0300 c1 a55d0d5e 570100 a1a2a3a4a5a6"), sel.Clock(), find)
    assert timed.at is not None
    assert timed.message.endswith("57 01 00 a1 a2 a3 a4 a5 a6")
    plain = sel.entry(bytes.fromhex("0400 e0 01020304050607 08090a0b0c0d"), sel.Clock(), find)
    assert (plain.at, plain.severity) == (None, None)
    panic = sel.entry(bytes.fromhex("0500 f0 20 00") + b"Fatal excep".ljust(11, b"\0"), sel.Clock(), find)
    assert (panic.message, panic.severity) == ("Linux kernel panic: Fatal excep", "critical")


def test_a_short_record_is_refused() -> None:
    with pytest.raises(ValueError, match="cut off"):
        sel.entry(HOT[:15], sel.Clock(), find)


@given(st.binary(min_size=16, max_size=16))
def test_any_record_says_something(data: bytes) -> None:
    assert sel.entry(data, sel.Clock(), find).message


def test_states_that_no_table_knows_have_words_and_no_health() -> None:
    assert words.state(0xC0, 0x70, 3) == words.State("state 3 of type 0xc0/0x70", None)
