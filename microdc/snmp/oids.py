"""Object identifiers as tuples of numbers. Pure."""

from __future__ import annotations

from typing import TypeAlias

from microdc.errors import InputError

Oid: TypeAlias = "tuple[int, ...]"


def parse(text: str) -> Oid:
    """Reads 1.3.6.1, with or without a first dot. Raises InputError."""
    parts = text.removeprefix(".").split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(
            f"not an OID: {text!r}", hint="write numbers with dots between them, such as 1.3.6.1"
        )
    return tuple(map(int, parts))


def text(oid: Oid) -> str:
    """In dotted text."""
    return ".".join(map(str, oid))


def below(root: Oid, oid: Oid) -> bool:
    """Whether it lies in the subtree of the root, the root itself excepted."""
    return len(oid) > len(root) and oid[: len(root)] == root
