"""What the app is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """demo: the demo fleet of so many sites and servers a site. write: the lock is open from the start. every: seconds between two polls of a device.

    record: a file that keeps all that the feed tells; replay: a file to show, `speed` times as fast. shared: what stands before the
    words of each command that is run (`-i DIR` and the like). title: of the inventory, for the status bar. remote: the URL of the exporter's feed
    that is shown, "" where devices are polled by a feed of our own.
    """

    demo: bool = False
    sites: int = 20
    servers: int = 20
    seed: int = 1
    write: bool = False
    every: float | None = None
    record: Path | None = None
    replay: Path | None = None
    speed: float = 1.0
    theme: str = ""
    start: str = ""
    shared: tuple[str, ...] = ()
    title: str = ""
    remote: str = ""
