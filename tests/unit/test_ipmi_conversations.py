"""Conversations that ipmi_sim does not have, with a BMC that is a function."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from ipmi_samples import HOT, INLET, RAIL, find, one
from ipmi_simulator import product_fru

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.ipmi import chassis, commands, eventlog, inventory, repository
from microdc.bmc.ipmi.commands import Command
from microdc.bmc.ipmi.sdr import Sensor
from microdc.bmc.model import Act, Power


@dataclass
class Script:
    """A BMC that answers by a function: data, or an int for a completion code."""

    answer: Callable[[Command], bytes | int]
    asked: list[Command] = field(default_factory=list)
    where: str = "bmc"

    def __call__(self, command: Command) -> bytes:
        self.asked.append(command)
        told = self.answer(command)
        if isinstance(told, int):
            raise commands.failure(command, told, self.where)
        return told


_DEVICE = bytes.fromhex("20 01 02 51 02 bf 7c2a00 0102")
_INFO = bytes.fromhex("51 0200 0000 01000000 02000000 00")


def test_records_are_read_whole_where_the_bmc_can() -> None:
    records = {0: RAIL, 4: INLET}

    def answer(command: Command) -> bytes | int:
        if command.name == "Get SDR":
            number = command.data[2] | command.data[3] << 8
            return (b"\x04\x00" if number == 0 else b"\xff\xff") + records[number]
        return _INFO if "Info" in command.name else _DEVICE

    bmc = Script(answer)
    known = repository.load(bmc)
    assert [sensor.name for sensor in known.sensors] == ["12V", "Inlet Tem"]
    assert sum(command.name == "Get SDR" for command in bmc.asked) == 2
    assert repository.load(bmc, known) is known


def test_a_record_is_begun_anew_where_its_reservation_is_lost() -> None:
    lost = [True]

    def answer(command: Command) -> bytes | int:
        if command.name == "Reserve SDR Repository":
            return b"\x07\x00"
        if command.name != "Get SDR":
            return _INFO if "Info" in command.name else _DEVICE
        at, size = command.data[4], command.data[5]
        if size == 0xFF:
            return 0xCA
        if at and lost.pop() if lost else False:
            return 0xC5
        return b"\xff\xff" + INLET[at : at + size]

    bmc = Script(answer)
    assert [sensor.name for sensor in repository.load(bmc).sensors] == ["Inlet Tem"]
    assert sum(command.name == "Reserve SDR Repository" for command in bmc.asked) == 2


def test_a_repository_that_goes_round_in_circles_is_broken() -> None:
    def answer(command: Command) -> bytes | int:
        if command.name == "Get SDR":
            return b"\x00\x00" + RAIL
        return _INFO if "Info" in command.name else _DEVICE

    with pytest.raises(BmcError) as failed:
        repository.load(Script(answer))
    assert failed.value.cause is Cause.BROKEN_ANSWER


def test_absent_sensors_and_those_of_other_controllers_are_told_apart() -> None:
    foreign = Sensor(7, 0x2C, 0, 8, (1, 1), 1, 1, "ME")
    known = repository.Repository(b"", (one(INLET), foreign))
    found, remarks = repository.read_all(Script(lambda _: 0xCB), known, Power.OFF)
    assert [(reading.value, reading.state, reading.health) for reading in found] == [(None, "absent", None)]
    assert [remark.where for remark in remarks] == ["controller 0x2c"]


def test_a_nonlinear_sensor_asks_for_the_factors_of_its_reading() -> None:
    sensor = Sensor(1, 0x20, 0, 9, (1, 1), 1, 1, "odd", form=0, linearization=0x70)

    def answer(command: Command) -> bytes | int:
        if command.name == "Get Sensor Reading":
            return bytes([40, 0xC0, 0xC0])
        assert command.data == bytes([9, 40])
        return bytes([41, 3, 0, 0, 0, 0, 0xF0])  # next reading, M 3, K2 -1

    found, _ = repository.read_all(Script(answer), repository.Repository(b"", (sensor,)), Power.ON)
    assert found[0].value == 12.0


def log_of(*numbers: int) -> Callable[[Command], bytes | int]:
    """A log whose records have these numbers."""

    def answer(command: Command) -> bytes | int:
        if command.name == "Get SEL Info":
            return bytes([0x51, len(numbers), 0]) + bytes(11)
        if command.name == "Get SEL Time":
            return struct.pack("<I", 1_600_000_060)
        if command.name != "Get SEL Entry":
            return 0xC1
        wanted = command.data[2] | command.data[3] << 8
        number = {0: numbers[0], 0xFFFF: numbers[-1]}.get(wanted, wanted)
        if number not in numbers:
            return 0xCB
        after = [*numbers, 0xFFFF][numbers.index(number) + 1]
        return struct.pack("<HH", after, number) + HOT[2:]

    return answer


@pytest.mark.parametrize("limit", [None, 1, 2, 3, 10])
@pytest.mark.parametrize("numbers", [(1, 2, 3, 4), (1, 5, 6, 9), (20, 40), (0xFFFD, 0xFFFE, 1, 2)])
def test_the_newest_entries_come_first_whatever_their_numbers(
    numbers: tuple[int, ...], limit: int | None
) -> None:
    log = eventlog.read(Script(log_of(*numbers)), find, limit, lambda: 1_600_000_000.0)
    assert [int(entry.id) for entry in log.entries] == list(numbers[::-1])[:limit]
    assert (log.total, log.skew) == (len(numbers), timedelta(seconds=60))


def test_few_entries_of_a_long_log_cost_few_requests() -> None:
    bmc = Script(log_of(*range(1, 201)))
    log = eventlog.read(bmc, find, 5, lambda: 0.0)
    assert [entry.id for entry in log.entries] == ["200", "199", "198", "197", "196"]
    assert sum(command.name == "Get SEL Entry" for command in bmc.asked) == 5


def test_a_log_that_is_still_being_cleared_is_waited_for_and_cleared_once() -> None:
    states = [0, 0, 1]
    bmc = Script(lambda c: b"\x05\x00" if c.name == "Reserve SEL" else bytes([states.pop(0)]))
    eventlog.clear(bmc)
    sent = [command.data for command in bmc.asked if command.name == "Clear SEL"]
    assert sent == [b"\x05\x00CLR\xaa", b"\x05\x00CLR\x00", b"\x05\x00CLR\x00"]


@pytest.mark.parametrize(("power", "raises"), [(b"\x00\x00\x40", False), (b"\x01\x00\x40", True)])
def test_off_of_what_is_off_is_no_error_even_where_the_bmc_says_so(power: bytes, *, raises: bool) -> None:
    bmc = Script(lambda command: 0xD5 if command.name == "Chassis Control" else power)
    if raises:
        with pytest.raises(BmcRefusedError):
            chassis.act(bmc, Act.FORCE_OFF)
    else:
        chassis.act(bmc, Act.FORCE_OFF)
    assert [command.once for command in bmc.asked] == [True, False]


@pytest.mark.parametrize(("byte", "led"), [(0x40, "off"), (0x50, "on"), (0x60, "on")])
def test_the_led_of_a_bmc_that_tells(byte: int, led: str) -> None:
    assert chassis.led(Script(lambda _: bytes([1, 0, byte]))) == led


def test_a_bmc_of_the_old_kind_lights_its_led_for_as_long_as_it_can() -> None:
    bmc = Script(lambda command: 0xC7 if len(command.data) > 1 else b"")
    chassis.set_led(bmc, "on")
    assert [command.data for command in bmc.asked] == [b"\x00\x01", b"\xff"]


def test_inventory_data_by_words_is_asked_for_in_words() -> None:
    data = product_fru("Fabrikam", "Edge 7", "E7-2", "B1", "SN-4711", "rack 3")

    def answer(command: Command) -> bytes | int:
        if command.name == "Get FRU Inventory Area Info":
            return struct.pack("<HB", len(data), 1)
        if command.name == "Read FRU Data":
            _, at, count = struct.unpack("<BHB", command.data)
            return bytes([count]) + data[at * 2 : (at + count) * 2]
        return 0xC1

    who, remarks = inventory.identity(Script(answer))
    assert (who.serial, who.uuid, remarks) == ("SN-4711", None, ())
