"""What the palette offers, and how well it fits what is typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

SHOWN = 60
"""Hits that are shown at most: more nobody looks through."""


@dataclass(frozen=True, slots=True)
class Offer:
    """name: what is sought, plain text. told: what it is. do: called when it is chosen. weight: what counts more among equals."""

    name: str
    told: str
    do: Callable[[], object]
    weight: float = 0.0


def find(query: str, offers: Iterable[Offer]) -> list[tuple[float, Offer]]:
    """The best fits, the best first: all words of the query must be in the name or in what is told of it, or the letters in that order."""
    words = query.lower().split()
    found = [(score, offer) for offer in offers if (score := fit_of(words, offer)) > 0]
    found.sort(key=lambda hit: (-hit[0], len(hit[1].name), hit[1].name))
    return found[:SHOWN]


def fit_of(words: list[str], offer: Offer) -> float:
    """0 for what does not fit; up to 1 for the name itself."""
    name = offer.name.lower()
    text = f"{name} {offer.told.lower()}"
    if " ".join(words) == name:
        return 1.0
    if all(word in text for word in words):
        starts = sum(any(part.startswith(word) for part in name.replace(":", " ").split()) for word in words)
        inside = sum(word in name for word in words)
        return min(0.99, 0.4 + 0.2 * (starts + inside) / (2 * max(1, len(words))) + offer.weight)
    letters = "".join(words)
    return 0.1 + offer.weight / 10 if _in_order(letters, iter(name)) else 0.0


def _in_order(letters: str, text: Iterator[str]) -> bool:
    return len(letters) > 1 and all(letter in text for letter in letters)
