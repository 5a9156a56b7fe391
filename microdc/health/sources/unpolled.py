"""Devices that nobody can poll, each reason told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unpolled:
    """A device that cannot be polled, by its key, and why: in words, with where and what to do."""

    device: str
    why: str


def told(left: Iterable[Unpolled]) -> Iterator[str]:
    """A line for each reason, with all of which it is true."""
    about: dict[str, list[str]] = {}
    for one in left:
        about.setdefault(one.why, []).append(one.device.partition("/")[2])
    for why, names in about.items():
        yield f"not polled: {', '.join(names)}: {why}"
