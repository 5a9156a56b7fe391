"""Which device stands where in the racks of a site. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from microdc.health.model import Device, Kind, Place

MOUNTED = (Kind.SERVER, Kind.SWITCH)
"""What stands in racks; the other kinds are no boxes."""

TALLEST = 100
"""Units of a rack that are drawn one by one, and of a device that are drawn at all: more is no rack, and nothing is drawn without end."""

LOOSE = "no rack"
"""What the frame of devices that are in no rack is called."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of a rack from top to bottom: `units` of them from `unit` downwards, empty where there is no device.

    unit: the highest of them; 0 for a device of which nobody says in which unit it is. part: of a device that is higher than one unit, which line
    of it. clash: whether it stands where another one does, too.
    """

    unit: int
    device: Device | None = None
    units: int = 1
    part: int = 0
    clash: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A rack with its lines from top to bottom. height: units, 0 where it is not known."""

    name: str
    height: int
    slots: tuple[Slot, ...]

    @property
    def devices(self) -> tuple[Device, ...]:
        """From top to bottom, each once."""
        return tuple(slot.device for slot in self.slots if slot.device is not None and slot.part == 0)


def frames(place: Place, devices: Iterable[Device], *, folded: bool = True) -> tuple[Frame, ...]:
    """The racks of a site, in its order; those that only devices name come behind, and last what is in no rack.

    folded: units without a device are one line together.
    """
    racks: Mapping[str, list[Device]] = defaultdict(list)
    for device in devices:
        if device.kind in MOUNTED and device.site == place.name:
            racks[device.rack].append(device)
    named = [*place.racks, *sorted(name for name in racks if name and name not in place.racks)]
    shown = [_frame(name, place.racks.get(name, 0), racks.get(name, []), folded=folded) for name in named]
    if racks.get(""):
        shown.append(_frame(LOOSE, 0, racks[""], folded=folded))
    return tuple(shown)


def _frame(name: str, told: int, devices: list[Device], *, folded: bool) -> Frame:
    standing = [one for one in devices if one.unit is not None and one.unit > 0 and one.height > 0]
    loose = [one for one in devices if one not in standing]
    top = max((_top(one) for one in standing), default=0)
    height = max(told, top)
    by_top = sorted(standing, key=lambda one: (-_top(one), one.name))
    slots = [*_slots(by_top, height, folded=folded), *(Slot(0, one) for one in loose)]
    return Frame(name, height, tuple(slots))


def _top(device: Device) -> int:
    return (device.unit or 0) + device.height - 1


def _slots(devices: list[Device], height: int, *, folded: bool) -> Iterator[Slot]:
    free = height  # the highest unit that nothing was drawn in
    for device in devices:
        top, bottom = _top(device), device.unit or 1
        yield from _empty(free, top + 1, folded=folded)
        clash = top > free
        for part in range(min(device.height, TALLEST)):
            yield Slot(top - part, device, device.height, part, clash)
        free = min(free, bottom - 1)
    yield from _empty(free, 1, folded=folded)


def _empty(top: int, bottom: int, *, folded: bool) -> Iterator[Slot]:
    if top < bottom:
        return
    if folded or top - bottom >= TALLEST:
        yield Slot(top, units=top - bottom + 1)
    else:
        yield from (Slot(unit) for unit in range(top, bottom - 1, -1))
