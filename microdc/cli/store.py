"""`microdc store`: the database that keeps what must survive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from microdc.cli import context, history, render
from microdc.cli.actor import actor
from microdc.cli.parameters import owner_option
from microdc.cli.render import Table
from microdc.units import format_size

if TYPE_CHECKING:
    from microdc.store.model import Info
    from microdc.store.operate import Store


@click.group()
def store() -> None:
    """Look after the store: the journal, leases, calibrations and the history of health.

    It is a SQLite file, or a PostgreSQL database that several controllers share; the setting `store` (MICRODC_STORE)
    names it.
    """


@store.command(
    epilog="""\b
Examples:
  microdc store info
  MICRODC_STORE=postgresql://microdc@db.lab/microdc microdc store info -o json
"""
)
def info() -> None:
    """Show where the store is, its version, and how much it holds."""
    with _unmigrated() as opened:
        _emit(opened.info())


@store.command(
    epilog="""\b
Examples:
  microdc store backup /backup/microdc-$(date +%F).db
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def backup(*, file: Path, force: bool) -> None:
    """Write all of it into one file, from which it can be restored to SQLite and PostgreSQL alike.

    Others may go on working meanwhile.
    """
    with history.opened() as opened:
        opened.backup(file, force=force)
        place = opened.place
    size = file.stat().st_size
    data = {"store": place, "file": str(file), "bytes": size}
    render.emit("Backup", data, f"{file}: a backup of {place}, {format_size(size)}.")


@store.command(
    epilog="""\b
Examples:
  microdc store restore /backup/microdc-2026-11-25.db
  MICRODC_STORE=postgresql://microdc@db.lab/microdc microdc store restore from-sqlite.db
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the store holds.")
@owner_option
def restore(*, file: Path, force: bool, owner: str) -> None:
    """Put a backup into the store: all of it or nothing, after it was found sound."""
    with history.opened() as opened:
        opened.restore(file, force=force)
        opened.journal.note("store", actor(owner), "", f"restored from {file}")
        _emit(opened.info())


@store.command(
    epilog="""\b
Examples:
  microdc store migrate
"""
)
def migrate() -> None:
    """Bring the store to the version of this microdc. Every command does so by itself; a SQLite file is copied first."""
    with _unmigrated() as opened:
        before = opened.info().version
    with history.opened() as opened:
        after = opened.info()
    data = {"store": after.place, "from": before, "to": after.version}
    words = f"brought from version {before} to {after.version}" if before != after.version else "up to date"
    render.emit("Migration", data, f"{after.place}: {words}.")


def _unmigrated() -> Store:
    from microdc.store.operate import open_store

    return open_store(context.settings().store.value, migrate=False)


def _emit(info: Info) -> None:
    facts = [
        ("database", info.database),
        ("place", info.place),
        ("version", f"{info.version} (this microdc: {info.known})"),
        ("size", format_size(info.size)),
        *((name, f"{count}") for name, count in info.rows.items()),
    ]
    render.emit("Store", info, Table(("store", ""), facts))
