"""What is selected on a screen: by it the app finds the screen that tells more, and the actions that may be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SubjectKind = Literal[
    "site", "rack", "server", "switch", "shaper", "pair", "node", "lease", "entry", "overlay"
]


@dataclass(frozen=True, slots=True)
class Subject:
    """kind and name as the inventory has them; a rack's name is `site/rack`, a pair's `a:b`. site: "" where it belongs to none."""

    kind: SubjectKind
    name: str
    site: str = ""

    @property
    def key(self) -> str:
        """As the board's devices are called, for those kinds that are devices."""
        return f"{self.kind}/{self.name}"
