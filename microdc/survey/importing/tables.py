"""CSV files and the tables of a Markdown page as rows, each with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from microdc.documents.model import Where
from microdc.errors import InputError
from microdc.survey.importing.model import MAX_BYTES, MAX_ROWS
from microdc.topology.formats.model import broken

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by the header's words."""

    where: Where
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table under one header."""

    where: Where
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_tables(data: bytes, file: Path) -> list[Table]:
    """All tables of a file: those of a Markdown page (.md), else the one of a CSV file. Raises InputError."""
    text = decode(data, file)
    tables = list(_markdown(text, file)) if is_markdown(text, file) else [_csv(text, file)]
    if sum(len(table.rows) for table in tables) > MAX_ROWS:
        raise broken(file, 0, f"has more than {MAX_ROWS:,} rows", "import it in parts")
    return tables


def decode(data: bytes, file: Path) -> str:
    """The text of a file, of which its size was not known. Raises InputError."""
    if len(data) > MAX_BYTES:
        raise broken(file, 0, f"is larger than {MAX_BYTES // 10**6} MB", "is it the right file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken(file, line, "is not UTF-8 text", "is it a binary file?") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise broken(file, line, "is not text: it holds a null byte", "is it a binary file?")
    return text


def is_markdown(text: str, file: Path) -> bool:
    """By its name, or by the line of dashes under a header."""
    if file.suffix.lower() in {".md", ".markdown"}:
        return True
    return any("|" in line and _RULE.fullmatch(line) for line in text.splitlines()[:200])


def _markdown(text: str, file: Path) -> Iterator[Table]:
    """Tables as GitHub reads them: a header over a line of dashes, then rows until a line without a bar. A bar at the start may be left out."""
    lines = text.splitlines()
    number, fence = 0, ""
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        under = lines[number + 1] if number + 1 < len(lines) else ""
        if (
            fence
            or "|" not in line
            or "|" not in under
            or not _RULE.fullmatch(under)
            or _RULE.fullmatch(line)
        ):
            number += 1
            continue
        header = tuple(_cells(line))
        top = number + 1
        number += 2
        rows = []
        while number < len(lines) and "|" in lines[number]:
            if not _RULE.fullmatch(lines[number]):
                rows.append(_row(header, _cells(lines[number]), Where(file, number + 1)))
            number += 1
        yield Table(Where(file, top), header, tuple(rows))


def _cells(line: str) -> list[str]:
    """The cells of a line; a bar behind a backslash is text."""
    bare = line.strip().removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return [cell.replace("\\|", "|").strip().strip("`").strip() for cell in re.split(r"(?<!\\)\|", bare)]


def _csv(text: str, file: Path) -> Table:
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(StringIO(text), delimiter=max(",;\t|", key=first.count))
    header: tuple[str, ...] | None = None
    where, rows = Where(file, 1), []
    line = 0
    try:
        for values in reader:
            before, line = line + 1, reader.line_num
            if not any(value.strip() for value in values):
                continue
            cells = [value.strip() for value in values]
            if header is None:
                header, where = tuple(cells), Where(file, before)
            else:
                rows.append(_row(header, cells, Where(file, before)))
    except csv.Error as error:
        raise broken(file, reader.line_num, f"is not CSV: {error}") from None
    if header is None:
        raise broken(file, 0, "is empty", "a table starts with a row of names of columns")
    return Table(where, header, tuple(rows))


def _row(header: tuple[str, ...], cells: list[str], where: Where) -> Row:
    """The cells by their columns. Raises InputError for a row that is longer than its header."""
    if len(header) > _MAX_COLUMNS:
        raise InputError(f"the table has more than {_MAX_COLUMNS} columns", where=str(where))
    if any(cells[len(header) :]):
        what = f"the row has {len(cells)} cells under {len(header)} columns"
        raise InputError(what, where=str(where), hint="is a cell with the separator in it without quotes?")
    return Row(where, dict(zip(header, cells, strict=False)))
