"""Maintenance: what the store's leases and nodes say that nobody is to be alarmed by."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from microdc.deploy.model import State
from microdc.health.model import Device, Kind, Sample
from microdc.store.model import Lease
from microdc.store.nodes import NodeRow
from microdc.store.operate import Store


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance that was said. ends: Unix seconds, also where nobody can ask the store any more."""

    why: str
    ends: float


@dataclass(frozen=True, slots=True)
class Windows:
    """What is under maintenance. resources: by name as leases have it; nodes: by name, why."""

    resources: Mapping[str, Window] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)

    def why(self, device: Device, at: float) -> str:
        """Why nobody is to be alarmed by a device at that time, Unix seconds; "" where it is in service."""
        if device.kind in {Kind.SERVER, Kind.NODE} and device.name in self.nodes:
            return self.nodes[device.name]
        found = (self.resources[name] for name in _resources(device) if name in self.resources)
        return next((one.why for one in found if at < one.ends), "")


def _resources(device: Device) -> Iterable[str]:
    """The resources that a device is a part of, as leases call them."""
    if device.kind is Kind.PAIR:
        return ("wan", *(f"site:{name}" for name in device.name.split(":", 1)))
    found = [f"site:{device.site}"] if device.site else []
    if device.rack:
        found.append(f"rack:{device.site}/{device.rack}")
    if device.kind is Kind.SHAPER:
        found.append("wan")
    return found


def windows_of(leases: Iterable[Lease], nodes: Iterable[NodeRow]) -> Windows:
    """From the leases that are open and the rows of nodes. Pure."""
    resources = {
        lease.resource: Window(_told(lease), lease.ends.timestamp())
        for lease in leases
        if lease.kind == "maintenance" and lease.state == "held"
    }
    out = {
        row.name: str(row.body.get("note") or "taken out, without a word why")
        for row in nodes
        if row.state == State.MAINTENANCE
    }
    return Windows(resources, out)


def _told(lease: Lease) -> str:
    why = lease.reason or "maintenance"
    return f"{why} ({lease.holder}, until {lease.ends:%Y-%m-%d %H:%M} UTC)"


class Calendar:
    """The windows of a testbed, looked up again and again in a thread: a store that hangs holds up nobody. Where it cannot be read, what it said last

    holds, to the end that it named.
    """

    def __init__(self, store: Store, testbed: str) -> None:
        self._store = store
        self._testbed = testbed
        self._now = Windows()
        self._looked = threading.Event()

    def look(self) -> None:
        """Reads the store. Raises UnreachableError, InputError."""
        leases = self._store.leases.list(self._testbed)
        self._now = windows_of(leases, self._store.nodes.get(self._testbed).values())

    def start(self, every: float, stop: threading.Event, *, patience: float = 0.0) -> None:
        """Looks now and every so many seconds until `stop` is set. patience: seconds that the first look is waited for."""
        threading.Thread(target=self._work, args=(every, stop), name="maintenance", daemon=True).start()
        self._looked.wait(patience)

    def stamped(self, sample: Sample, device: Device) -> Sample:
        """A sample with what the store says of the device's maintenance, also where its poll gave nothing."""
        why = self._now.why(device, sample.at)
        return replace(sample, maintenance=why) if why and not sample.maintenance else sample

    def _work(self, every: float, stop: threading.Event) -> None:
        while not stop.is_set():
            with suppress(Exception):  # the probe of nodes tells of it
                self.look()
            self._looked.set()
            stop.wait(every)
