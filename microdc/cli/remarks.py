"""What is told of an import, reason by reason, on standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from microdc.cli import context, render

if TYPE_CHECKING:
    from microdc.topology.formats.summary import Group

_SHOWN = 5
"""Items of one reason that are shown; -v and -o json show all."""


def tell(groups: Iterable[Group]) -> None:
    """One reason a line, and under it to what it applies."""
    whole = context.settings().verbosity.value > 0
    for group in groups:
        items = group.items if whole else group.items[:_SHOWN]
        more = f" and {group.count - len(items)} more" if group.count > len(items) else ""
        render.note(f"  {group.act} {group.count}: {group.why}")
        render.note(f"    {', '.join(items)}{more}")
