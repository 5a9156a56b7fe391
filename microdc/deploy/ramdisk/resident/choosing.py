"""Which disk the system goes to: the one for which all holds that was said, never the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .disks import Disk, normal_wwn
from .words import MANY_DISKS, NO_DISK, NO_SUCH_DISK, FailedError

_HOLDS: dict[str, Callable[[Disk, Any], bool]] = {
    "serial": lambda disk, said: disk.serial == str(said).strip(),
    "wwn": lambda disk, said: bool(disk.wwn) and disk.wwn == normal_wwn(str(said)),
    "model": lambda disk, said: str(said).lower() in disk.model.lower(),
    "path": lambda disk, said: str(said).removeprefix("/dev/disk/by-path/") in disk.paths,
    "least": lambda disk, said: disk.size >= said,
    "most": lambda disk, said: disk.size <= said,
    "kind": lambda disk, said: disk.kind == said,
}
_NAME_ONE = ("serial", "wwn", "path")
"""Hints that mean one certain disk: only they may name one that is not built in."""


def choose(disks: Sequence[Disk], hints: Mapping[str, Any]) -> Disk:
    """Raises FailedError where not exactly one disk fits; the text has the candidates."""
    said = {name: value for name, value in hints.items() if value is not None and value != ""}
    certain = any(name in said for name in _NAME_ONE)
    candidates = [disk for disk in disks if disk.fixed or certain]
    if not candidates:
        raise FailedError(NO_DISK, "this machine has no disk" + _besides(disks, "only what is not built in"))
    fitting = [disk for disk in candidates if all(_HOLDS[name](disk, value) for name, value in said.items())]
    if len(fitting) == 1:
        return fitting[0]
    asked = ", ".join(f"{name} {value}" for name, value in said.items())
    if not fitting:
        raise FailedError(NO_SUCH_DISK, f"no disk has {asked}" + _besides(candidates, "there are"))
    if not said:
        what = f"there are {len(fitting)} disks, and nothing says which; the document's `disk` must tell one from the others"
    else:
        what = f"{len(fitting)} disks have {asked}; the document's `disk` must tell one from the others"
    raise FailedError(MANY_DISKS, what + _besides(fitting, "they are"))


def _besides(disks: Sequence[Disk], words: str) -> str:
    return f"; {words}: " + "; ".join(map(str, disks)) if disks else ""
