"""Imported sites beside those of an inventory that may be there already: what would be wrong is said before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from microdc.documents.check import check
from microdc.documents.model import DocumentError
from microdc.documents.reader import parse
from microdc.documents.site import SiteDocument
from microdc.documents.testbed import TestbedDocument
from microdc.testbed.files import Files, Source, read_files
from microdc.testbed.load import inspect_files
from microdc.topology.labels import kebab


def plan_files(directory: Path, texts: Mapping[str, str]) -> dict[Path, str]:
    """What is written: `sites/NAME.yaml` for each site, and `testbed.yaml` where there is none. texts: by site."""
    planned = {directory / "sites" / f"{site}.yaml": text for site, text in texts.items()}
    top = directory / "testbed.yaml"
    return planned if top.exists() else {top: f"testbed: {_testbed(directory, texts)}\n", **planned}


def _testbed(directory: Path, texts: Mapping[str, str]) -> str:
    """A name for the testbed: that of its directory, unless it is a general word."""
    name = kebab(directory.resolve().name)
    return name if name not in {"", "inventory"} else next(iter(texts))


def check_fit(directory: Path, planned: Mapping[Path, str]) -> None:
    """Checks the inventory as it will be. Raises DocumentError with every problem that the planned files bring."""
    there = (directory / "testbed.yaml").exists()
    before = read_files(directory) if there else Files(directory)
    known = set(inspect_files(before)[1]) if there else set()
    after = Files(directory, before.testbed, [], set(before.unread), list(before.problems))
    after.sites = [source for source in before.sites if source.document.file not in planned]
    for file, text in planned.items():
        document = parse(text.encode(), file)
        if file.parent.name == "sites":
            after.sites.append(Source(document, check(document, SiteDocument)))
        else:
            after.testbed = Source(document, check(document, TestbedDocument))
    _, problems = inspect_files(after)
    if new := [problem for problem in problems if problem not in known]:
        raise DocumentError(new)
