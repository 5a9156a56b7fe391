"""What time a BMC thinks it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from microdc.bmc.redfish.read import plain
from microdc.bmc.redfish.read.doc import Doc


def time_of(doc: Doc, name: str, offset: str = "") -> datetime | None:
    """A time that a property tells; None, with a remark, for what is none. offset: of a time that tells none."""
    word = doc.word(name)
    if not word:
        return None
    try:
        return plain.moment(word, offset)
    except ValueError:
        doc.remark(name, "is no time")
        return None


def skew(managers: list[Doc], now: datetime | None = None) -> timedelta | None:
    """The clock of the first manager that tells its time, minus ours."""
    for one in managers:
        told = time_of(one, "DateTime", one.word("DateTimeLocalOffset"))
        if told is not None:
            return told - (now or datetime.now(UTC))
    return None
