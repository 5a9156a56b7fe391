"""Reads what a BMC keeps of its sensors: the records, once per session, and their readings."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.ipmi import factors, readings, sdr
from microdc.bmc.ipmi.commands import (
    NOT_PRESENT,
    RESERVATION_LOST,
    SENSOR,
    STORAGE,
    TOO_LONG,
    Ask,
    Command,
    broken,
    device_id,
)
from microdc.bmc.ipmi.sdr import Part, Sensor
from microdc.bmc.model import Power, Reading, Remark

_HEADER = 5  # id, version, type, length (43.1)
_CHUNK = 32  # bytes of a record at a time, where it is not told whole
_WHOLE = 0xFF
_LAST = 0xFFFF
_RESERVATIONS = 5  # how often a record is begun anew because another client changed the repository
_TOO_LONG = frozenset({TOO_LONG, 0xC8, 0xC7, 0xFF})  # what BMCs say to a size that they do not like


@dataclass(frozen=True, slots=True)
class Repository:
    """All records. stamp: of their last change, so that they are read again when it differs."""

    stamp: bytes
    sensors: tuple[Sensor, ...] = ()
    parts: tuple[Part, ...] = ()
    remarks: tuple[Remark, ...] = ()
    limits: dict[tuple[int, int], tuple[int | None, ...]] = field(default_factory=dict)
    """Raw thresholds by LUN and number, once read."""

    def named(self, owner: int, lun: int, number: int) -> Sensor | None:
        """The sensor that an event speaks of."""
        wanted = (owner, lun, number)
        return next((s for s in self.sensors if (s.owner, s.lun, s.number) == wanted), None)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the records are: the SDR repository, or the BMC's own sensor device (chapters 33 and 35)."""

    netfn: int
    info: int
    get: int
    reserve: int


_REPOSITORY = _Source(STORAGE, 0x20, 0x23, 0x22)
_DEVICE = _Source(SENSOR, 0x20, 0x21, 0x22)


def load(ask: Ask, held: Repository | None = None) -> Repository:
    """The BMC's records; `held` where they have not changed since. Raises BmcError and BmcRefusedError."""
    about = ask(device_id())
    # byte 6: bit 1, it has an SDR repository; byte 2: bit 7, else its own sensors' records
    own = len(about) > 5 and bool(about[1] & 0x80) and not about[5] & 0x02
    source = _DEVICE if own else _REPOSITORY
    info = ask(Command("Get SDR Repository Info", source.netfn, source.info))
    stamp = info[:3] + info[5:13]
    if held is not None and held.stamp == stamp:
        return held
    sensors: list[Sensor] = []
    parts: list[Part] = []
    remarks: list[Remark] = []
    if own or len(info) < 3 or info[1] or info[2]:  # an empty repository refuses to tell its first record
        for number, record in _all(ask, source):
            try:
                for found in sdr.records(record):
                    (sensors if isinstance(found, Sensor) else parts).append(found)  # type: ignore[arg-type]
            except ValueError as error:
                remarks.append(Remark(f"sensor data record {number}", str(error)))
    return Repository(stamp, tuple(sensors), tuple(parts), tuple(remarks))


def _all(ask: Ask, source: _Source) -> Iterator[tuple[int, bytes]]:
    number, size, seen = 0, _WHOLE, set[int]()
    while number != _LAST:
        if number in seen:
            raise broken(_get(source, number), ask.where, f"record {number} again")
        seen.add(number)
        record, following, size = _one(ask, source, number, size)
        yield number, record
        number = following


def _one(ask: Ask, source: _Source, number: int, size: int) -> tuple[bytes, int, int]:
    """A record, the number of the next one, and the size that this BMC tells at a time.

    Whole at once where it can; else in pieces under a reservation (33.12), begun anew where that is lost.
    """
    for _ in range(_RESERVATIONS):
        try:
            if size == _WHOLE:
                told = ask(_get(source, number))
                return told[2:], _following(told), size
            return *_pieces(ask, source, number, size), size
        except BmcRefusedError as error:
            if error.status in _TOO_LONG and size > 8:
                size = _CHUNK if size == _WHOLE else size // 2
            elif error.status != RESERVATION_LOST:
                raise
    raise broken(_get(source, number), ask.where, f"record {number}: its reservation is lost again and again")


