"""Tests of the kernel that run in the guest are ordinary tests of the run, and the guest never outlives it.

The files under tests/kernel that do it are copied beside tests that pass, fail, and end the guest.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from microdc.host.daemon import Daemon

pytestmark = pytest.mark.lab

_KERNEL = Path(__file__).parents[1] / "kernel"
_SAMPLE = """
import os
import subprocess

import pytest


@pytest.fixture
def broken():
    raise OSError("no such thing")


@pytest.mark.parametrize("text", ["plain", "with a space", "a/b::c"])
def test_passes(text):
    assert os.environ["MICRODC_INSIDE_TEST_GUEST"]


def test_fails():
    print("said before")
    assert {"a": 1} == {"a": 2}


def test_is_skipped():
    pytest.skip("for a reason")


@pytest.mark.xfail(reason="known")
def test_is_known_to_fail():
    assert False


def test_has_no_setup(broken):
    pass


def test_ends_the_guest():
    subprocess.run(["poweroff", "-f"])
    subprocess.run(["sleep", "100"])


def test_comes_after():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    kernel = tmp_path / "tests" / "kernel"
    kernel.mkdir(parents=True)
    for name in ("conftest.py", "guest_run.py", "guest_reports.py", "netlink_port.py"):
        shutil.copy(_KERNEL / name, kernel / name)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntimeout = 300\n")
    (kernel / "test_sample.py").write_text(_SAMPLE)
    return tmp_path


def _start(project: Path, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "MICRODC_TEST_GUEST": "always", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("CI", None)
    return subprocess.Popen(
        argv, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _run(project: Path, *words: str) -> str:
    with _start(project, *words) as process:
        return process.communicate(timeout=240)[0]


def test_every_outcome_comes_back_up_to_the_end_of_the_guest(project: Path) -> None:
    shown = _run(project, "-rA", "--junitxml=junit.xml")
    assert "1 failed, 3 passed, 1 skipped, 1 xfailed, 3 errors" in shown
    assert re.search(r"E +AssertionError: assert \{'a': 1\} == \{'a': 2\}", shown)
    for said in ("said before", "no such thing", "for a reason"):
        assert said in shown
    assert "PASSED tests/kernel/test_sample.py::test_passes[a/b::c]" in shown
    assert "the test guest ended while this test ran" in shown
    assert "the test guest ended before this test ran" in shown
    assert "reboot: Power down" in shown
    cases = {case.get("name"): case for case in ET.parse(project / "junit.xml").iter("testcase")}
    assert len(cases) == 9
    assert cases["test_passes[with a space]"].find("failure") is None
    assert cases["test_fails"].find("failure") is not None


@pytest.mark.long
@pytest.mark.extra
def test_one_worker_runs_those_chosen_and_stops_where_asked(project: Path) -> None:
    shutil.copy(_KERNEL.parent / "companies.py", project)  # the directory of a run is on Python's path
    options = ["-p", "companies", "-n", "2", "--dist", "loadscope", "-x", "-k", "passes or fails or skipped"]
    shown = _run(project, *options, "tests/kernel/test_sample.py")
    assert "1 failed, 3 passed" in shown
    assert "stopping after 1 failures" in shown


@pytest.mark.long
@pytest.mark.extra
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_guest_ends_with_the_run(project: Path, how: signal.Signals) -> None:
    (project / "tests" / "kernel" / "test_sample.py").write_text(
        "def test_one():\n    pass\n\n\ndef test_without_end():\n    while True:\n        pass\n"
    )
    with _start(project, "-v", "-s") as process:
        assert process.stdout
        assert any("test_one PASSED" in line for line in process.stdout)
        guest = _guest_of(process.pid)
        process.send_signal(how)
        process.communicate(timeout=60)
    assert guest.wait(10)


def _guest_of(parent: int) -> Daemon:
    found = subprocess.run(["pgrep", "-P", str(parent), "qemu"], capture_output=True, text=True, check=True)
    return Daemon.of(int(found.stdout))
