"""Event logs: of the system and of its managers, in one list, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from microdc.bmc.model import Log, LogEntry
from microdc.bmc.redfish.read.clock import skew, time_of
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.hardware import opened
from microdc.bmc.redfish.read.links import name_of, plain
from microdc.bmc.redfish.read.members import is_whole, itself, members, pages
from microdc.bmc.redfish.read.place import Place
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import health_of

MOST_FETCHED: Final = 1000
"""Entries of one log that are fetched one by one, where the BMC does not send them with their collection."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def log(reader: Reader, place: Place, limit: int | None = None) -> Log:
    """Entries of all logs, newest first, those without a time last; at most `limit`. Raises BmcError."""
    managers = opened(reader, place.managers)
    found: list[LogEntry] = []
    total: int | None = None
    for service in log_services(reader, place):
        entries, held = _entries(reader, service, limit)
        found += entries
        total = total if held is None else (total or 0) + held
    found.sort(key=lambda entry: entry.at or _LONG_AGO, reverse=True)
    return Log(tuple(found[:limit]), total, skew(managers), reader.remarks.all())


def log_services(reader: Reader, place: Place) -> Iterator[Doc]:
    """Those of the system, then those of its managers. The chassis' own are looked at where neither has any."""
    seen: set[str] = set()
    for paths in (((place.system,) if place.system else ()) + place.managers, place.chassis):
        for doc in opened(reader, paths):
            for service in members(reader, doc.link("LogServices")):
                if plain(service.at) not in seen:
                    seen.add(plain(service.at))
                    yield service
        if seen:
            return


def _entries(reader: Reader, service: Doc, limit: int | None) -> tuple[list[LogEntry], int | None]:
    """The entries of one log, and how many it holds, as far as it tells."""
    called = service.text("Id") or name_of(service.path)
    offset = service.word("DateTimeLocalOffset")
    listed: list[Doc] = []
    seen: set[str] = set()
    held: int | None = None
    # not expanded: a limit of ten would fetch all of the thousands that are only linked
    for page in pages(reader, service.link("Entries"), expanded=False):
        told = page.whole("Members@odata.count")
        held = told if held is None else held
        new = [one for one in page.parts("Members") if _key(one) not in seen]
        seen.update(_key(one) for one in new)
        listed += [reader.doc(one.link() or one.at, one.body) if is_whole(one) else one for one in new]
        if not new or (limit is not None and len(listed) >= limit and _falls(listed, offset)):
            break
    entries = [_entry(one, called, offset) for one in _read(reader, service, listed, limit)]
    return entries if _falls(listed, offset) else entries[::-1], held


def _key(member: Doc) -> str:
    return member.word("@odata.id").rstrip("/") or member.at


def _read(reader: Reader, service: Doc, listed: list[Doc], limit: int | None) -> Iterator[Doc]:
    """The entries that came with the list, and as many of those that are only linked as are wanted, from the newer end."""
    yield from (one for one in listed if is_whole(one))
    linked = [one for one in listed if not is_whole(one)]
    most = min(MOST_FETCHED, MOST_FETCHED if limit is None else limit)
    if len(linked) > most:
        if most == MOST_FETCHED:
            service.remark("Entries", f"lists {len(linked)} entries to be fetched singly; {most} are read")
        linked = _newer_end(reader, linked, most)
    for one in linked:
        if (found := itself(reader, one)) is not None:
            yield found


def _newer_end(reader: Reader, linked: list[Doc], most: int) -> list[Doc]:
    """So many from the end at which the newer of the first and the last entry stands."""
    ends = [itself(reader, one) for one in (linked[0], linked[-1])]
    first, last = (_LONG_AGO if one is None else time_of(one, "Created") or _LONG_AGO for one in ends)
    return linked[:most] if first > last else linked[len(linked) - most :]


def _falls(listed: Sequence[Doc], offset: str) -> bool:
    """Whether a log stands newest first, so that what follows on further pages is older still."""
    times = [time for one in listed if (time := time_of(one, "Created", offset)) is not None]
    return len(times) > 1 and times[0] > times[-1] and times == sorted(times, reverse=True)


def _entry(one: Doc, log_: str, offset: str) -> LogEntry:
    code = one.text("MessageId", "EntryCode") or ""
    at = time_of(one, "Created", offset)
    return LogEntry(
        id=one.text("Id") or name_of(one.path),
        message=message_of(one, code),
        at=at if at is not None else time_of(one, "EventTimestamp", offset),
        severity=health_of(one.word("Severity") or one.word("MessageSeverity")),
        source=source_of(one),
        code=code,
        log=log_,
    )


def message_of(one: Doc, code: str) -> str:
    """Its message, else its id with the arguments, since an iLO leaves some messages to be looked up."""
    if (message := one.text("Message")) is not None:
        return message
    told = ", ".join(one.words("MessageArgs") or ())
    return (
        f"{code} ({told})"
        if code and told
        else code or one.text("Description", "Name") or "without a message"
    )


def source_of(one: Doc) -> str:
    """The resource that it comes from, else the sensor, "" for neither."""
    origin = one.part("Links").link("OriginOfCondition") or one.link("OriginOfCondition")
    if origin is not None:
        return origin
    sensor = one.text("SensorType") or ""
    number = one.whole("SensorNumber")
    return sensor if number is None else f"{sensor} #{number}".strip()
