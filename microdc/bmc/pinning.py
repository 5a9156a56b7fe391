"""A certificate's fingerprint written into a site document; every other byte of it stays as it is."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from microdc.documents.reader import parse
from microdc.errors import InputError

KEY = "fingerprint"


def pin(file: Path, path: tuple[str, ...], fingerprint: str) -> None:
    """Writes `fingerprint: "AB:CD:..."` into the mapping at `path` (a server's `bmc`) of a document; whole or not at all.

    Raises InputError where the document cannot be written, or has no such mapping.
    """
    place = file.resolve()  # a link stays one
    try:
        data = place.read_bytes()
        text = data.decode("utf-8")
        changed = pinned(text, path, fingerprint, file).encode("utf-8")
        if changed != data:
            _replace(place, changed)
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "is not UTF-8 text"
        raise InputError(f"the fingerprint cannot be stored: {reason}", where=str(file)) from problem


def pinned(text: str, path: tuple[str, ...], fingerprint: str, file: Path = Path("document")) -> str:
    """The text of a document with a fingerprint (64 hexadecimal digits) in the mapping at `path`. Pure.

    Raises InputError where there is no such mapping.
    """
    value = f'"{spelled(fingerprint)}"'
    node = _at(YAML(typ="safe", pure=True).compose(text), path)
    if node is None:
        raise InputError(f"there is no {'.'.join(path)} in this document", where=str(file))
    edit = _edit(node, value, text)
    changed = text[: edit.begin] + edit.put + text[edit.end :]
    _check(text, changed, path, file)
    return changed


def spelled(fingerprint: str) -> str:
    """As certificates are told: AB:CD:..."""
    return ":".join(fingerprint[n : n + 2] for n in range(0, len(fingerprint), 2)).upper()


@dataclass(frozen=True, slots=True)
class _Edit:
    """What stands from `begin` to just before `end` gives way to `put`."""

    begin: int
    end: int
    put: str


def _at(node: Node | None, path: tuple[str, ...]) -> MappingNode | None:
    for key in path:
        node = next((value for name, value in _pairs(node) if name.value == key), None)
    return node if isinstance(node, MappingNode) and node.value else None


def _pairs(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    if isinstance(node, MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, ScalarNode))


def _edit(node: MappingNode, value: str, text: str) -> _Edit:
    for key, old in _pairs(node):
        if key.value == KEY:
            return _Edit(old.start_mark.index, old.end_mark.index, value)
    last = node.value[-1][1]
    if node.flow_style:
        end = last.end_mark.index
        return _Edit(end, end, f", {KEY}: {value}")
    first = node.value[0][0].start_mark
    end = last.end_mark.index
    # a block's end mark lies behind the comments and blank lines that follow it: back to the end of its last line
    line = text.find("\n", _last_character(last, text))
    end = len(text) if line < 0 else line
    return _Edit(end, end, f"\n{' ' * first.column}{KEY}: {value}")


def _last_character(node: Node, text: str) -> int:
    """The index of the last character of a value."""
    if isinstance(node, MappingNode) and not node.flow_style:
        return _last_character(node.value[-1][1], text)
    if isinstance(node, SequenceNode) and not node.flow_style:
        return _last_character(node.value[-1], text)
    begin: int = node.start_mark.index
    return max(begin, len(text[: node.end_mark.index].rstrip()) - 1)


def _check(before: str, after: str, path: tuple[str, ...], file: Path) -> None:
    """Raises InputError where the edit did more or less than it should: better no edit than a wrong one."""
    was, now = parse(before.encode(), file).value, parse(after.encode(), file).value
    for value in (was, now):
        inner = value
        for key in path:
            inner = inner[key]
        if value is now and KEY not in inner:
            break
        inner.pop(KEY, None)
    else:
        if was == now:
            return
    raise InputError(
        "the fingerprint cannot be put into this document safely",
        where=str(file),
        hint="write it in by hand",
    )


def _replace(file: Path, data: bytes) -> None:
    """Puts new content in a file's place at once, with the same mode and owner."""
    status = file.stat()
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(stat.S_IMODE(status.st_mode))
        with suppress(PermissionError):
            os.chown(name, status.st_uid, status.st_gid)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
