"""The configurations of switches, over their command lines, many at once: kept, and held against what is kept."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from microdc.events import Step
from microdc.switch import many
from microdc.switch.cli import operate
from microdc.switch.cli.model import Backup
from microdc.switch.cli.targets import target_of
from microdc.switch.many import Outcome
from microdc.testbed.model import Switch, Testbed

_AT_ONCE = 16
"""Command lines that are open together: an SSH handshake is computing."""
_DOING = "Reading configurations"


def backup(
    testbed: Testbed, switches: Sequence[Switch], directory: Path
) -> Generator[Step, None, tuple[Outcome[Backup], ...]]:
    """Keeps the configuration of each switch in a directory, as `cli.keeping.keep` says."""

    def work(switch: Switch) -> Backup:
        return operate.backup(target_of(testbed, switch), directory)

    return (yield from many.each(_DOING, switches, work, at_once=_AT_ONCE))


def compare(
    testbed: Testbed, switches: Sequence[Switch], directory: Path
) -> Generator[Step, None, tuple[Outcome[Backup], ...]]:
    """How the configuration of each switch differs from the one that is kept. Nothing is written."""

    def work(switch: Switch) -> Backup:
        return operate.difference(target_of(testbed, switch), directory)

    return (yield from many.each(_DOING, switches, work, at_once=_AT_ONCE))
