"""What the evidence of one move comes to, however late, often or out of order it comes. Pure.

Times are those at which a thing came in: a node's clock may be years off, and a site's is not the controller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from microdc.deploy import kinds
from microdc.deploy.lifecycle import ORDER
from microdc.deploy.model import Evidence, NodeRecord, Phase, Progress

_SHOWS: Mapping[tuple[str, str], Phase] = {
    ("dhcp", kinds.DISCOVER): Phase.DHCP,
    ("dhcp", kinds.OFFER): Phase.DHCP,
    ("dhcp", kinds.REQUEST): Phase.DHCP,
    ("dhcp", kinds.ACK): Phase.DHCP,
    ("dhcp", kinds.LEASED): Phase.DHCP,
    ("tftp", kinds.TFTP_SENT): Phase.LOADER,
    ("http", kinds.HTTP_LOADER): Phase.LOADER,
    ("http", kinds.HTTP_SCRIPT): Phase.KERNEL,
    ("http", kinds.HTTP_KERNEL): Phase.KERNEL,
    ("http", kinds.HTTP_RAMDISK): Phase.RAMDISK,
    ("http", kinds.HTTP_IMAGE): Phase.WORK,
    ("ramdisk", kinds.HELLO): Phase.WORK,
    ("ramdisk", kinds.DISK): Phase.WORK,
    ("ramdisk", kinds.WRITING): Phase.WORK,
    ("ramdisk", kinds.RESUMED): Phase.WORK,
    ("ramdisk", kinds.WIPED): Phase.WORK,
    ("ramdisk", kinds.INSPECTED): Phase.WORK,
    ("ramdisk", kinds.WRITTEN): Phase.CONFIGURE,
    ("ramdisk", kinds.CONFIGURED): Phase.FIRST_BOOT,
    ("node", kinds.HOME): Phase.VERIFY,
}
"""The phase in which a node is, at least, of which this was seen."""

_BEARS_MOVE = frozenset({"http", "ramdisk", "node"})
_MOST = 1 << 63
"""No disk has so many bytes."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a move by what was seen.

    reached: the furthest phase. life: when something was heard last of what works in it; moved: when it had got on since the last time, or waited for its
    turn. failed: the code and words by which the ramdisk gave up.
    home: what the system told of itself, None before it did. said: the last thing that was seen, in words.
    """

    reached: Phase | None = None
    life: datetime | None = None
    moved: datetime | None = None
    progress: Progress | None = None
    failed: tuple[str, str] | None = None
    wiped: bool = False
    inspected: bool = False
    hardware: Mapping[str, Any] = field(default_factory=dict)
    host_keys: tuple[str, ...] = ()
    home: Mapping[str, Any] | None = None
    said: str = ""


def concerns(record: NodeRecord, macs: frozenset[str], evidence: Evidence) -> bool:
    """Whether something was seen of this node, in the move that goes on."""
    if evidence.node and evidence.node != record.name:
        return False
    if not evidence.node and evidence.mac.lower() not in macs:
        return False
    move = evidence.data.get("move")
    if evidence.source in _BEARS_MOVE and move is not None:
        return bool(move == record.move)
    return evidence.source not in {"ramdisk", "node"}  # what bears no move may be of any


def fold(sight: Sight, evidence: Evidence, taken: datetime) -> Sight:
    """What is known with one more thing that was seen, of this node and this move."""
    source, kind, data = evidence.source, evidence.kind, evidence.data
    shows = _SHOWS.get((source, kind))
    if (source, kind) == ("http", kinds.HTTP_RAMDISK) and _cut(data):
        shows = Phase.KERNEL
    if shows is not None and (sight.reached is None or ORDER[shows] > ORDER[sight.reached]):
        sight = replace(sight, reached=shows)
    if _lives(source, kind):
        sight = replace(sight, life=_later(taken, sight.life))
    if _gets_on(sight, source, kind, data):
        sight = replace(sight, moved=_later(taken, sight.moved))
    sight = replace(sight, said=evidence.text or f"{source}: {kind}")
    if source == "ramdisk":
        return _told(sight, kind, data, evidence.text)
    if source == "node" and kind == kinds.HOME:
        return replace(sight, home=data, host_keys=sight.host_keys or _keys(data))
    return sight


def _lives(source: str, kind: str) -> bool:
    """Whether it shows that what was given to the node works. Firmware that asks again for a script, or is denied it, shows the contrary: a
    server that was restarted in the middle of its work asks for ever.
    """
    return source in {"ramdisk", "node"} or (source, kind) == ("http", kinds.HTTP_IMAGE)


def _gets_on(sight: Sight, source: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether it shows that the work goes on: a ramdisk whose disk hangs reports the same bytes for ever."""
    if (source, kind) != ("ramdisk", kinds.WRITING):
        return source in {"ramdisk", "node"}
    before = sight.progress.done if sight.progress else None
    return data.get("waits") is True or data.get("done") != before


def _later(one: datetime, other: datetime | None) -> datetime:
    return max(one, other) if other else one


def _told(sight: Sight, kind: str, data: Mapping[str, Any], text: str) -> Sight:
    """With what the ramdisk reported."""
    if kind == kinds.WRITING:
        return replace(sight, progress=_progress(sight.progress, data))
    if kind in {kinds.HELLO, kinds.INSPECTED}:
        hardware = data.get("hardware")
        known = hardware if isinstance(hardware, Mapping) else sight.hardware
        return replace(sight, hardware=known, inspected=sight.inspected or kind == kinds.INSPECTED)
    if kind == kinds.WIPED:
        return replace(sight, wiped=True)
    if kind == kinds.CONFIGURED:
        return replace(sight, host_keys=_keys(data) or sight.host_keys)
    if kind == kinds.RAMDISK_FAILED:
        return replace(sight, failed=(str(data.get("code", "crash")), str(data.get("text", "")) or text))
    return sight


def _progress(before: Progress | None, data: Mapping[str, Any]) -> Progress | None:
    """How far the writing is. What came late does not take it back, unless it began anew."""
    done, total, rate = (data.get(name) for name in ("done", "total", "rate"))
    if not isinstance(done, int) or not isinstance(total, int) or not 0 <= done <= total < _MOST:
        return before
    known = float(rate) if isinstance(rate, int | float) and 1 <= rate < _MOST else None
    return Progress(done, total, known)


def _keys(data: Mapping[str, Any]) -> tuple[str, ...]:
    keys = data.get("host_keys")
    return tuple(str(key) for key in keys) if isinstance(keys, list | tuple) else ()


def _cut(data: Mapping[str, Any]) -> bool:
    sent, of = data.get("bytes"), data.get("of")
    return isinstance(sent, int) and isinstance(of, int) and sent < of
