"""The cache directory: written beside and renamed, one builder at a time, old images pruned."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from microdc.repository.locking import locked

__all__ = ["locked", "prune", "replaced_by"]


@contextlib.contextmanager
def replaced_by(directory: Path) -> Iterator[Path]:
    """A fresh directory to fill, which takes the place of `directory` if the block ends well."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        shutil.rmtree(directory, ignore_errors=True)
        fresh.rename(directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def prune(directory: Path, pattern: str, *, keep: int) -> None:
    """Removes all but the `keep` entries that were used last, by their modification times, and half-made ones."""
    entries = sorted(directory.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in entries[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    for leftover in directory.glob(f".{pattern}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
