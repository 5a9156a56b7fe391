"""`microdc validate`: every error of an inventory at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from microdc.cli import context, render
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.wan.validate import Report


@click.command(
    epilog="""\b
Examples:
  microdc validate                    the inventory in force
  microdc validate inventory/         an inventory directory, its sites and its own profiles
  microdc validate my-profile.yaml    one document
  microdc validate -o json            for a script; exit code 2 where anything is wrong
"""
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
def validate(path: Path | None) -> Exit:
    """Check documents and report all errors at once, each as file:line and what to write instead.

    PATH is an inventory, a directory of profiles or a single document. Nothing is changed and nothing is contacted.
    """
    from microdc.wan.validate import validate as check

    report = check(path or context.settings().inventory_dir())
    problems = [
        {"file": problem.where.file, "line": problem.where.line, "what": problem.what, "hint": problem.hint}
        for problem in report.problems
    ]
    data = {"path": report.path, "valid": report.valid, "counts": report.counts, "problems": problems}
    render.emit("Validation", data, lambda: _text(report))
    return Exit.OK if report.valid else Exit.USAGE


def _text(report: Report) -> str:
    if report.valid:
        counts = ", ".join(f"{number} {_plural(number, what)}" for what, number in report.counts.items())
        return f"{report.path}: valid ({counts})"
    found = "1 problem" if len(report.problems) == 1 else f"{len(report.problems)} problems"
    return "\n".join([*map(str, report.problems), f"{report.path}: {found}"])


def _plural(number: int, words: str) -> str:
    if number != 1:
        return words
    if words.endswith("ies"):
        return words.removesuffix("ies") + "y"
    return words.removesuffix("es") if words.endswith("ches") else words.removesuffix("s")
