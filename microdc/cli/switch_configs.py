"""`microdc switch backup|diff`: the configurations of switches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, narrate, switch_results
from microdc.cli.render import Cell, Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.events import Step
    from microdc.switch.cli.model import Backup
    from microdc.switch.many import Outcome
    from microdc.testbed.model import Switch, Testbed

    Work = Callable[[Testbed, Sequence[Switch], Path], Generator[Step, None, tuple[Outcome[Backup], ...]]]

_DIRECTORY = click.option(
    "--into",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where they are kept, as SITE/RACK/SWITCH.cfg.  [default: switch-configs in the inventory]",
)
_STYLES = {"new": "yellow", "changed": "yellow", "same": "dim"}


@click.command(
    epilog=switch_results.SELECTORS
    + """
\b
Examples:
  microdc switch backup                         all switches that have `ssh`
  microdc switch backup barcelona --into /srv/configs
"""
)
@switch_results.selecting
@_DIRECTORY
def backup(patterns: tuple[str, ...], labels: tuple[str, ...], directory: Path | None) -> Exit:
    """Keep the configurations of switches in files that only their owner may read; show what changed, secrets masked.

    The files hold the secrets that the switches tell. What changes by itself, such as dates, is left out, so that git shows only real changes.
    """
    from microdc.switch.configurations import backup as keep

    exit_, _ = _told("SwitchBackup", (patterns, labels), directory, keep)
    return exit_


@click.command(
    epilog="""\b
Examples:
  microdc switch diff bcn-sw1
  microdc switch diff || microdc switch backup
"""
)
@switch_results.selecting
@_DIRECTORY
def diff(patterns: tuple[str, ...], labels: tuple[str, ...], directory: Path | None) -> Exit:
    """Show how configurations differ from those that are kept, secrets masked. Nothing is written.

    Exit code 1 where one differs or none is kept.
    """
    from microdc.switch.configurations import compare

    exit_, found = _told("SwitchDiff", (patterns, labels), directory, compare)
    differing = any(one.value is not None and one.value.state != "same" for one in found)
    return Exit.FAILED if differing else exit_


def _told(
    kind: str, named: tuple[Sequence[str], Sequence[str]], directory: Path | None, work: Work
) -> tuple[Exit, Sequence[Outcome[Backup]]]:
    from microdc.switch.cli.keeping import DIRECTORY

    testbed, switches = switch_results.meant(*named)
    if not any(named):  # those that are not meant to be logged in to are not asked for by name either
        switches = tuple(one for one in switches if one.ssh_platform) or switches
    place = directory or context.settings().inventory_dir() / DIRECTORY
    found = narrate.watch(work(testbed, switches, place))
    return switch_results.tell(kind, found, _data, _parts), found


def _data(kept: Backup) -> dict[str, Any]:
    return {"file": kept.file, "state": kept.state, "diff": kept.diff, "notes": kept.notes}


def _parts(told: Sequence[tuple[str, Backup]]) -> Sequence[Table | str]:
    rows: list[Sequence[Cell]] = [
        (name, Styled(kept.state, _STYLES[kept.state]), str(kept.file)) for name, kept in told
    ]
    diffs = ["\n".join([f"{name}:", *kept.diff]) for name, kept in told if kept.diff]
    notes = [f"{name}: {note}" for name, kept in told for note in kept.notes]
    return [Table(("switch", "configuration", "file"), rows), *diffs, *notes]
