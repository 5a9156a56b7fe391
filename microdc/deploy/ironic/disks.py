"""Whether the disk hints of a node mean one disk, by what Ironic's inspection found. Pure.

Ironic itself takes the first disk that fits, and the smallest where nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from microdc.testbed.nodes import DiskHints


def doubt(hints: DiskHints, disks: Sequence[Mapping[str, Any]]) -> str:
    """Why no one disk is meant, in words; "" where one is, or where no disks are known."""
    if not disks:
        return ""
    fit = [disk for disk in disks if _fits(hints, disk)]
    if len(fit) == 1:
        return ""
    said = (
        "the hints of `disk` fit"
        if hints != DiskHints()
        else "no hint says which disk is meant, and there are"
    )
    if not fit:
        return f"{said} none of its disks: {_names(disks)}"
    return f"{said} {len(fit)} disks: {_names(fit)}"


def _fits(hints: DiskHints, disk: Mapping[str, Any]) -> bool:
    size, wwn = disk.get("size"), _plain(str(disk.get("wwn") or ""))
    return all(
        (
            not hints.serial or str(disk.get("serial") or "").lower() == hints.serial.lower(),
            not hints.wwn or wwn == _plain(hints.wwn),
            hints.model.lower() in str(disk.get("model") or "").lower(),
            not hints.path or hints.path in disk.get("paths", ()),
            not hints.kind or _kind(hints.kind, str(disk.get("kind") or "")),
            hints.least is None or (isinstance(size, int) and size >= hints.least),
            hints.most is None or (isinstance(size, int) and size <= hints.most),
        )
    )


def _kind(wanted: str, found: str) -> bool:
    """An NVMe disk is an SSD, too: Ironic is only told that it does not rotate."""
    return found == wanted or (wanted == "ssd" and found == "nvme")


def _plain(wwn: str) -> str:
    return wwn.lower().removeprefix("naa.").removeprefix("0x")


def _names(disks: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        " ".join(str(disk[key]) for key in ("name", "serial", "model") if disk.get(key))
        or "one without a name"
        for disk in disks
    )
