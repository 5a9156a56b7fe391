"""What all tests share: which can run here, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from microdc.host.abilities import try_kernel

settings.register_profile("any-load", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("any-load")

pytest_plugins = ["skips", "leftovers", "companies", "unstable"]


def pytest_configure() -> None:
    """A run in the background of a script has Ctrl-C ignored, and so would have all that the tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@cache
def _has_netem() -> bool:
    return bool(try_kernel("sch_netem").works)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what cannot run here, and says why."""
    needs_root = any(item.get_closest_marker(name) for name in ("root", "netem", "lab"))
    if needs_root and os.geteuid() != 0:
        pytest.skip("needs root")
    if item.get_closest_marker("netem") and not _has_netem():
        pytest.skip("the running kernel has no sch_netem")


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    """What all tests of a process share, and what it starts inherits, is as it was: a blocked signal would be missed by another test's children."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    assert signal.pthread_sigmask(signal.SIG_SETMASK, before) == before


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Published topologies and latencies, which are no part of the project: where they are not kept, what needs them is skipped."""
    beside = Path(__file__).parents[1] / "../shared/data"
    place = Path(os.environ.get("MICRODC_REFERENCE_DATA", beside)).resolve()
    if not (place / "derivation-checks.csv").is_file():
        pytest.skip("the reference data is not here: MICRODC_REFERENCE_DATA names its directory")
    return place
