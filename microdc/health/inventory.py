"""An inventory as far as it can be read: what is wrong in some of its documents is told, and the rest is watched all the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microdc.documents.model import Problem
from microdc.testbed.load import inspect
from microdc.testbed.model import Testbed
from microdc.wan.profile import Library, check, directories_of, inspect_library, with_atlas


@dataclass(frozen=True, slots=True)
class Inventory:
    """testbed: None where nothing can be read of it. problems: of all its documents, by file and line."""

    testbed: Testbed | None
    library: Library
    problems: tuple[Problem, ...] = ()


def read_inventory(directory: Path) -> Inventory:
    """The testbed of a directory, its profiles and topologies; never raises for what is wrong in a document."""
    testbed, problems = inspect(directory)
    library, unread = inspect_library(*directories_of(directory))
    library = with_atlas(library, directory)
    named = check(testbed, library) if testbed is not None else []
    return Inventory(testbed, library, tuple(sorted({*problems, *unread, *named})))
