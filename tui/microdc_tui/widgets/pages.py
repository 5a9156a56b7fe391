"""An entry of the journal, whole, to read. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from microdc_tui.devices.wording import size
from microdc_tui.moments import stamp, took
from microdc_tui.readings.journal import Entry, Page
from microdc_tui.text import plain
from microdc_tui.widgets.folding import Paragraph, Piece

MOST = 2_000
"""Lines of data that are shown; the command line prints all."""
_LEAD = 10
_DEEPEST = 12


def page(of: Page) -> list[Paragraph]:
    """Who did it and when, the command, what was to be done, what came of it, and the documents that it was done by."""
    entry = of.entry
    told = [
        Paragraph((Piece(f"#{plain(entry.ident)}  ", "dim"),), (Piece(plain(entry.what), "strong"),)),
        Paragraph(),
        _fact("by", _who(entry)),
        _fact("when", f"{stamp(entry.began)}{f', took {took(entry.took)}' if entry.took else ''}"),
        _fact("came out", f"{plain(entry.outcome)}{', its process is gone' if entry.gone else ''}"),
    ]
    if of.argv:
        told.append(_fact("command", plain(shlex.join(of.argv)), "command"))
    if of.version:
        told.append(_fact("version", plain(of.version)))
    told += [_fact("document", f"{plain(name)}, {size(octets)}") for name, octets in of.inputs]
    told += _data("what was to be done", of.data)
    told += _data("what came of it", of.result)
    return told


def _who(entry: Entry) -> str:
    process = f", process {entry.pid}" if entry.pid else ""
    return f"{plain(entry.who)} ({plain(entry.user)} on {plain(entry.host)}{process})"


def _fact(name: str, text: str, tone: str = "") -> Paragraph:
    return Paragraph((Piece(f"{name:<{_LEAD}}", "dim"),), (Piece(text, tone),))


def _data(title: str, value: Any) -> list[Paragraph]:
    if not value:
        return []
    lines = list(islice(_tree(value, 0), MOST + 1))
    if len(lines) > MOST:
        lines[-1] = Paragraph((), (Piece("there is more; the command line prints all of it", "dim"),))
    return [Paragraph(), Paragraph((), (Piece(title, "strong"),)), *lines]


def _tree(value: Any, depth: int) -> Iterator[Paragraph]:
    """JSON as lines: keys, and what stands under them indented."""
    indent = "  " * min(depth, _DEEPEST)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _item(f"{indent}{plain(str(key))}: ", item, depth)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _item(f"{indent}- ", item, depth)
    else:
        yield Paragraph((Piece(indent),), (Piece(_scalar(value)),))


def _item(lead: str, item: Any, depth: int) -> Iterator[Paragraph]:
    if isinstance(item, (Mapping, list, tuple)) and item:
        yield Paragraph((Piece(lead, "dim"),), ())
        yield from _tree(item, depth + 1)
    else:
        yield Paragraph((Piece(lead, "dim"),), (Piece(_scalar(item)),))


def _scalar(value: Any) -> str:
    if value is None or value in ([], {}, ()):
        return "-"
    return plain({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value))
