"""`microdc version`."""

from __future__ import annotations

import platform

import click

from microdc import __version__
from microdc.cli import render


@click.command(short_help="Print the versions of microdc, Python and the kernel.")
def version() -> None:
    """Print the versions that a report of a problem needs."""
    data = {"microdc": __version__, "python": platform.python_version(), "kernel": platform.release()}
    render.emit("Version", data, "\n".join(f"{name} {value}" for name, value in data.items()))
