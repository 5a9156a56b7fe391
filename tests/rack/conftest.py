"""The virtual rack's fixtures. One segment with its boot server serves all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import netboot
import pytest


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[netboot.Segment]:
    """A switch, DHCP and TFTP in a namespace; machines that tests plug in end with it."""
    with netboot.segment(tmp_path_factory.mktemp("segment")) as made:
        yield made
