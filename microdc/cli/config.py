"""`microdc config`: the settings in force."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TypedDict

import click

from microdc.cli import context, render


class Row(TypedDict):
    """One setting as it is shown."""

    name: str
    value: object
    source: str


@click.group()
def config() -> None:
    """Show the settings in force and where each comes from."""


@config.command()
def show() -> None:
    """Show each setting, its value and where it was set; secrets are masked.

    \b
    microdc config show
    MICRODC_OUTPUT=json microdc config show
    """
    rows = [*in_force(context.settings()), *variables(os.environ)]
    table = render.Table(
        ("setting", "value", "from"), [(row["name"], _words(row["value"]), row["source"]) for row in rows]
    )
    render.emit("Config", {"settings": rows}, table)


def in_force(settings: context.Settings) -> list[Row]:
    """Every setting with its source."""
    named = [(field.name, getattr(settings, field.name)) for field in fields(settings)]
    return [
        Row(name=name, value=masked(name, render.to_plain(item.value)), source=item.source)
        for name, item in named
    ]


def variables(env: Mapping[str, str]) -> list[Row]:
    """The other MICRODC_ variables that are set: defaults for options of single commands."""
    known = {f"MICRODC_{field.name.upper()}" for field in fields(context.Settings)}
    names = sorted(name for name in env if name.startswith("MICRODC_") and name not in known)
    return [Row(name=name, value=masked(name, env[name]), source="environment") for name in names]


_SECRET = re.compile(r"passw|secret|token|credential|private|api_?key", re.IGNORECASE)
_REFERENCE = re.compile(r"(env|file|keyring):")
_PASSWORD_IN_URL = re.compile(r"(://[^/@:\s]*):[^/@\s]*@")


def masked(name: str, value: object) -> object:
    """The value, or stars where its name says that it is secret; a reference to a secret is shown as it is."""
    if not isinstance(value, str) or not value or _REFERENCE.match(value):
        return value
    return "****" if _SECRET.search(name) else _PASSWORD_IN_URL.sub(r"\1:****@", value)


def _words(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
