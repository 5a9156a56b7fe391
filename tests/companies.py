"""Which tests stay together where several workers share them out (`--dist loadscope`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LONGEST = ("kernel", "lab", "test_deploy_rack.py")
"""What is begun with, so that no worker is alone with it at the end; the others follow by the number of their tests."""


def company(nodeid: str) -> str:
    """What one worker has as a whole: the kernel's tests and the lab's share a guest each, those of a file of the rack a segment or a lab."""
    place = Path(nodeid.partition("::")[0])
    if place.parent.name in {"kernel", "lab"}:
        return place.parent.name
    return place.name if place.parent.name == "rack" else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadscope` keeps company. (Marks of xdist_group do not reach the scheduler: pytest 9.1 and later with xdist 3.8.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Companies(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return company(nodeid)

        def _assign_work_unit(self, node: Any) -> None:
            first = next((one for one in LONGEST if one in self.workqueue), None)
            if first is not None:
                self.workqueue.move_to_end(first, last=False)
            super()._assign_work_unit(node)

    return Companies(config, log) if config.getvalue("dist") == "loadscope" else None