def _pieces(ask: Ask, source: _Source, number: int, size: int) -> tuple[bytes, int]:
    reservation = struct.unpack_from(
        "<H", ask(Command("Reserve SDR Repository", source.netfn, source.reserve)).ljust(2, b"\0")
    )[0]
    told = ask(_get(source, number, reservation=reservation, size=_HEADER))
    following, record = _following(told), told[2:]
    if len(record) < _HEADER:
        raise broken(_get(source, number), ask.where, f"record {number}")
    length = _HEADER + record[4]
    while len(record) < length:
        left = min(size, length - len(record))
        piece = ask(_get(source, number, reservation=reservation, at=len(record), size=left))[2:]
        if not piece:
            raise broken(_get(source, number), ask.where, f"record {number}")
        record += piece
    return record, following


def _get(source: _Source, number: int, *, reservation: int = 0, at: int = 0, size: int = _WHOLE) -> Command:
    data = struct.pack("<HHBB", reservation, number, at, size)
    return Command("Get SDR", source.netfn, source.get, data)


def _following(told: bytes) -> int:
    return told[0] | told[1] << 8 if len(told) > 2 else _LAST


def read_all(ask: Ask, known: Repository, power: Power) -> tuple[tuple[Reading, ...], tuple[Remark, ...]]:
    """Every sensor of the BMC itself, read now. One that cannot be read tells no value, and why."""
    found: list[Reading] = []
    remarks = list(known.remarks)
    foreign: dict[int, int] = {}
    for sensor in known.sensors:
        if not sensor.readable:
            continue
        if sensor.owner != sdr.BMC:
            foreign[sensor.owner] = foreign.get(sensor.owner, 0) + 1
            continue
        try:
            found.append(_read(ask, known, sensor, power))
        except BmcRefusedError as error:
            found.append(readings.silent(sensor, "absent" if error.status == NOT_PRESENT else "not readable"))
            if error.status != NOT_PRESENT:
                remarks.append(Remark(f"{sensor.name}, {readings.place(sensor)}", error.what))
        except ValueError as error:
            remarks.append(Remark(f"{sensor.name}, {readings.place(sensor)}", str(error)))
    remarks.extend(
        Remark(
            f"controller 0x{owner:02x}", f"{count} sensors belong to it and are not read through the BMC here"
        )
        for owner, count in sorted(foreign.items())
    )
    return tuple(found), tuple(remarks)


def _read(ask: Ask, known: Repository, sensor: Sensor, power: Power) -> Reading:
    number = bytes([sensor.number])
    told = ask(Command("Get Sensor Reading", SENSOR, 0x2D, number, sensor.lun))
    by = None
    if sensor.linearization >= factors.NONLINEAR and told:
        row = ask(Command("Get Sensor Reading Factors", SENSOR, 0x23, number + told[:1], sensor.lun))
        if len(row) < 7:
            raise ValueError("its factors are cut off")
        by = factors.factors(row[1:7])
    return readings.read(sensor, told, _limits(ask, known, sensor), power, by)


def _limits(ask: Ask, known: Repository, sensor: Sensor) -> tuple[int | None, ...]:
    """Its thresholds: as the BMC tells them, once per session; else those of the record."""
    if not sensor.live:
        return sensor.settings
    key = (sensor.lun, sensor.number)
    if key not in known.limits:
        try:
            told = ask(Command("Get Sensor Thresholds", SENSOR, 0x27, bytes([sensor.number]), sensor.lun))
            known.limits[key] = readings.raw_thresholds(told)
        except (BmcRefusedError, ValueError):
            known.limits[key] = sensor.settings
    return known.limits[key]
