"""`microdc tui`: starts the full-screen view, which is a face of its own and found as a plugin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import click

from microdc.cli import context
from microdc.cli.health_sources import from_option
from microdc.cli.parameters import DURATION
from microdc.errors import InputError, UnreachableError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog="""\b
Examples:
  microdc tui                                   the testbed of the inventory in use; nothing can be changed
  microdc tui --write                           the lock is open from the start
  microdc tui --from 127.0.0.1:9723             fed by the microdc exporter there: no device is polled twice
  microdc tui --demo                            a made-up fleet: no device, no inventory, no root
  microdc tui --record monday.jsonl.gz          keep all that is told, and show it again:
  microdc tui --replay monday.jsonl.gz --speed 10
"""
)
@click.option("--demo", is_flag=True, help="Show a made-up fleet, on which everything can be tried.")
@click.option("--sites", type=click.IntRange(1, 200), default=20, show_default=True, help="Of the demo.")
@click.option(
    "--servers", type=click.IntRange(0, 200), default=20, show_default=True, help="Of each site of the demo."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the demo: another one, other events."
)
@click.option("--write", is_flag=True, help="Open the lock: things may be changed.")
@click.option("--record", type=_FILE, help="Keep the session in a new file; with the ending .gz compressed.")
@click.option("--replay", type=_FILE, help="Show a session that was kept.")
@click.option(
    "--speed",
    type=click.FloatRange(0.05, 1000),
    default=1.0,
    show_default=True,
    help="Of --replay: so many times as fast.",
)
@click.option(
    "--every",
    type=DURATION,
    help="From poll to poll of a BMC and a switch; of the others in proportion.  [default: 10s; of the demo 1s]",
)
@from_option
@click.option(
    "--theme", default="", help="Colours: microdc, microdc-light, microdc-blue-orange, microdc-contrast."
)
@click.option(
    "--start", default="", help="The screen to begin with, by its name: sites, wan, deployments, ..."
)
def tui(**given: Any) -> int:
    """Watch the testbed full-screen, and act on it.

    Nothing can be changed until the lock is opened: with --write, or with the key w. What the TUI does, it does by the commands of
    microdc, and shows them. Needs a terminal; the fleet of --demo needs nothing else.
    """
    if given["replay"] is not None and (given["demo"] or given["record"] is not None):
        raise InputError("--replay shows a recording, so it goes with neither --demo nor --record")
    _check_from(given)
    run = _face()
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):  # it draws on stderr
        raise InputError(
            "the TUI needs a terminal", hint="`microdc health --watch` tells the same where there is none"
        )
    settings = context.settings()
    shared, title = _inventory(settings)
    remote = "" if given["remote"] is None else str(given["remote"])
    if remote:
        title = f"{title}, fed by {remote.removeprefix('http://').removesuffix('/feed')}"
    return run({**given, "shared": shared, "title": title, "remote": remote})


def _check_from(given: Mapping[str, Any]) -> None:
    """Raises InputError for what does not go with --from."""
    if given["remote"] is None:
        return
    if given["demo"] or given["replay"] is not None:
        raise InputError("--from goes with neither --demo nor --replay: each says where records come from")
    if given["every"] is not None:
        raise InputError(
            "--every does not go with --from: nothing is polled here",
            hint=f"give it to the exporter whose feed is {given['remote']}",
        )


def _inventory(settings: context.Settings) -> tuple[tuple[str, ...], str]:
    """What names the inventory to every command that the TUI runs, and to people."""
    inventory = settings.inventory.value
    return ("-i", str(inventory)), f"inventory {_short(inventory)}"


def _short(path: Path) -> str:
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def _face() -> Callable[[Mapping[str, Any]], int]:
    """The TUI's `run`. Raises UnreachableError where it is not installed, or not what it needs."""
    from importlib.metadata import PackageNotFoundError, distribution, entry_points

    try:  # ours, without a look into every package that is installed
        own = distribution("microdc").entry_points.select(group="microdc.faces", name="tui")
    except PackageNotFoundError:
        own = entry_points(group="microdc.faces", name="tui")
    found = next(iter(own), None)
    if found is None:
        raise UnreachableError(
            "the TUI is not installed", hint="install the whole of microdc: it has the TUI in it"
        )
    try:
        return cast("Callable[[Mapping[str, Any]], int]", found.load())
    except ModuleNotFoundError as missing:
        raise UnreachableError(
            f"the TUI needs {missing.name}, which is not installed", hint="pip install textual==8.2.8"
        ) from missing
