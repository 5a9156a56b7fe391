"""An action as a value: what, on what, by which words of the command line, and why not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from microdc_tui.subject import Subject

Reader = Callable[[Any], tuple[str, ...]]
"""An answer of the command line -> what may be chosen."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that has to be said before. option: "" for a word that stands by itself. choices: those that are known at once.

    asks: a command whose answer `reads` gives the choices. optional: may be left empty, and its option is left out then.
    """

    name: str
    title: str
    option: str = ""
    choices: tuple[str, ...] = ()
    suggestion: str = ""
    asks: tuple[str, ...] = ()
    reads: Reader | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """argv: the words that do it, without the program's name and before the fields' words. plan: the words that only show it, () where there are none.

    words: what it will do, in words. refused: why it makes no sense now, "" where it does. locked: why nothing at all may be changed, "" where it
    may. grave: what runs there ends by it. typed: what has to be typed before, "" where a yes is enough.
    """

    name: str
    title: str
    subject: Subject
    argv: tuple[str, ...]
    plan: tuple[str, ...] = ()
    words: str = ""
    refused: str = ""
    locked: str = ""
    grave: bool = False
    typed: str = ""
    fields: tuple[Field, ...] = ()

    @property
    def blocked(self) -> str:
        """Why it cannot be done now, "" where it can: what is in its own way first, since an open lock would not change that."""
        return self.refused or self.locked

    def filled(self, values: Mapping[str, str]) -> Action:
        """The same with what was said in its fields, and no field left. Raises ValueError for one that must be given and is not, or would be read as an option."""
        more: list[str] = []
        for field in self.fields:
            value = values.get(field.name, "").strip()
            if value.startswith("-") and not field.option:
                raise ValueError(f"{field.title}: {value} begins as an option does")
            if value:
                more += [field.option, value] if field.option else [value]
            elif not field.optional:
                raise ValueError(f"{field.title} is missing")
        plan = (*self.plan, *more) if self.plan else ()
        return replace(self, argv=(*self.argv, *more), plan=plan, fields=())


def over(subject: Subject) -> str:
    """What has to be typed before something is done to all of a site or of a rack: its name; "" for anything smaller."""
    return subject.name if subject.kind in {"site", "rack"} else ""


def selector(subject: Subject) -> str:
    """The word by which the command line knows a server, or all of a site or a rack."""
    return f"{subject.name}/*" if subject.kind == "rack" else subject.name


def names(data: Any, *keys: str) -> tuple[str, ...]:
    """Strings of a document: at the end of these keys, where a list stands for each of its items. What is not there gives none."""
    if not keys:
        return (data,) if isinstance(data, str) else ()
    if isinstance(data, Sequence) and not isinstance(data, str):
        return tuple(name for one in data for name in names(one, *keys))
    return names(data.get(keys[0]), *keys[1:]) if isinstance(data, Mapping) else ()
