"""Clocks that are years off: nothing here trusts them, and other things on the node will."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, line
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry

_READ = re.compile(r"setting system clock to (\d{4})-(\d\d)-(\d\d)")
_FAR = timedelta(days=2)


def judge(case: Case) -> Iterator[Diagnosis]:
    """clock: only where something failed, since a deployment goes well with any clock."""
    if not case.failed:
        return
    because = [line(entry) for _, entry in case.signs("clock-read") if _far(entry)]
    because += [line(entry) for entry in case.seen("ramdisk", kinds.HELLO) if _told_far(entry)]
    if because:
        yield Diagnosis(
            "clock",
            Certainty.POSSIBLE,
            f"the clock of {case.name} is far off: certificates and signatures may be refused on it; its battery may be empty",
            tuple(because[-2:]),
            (
                Advice(
                    "set it in the firmware, and replace the battery if it is lost again",
                    f"microdc boot {case.name} --once bios",
                ),
            ),
        )


def _far(entry: Entry) -> bool:
    match = _READ.search(entry.evidence.text)
    if match is None:
        return False
    try:
        told = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
    except ValueError:
        return True
    return abs(entry.evidence.at - told) > _FAR


def _told_far(entry: Entry) -> bool:
    """Where the ramdisk told what its clock said before it was set."""
    hardware = entry.evidence.data.get("hardware")
    told = hardware.get("clock") if isinstance(hardware, dict) else None
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return False
    return abs(entry.evidence.at - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))) > _FAR
