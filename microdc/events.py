"""What a long operation tells while it runs: the CLI, the TUI and the tests watch the same stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a long operation.

    state: "started", "progress", "done", "skipped", "asked" where nothing shows whether it came to pass, or "failed" where others go on. done and total count `unit` (bytes, packets, pairs) where known.
    """

    what: str
    state: Literal["started", "progress", "done", "skipped", "asked", "failed"]
    detail: str = ""
    done: int | None = None
    total: int | None = None
    unit: str = ""
