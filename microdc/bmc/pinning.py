"""A certificate's fingerprint written into a site document; every other byte of it stays as it is."""

from __future__ import annotations

from pathlib import Path

from microdc.documents.edit import Change, edit
from microdc.documents.reader import parse
from microdc.documents.storing import store
from microdc.errors import InputError

KEY = "fingerprint"


def pin(file: Path, path: tuple[str, ...], fingerprint: str) -> None:
    """Writes `fingerprint: "AB:CD:..."` into the mapping at `path` (a server's `bmc`) of a document; whole or not at all.

    Raises InputError where the document cannot be written, or has something else there.
    """
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "is not UTF-8 text"
        raise InputError(f"the fingerprint cannot be stored: {reason}", where=str(file)) from problem
    store([(file, text, pinned(text, path, fingerprint, file))])


def pinned(text: str, path: tuple[str, ...], fingerprint: str, file: Path = Path("document")) -> str:
    """The text of a document with a fingerprint (64 hexadecimal digits) in the mapping at `path`. Pure.

    Raises InputError where there is no such mapping, and where it cannot be changed safely.
    """
    inner: object = parse(text.encode(), file).value
    for key in path:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        raise InputError(f"there is no {'.'.join(path)} in this document", where=str(file))
    return edit(text, [Change((*path, KEY), spelled(fingerprint))], where=str(file))


def spelled(fingerprint: str) -> str:
    """As certificates are told: AB:CD:..."""
    return ":".join(fingerprint[n : n + 2] for n in range(0, len(fingerprint), 2)).upper()
