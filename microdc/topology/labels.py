"""Names that documents take, from whatever a map is labelled with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

MAX_NAME = 63
"""Longest name of a document, characters (documents.fields.Name)."""
_MAX_WORDS = 200

_PLAIN = str.maketrans({
    "ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d",
    "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i", "ħ": "h", "Ħ": "h", "ŋ": "n", "Ŋ": "n",
    "'": "", "’": "",
})  # fmt: skip
"""Letters that Unicode does not take apart into a Latin one and its mark, and marks that part no words."""

_PLACEHOLDERS = frozenset({"", "none", "null", "nan", "unknown", "n/a", "na?", "unnamed", "tbd"})


def words(text: str) -> str:
    """Text as one line that can be printed, at most 200 characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(shown.split())
    return line if len(line) <= _MAX_WORDS else f"{line[: _MAX_WORDS - 3].rstrip()}..."


def is_placeholder(label: str) -> bool:
    """Whether a label says only that there is none: '', None, ?, ..."""
    return words(label).lower() in _PLACEHOLDERS or not any(map(str.isalnum, label))


def kebab(text: str, longest: int = MAX_NAME) -> str:
    """ASCII words in lower case with `-` between them; "" where nothing is left, such as of a name in Chinese."""
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_PLAIN).lower()
    return re.sub(r"[^a-z0-9]+", "-", bare)[: longest + 1].strip("-")[:longest].strip("-")


def unique(names: Iterable[str]) -> Iterator[str]:
    """The names in order; one that was there before gets -2, -3, ... at its end."""
    wanted = list(names)
    taken, counts = set[str](), dict[str, int]()
    whole = set(wanted)
    for name in wanted:
        free = name
        while free in taken or (free != name and free in whole):
            counts[name] = number = counts.get(name, 1) + 1
            suffix = f"-{number}"
            free = f"{name[: MAX_NAME - len(suffix)].rstrip('-')}{suffix}"
        taken.add(free)
        yield free


def pop_name(label: str, identity: str, kind: str) -> str:
    """The name of a PoP, perhaps not the only of its kind. kind: the first word for one whose label is no name.

    A bare number gets it too: in YAML it would be one.
    """
    if not is_placeholder(label) and (name := kebab(label)):
        return name if any(map(str.isalpha, name)) else kebab(f"{kind}-{name}")
    return kebab(f"{kind}-{kebab(identity)}")
