"""Command lines as a person would type them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def line(argv: Sequence[str], shared: Sequence[str] = ()) -> str:
    """What can be pasted into a shell. shared: what stands before the words of every command, such as `-i DIR`: without it another lab may be meant."""
    return shlex.join(("microdc", *shared, *argv))


def meant(command: str, shared: Sequence[str]) -> str:
    """A command line that was advised, for the world that it is advised in; what is no command of microdc stays as it is."""
    own, _, rest = command.partition(" ")
    return f"{line((), shared)} {rest}" if own == "microdc" and rest else command
