"""The guest's side: a pytest plugin that writes every report as a line of JSON into the port to the host."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

INSIDE = "MICRODC_INSIDE_TEST_GUEST"
"""Set in the guest's environment."""
PORT = "/dev/virtio-ports/microdc"


class Reporter:
    """Writes `begin` and `end` of each test, its reports, and what could not be collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._port = os.open(PORT, os.O_WRONLY)

    def _say(self, **message: Any) -> None:
        line = json.dumps(message).encode() + b"\n"
        while line:
            line = line[os.write(self._port, line) :]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say(begin=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._say(report=data)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._say(end=nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._say(uncollected=f"{report.nodeid}: {report.longreprtext}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reporter(config), "microdc-guest-reports")
