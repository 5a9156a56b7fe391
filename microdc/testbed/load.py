"""An inventory directory to a Testbed, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from microdc.documents.model import DocumentError, Problem
from microdc.testbed.build import build
from microdc.testbed.checks import check_networks, check_pairs, check_pops, check_sites, check_uplinks
from microdc.testbed.deploychecks import check_deploy
from microdc.testbed.edges import check_directions, check_edges
from microdc.testbed.files import Files, read_files
from microdc.testbed.model import Testbed
from microdc.testbed.racks import check_racks

_CHECKS = (
    check_sites,
    check_uplinks,
    check_edges,
    check_pairs,
    check_pops,
    check_directions,
    check_networks,
    check_racks,
    check_deploy,
)


def load(directory: Path) -> Testbed:
    """The testbed of an inventory directory: `testbed.yaml` and `sites/*.yaml`.

    Raises DocumentError with every problem of every file.
    """
    testbed, problems = inspect(directory)
    if problems or testbed is None:
        raise DocumentError(problems)
    return testbed


def inspect(directory: Path) -> tuple[Testbed | None, list[Problem]]:
    """The testbed and all problems, in the order of files and lines.

    Where there are problems, the testbed is only as much as could be read (None: nothing), good for further checks.
    """
    return inspect_files(read_files(directory))


def inspect_files(files: Files) -> tuple[Testbed | None, list[Problem]]:
    """As `inspect`, of documents that need not all be written yet."""
    problems = files.problems + [problem for check in _CHECKS for problem in check(files)]
    testbed = build(files.testbed, files.sites) if files.testbed is not None else None
    return testbed, sorted(set(problems))
