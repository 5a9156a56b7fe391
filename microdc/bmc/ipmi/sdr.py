"""Sensor data records: what a BMC says of its sensors and of the parts whose inventory it keeps (chapter 43)."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.bmc.ipmi import factors, text
from microdc.bmc.ipmi.factors import PLAIN, Factors
from microdc.bmc.ipmi.measures import NOTHING, Measure, measure

BMC = 0x20
"""The slave address of a BMC."""
THRESHOLD = 1
"""The event/reading type of a sensor with thresholds (table 42-1); all others are discrete."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor. owner: the slave address of who has it; entity: id and instance (table 43-13); kind: table 42-3; reading: table 42-1.

    form: how its raw reading is a number (3: it is none). settings: raw thresholds in the order lower warning, critical, fatal,
    upper warning, critical, fatal (None: not readable). live: whether the BMC tells what they are now. readable False: it only makes events.
    """

    record: int
    owner: int
    lun: int
    number: int
    entity: tuple[int, int]
    kind: int
    reading: int
    name: str
    measure: Measure = NOTHING
    form: int = 3
    linearization: int = 0
    by: Factors = PLAIN
    settings: tuple[int | None, ...] = (None,) * 6
    live: bool = False
    readable: bool = True

    def value(self, raw: int, by: Factors | None = None) -> float | None:
        """The value of a raw reading in the sensor's unit. by: factors that hold for this reading only."""
        return self.measure.of(factors.value(raw, self.form, self.linearization, by or self.by))


@dataclass(frozen=True, slots=True)
class Part:
    """A part with inventory data of its own, at the BMC itself (table 43-8). device: its FRU device id."""

    record: int
    device: int
    entity: tuple[int, int]
    name: str


def records(data: bytes) -> tuple[Sensor | Part, ...]:
    """What one record describes: () for kinds that say nothing of either. Raises ValueError for a record that is cut off."""
    try:
        kind = data[3]
        if kind == 0x01:
            return (_full(data),)
        if kind == 0x02:
            return _compact(data)
        if kind == 0x03:
            return _event_only(data)
        if kind == 0x11:
            return _part(data)
    except IndexError:
        raise ValueError("the record is cut off") from None
    return ()


def _record(data: bytes) -> int:
    return data[0] | data[1] << 8


def _full(data: bytes) -> Sensor:
    """Table 43-1; an index is the table's byte number less one."""
    units, reading = data[20], data[13]
    form = units >> 6
    # format 0 is "unsigned", but many discrete sensors, which have no number, leave it at 0
    return Sensor(
        record=_record(data),
        owner=data[5],
        lun=data[6] & 3,
        number=data[7],
        entity=(data[8], data[9] & 0x7F),
        kind=data[12],
        reading=reading,
        name=text.field(data, 47)[0],
        measure=measure(data[12], units, data[21], data[22]),
        form=form if reading == THRESHOLD or form else 3,
        linearization=data[23] & 0x7F,
        by=factors.factors(data[24:30]),
        settings=_settings(data) if reading == THRESHOLD else (None,) * 6,
        live=reading == THRESHOLD and data[11] >> 2 & 3 in {1, 2},
    )


def _settings(data: bytes) -> tuple[int | None, ...]:
    """The thresholds of the record that the mask calls readable (bytes 19, 37 to 42), which are in the opposite order."""
    readable = data[18] if data[11] >> 2 & 3 else 0
    return tuple(data[41 - at] if readable >> at & 1 else None for at in range(6))


def _compact(data: bytes) -> tuple[Sensor, ...]:
    """Table 43-2: one record may stand for several sensors of consecutive numbers."""
    share, name = data[23] & 0x0F, text.field(data, 31)[0]
    return tuple(
        Sensor(
            record=_record(data),
            owner=data[5],
            lun=data[6] & 3,
            number=data[7] + at,
            entity=(data[8], (data[9] & 0x7F) + (at if data[24] & 0x80 else 0)),
            kind=data[12],
            reading=data[13],
            name=name + (_suffix(data[23] >> 4 & 3, (data[24] & 0x7F) + at) if share > 1 else ""),
        )
        for at in range(max(share, 1))
    )


def _event_only(data: bytes) -> tuple[Sensor, ...]:
    """Table 43-3."""
    share, name = data[12] & 0x0F, text.field(data, 16)[0]
    return tuple(
        Sensor(
            record=_record(data),
            owner=data[5],
            lun=data[6] & 3,
            number=data[7] + at,
            entity=(data[8], (data[9] & 0x7F) + (at if data[13] & 0x80 else 0)),
            kind=data[10],
            reading=data[11],
            name=name + (_suffix(data[12] >> 4 & 3, (data[13] & 0x7F) + at) if share > 1 else ""),
            readable=False,
        )
        for at in range(max(share, 1))
    )


def _suffix(kind: int, at: int) -> str:
    """What tells the sensors of one record apart: a number, or letters as columns of a spreadsheet have them."""
    if kind == 0:
        return str(at)
    letters = ""
    while at >= 0:
        letters = chr(ord("A") + at % 26) + letters
        at = at // 26 - 1
    return letters


def _part(data: bytes) -> tuple[Part, ...]:
    """Table 43-8: logical FRU devices at the BMC; others would have to be read through a bus."""
    if data[5] != BMC or not data[7] & 0x80:
        return ()
    return (Part(_record(data), data[6], (data[12], data[13]), text.field(data, 15)[0]),)
