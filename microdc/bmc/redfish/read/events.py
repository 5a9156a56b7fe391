"""Events that a BMC sends by itself, as entries of its log."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.bmc.model import LogEntry
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.read.clock import time_of
from microdc.bmc.redfish.read.logs import message_of, source_of
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import health_of


def entries(reader: Reader, event: Resource) -> Iterator[LogEntry]:
    """What one event of a stream tells; nothing for a metric report, which is sent over the same stream."""
    for one in reader.doc("event", event).parts("Events"):
        code = one.text("MessageId") or ""
        yield LogEntry(
            id=one.text("EventId", "MemberId") or "",
            message=message_of(one, code),
            at=time_of(one, "EventTimestamp"),
            severity=health_of(one.word("MessageSeverity") or one.word("Severity")),
            source=source_of(one),
            code=code,
            log="events",
        )
