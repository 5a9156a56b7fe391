"""A node while the runner is at it: its record, what is known of it beside, and how both are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from microdc.deploy import kinds
from microdc.deploy.model import Action, Evidence, NodeRecord
from microdc.deploy.planning import Item
from microdc.deploy.ports import Payload, Ramdisk
from microdc.deploy.records import evidence_of, record_of, row_of
from microdc.deploy.reporting import Ended
from microdc.deploy.sighting import Sight, concerns, fold
from microdc.deploy.sites import SiteAtWork
from microdc.deploy.views import BmcView, CheckView, View
from microdc.store.nodes import SeenRow


@dataclass(slots=True)
class Track:
    """A node in a run. mine: the act that the record names was sent by this run; busy: a piece of work that has to end before anything is decided."""

    item: Item
    record: NodeRecord
    site: SiteAtWork
    sight: Sight = field(default_factory=Sight)
    bmc: BmcView = field(default_factory=BmcView)
    checked: CheckView | None = None
    mine: bool = False
    admitted: bool = False
    busy: str = ""
    looking: bool = False
    look_at: datetime | None = None
    kept_at: datetime | None = None
    ended: Ended | None = None
    what: str = ""
    said: str = ""

    @property
    def name(self) -> str:
        """The node's."""
        return self.record.name

    def view(self, now: datetime, began: datetime) -> View:
        """All that a decision is made of."""
        files = self.files(self.site.ramdisk)
        site = self.site.view(self.record, files)
        return View(self.record, self.sight, now, began, site, self.bmc, self.checked, self.mine)

    def files(self, ramdisk: Ramdisk | None) -> tuple[Payload, ...]:
        """What has to be at the site before the node may be armed."""
        if self.record.action is not Action.DEPLOY:
            return shared(ramdisk)
        if self.item.image is not None:
            return (*shared(ramdisk), self.item.image.file)
        ref = self.record.image  # it is no longer here; it may be at the site
        return (*shared(ramdisk), *([Payload(ref.digest, ref.size, Path(ref.name))] if ref else []))

    def marked(self, last: int) -> NodeRecord:
        """The record with all until then as of before. What it is given is what was brought: the image may have been built anew since the move began."""
        image = self.item.image
        given = image.ref if image and self.record.action is Action.DEPLOY else self.record.image
        return replace(self.record, mark=last, image=given)

    def put(self, record: NodeRecord, now: datetime) -> None:
        """Keeps a record, durable when this returns. Raises RefusedError where somebody else changed it meanwhile."""
        self.record = record_of(self.site.shop.nodes.put(row_of(record)))
        self.kept_at = now
        self.site.want(self.record)

    def learned(self) -> NodeRecord:
        """The record with what was seen since."""
        record, sight = self.record, self.sight
        keys = sight.host_keys if record.action is Action.DEPLOY and sight.host_keys else record.host_keys
        hardware = sight.hardware or record.hardware
        return replace(record, host_keys=keys, hardware=hardware, progress=sight.progress or record.progress)

    def begin_afresh(self) -> None:
        """Forgets what was seen of an attempt that is over."""
        self.sight, self.bmc, self.checked, self.mine = Sight(), BmcView(), None, False

    def recall(self, now: datetime) -> None:
        """Takes up what the store holds of the move that goes on."""
        self.begin_afresh()
        if self.record.mark is None:
            return
        nodes, testbed = self.site.shop.nodes, self.record.testbed
        for row in nodes.seen(testbed, site=self.record.site, after=self.record.mark):
            self.hear(row, min(row.taken or now, now))

    def hear(self, row: SeenRow, at: datetime) -> bool:
        """Takes in one thing that was seen; whether it is about this node and its move. at: when it came, by the clock that deadlines are of: the
        store's may be another machine's.
        """
        evidence = evidence_of(row)
        if not self.record.state.moving or self.record.mark is None or row.id <= self.record.mark:
            return False
        if evidence.source in {"bmc", "controller", "station"}:
            return False
        if not concerns(self.record, self.item.declared.macs, evidence):
            return False
        self.sight = fold(self.sight, evidence, at)
        return True

    def note(self, kind: str, text: str, now: datetime, data: Mapping[str, Any] | None = None) -> Evidence:
        """What the runner itself did or learned, as evidence."""
        source: Literal["bmc", "controller"] = "bmc" if kind in _OF_BMC else "controller"
        mac = self.item.spec.mac.lower()
        told = {"move": self.record.move, **(data or {})}
        return Evidence(now, source, kind, node=self.name, mac=mac, text=text, data=told)


_OF_BMC = frozenset({kinds.POWER, kinds.BOOT, kinds.BMC_LOST})


def shared(ramdisk: Ramdisk | None) -> tuple[Payload, ...]:
    """What every node of a site boots."""
    return (ramdisk.kernel, ramdisk.initrd) if ramdisk else ()
