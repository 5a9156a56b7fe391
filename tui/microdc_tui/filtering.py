"""The filter of tables, by words: all of them must hold. Pure.

`paris` the row has the word · `!ok` it has not · `role=compute` a label is so · `site!=paris` it is not · `down|degraded` one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter. label: "" where any text of the row is meant. choices: any of them will do. inverse: none of them may."""

    choices: tuple[str, ...]
    label: str = ""
    inverse: bool = False

    def holds(self, text: str, labels: Mapping[str, str]) -> bool:
        """Text and the values of the labels are in lower case already."""
        if self.label:
            value = labels.get(self.label)
            found = value is not None and any(value == choice for choice in self.choices)
        else:
            found = any(choice in text for choice in self.choices)
        return found != self.inverse


Matcher = Callable[[str, Mapping[str, str]], bool]


def parse(expression: str) -> tuple[Term, ...]:
    """The terms of an expression. Whatever is typed means something: half of a word while it is typed finds what begins so."""
    return tuple(term for term in map(_term, expression.lower().split()) if term is not None)


def matches(terms: tuple[Term, ...], text: str, labels: Mapping[str, str]) -> bool:
    """Whether a row is shown. text: all that it shows, in lower case; labels likewise."""
    return all(term.holds(text, labels) for term in terms)


def _term(word: str) -> Term | None:
    inverse = word.startswith("!")
    word = word.removeprefix("!")
    label, equals, value = word.partition("=")
    if equals and label.removesuffix("!"):
        if label.endswith("!"):
            inverse, label = not inverse, label[:-1]
        choices = _choices(value)
        return Term(choices, label, inverse) if choices else None
    choices = _choices(word)
    return Term(choices, "", inverse) if choices else None


def _choices(text: str) -> tuple[str, ...]:
    return tuple(choice for choice in text.split("|") if choice)
