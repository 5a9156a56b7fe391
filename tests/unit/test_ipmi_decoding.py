"""What the bytes of sensors mean: records, values, readings. The bytes were put together by hand from the tables of the specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipmi_samples import INLET, RAIL, one

from microdc.bmc.ipmi import factors, readings, sdr
from microdc.bmc.ipmi.sdr import Part, Sensor
from microdc.bmc.model import Power, Thresholds


def test_a_full_record_of_a_temperature() -> None:
    sensor = one(INLET)
    assert (sensor.record, sensor.number, sensor.name) == (4, 0x0A, "Inlet Tem")
    assert (sensor.entity, sensor.measure.kind, sensor.measure.unit) == ((0x37, 1), "temperature", "Cel")
    assert sensor.settings == (5, 0, 0xFB, 75, 77, 80)
    assert readings.thresholds(sensor, sensor.settings) == Thresholds(-5.0, 0.0, 5.0, 75.0, 77.0, 80.0)
    assert sensor.value(0xF6) == -10.0


def test_a_full_record_of_a_voltage_with_two_thresholds() -> None:
    sensor = one(RAIL)
    assert (sensor.measure.unit, sensor.by) == ("V", factors.Factors(63, 0, 0, -3))
    assert sensor.value(192) == 12.096
    assert readings.thresholds(sensor, sensor.settings) == Thresholds(
        upper_warning=12.915, upper_critical=13.23
    )


def test_a_compact_record_that_stands_for_three_supplies() -> None:
    body = bytes.fromhex("20 00 70 0a 01 7f 40 08 6f 0000 0000 0000 c0 00 00 03 81 00 00 000000 00 c3 505355")
    found = sdr.records(bytes([9, 0, 0x51, 2, len(body)]) + body)
    assert [(s.name, s.number, s.entity) for s in found if isinstance(s, Sensor)] == [
        ("PSU1", 0x70, (0x0A, 1)),
        ("PSU2", 0x71, (0x0A, 2)),
        ("PSU3", 0x72, (0x0A, 3)),
    ]


def test_a_compact_record_may_tell_its_sensors_apart_by_letters() -> None:
    body = bytes.fromhex("20 00 70 0a 01 7f 40 08 6f 0000 0000 0000 c0 00 00 13 19 00 00 000000 00 c3 444d20")
    found = sdr.records(bytes([9, 0, 0x51, 2, len(body)]) + body)
    assert [s.name for s in found] == ["DMZ", "DMAA", "DMAB"]


def test_an_event_only_record_has_no_reading() -> None:
    body = bytes.fromhex("20 00 99 22 01 0f 6f 01 00 00 00 c4 504f5354")
    sensor = one(bytes([9, 0, 0x51, 3, len(body)]) + body)
    assert (sensor.name, sensor.number, sensor.kind, sensor.readable) == ("POST", 0x99, 0x0F, False)


def test_a_part_with_inventory_data() -> None:
    body = bytes.fromhex("20 03 80 00 00 10 00 0a 02 00 c4 50535532")
    assert sdr.records(bytes([9, 0, 0x51, 0x11, len(body)]) + body) == (Part(9, 3, (0x0A, 2), "PSU2"),)


def test_other_records_say_nothing_and_short_ones_are_refused() -> None:
    assert sdr.records(bytes.fromhex("0100 51 12 0b 20 00 00 bf 00 00 00 07 01 00 c0")) == ()
    with pytest.raises(ValueError, match="cut off"):
        sdr.records(INLET[:-3])


@given(st.binary(max_size=80))
def test_any_bytes_are_a_record_or_a_value_error(data: bytes) -> None:
    try:
        sdr.records(b"\x01\x00\x51" + data)
    except ValueError as error:
        assert "cut off" in str(error)  # noqa: PT017 - most bytes are no record, and that is fine


@pytest.mark.parametrize(
    ("raw", "form", "number"),
    [
        (0x7F, 0, 127), (0xFE, 0, 254), (0xFE, 1, -1), (0xFF, 1, 0), (0xFE, 2, -2), (0x80, 2, -128), (0x10, 3, None),
    ],
)  # fmt: skip
def test_raw_readings_as_numbers(raw: int, form: int, number: int | None) -> None:
    assert factors.number(raw, form) == number


def test_factors_of_ten_bits_and_signed_exponents() -> None:
    # M = 0x3FF = -1 (low byte FF, high bits 11), B = 0x200 = -512, K2 = -2 (E), K1 = 3
    assert factors.factors(bytes([0xFF, 0xC0, 0x00, 0x80, 0x00, 0xE3])) == factors.Factors(-1, -512, 3, -2)


@pytest.mark.parametrize(
    ("linearization", "by", "value"),
    [
        (0, factors.Factors(2, 5, 1, -1), 25.0),  # (2·100 + 5·10) · 0.1
        (7, factors.Factors(1, 0, 0, 0), 0.01),  # 1/x
        (8, factors.Factors(1, 0, 0, -1), 100.0),  # x²
        (10, factors.Factors(1), 10.0),
        (2, factors.Factors(1), 2.0),
        (9, factors.Factors(1, 0, 0, -2), 1.0),
        (0x70, factors.Factors(3), 300.0),
    ],
)
def test_linearizations_of_a_raw_reading_of_100(
    linearization: int, by: factors.Factors, value: float
) -> None:
    assert factors.value(100, 0, linearization, by) == pytest.approx(value)


def test_what_has_no_value_has_none() -> None:
    assert factors.value(0, 0, 7, factors.PLAIN) is None  # 1/0
    assert factors.value(0, 0, 1, factors.PLAIN) is None  # ln 0
    assert factors.value(0x90, 2, 10, factors.PLAIN) is None  # root of -112
    assert factors.value(255, 0, 4, factors.Factors(511, 0, 0, 7)) is None  # more than a float holds


def test_a_reading_between_its_thresholds_is_ok() -> None:
    read = readings.read(one(INLET), bytes.fromhex("17 c0 c0 80"), one(INLET).settings, Power.ON)
    assert (read.value, read.unit, read.health, read.state) == (23.0, "Cel", "ok", "")


@pytest.mark.parametrize(
    ("bits", "state", "health"),
    [
        (0b001000, "upper warning", "warning"), (0b011000, "upper critical", "critical"),
        (0b111000, "upper fatal", "critical"), (0b000001, "lower warning", "warning"),
        (0b000011, "lower critical", "critical"), (0b000111, "lower fatal", "critical"),
    ],
)  # fmt: skip
def test_crossed_thresholds_are_what_the_bmc_says(bits: int, state: str, health: str) -> None:
    read = readings.read(one(INLET), bytes([76, 0xC0, bits | 0xC0]), one(INLET).settings)
    assert (read.state, read.health) == (state, health)


@pytest.mark.parametrize(
    ("told", "state"), [("4c 80 18", "disabled"), ("4c e0 18", "unavailable"), ("4c", "unavailable")]
)
def test_a_sensor_that_does_not_tell_has_no_value_and_no_health(told: str, state: str) -> None:
    read = readings.read(one(INLET), bytes.fromhex(told), one(INLET).settings)
    assert (read.value, read.health, read.state) == (None, None, state)
    assert read.thresholds == Thresholds()


def discrete(kind: int, reading: int) -> Sensor:
    return Sensor(1, 0x20, 0, 1, (10, 1), kind, reading, "x")


@pytest.mark.parametrize(
    ("sensor", "states", "told"),
    [
        ((0x08, 0x6F), "01 80", (1.0, "Present", "ok")),
        ((0x08, 0x6F), "00 80", (0.0, "Absent", "ok")),
        ((0x08, 0x6F), "03 80", (1.0, "Present, Failure", "critical")),
        ((0x25, 0x08), "02 80", (1.0, "Present", "ok")),
        ((0x25, 0x08), "01 80", (0.0, "Absent", "ok")),
        ((0x25, 0x6F), "02 80", (0.0, "Absent", "ok")),
    ],
)
def test_presence(sensor: tuple[int, int], states: str, told: tuple[float, str, str]) -> None:
    read = readings.read(discrete(*sensor), bytes.fromhex("00 c0" + states), ())
    assert (read.kind, (read.value, read.state, read.health)) == ("presence", told)


def test_a_discrete_sensors_value_is_the_mask_of_its_states() -> None:
    # processor: thermal trip (1) and present (7)
    read = readings.read(discrete(0x07, 0x6F), bytes.fromhex("00 c0 82 80"), ())
    assert (read.kind, read.value, read.health) == ("other", 130.0, "critical")
    assert read.state == "Thermal trip, Present"


def test_a_reciprocal_sensor_has_its_sides_exchanged() -> None:
    sensor = Sensor(
        1, 0x20, 0, 1, (29, 1), 4, 1, "Fan", form=0, linearization=7, by=factors.Factors(1), settings=(4, 5) + (None,) * 4
    )  # fmt: skip
    assert readings.thresholds(sensor, sensor.settings) == Thresholds(upper_warning=0.25, upper_critical=0.2)
    assert readings.read(sensor, bytes([2, 0xC0, 0b000001]), sensor.settings).state == "upper warning"


def test_live_thresholds_are_those_that_the_mask_calls_readable() -> None:
    assert readings.raw_thresholds(bytes([0b011001, 5, 1, 2, 75, 77, 80])) == (5, None, None, 75, 77, None)
    with pytest.raises(ValueError, match="cut off"):
        readings.raw_thresholds(b"\x3f\x01")
