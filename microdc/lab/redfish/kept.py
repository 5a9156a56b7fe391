"""What a BMC keeps of itself: its LED, properties that were set and mean nothing to the machine, BIOS attributes."""

from __future__ import annotations

from typing import Any

from microdc.lab.redfish.properties import merged
from microdc.lab.redfish.resources import bios
from microdc.lab.redfish.world import Document


class Kept:
    """The settings of one BMC. They live as long as its process: a lab that is started anew has a fresh BMC.

    led: Off, Lit or Blinking. attributes: of the BIOS; pending: those that hold from the next start on.
    """

    def __init__(self) -> None:
        self.led = "Off"
        self.attributes: dict[str, Any] = dict(bios.DEFAULTS)
        self.pending: dict[str, Any] = {}
        self._properties: dict[str, Document] = {}

    def of(self, path: str) -> Document:
        """The properties that were set there."""
        return self._properties.get(path, {})

    def set(self, path: str, current: Document, changes: Document) -> None:
        """Keeps what a PATCH asks for, of a resource as it is now. The LED is one, whatever resource it is set through."""
        changes = dict(changes)
        if "LocationIndicatorActive" in changes:
            self.led = "Blinking" if changes.pop("LocationIndicatorActive") else "Off"
        self.led = changes.pop("IndicatorLED", self.led)
        new = {name: merged(current.get(name), value) for name, value in changes.items()}
        self._properties[path] = {**self.of(path), **new}

    def started(self) -> None:
        """The machine has started: what waited for that holds now."""
        self.attributes, self.pending = {**self.attributes, **self.pending}, {}
