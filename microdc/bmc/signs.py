"""What a log tells of a reset, which a power state that stays on does not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from microdc.bmc.model import LogEntry

RECENT = 20
"""Newest entries that are compared before and after."""
_WORDS = re.compile(
    r"\b(re-?set|re-?start|re-?boot|power(ed)?|boot(ed|ing)?|post|nmi|interrupt)", re.IGNORECASE
)
"""Of entries that tell of a reset. Others, such as of our own login, tell nothing."""


def of_reset(before: Iterable[LogEntry], after: Iterable[LogEntry]) -> str:
    """The first new entry that tells of a reset; "" for none."""
    known = {(entry.log, entry.id, entry.message) for entry in before}
    new = (entry.message for entry in after if (entry.log, entry.id, entry.message) not in known)
    return next((message for message in new if _WORDS.search(message)), "")
