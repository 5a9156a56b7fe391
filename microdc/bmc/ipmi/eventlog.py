"""Reads and clears the system event log (chapter 31)."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.ipmi import sel
from microdc.bmc.ipmi.commands import NOT_PRESENT, RESERVATION_LOST, STORAGE, UNKNOWN, Ask, Command, broken
from microdc.bmc.model import Log, LogEntry, Remark

_FIRST, _LAST = 0x0000, 0xFFFF
_TRIES = 3
_ERASE, _STATUS = 0xAA, 0x00
_UNSPECIFIED_OFFSET = 0x7FF
_CLEAR_SECONDS: Final = 30.0
_LOOK_AGAIN = 0.2


def read(ask: Ask, find: sel.Find, limit: int | None, now: Callable[[], float]) -> Log:
    """The newest `limit` entries, newest first. now: our clock, seconds since 1970."""
    info = ask(Command("Get SEL Info", STORAGE, 0x40))
    if len(info) < 3:
        raise broken(Command("Get SEL Info", STORAGE, 0x40), ask.where)
    total = info[1] | info[2] << 8
    clock, skew, remarks = _clock(ask, now)
    records = _newest(ask, limit) if total and limit != 0 else []
    entries: list[LogEntry] = []
    for record in records:
        try:
            entries.append(sel.entry(record, clock, find))
        except ValueError as error:
            remarks.append(Remark("event log", f"{error}: {record.hex(' ')}"))
    return Log(tuple(entries), total, skew, tuple(remarks))


def _clock(ask: Ask, now: Callable[[], float]) -> tuple[sel.Clock, timedelta | None, list[Remark]]:
    remarks = []
    offset = timedelta(0)
    try:
        told = ask(Command("Get SEL Time UTC Offset", STORAGE, 0x5C))
        minutes = int(struct.unpack_from("<h", told.ljust(2, b"\0"))[0])
        if minutes == _UNSPECIFIED_OFFSET or not -1440 < minutes < 1440:
            remarks.append(Remark("event log", "its clock has no known offset from UTC: taken as UTC"))
        else:
            offset = timedelta(minutes=minutes)
    except BmcRefusedError as error:
        if error.status not in UNKNOWN:
            remarks.append(Remark("event log", error.what))
    clock = sel.Clock(offset)
    told = ask(Command("Get SEL Time", STORAGE, 0x48))
    seconds = int(struct.unpack_from("<I", told.ljust(4, b"\0"))[0])
    at = clock.at(seconds)
    if at is None:
        remarks.append(Remark("event log", "its clock is not set: it counts since the BMC started"))
        return clock, None, remarks
    return clock, timedelta(seconds=round(at.timestamp() - now())), remarks


def _newest(ask: Ask, limit: int | None) -> list[bytes]:
    """Records, newest first.

    IPMI tells the record after another one only. The numbers of most logs are consecutive: so it is gone back from the last one as long as
    each record says that the one just read is its next. Where that fails the log is read from its first record on.
    """
    if limit is not None:
        found: list[bytes] = []
        number, following = _LAST, _LAST
        while len(found) < limit:
            told = _record(ask, number)
            if told is None or told[1] != following:
                break
            found.append(told[0])
            following = sel.identity(told[0])
            number = following - 1
            if number <= 0:
                break
        if len(found) == limit:
            return found
    return _all(ask)[::-1][:limit]


def _all(ask: Ask) -> list[bytes]:
    found: list[bytes] = []
    number, seen = _FIRST, set[int]()
    while number != _LAST:
        if number in seen:
            raise broken(Command("Get SEL Entry", STORAGE, 0x43), ask.where, f"record {number} again")
        seen.add(number)
        told = _record(ask, number)
        if told is None:  # it was cleared meanwhile
            break
        found.append(told[0])
        number = told[1]
    return found


def _record(ask: Ask, number: int) -> tuple[bytes, int] | None:
    """A record, and the number of the one after it; None where there is none of this number."""
    command = Command("Get SEL Entry", STORAGE, 0x43, struct.pack("<HHBB", 0, number, 0, 0xFF))
    try:
        told = ask(command)
    except BmcRefusedError as error:
        if error.status in {NOT_PRESENT, 0xC9, 0xCC}:
            return None
        raise
    if len(told) < 4:
        raise broken(command, ask.where, f"record {number}")
    return told[2:], told[0] | told[1] << 8


def clear(ask: Ask) -> None:
    """Empties the log and waits until that is done. Begun anew only where the reservation was lost, so that nothing was cleared."""
    for tries in range(_TRIES):
        reservation = ask(Command("Reserve SEL", STORAGE, 0x42))[:2]
        try:
            told = ask(_clear(reservation, _ERASE))
            break
        except BmcRefusedError as error:
            if error.status != RESERVATION_LOST or tries == _TRIES - 1:
                raise
    end = time.monotonic() + _CLEAR_SECONDS
    while not told or told[0] & 0x0F != 1:  # 0: still erasing, 1: done
        if time.monotonic() > end:
            raise BmcError(Cause.TIMEOUT, "the event log is still being cleared", where=ask.where, sent=True)
        time.sleep(_LOOK_AGAIN)
        told = ask(_clear(reservation, _STATUS))


def _clear(reservation: bytes, action: int) -> Command:
    return Command("Clear SEL", STORAGE, 0x47, reservation + b"CLR" + bytes([action]), once=action == _ERASE)
