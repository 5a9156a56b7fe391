"""Tests of the kernel run here where it has sch_netem, else in one guest whose time does not depend on the load.

Either way they are ordinary tests of this run: chosen by -k, -m and ids, counted, with their output and tracebacks.
MICRODC_TEST_GUEST=always takes the guest also where the kernel here would do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import guest_reports
import guest_run
import pytest
from netlink_port import Port, open_port

from microdc.host.abilities import try_kernel

_HERE = Path(__file__).parent
_RUN = pytest.StashKey[guest_run.GuestRun]()


def _wants_guest() -> bool:
    if os.environ.get(guest_reports.INSIDE):
        return False
    return os.environ.get("MICRODC_TEST_GUEST") == "always" or not try_kernel("sch_netem").works


def _is_ours(item: pytest.Item) -> bool:
    return item.path.is_relative_to(_HERE)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    ours = [item for item in items if _is_ours(item)]
    if not ours or not _wants_guest():
        return
    config.stash[_RUN] = guest_run.GuestRun(session)
    for item in ours:
        item.add_marker(pytest.mark.timeout(0))  # its time passes in the guest, where the limit holds


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Reports what the guest reports of a test of ours; other tests run as always."""
    run = item.config.stash.get(_RUN, None)
    if run is None or not _is_ours(item):
        return None
    run.emit(item, [other for other in item.session.items if _is_ours(other)])
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash.get(_RUN, None)
    if run:
        run.close()


@pytest.fixture(scope="module")
def open_once() -> Iterator[Port]:
    """An interface in a namespace of its own, with an agent beside it; one for each file."""
    with open_port() as port:
        yield port


@pytest.fixture
def port(open_once: Port) -> Iterator[Port]:
    """The file's interface, with nothing laid before and after."""
    yield open_once
    open_once.clear()
