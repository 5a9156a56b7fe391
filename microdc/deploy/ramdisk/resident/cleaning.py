"""Disks become empty: ours, or all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import mark, wiping, words
from .disks import Disk
from .saying import say
from .station import Station


def clean(station: Station, order: Mapping[str, Any], disks: Sequence[Disk]) -> None:
    """Removes tables and signatures from the built-in disks that microdc wrote, or from all of them where the order says `wipe`."""
    wiped, kept, owner = list[str](), list[str](), mark.owner_of(order)
    for disk in disks:
        found = wiping.contents(disk)
        if disk.fixed and found.what and (order.get("wipe") or mark.is_of(found.guid, owner)):
            wiping.wipe(disk)
            wiped.append(disk.name)
            say(f"{disk} held {' and '.join(found.what)}")
        elif found.what:
            kept.append(f"{disk.name}, which holds {' and '.join(found.what)}")
    text = f"wiped {', '.join(wiped) or 'nothing'}" + (f"; kept {'; '.join(kept)}" if kept else "")
    station.report(words.WIPED, text, {"disks": wiped, "kept": kept})
