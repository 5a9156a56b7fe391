"""A command line taken apart, as far as the demo needs it: words, and options by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FLAGS = frozenset({
    "--yes", "--dry-run", "--uefi", "--bios", "--clear", "--reboot", "--force", "--no-force", "--wipe", "--again", "--off",
    "--maintenance", "--replace", "--no-input", "--all", "--evidence", "--rates",
})  # fmt: skip
"""Options without a value."""


@dataclass(frozen=True, slots=True)
class Words:
    """names: what is no option, in order. options: name -> value, "" for a flag; of one that is repeated the last."""

    names: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)


def take_apart(argv: Sequence[str]) -> Words:
    """`("power", "off", "bcn-c1", "--wait", "10m")` -> its words and options."""
    names: list[str] = []
    options: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            options[name] = value if equals else "" if name in FLAGS else next(words, "")
        elif word.startswith("-") and len(word) == 2:
            options[word] = next(words, "")
        else:
            names.append(word)
    return Words(tuple(names), options)
