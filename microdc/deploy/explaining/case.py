"""What a cause looks at: a node's record, what was seen of its last attempt, and how far that shows it to be. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from microdc.deploy import kinds
from microdc.deploy.explaining import telling
from microdc.deploy.explaining.console import Sign, clean, signs_of
from microdc.deploy.explaining.model import Clocks, Entry, Facts, PortFact, Sighting, Timeline
from microdc.deploy.model import NodeRecord, Phase, State

ORDER = {phase: number for number, phase in enumerate(Phase)}
_SLACK = timedelta(seconds=5)
"""By so much what was seen may seem older than the attempt that it belongs to: clocks of two machines that are held together by NTP."""

_SHOWS: tuple[tuple[str, str, Phase], ...] = (
    ("dhcp", kinds.DISCOVER, Phase.DHCP),
    ("dhcp", kinds.REQUEST, Phase.DHCP),
    ("dhcp", kinds.NO_LOADER, Phase.DHCP),
    ("dhcp", kinds.ACK, Phase.LOADER),
    ("dhcp", kinds.LEASED, Phase.LOADER),
    ("dhcp", kinds.LOOP, Phase.LOADER),
    ("tftp", kinds.TFTP_SENT, Phase.LOADER),
    ("tftp", kinds.TFTP_FAILED, Phase.LOADER),
    ("http", kinds.HTTP_LOADER, Phase.LOADER),
    ("http", kinds.HTTP_SCRIPT, Phase.KERNEL),
    ("http", kinds.HTTP_KERNEL, Phase.KERNEL),
    ("http", kinds.HTTP_RAMDISK, Phase.KERNEL),
    ("ramdisk", kinds.HELLO, Phase.WORK),
    ("ramdisk", kinds.DISK, Phase.WORK),
    ("ramdisk", kinds.WRITING, Phase.WORK),
    ("ramdisk", kinds.WRITTEN, Phase.CONFIGURE),
    ("ramdisk", kinds.CONFIGURED, Phase.FIRST_BOOT),
    ("ramdisk", kinds.REBOOTING, Phase.FIRST_BOOT),
    ("node", kinds.HOME, Phase.VERIFY),
)
"""Which phase a node is in at least, of which this was seen."""


@dataclass(frozen=True)
class Case:
    """One node to be explained. now: by the controller's clock. timeline: all that was seen; `entries` are those of the last attempt."""

    record: NodeRecord
    facts: Facts
    timeline: Timeline
    now: datetime

    # -- how far it is

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """What was seen since the last attempt began; what bears no time is not known to be of it, but for what bears its number."""
        began, move = self.record.began, self.record.move
        start = began + self.facts.clocks.station - _SLACK if began is not None else None
        moving = self.record.state.moving
        return tuple(
            entry for entry in self.timeline.entries if _of_attempt(entry, start, move, moving=moving)
        )

    @cached_property
    def phase(self) -> Phase:
        """The phase that it is in, by its record and by what was seen, whichever is further; where it failed, that in which it did."""
        known = (
            self.record.phase or (self.record.failure.phase if self.record.failure else None) or Phase.PREPARE
        )
        return max((known, *self._shown()), key=ORDER.__getitem__)

    def _shown(self) -> Iterator[Phase]:
        shows = {(source, kind): phase for source, kind, phase in _SHOWS}
        for entry in self.entries:
            phase = shows.get((entry.source, entry.kind))
            if phase is not None and (entry.source != "dhcp" or self.boots(entry)):
                yield phase
            if (entry.source, entry.kind) == ("http", kinds.HTTP_RAMDISK) and whole(entry):
                yield Phase.RAMDISK

    @property
    def failed(self) -> bool:
        return self.record.state is State.FAILED

    @property
    def over(self) -> bool:
        """Whether what was not seen until now counts: the move has ended, or the time of its phase is up."""
        deadline = self.record.deadline
        return not self.record.state.moving or (deadline is not None and self.now >= deadline)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to explain: it is as was asked, or nothing was asked."""
        return not self.record.state.moving and not self.failed

    def before(self, phase: Phase) -> bool:
        """Whether it has not come to this phase."""
        return ORDER[self.phase] < ORDER[phase]

    def within(self, first: Phase, last: Phase) -> bool:
        """Whether it is in one of these phases."""
        return ORDER[first] <= ORDER[self.phase] <= ORDER[last]

    # -- what was seen

    def seen(self, source: str, *wanted: str, after: Entry | None = None) -> list[Entry]:
        """Entries of these kinds (any, where none is named), oldest first; those that come after that entry."""
        start = self.entries.index(after) + 1 if after is not None else 0
        return [e for e in self.entries[start:] if e.source == source and (not wanted or e.kind in wanted)]

    def last(self, source: str, *wanted: str, after: Entry | None = None) -> Entry | None:
        found = self.seen(source, *wanted, after=after)
        return found[-1] if found else None

    def boots(self, entry: Entry) -> bool:
        """Whether it came by the NIC that the node boots from; where that is not known, by any of its own."""
        spec = self.facts.spec
        return spec is None or not entry.evidence.mac or entry.evidence.mac == spec.mac

    def dhcp(self, *wanted: str, after: Entry | None = None) -> list[Entry]:
        """What the NIC that it boots from had to do with DHCP."""
        return [entry for entry in self.seen("dhcp", *wanted, after=after) if self.boots(entry)]

    def leases(self, after: Entry | None = None) -> list[Entry]:
        """When the NIC that it boots from came by an address, from ours or, with proxyDHCP, from another server."""
        return self.dhcp(kinds.ACK, kinds.LEASED, after=after)

    def signs(self, *words: str, after: Entry | None = None) -> list[tuple[Sign, Entry]]:
        """What the console shows of these signs, oldest first."""
        lines = self.seen("console", kinds.LINE, after=after)
        following = [entry.evidence.text for entry in lines[1:]] + [
            ""
        ]  # one more than lines, where there are none
        return [
            (sign, entry)
            for entry, next_line in zip(lines, following, strict=False)
            for sign in signs_of(entry.evidence.text, next_line)
            if sign.word in words
        ]

    # -- what is around it

    @property
    def mac(self) -> str:
        return self.facts.spec.mac if self.facts.spec else next(iter(self.facts.nics), "")

    @property
    def nic(self) -> str:
        return self.facts.spec.nic if self.facts.spec else ""

    @property
    def port(self) -> PortFact | None:
        """What the switch says of the port where the NIC that it boots from should be plugged in."""
        seat = self.facts.seats.get(self.mac)
        return next((port for port in self.facts.ports if port.seat == seat), None)

    @property
    def sightings(self) -> list[Sighting]:
        """Where switches see the NIC that it boots from."""
        return [one for one in self.facts.sightings if one.mac == self.mac]

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def clocks(self) -> Clocks:
        return self.facts.clocks


def whole(entry: Entry) -> bool:
    """Whether all of a file was sent."""
    return telling.whole(entry.evidence.data)


def is_firmware(entry: Entry) -> bool:
    """Whether a DHCP message is that of firmware that boots: PXE, UEFI's HTTP boot, or iPXE, which keeps the vendor class."""
    return any_of(entry.evidence.data.get("vendor_class", ""), {"pxeclient", "httpclient"})


