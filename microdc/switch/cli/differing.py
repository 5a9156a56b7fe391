"""How two configurations differ, shown without their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from microdc.switch.cli.masking import masked_lines


def difference(
    old: str, new: str, patterns: Iterable[re.Pattern[str]] = (), *, context: int = 3
) -> tuple[str, ...]:
    """The lines of a unified diff, without its heading; () where they are the same.

    They are compared whole and masked afterwards, so that a secret that changed shows as a line that changed.
    """
    before, after = old.splitlines(), new.splitlines()
    every = tuple(patterns)
    shown_before, shown_after = masked_lines(before, every), masked_lines(after, every)
    lines: list[str] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        lines.append(f"@@ -{first[1] + 1},{last[2] - first[1]} +{first[3] + 1},{last[4] - first[3]} @@")
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [f" {line}" for line in shown_before[a:b]]
                continue
            lines += [f"-{line}" for line in shown_before[a:b]]
            lines += [f"+{line}" for line in shown_after[c:d]]
    return tuple(lines)
