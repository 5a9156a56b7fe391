"""Changing single values of a YAML document. Pure: text in, text out, and every byte that no change touches stays the author's.

The document is parsed to know where its values stand; the text itself is then cut and put together, so that comments, quotes, odd
spaces and line ends survive. What comes out is read again and compared with what was meant: better no edit than a wrong one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node

from microdc.documents.aliases import spelled_out
from microdc.documents.cuts import Cut, cut
from microdc.documents.flow import Plain
from microdc.documents.model import DocumentError
from microdc.documents.nodes import composed
from microdc.documents.reader import parse
from microdc.errors import InputError

__all__ = ["Change", "Plain", "difference", "edit"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value to be set at a path of keys; None takes the key away. Mappings on the way that are missing are added.

    before: keys of the same mapping before which a new one is put; without one of them there it becomes the last.
    """

    path: tuple[str, ...]
    value: Plain
    before: tuple[str, ...] = ()

    def concerns(self, other: Change) -> bool:
        """Whether one of the two lies inside the other's value, so that their order counts."""
        length = min(len(self.path), len(other.path))
        return self.path[:length] == other.path[:length]


def edit(text: str, changes: Sequence[Change], *, where: str) -> str:
    """The document with the changes made, in their order.

    Raises DocumentError where the document is none, and InputError where it has something else than a mapping on the way, or cannot be changed safely.
    """
    wanted = parse(text.encode(), Path(where)).value
    needed = list(_needed(wanted, changes, where))
    for begun in _beginnings(text, needed, where):
        for together in (True, False):
            made = _written(begun, needed, together=together)
            if made is not None and (made == text or _read_again(made, where) == wanted):
                return made
    raise InputError(
        "this document cannot be changed safely by a program", where=where, hint=_by_hand(composed(text))
    )


def _beginnings(text: str, changes: Sequence[Change], where: str) -> Iterator[str]:
    """The text, and what it is where the aliases that a change leads to or through are written out, so that only this place is changed."""
    yield text
    spelled = spelled_out(text, where=where, ways=[change.path for change in changes])
    if spelled != text:
        yield spelled


def _needed(content: dict[str, Any], changes: Sequence[Change], where: str) -> Iterator[Change]:
    """The changes that change something, each made in the content as it is told. Raises InputError where there is no mapping on the way."""
    for change in changes:
        _check_way(content, change.path, where)
        if not _is_so(content, change):
            _set(content, change)
            yield change


def _read_again(text: str, where: str) -> object:
    try:
        return parse(text.encode(), Path(where)).value
    except DocumentError:
        return None


def _written(text: str, changes: Sequence[Change], *, together: bool) -> str | None:
    """The text with the changes in it; None where it is no YAML on the way.

    together: those that touch neither each other's place nor each other's value are made at once, since reading a document is slow.
    """
    left = list(changes)
    while left:
        root = composed(text)
        if root is None:  # a change took away an anchor that is used again
            return None
        cuts: list[Cut] = []
        later: list[Change] = []
        for change in left:
            if (cuts and not together) or any(map(change.concerns, later)):
                later.append(change)
                continue
            place = cut(text, root, change.path, change.value, change.before)
            if place and any(map(place.touches, cuts)):
                later.append(change)
            elif place:
                cuts.append(place)
        text = _joined(text, cuts)
        left = later
    return text


def _joined(text: str, cuts: Sequence[Cut]) -> str:
    for place in sorted(cuts, key=lambda place: place.begin, reverse=True):
        text = text[: place.begin] + place.words + text[place.end :]
    return text


def _by_hand(root: MappingNode | None) -> str:
    anchors = sorted(set(_anchors(root))) if root else []
    if anchors:
        return f"values are shared by anchors ({', '.join(f'&{name}' for name in anchors)}): write them out, or make the change by hand"
    return "make the change by hand"


def _anchors(node: Node) -> Iterator[str]:
    if node.anchor:
        yield str(node.anchor)
    inner = [part for pair in node.value for part in pair] if isinstance(node, MappingNode) else node.value
    for part in inner if isinstance(inner, list) else ():
        yield from _anchors(part)


def difference(file: Path, before: str, after: str) -> str:
    """A unified diff of a document, "" where nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), str(file), str(file), n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


# -- what a change means


def _check_way(content: Any, path: Sequence[str], where: str) -> None:
    for number, key in enumerate(path[:-1], start=1):
        content = content.get(key)
        if content is None:
            return
        if not isinstance(content, dict):
            told = ".".join(path[:number])
            raise InputError(f"{told} is no mapping, so that {path[-1]!r} cannot be set in it", where=where)


def _is_so(content: Any, change: Change) -> bool:
    """Whether a document says already what a change would make it say."""
    for key in change.path[:-1]:
        content = (content or {}).get(key)
    there = content is not None and change.path[-1] in content
    return not there if change.value is None else there and content[change.path[-1]] == change.value


def _set(content: Any, change: Change) -> None:
    *way, last = change.path
    for key in way:
        if content.get(key) is None:
            if change.value is None:
                return
            content[key] = {}
        content = content[key]
    if change.value is None:
        content.pop(last, None)
    else:
        content[last] = deepcopy(change.value)
