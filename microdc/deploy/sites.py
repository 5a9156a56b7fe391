"""A site while the runner is at it: its boot services are opened, kept as they should be, given files, and asked what they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from microdc.deploy.arming import Declared, Standing, config, orders_of, standing
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import NodeRecord
from microdc.deploy.ports import Payload, Ramdisk, StaleError, Station, StationConfig, Told, World
from microdc.deploy.records import record_of, seen_row
from microdc.deploy.views import SiteView
from microdc.deploy.working import Hands, Happened, Tell
from microdc.errors import MicrodcError, UnreachableError
from microdc.store.nodes import Nodes, SeenRow

_SHORT, _LONG = 0.05, 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What all sites of a run share."""

    testbed: str
    world: World
    nodes: Nodes
    hands: Hands
    patience: Patience
    key: bytes = field(repr=False)


@dataclass(slots=True)
class SiteAtWork:
    """One site. One thing at a time is asked of its boot services, but for files, which take their time."""

    name: str
    shop: Shop
    declared: Mapping[str, Declared]
    ramdisk: Ramdisk | None = None
    limit: int = 8
    station: Station | None = None
    url: str = ""
    wanted: dict[str, Standing] = field(default_factory=dict)
    held: dict[str, Standing] | None = None
    there: set[str] = field(default_factory=set)
    under_way: dict[str, int] = field(default_factory=dict)
    fresh: datetime | None = None
    life: datetime | None = None
    trouble: str = ""
    fatal: bool = False
    next_start: datetime | None = None
    _busy: str = ""
    _asked: datetime | None = None
    _asking: dict[str, Standing] = field(default_factory=dict)
    _retry: datetime | None = None
    _poll: datetime | None = None
    _ensure: datetime | None = None
    _last: StationConfig | None = None
    _stale: bool = False
    _behind: int = 0
    _look_first: bool = False
    _file_again: dict[str, datetime] = field(default_factory=dict)
    _file_trouble: dict[str, MicrodcError] = field(default_factory=dict)

    def want(self, record: NodeRecord) -> None:
        """Takes in how a node is to stand now."""
        self.wanted[record.name] = standing(record)

    @property
    def settled(self) -> bool:
        """Whether the boot services do as they should."""
        return self.held == self.wanted

    def view(self, record: NodeRecord, files: Iterable[Payload]) -> SiteView:
        """The site as one of its nodes needs it. A file that cannot be brought is in the way of those that need it, and of no others."""
        needed = tuple(files)
        missing = [self._file_trouble[file.digest] for file in needed if file.digest in self._file_trouble]
        lasting = next((problem for problem in missing if not isinstance(problem, UnreachableError)), None)
        stands = self.held.get(record.name) if self.held is not None else None
        return SiteView(
            fresh=self.fresh,
            armed=stands is not None and stands == Standing(record.move, True),
            ready=self.held is not None and all(file.digest in self.there for file in needed),
            life=self.life,
            trouble=self.trouble or str(lasting or next(iter(missing), "")),
            fatal=self.fatal or lasting is not None,
        )

    @property
    def _bootable(self) -> bool:
        """Whether what armed nodes are told to boot is there: the ramdisk may have been built anew since they were armed."""
        armed = any(stands.armed for stands in self.wanted.values())
        return (
            not armed
            or self.ramdisk is None
            or {self.ramdisk.kernel.digest, self.ramdisk.initrd.digest} <= self.there
        )

    # -- what is to be done

    def tick(self, now: datetime) -> None:
        """Gives what is due."""
        if self._busy or (self._retry is not None and now < self._retry):
            return
        if self.station is None:
            self._give("open", now, self._opening)
        elif self._bootable and not self._look_first and self._unsure(now):
            self._give_config(self.station, now)
        elif self._look_first or self._poll is None or now >= self._poll:
            log, after = self.shop.nodes.reached(self.shop.testbed, self.name)
            self._give("look", now, partial(self._looking, self.station, log, after))

    def _give_config(self, station: Station, now: datetime) -> None:
        """What cannot be worked out, such as for a file of keys that is gone, is this site's trouble, and no other's."""
        try:
            wanted = self._config()
        except MicrodcError as problem:
            self._failed("ensure", problem, now)
        else:
            self._give("ensure", now, partial(self._ensuring, station, wanted))

    def _unsure(self, now: datetime) -> bool:
        """Whether the boot services have to be told something, or looked at whether they still run."""
        return not self.settled or self._ensure is None or now >= self._ensure

    def bring(self, files: Iterable[Payload], now: datetime) -> None:
        """Has files brought that are not there yet."""
        if self.station is None:
            return
        for file in files:
            idle = file.digest not in self.there and file.digest not in self.under_way
            if idle and now >= self._file_again.get(file.digest, now):
                self.under_way[file.digest] = 0
                work = partial(self._pushing, self.station, file)
                self.shop.hands.give(("file", self.name, file.digest), work)

    def due(self, now: datetime) -> float:
        """Seconds until something is due; what is under way tells by itself that it is over."""
        if self._busy:
            return _LONG
        if self._retry is not None and self._retry > now:
            return (self._retry - now).total_seconds()
        moments = [moment for moment in (self._poll, self._ensure) if moment is not None]
        return max(_SHORT, min((moment - now).total_seconds() for moment in moments)) if moments else _SHORT

    def _give(self, what: str, now: datetime, work: Callable[[Tell], object]) -> None:
        self._busy, self._asked = what, now
        self.shop.hands.give(("site", self.name, what), work)

    def _config(self) -> StationConfig:
        """What is to hold there; a new number only where something is new."""
        if self._last is not None and self.settled and not self._stale:
            return self._last
        self._asking = dict(self.wanted)
        revision, rows = self.shop.nodes.revise(self.shop.testbed, self.name)
        records = {name: record_of(row) for name, row in rows.items()}
        self._last = config(
            self.name,
            revision,
            self.declared,
            records,
            ramdisk=self.ramdisk,
            key=self.shop.key,
            orders=orders_of(self.shop.world, self.url),
        )
        self._stale = False
        return self._last

    # -- pieces of work: they touch nothing of this object that the runner changes

    def _opening(self, _: Tell) -> tuple[Station, str]:
        station = self.shop.world.station(self.name)
        try:
            return station, station.url()
        except BaseException:
            station.close()
            raise

    @staticmethod
    def _ensuring(station: Station, wanted: StationConfig, _: Tell) -> None:
        station.ensure(wanted)

    @staticmethod
    def _looking(station: Station, log: str, after: int, _: Tell) -> Told:
        return station.evidence(log, after)

    @staticmethod
    def _pushing(station: Station, file: Payload, tell: Tell) -> None:
        station.push(file, tell)

    # -- what came of it

    def happened(self, what: str, happened: Happened, now: datetime) -> list[SeenRow]:
        """Takes in what came of something that was asked of the site; what was seen there that is new."""
        self._busy = ""
        self._retry = None
        # what a site noted can be read also while its boot services cannot be brought to run
        if what != "open":
            self._look_first = what == "ensure" and happened.error is not None
        if happened.error is not None:
            self._failed(what, happened.error, now)
            return []
        if what == "open":
            self.station, self.url = happened.value
            return []
        if what == "ensure" or not self.fatal:
            self.trouble = ""
        if what == "ensure":
            self.life = self.life if self.held == self._asking else now
            self.held, self.fatal, self._behind = self._asking, False, 0
            self._ensure = now + timedelta(seconds=self.shop.patience.ensure)
            return []
        told: Told = happened.value
        self._poll = now if told.more else now + timedelta(seconds=self.shop.patience.poll)
        rows = [seen_row(evidence, self.name) for evidence in told.evidence]
        new = self.shop.nodes.take_in(self.shop.testbed, self.name, told.log, rows) if rows else []
        if not told.more:
            self.fresh = self._asked
        return new

    def pushed(self, digest: str, happened: Happened, now: datetime) -> None:
        """Takes in how far a file is, or that it is there."""
        if not happened.over:
            if happened.value != self.under_way.get(digest):
                self.life = now
            self.under_way[digest] = int(happened.value)
            return
        self.under_way.pop(digest, None)
        if happened.error is None:
            self.there.add(digest)
            self._file_trouble.pop(digest, None)
            self.life = now
            return
        self._file_trouble[digest] = happened.error
        self._file_again[digest] = now + timedelta(seconds=self.shop.patience.again)

    def _failed(self, what: str, error: MicrodcError, now: datetime) -> None:
        self._look_first = self._look_first and not isinstance(error, StaleError)
        if isinstance(error, StaleError):  # another controller was faster: what is to hold is worked out anew
            self._stale = True
            self._behind += 1
            if self._behind < 3:
                return
        self.trouble = str(error)
        self._retry = now + timedelta(seconds=self.shop.patience.again)
        if isinstance(error, StaleError):
            return  # its clock, or ours, is far off
        if isinstance(error, UnreachableError):
            self.close()  # a connection that is lost stays lost
        elif what != "look":
            self.fatal = True
            self._ensure = now + timedelta(seconds=self.shop.patience.ensure)

    def close(self) -> None:
        """Lets go of the site; its boot services go on."""
        station, self.station = self.station, None
        if station is not None:
            station.close()
