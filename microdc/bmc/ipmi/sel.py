"""Records of the system event log (chapter 32): what each says."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from microdc.bmc.ipmi import words
from microdc.bmc.ipmi.sdr import THRESHOLD, Sensor
from microdc.bmc.model import LogEntry

LENGTH = 16
PRE_INIT = 0x2000_0000
"""Up to here a time counts seconds since the BMC started, its clock not being set (section 37.1)."""
_UNSPECIFIED = 0xFFFF_FFFF
_EVENT = 0x02
_OEM_TIMED, _OEM = 0xC0, 0xE0  # record types from here on (table 32-1)
_KERNEL_PANIC = 0xF0  # what Linux writes: drivers/char/ipmi/ipmi_msghandler.c
_TRIGGERED = 0b01  # in the two bits of a threshold event that say what its 2nd and 3rd byte hold (table 29-6)


@dataclass(frozen=True, slots=True)
class Clock:
    """A BMC's clock. offset: of what it counts from UTC."""

    offset: timedelta = timedelta(0)

    def at(self, seconds: int) -> datetime | None:
        """A time of a record; None where the clock was not set."""
        if seconds <= PRE_INIT or seconds == _UNSPECIFIED:
            return None
        # what it counts is the local time of its offset, since 1970
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=timezone(self.offset))


Find = Callable[[int, int, int], Sensor | None]
"""A sensor by owner, LUN and number."""


def identity(record: bytes) -> int:
    return int(struct.unpack_from("<H", record)[0])


def entry(record: bytes, clock: Clock, find: Find) -> LogEntry:
    """What a record of 16 bytes says. Raises ValueError for one that is shorter."""
    if len(record) < LENGTH:
        raise ValueError("the record is cut off")
    kind = record[2]
    name = str(identity(record))
    if kind >= _OEM:
        if kind == _KERNEL_PANIC:
            text = record[5:].partition(b"\0")[0].decode("ascii", "replace")
            return LogEntry(name, f"Linux kernel panic: {text}", severity="critical", log="SEL")
        return LogEntry(
            name, f"the manufacturer's own record: {record[3:].hex(' ')}", code=f"{kind:02x}", log="SEL"
        )
    at = clock.at(int(struct.unpack_from("<I", record, 3)[0]))
    if kind >= _OEM_TIMED:
        return LogEntry(
            name, f"the manufacturer's own record: {record[7:].hex(' ')}", at, code=f"{kind:02x}", log="SEL"
        )
    return _event(record, name, at, find)


def _event(record: bytes, name: str, at: datetime | None, find: Find) -> LogEntry:
    """Table 32-1: generator 8 and 9, sensor type 11, number 12, direction and event type 13, event data 14 to 16."""
    kind, number, reading, data = record[10], record[11], record[12] & 0x7F, record[13:16]
    gone = bool(record[12] & 0x80)
    offset = data[0] & 0x0F
    sensor = find(record[7], record[8] & 3, number)
    said = words.state(kind, reading, offset, gone=gone)
    message = said.words
    if reading == THRESHOLD and sensor is not None:
        message += _values(sensor, data)
    return LogEntry(
        name,
        message,
        at,
        said.health,
        sensor.name if sensor else f"{words.sensor_type(kind)} sensor 0x{number:02x}",
        f"{kind:02x}.{reading:02x}.{offset:x}",
        "SEL",
    )


def _values(sensor: Sensor, data: bytes) -> str:
    """The reading that made the event and the threshold that it crossed, where it tells them."""
    read = sensor.value(data[1]) if data[0] >> 6 == _TRIGGERED else None
    limit = sensor.value(data[2]) if data[0] >> 4 & 3 == _TRIGGERED else None
    if read is None:
        return ""
    unit = f" {sensor.measure.unit}" if sensor.measure.unit else ""
    return f": {read:g}{unit}" + (f", threshold {limit:g}{unit}" if limit is not None else "")
