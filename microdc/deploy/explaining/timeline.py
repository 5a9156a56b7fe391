"""One ordered list of all that was seen of a node. Pure.

The order is that of the station's clock. What the controller, the consoles and the BMCs noted bears other clocks, whose differences are known or not: what
cannot be placed stands at the end. A node's own clock is never used: what it reports is placed by when it was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from microdc.deploy import kinds
from microdc.deploy.explaining import console
from microdc.deploy.explaining.consoles import UNTIMED
from microdc.deploy.explaining.likeness import alike
from microdc.deploy.explaining.model import Clocks, Entry, Facts, Timeline
from microdc.deploy.explaining.telling import tell
from microdc.deploy.model import Evidence

MOST = 500
"""Entries that a timeline keeps."""
_TOGETHER = timedelta(minutes=2)
"""The same, seen again within this time, is one entry."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_OF_THE_SITE = {
    kinds.STARTED,
    kinds.STOPPED,
    kinds.DNSMASQ_DIED,
    kinds.OTHER_DHCP,
    kinds.DHCP_FOUND,
    kinds.DHCP_MISSING,
    kinds.IMAGE_DAMAGED,
}
_ONE_OF_MANY = {("ramdisk", kinds.WRITING), ("http", kinds.HTTP_IMAGE)}
"""Reports of progress: each is newer than the one before, and only the newest matters."""


def timeline(evidence: Iterable[Evidence], node: str, facts: Facts, *, most: int = MOST) -> Timeline:
    """What was seen of the node, what happened to its site's boot services, and what strangers did that look like it; each thing once."""
    once = dict.fromkeys(_key(one) for one in evidence if _concerns(one, node, facts))
    placed = sorted(
        ((_placed(one.evidence, facts.clocks), number, one.evidence) for number, one in enumerate(once)),
        key=lambda item: (item[0] is None, item[0] or _NEVER, item[1]),
    )
    entries: list[Entry] = []
    for at, _, one in placed:
        text, tone = tell(one)
        _append(entries, Entry(at, text, one, tone))
    return _bounded(entries, most)


class _key:  # noqa: N801  an envelope of evidence by what it says, for data is no value that can be looked up
    __slots__ = ("evidence", "said")

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.said = (
            evidence.at,
            evidence.source,
            evidence.kind,
            evidence.node,
            evidence.mac,
            evidence.number,
            evidence.text,
            repr(sorted(evidence.data.items(), key=lambda item: str(item[0]))),
        )

    def __hash__(self) -> int:
        return hash(self.said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _key) and self.said == other.said


def _concerns(evidence: Evidence, node: str, facts: Facts) -> bool:
    if evidence.node:
        return evidence.node == node
    if evidence.mac in facts.nics:
        return True
    if evidence.source == "station":
        return evidence.kind in _OF_THE_SITE
    own = evidence.mac and evidence.mac not in facts.others
    return bool(own and evidence.source == "dhcp" and any(alike(evidence.mac, mac) for mac in facts.nics))


def _placed(evidence: Evidence, clocks: Clocks) -> datetime | None:
    """When it was, by the station's clock; None where that is not known."""
    if evidence.source == "console" and evidence.data.get(UNTIMED):
        return None
    if evidence.source in {"controller", "console"}:
        return evidence.at + clocks.station
    if evidence.source == "bmc" and evidence.kind == kinds.LOG:
        return None if clocks.bmc is None else evidence.at - clocks.bmc + clocks.station
    if evidence.source == "bmc":
        return evidence.at + clocks.station
    return evidence.at


def _append(entries: list[Entry], entry: Entry) -> None:
    """Adds an entry, or counts it to an earlier one that says the same."""
    for index in range(len(entries) - 1, max(-1, len(entries) - 9), -1):
        before = entries[index]
        if _same(before, entry):
            newer = entry if (entry.source, entry.kind) in _ONE_OF_MANY else before
            entries[index] = replace(
                before, text=newer.text, evidence=entry.evidence, times=before.times + 1, until=entry.at
            )
            return
        if before.source not in {"dhcp", "console"} or entry.source not in {"dhcp", "console"}:
            break
    entries.append(entry)


def _same(before: Entry, entry: Entry) -> bool:
    if (before.source, before.kind) != (
        entry.source,
        entry.kind,
    ) or before.evidence.mac != entry.evidence.mac:
        return False
    if before.last is None or entry.at is None or entry.at - before.last > _TOGETHER:
        return False
    return before.text == entry.text or (entry.source, entry.kind) in _ONE_OF_MANY


def _bounded(entries: Sequence[Entry], most: int) -> Timeline:
    """At most so many: plain lines of the console go first, then what is oldest but for the beginning."""
    over = len(entries) - most
    if over <= 0:
        return Timeline(tuple(entries))
    plain = [
        index for index, one in enumerate(entries) if one.source == "console" and not _speaks(entries, index)
    ]
    dropped = set(plain[:over])
    rest = over - len(dropped)
    if rest > 0:
        begin = min(20, most // 4)
        dropped |= set([index for index in range(begin, len(entries)) if index not in dropped][:rest])
    kept = tuple(one for index, one in enumerate(entries) if index not in dropped)
    return Timeline(kept, len(dropped))


def _speaks(entries: Sequence[Entry], index: int) -> bool:
    following = entries[index + 1].evidence.text if index + 1 < len(entries) else ""
    return any(console.signs_of(entries[index].evidence.text, following))
