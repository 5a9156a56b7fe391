"""Which site, rack and units each device is in. What is not told or cannot be is said, and the device kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from microdc.errors import InputError
from microdc.survey.importing.merge import Merged
from microdc.survey.importing.model import Found, Frame, Options
from microdc.topology.formats.model import Ledger
from microdc.topology.labels import kebab

UNPLACED = "unplaced"
"""The rack of devices of which nothing tells the rack."""
_HEIGHT = 42
_MOST = 99


@dataclass(slots=True)
class Place:
    """Where a device is. height: None where nothing tells it, and it is 1 (of a PDU 0)."""

    site: str
    rack: str
    unit: int | None = None
    height: int | None = None


@dataclass(slots=True)
class Shelf:
    """A rack as it fills. told: whether its height is."""

    height: int
    told: bool
    filled: dict[int, str] = field(default_factory=dict)


def place(
    devices: Iterable[Merged], found: Found, options: Options, ledger: Ledger
) -> tuple[dict[str, Place], dict[tuple[str, str], Shelf]]:
    """The place of each device by name, and the racks by (site, rack). Raises InputError where no site is told."""
    frames = {(_site(frame.site, options), kebab(frame.name)): frame for frame in found.frames}
    shelves = {key: _shelf(frame) for key, frame in frames.items()}
    places: dict[str, Place] = {}
    devices = list(devices)
    told = {site for one in devices if (site := _site(one.fact("site"), options))}
    only = next(iter(told)) if len(told) == 1 else ""
    for one in devices:
        site = _site(one.fact("site"), options)
        if not site and only:
            ledger.noted("devices of which nothing tells the site, put into the only one", str(one))
            site = only
        if not site:
            hint = "give --site NAME, or --names with {site} in it"
            raise InputError(f"nothing tells the site of {one.name}", where=str(one.where), hint=hint)
        rack = kebab(one.fact("rack")) or kebab(options.rack)
        if not rack:
            ledger.noted(
                f"devices of which nothing tells the rack, put into {UNPLACED!r}: --rack NAME says it",
                str(one),
            )
        spot = places[one.name] = Place(site, rack or UNPLACED)
        key = (spot.site, spot.rack)
        shelf = shelves.setdefault(key, Shelf(_HEIGHT, told=False))
        _height(one, spot, found.heights, ledger)
        if rack:
            _unit(one, spot, shelf, frames.get(key), ledger)
    return places, shelves


def _site(told: str, options: Options) -> str:
    return kebab(told) or kebab(options.site)


def _shelf(frame: Frame) -> Shelf:
    usable = frame.height is not None and 1 <= frame.height <= _MOST
    return Shelf(frame.height if usable and frame.height else _HEIGHT, told=usable)


def _height(one: Merged, spot: Place, heights: Mapping[str, int], ledger: Ledger) -> None:
    told = one.fact("height")
    by_type = heights.get(one.fact("type"), heights.get(one.fact("model")))
    height = int(told) if told.isdigit() else by_type
    if height is None:
        if one.kind != "pdu":
            ledger.noted("devices of which nothing tells the height, taken for 1 unit", one.name)
    elif height > _MOST or (height == 0 and one.kind != "pdu"):
        ledger.noted("heights that no device here can have, taken for 1 unit", f"{height} of {one}")
    else:
        spot.height = height


def _unit(one: Merged, spot: Place, shelf: Shelf, frame: Frame | None, ledger: Ledger) -> None:
    """The lowest unit that the device fills, counted from 1 at the bottom; none where another device is there."""
    told = one.fact("unit")
    if not told:
        ledger.noted("devices of which nothing tells the unit", one.name)
        return
    whole = told.partition(".")[0]
    if not whole.isdigit() or len(whole) > 3:
        ledger.dropped("units that are no whole number", f"{told} of {one}")
        return
    if whole != told:
        ledger.noted("half units, taken for the whole one below", f"{told} of {one}")
    height = spot.height if spot.height is not None else (0 if one.kind == "pdu" else 1)
    unit = int(whole)
    if frame is not None:
        unit -= frame.first - 1
        unit = shelf.height - (unit + height - 1) + 1 if frame.descending else unit
    top = unit + max(height, 1) - 1
    if unit < 1 or top > (shelf.height if shelf.told else _MOST):
        ledger.dropped(
            "units that the rack does not have", f"{told} of {one}, rack {spot.rack} of {shelf.height}"
        )
        return
    clash = next((shelf.filled[n] for n in range(unit, unit + height) if n in shelf.filled), "")
    if clash:
        ledger.dropped("units that another device fills already", f"{told} of {one}: {clash} is there")
        return
    shelf.filled.update(dict.fromkeys(range(unit, unit + height), one.name))
    if top > shelf.height:
        ledger.noted("racks of which nothing tells the height, taken to end at the highest device", spot.rack)
        shelf.height = top
    spot.unit = unit