def line(entry: Entry) -> str:
    """An entry as a line to rest a diagnosis on, in local time."""
    at = f"{clock(entry.at)} " if entry.at is not None else ""
    times = f" ({entry.times} times, until {clock(entry.until)})" if entry.times > 1 and entry.until else ""
    return f"{at}{entry.source}: {clean(entry.text)}{times}"


def clock(moment: datetime) -> str:
    """The time of day, local."""
    return f"{moment.astimezone():%H:%M:%S}"


def lines(entries: Sequence[Entry], most: int = 3) -> tuple[str, ...]:
    """The last of these entries as lines."""
    return tuple(line(entry) for entry in entries[-most:])


def any_of(data: object, words: Collection[str]) -> bool:
    """Whether one of these words is in a text, whatever its case."""
    text = str(data).lower()
    return any(word in text for word in words)


def _of_attempt(entry: Entry, start: datetime | None, move: int, *, moving: bool) -> bool:
    """By the number that it bears, or else by its time. 0 is borne by what a site saw while nothing was to be done with the node."""
    told = entry.evidence.data.get("move")
    if isinstance(told, int) and move and (told or not moving):
        return told == move
    if start is None or (entry.last is None and entry.source == "console"):
        return True  # a console without times is of the last boot
    return entry.last is not None and entry.last >= start
