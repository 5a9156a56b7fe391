"""All output: data on stdout as a table, JSON or YAML; questions and refusals on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from microdc.cli import context
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from rich.table import Table as RichTable

SCHEMA = "microdc/v1"


class Styled(NamedTuple):
    """A cell with a style of its own on a terminal, such as "red" or "bold green"; the text says it all without."""

    text: str
    style: str


Cell = str | int | float | Styled | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns. Numbers stand right, a None cell is shown as a dash."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of text in pieces, each with its style; without colours the text alone says it."""

    rows: Sequence[Sequence[tuple[str, str]]]


Part = Table | Picture | str
Human = Part | Sequence[Part]


def emit(kind: str, data: object, table: Human | Callable[[], Human] | None = None) -> None:
    """Prints one answer on stdout in the format that the user chose.

    kind: what the data is, CamelCase, such as "ProfileList". data: a mapping, or a sequence, which is put under
    `items`; dataclasses, paths, addresses and enums become plain values, NaN and infinity null. table: what a person
    reads, or a function that makes it; without it a person gets YAML.
    """
    chosen = context.settings().output.value
    if chosen == "json":
        click.echo(json.dumps(document(kind, data), indent=2, ensure_ascii=False))
    elif chosen == "yaml" or table is None:
        click.echo(_yaml(document(kind, data)), nl=False)
    else:
        show(table() if callable(table) else table)


def document(kind: str, data: object) -> dict[str, Any]:
    """The machine-readable form: schema and kind first, then the data."""
    plain = to_plain(data)
    return {"schema": SCHEMA, "kind": kind, **(plain if isinstance(plain, dict) else {"items": plain})}


def to_plain(value: object) -> Any:
    """Values as JSON knows them."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, bytes):
        return [to_plain(item) for item in value]
    return str(value)


def show(human: Human) -> None:
    """Prints tables and text for a person on stdout."""
    parts = [human] if isinstance(human, (Table, Picture, str)) else human
    for number, part in enumerate(parts):
        if number:
            click.echo()
        if isinstance(part, str):
            click.echo(part)
        elif isinstance(part, Picture):
            _print_picture(part)
        elif is_fancy(sys.stdout):
            _print_rich(part)
        else:
            click.echo(plain_table(part))


def is_fancy(stream: Any) -> bool:
    """Whether the stream is a terminal on which colours and moving lines are wanted."""
    return bool(
        stream.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not context.settings().no_color.value
    )


def plain_table(table: Table) -> str:
    """The table as aligned text, one row a line, never cut: what a pipe gets."""
    rows = [[_text(cell) for cell in row] for row in table.rows]
    right = _numeric(table)
    widths = [max(map(len, column)) for column in zip(table.columns, *rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [[name.upper() for name in table.columns], *rows]
    ]
    return "\n".join([table.title, *lines] if table.title else lines)


def _print_picture(picture: Picture) -> None:
    if not is_fancy(sys.stdout):
        for row in picture.rows:
            click.echo("".join(text for text, _ in row).rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False)
    for row in picture.rows:
        console.print(Text.assemble(*row), soft_wrap=True)


def _print_rich(table: Table) -> None:
    from rich.console import Console

    Console(file=sys.stdout, highlight=False).print(rich_table(table))


def rich_table(table: Table) -> RichTable:
    """The table as rich draws it on a terminal."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(title=table.title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, to_right in zip(table.columns, _numeric(table), strict=True):
        shown.add_column(name, justify="right" if to_right else "left")
    for row in table.rows:
        shown.add_row(*(Text(_text(cell), cell.style if isinstance(cell, Styled) else "") for cell in row))
    return shown


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return cell.text if isinstance(cell, Styled) else str(cell)


def _numeric(table: Table) -> list[bool]:
    """Which columns hold numbers, apart from dashes and cells with a style."""
    columns = [[row[index] for row in table.rows] for index in range(len(table.columns))]
    plain = [
        [cell for cell in column if not (cell is None or isinstance(cell, Styled))] for column in columns
    ]
    return [bool(cells) and all(isinstance(cell, (int, float)) for cell in cells) for cells in plain]


def _yaml(data: dict[str, Any]) -> str:
    import io

    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # schema and kind stay first
    writer.allow_unicode = True
    buffer = io.StringIO()
    writer.dump(data, buffer)
    return buffer.getvalue()


def confirm(question: str, *, typed: str = "") -> None:
    """Asks before an act that destroys something; returns where the answer is yes or --yes was given.

    typed: a word that has to be typed instead of `y`, such as the name of the site that is at stake. Raises InputError
    (exit 2) where nobody can be asked; ends the command with exit 1 where the answer is no.
    """
    settings = context.settings()
    if settings.yes.value:
        return
    if settings.no_input.value or not sys.stdin.isatty():
        raise InputError(f"not done without consent: {question}", hint="add --yes to consent")
    if typed:
        answered = (
            click.prompt(f"{question}\nType {typed} to go on", default="", show_default=False, err=True)
            == typed
        )
    else:
        answered = click.confirm(question, err=True)
    if not answered:
        _declined()


def _declined() -> NoReturn:
    click.echo("Nothing was changed.", err=True)
    click.get_current_context().exit(Exit.FAILED)


def note(text: str) -> None:
    """A line of narration on stderr; --quiet silences it."""
    if context.settings().verbosity.value >= 0:
        click.echo(text, err=True)
