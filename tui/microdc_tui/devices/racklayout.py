"""How the racks of a site lie on a screen, and where the cursor goes among them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from microdc_tui.devices.elevation import Frame
from microdc_tui.devices.rackrow import LEAST, WIDEST
from microdc_tui.text import plain

HEAD = 2
"""Lines above the units: the rack's name, and the columns'."""


class Spot(NamedTuple):
    """Where a device is drawn: in which rack, on which lines of it."""

    rack: int
    lines: tuple[int, ...]


class RackLayout:
    """room: cells for all racks together. As many stand side by side as get LEAST cells each; the others are to the right of them, out of sight."""

    def __init__(self, frames: Sequence[Frame], room: int) -> None:
        self.frames = tuple(frames)
        self.abreast = max(1, min(len(self.frames), room // LEAST))
        self.wide = min(WIDEST if len(self.frames) > 1 else room, room // self.abreast)
        """Cells of a rack."""
        self.high = HEAD + max((len(frame.slots) for frame in self.frames), default=0)
        """Lines of the tallest rack."""
        names = [cell_len(plain(device.name)) for frame in self.frames for device in frame.devices]
        self.name = max(8, min(18, max(names, default=8))) + 1
        """Cells of the column of names."""
        self.spots: Mapping[str, Spot] = _spots(self.frames)

    def first(self, before: int, key: str | None) -> int:
        """The rack that is to be drawn leftmost, so that the device is in sight. before: the one that is so now."""
        last = max(0, len(self.frames) - self.abreast)
        spot = self.spots.get(key or "")
        if spot is None:
            return max(0, min(before, last))
        return max(0, min(max(before, spot.rack - self.abreast + 1), spot.rack, last))

    def moved(self, key: str | None, by: int) -> str | None:
        """The device so many further down in the same rack; the last where there are not so many."""
        spot = self.spots.get(key or "")
        keys = [device.key for device in self.frames[spot.rack].devices] if spot else []
        return (
            keys[max(0, min(len(keys) - 1, keys.index(key or "") + by))]
            if keys
            else next(iter(self.spots), None)
        )

    def beside(self, key: str | None, by: int) -> str | None:
        """The device of the next rack with any that stands nearest to the same height; the same where there is no such rack."""
        spot = self.spots.get(key or "")
        rack = spot.rack + by if spot else -1
        while spot and 0 <= rack < len(self.frames):
            keys = [device.key for device in self.frames[rack].devices]
            if keys:
                return min(keys, key=lambda one: abs(self.spots[one].lines[0] - spot.lines[0]))
            rack += by
        return key

    def at(self, first: int, x: int, line: int) -> str | None:
        """The device that is drawn at a cell; first: the rack that is leftmost."""
        rack = first + x // self.wide
        return next(
            (key for key, spot in self.spots.items() if spot.rack == rack and line in spot.lines), None
        )


def _spots(frames: Sequence[Frame]) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for rack, frame in enumerate(frames):
        for line, slot in enumerate(frame.slots, HEAD):
            if slot.device is not None:
                before = found.get(slot.device.key)
                found[slot.device.key] = Spot(rack, (*(before.lines if before else ()), line))
    return found
