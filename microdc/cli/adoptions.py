"""What every command does that writes found things into the inventory: shows the changes, asks, writes, and tells what was left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from microdc.cli import render

if TYPE_CHECKING:
    from microdc.survey.adopt import Adoption


def carry_out(
    kind: str,
    things: str,
    planned: Sequence[Adoption],
    write: Callable[[Sequence[Adoption]], None],
    more: Mapping[str, Any],
    *,
    dry_run: bool,
) -> None:
    """kind: of the document that is printed; things: what is written, in the plural; more: what else that document holds."""
    changes = [one for one in planned if one.diff]
    for one in planned:
        if one.diff:
            render.note(one.diff.rstrip())
        for words in one.left:
            render.note(f"left: {words}")
    if changes and not dry_run:
        files = ", ".join(one.file.name for one in changes)
        render.confirm(f"Write {sum(len(one.taken) for one in changes)} {things} into {files}?")
        write(changes)
    data = {
        "written": bool(changes) and not dry_run,
        "files": [{"file": one.file, "taken": one.taken, "left": one.left} for one in planned],
        **more,
    }
    verb = "Would write" if dry_run else "Wrote"
    lines = [f"{verb} {len(one.taken)} {things} into {one.file}" for one in changes]
    left = sum(len(one.left) for one in planned)
    nothing = f"{left} {things} are left as they are" if left else "the inventory says all that was found"
    render.emit(kind, data, lambda: "\n".join(lines or [f"Nothing to write: {nothing}"]))
