"""The documents that a command works on, read by the settings in force."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from microdc.cli import context
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.testbed.model import Testbed
    from microdc.wan.profile import Library, Profile


def inventory_and_library() -> tuple[Testbed, Library]:
    """The testbed of the inventory in force, and the profiles that it may name. Raises DocumentError with all problems."""
    from microdc.documents.model import DocumentError
    from microdc.testbed.load import load
    from microdc.wan.profile import check, library_of

    directory = context.settings().inventory_dir()
    testbed, library = load(directory), library_of(directory)
    problems = check(testbed, library)
    if problems:
        raise DocumentError(problems)
    return testbed, library


def read_profile(file: str, library: Library) -> Profile:
    """A profile document from a file, or from standard input for `-`."""
    from microdc.wan.profile import parse_profile

    if file == "-":
        return parse_profile(sys.stdin.buffer.read(), Path("<stdin>"), library)
    path = Path(file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read this file: {error.strerror}", where=file) from error
    return parse_profile(data, path, library)
