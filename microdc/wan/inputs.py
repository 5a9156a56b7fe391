"""The documents that a change of the WAN follows from, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from microdc.errors import InputError
from microdc.wan.profile import directories_of, topologies_of

_DOCUMENTS = "*.y*ml"


def documents(inventory: Path) -> dict[str, bytes]:
    """The documents of an inventory and the profiles that it may name, by name: `inventory/...` and `profiles/...`.

    Just the files that an inventory is loaded from: keys, notes and other documents that lie beside them stay where they are, and
    so does what is no file, such as the link by which an editor locks one. Raises InputError for a file that cannot be read.
    """
    shipped, _ = directories_of(inventory)
    return {
        f"inventory/{name}": content for name, content in _contents(inventory, _of_inventory(inventory))
    } | {f"profiles/{name}": content for name, content in _contents(shipped, shipped.rglob(_DOCUMENTS))}


def _of_inventory(inventory: Path) -> Iterator[Path]:
    (_, profiles), (_, topologies) = directories_of(inventory), topologies_of(inventory)
    yield inventory / "testbed.yaml"
    yield from (inventory / "sites").glob(_DOCUMENTS)
    yield from profiles.rglob(_DOCUMENTS)
    yield from topologies.glob(_DOCUMENTS)


def _contents(directory: Path, files: Iterator[Path]) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(files):
        try:
            if file.is_file():
                yield file.relative_to(directory), file.read_bytes()
        except OSError as problem:
            raise InputError(
                f"this document cannot be read, so that it could not be kept: {problem.strerror}",
                where=str(file),
                hint="nothing is changed that cannot be written down",
            ) from None
