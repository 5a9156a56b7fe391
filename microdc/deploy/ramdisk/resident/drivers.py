"""Loads the kernel modules that this machine's hardware asks for, and no other.

/etc/microdc/aliases has a line for each pattern by which a module says what it drives, `PATTERN NAME`; /etc/microdc/needs a line for
each module with all that is to be loaded for it, in order: `NAME NAME…`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from . import programs, sysfs
from .saying import say

ALWAYS = ("ext4", "vfat", "nls_cp437", "nls_iso8859_1", "nls_ascii", "nls_utf8", "efivarfs", "af_packet")
"""Modules that drive no hardware, and that the program needs."""
CONF, MODULES = Path("/etc/microdc"), Path("/usr/lib/modules/microdc")
_QUIET_SECONDS = 0.3
_PARAMETERS = {"scsi_mod": ["scan=sync"]}
"""A controller has then seen all its disks when its driver is loaded: the only disk so far is really the only one."""


def matching(aliases: Sequence[tuple[str, str]], wanted: Iterable[str]) -> list[str]:
    """The modules whose patterns fit what devices say of themselves, each once. Pure."""
    wanted = sorted(set(wanted))
    found: dict[str, None] = {}
    for pattern, module in aliases:
        start = pattern.partition("*")[0].partition("[")[0].partition("?")[0]
        if any(each.startswith(start) and fnmatchcase(each, pattern) for each in wanted):
            found[module] = None
    return list(found)


def load() -> list[str]:
    """Loads ALWAYS and what the hardware wants, until no new hardware shows; the names, in order."""
    aliases = [(pattern, name) for pattern, name in _lines(CONF / "aliases")]
    needs = {names[0]: names for names in _lines(CONF / "needs")}
    loaded: dict[str, None] = {}
    for name in ALWAYS:
        _insert(name, needs, loaded)
    while True:
        before = len(loaded)
        for name in matching(aliases, _devices()):
            _insert(name, needs, loaded)
        if len(loaded) == before:
            return list(loaded)
        time.sleep(_QUIET_SECONDS)  # what a driver finds shows a little later


def _devices() -> list[str]:
    return [sysfs.text(path) for path in Path("/sys/bus").glob("*/devices/*/modalias")]


def _insert(name: str, needs: Mapping[str, Sequence[str]], loaded: dict[str, None]) -> None:
    for each in [*needs.get(name, [name])[1:], name]:
        path = MODULES / f"{each}.ko"
        if each in loaded or not path.exists():
            continue
        loaded[each] = None
        try:
            programs.run(["insmod", str(path), *_PARAMETERS.get(each, [])])
        except programs.ProgramError as error:
            say(f"the kernel does not take the module {each}: {error}")


def _lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text("ascii").splitlines()]
