"""The rules that a run in CI is held to: no skip without leave, nothing left behind, what is unstable told and bounded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import skips  # type: ignore[import-not-found]  # beside conftest.py, which puts it on the path

SUITE = Path(skips.__file__).parent


def run(
    tmp_path: Path, body: str, plugin: str, *options: str, allowed: str = "", ci: bool = True
) -> tuple[int, str]:
    """Runs a test file under a copy of one of our plugins; the exit code and the output."""
    (tmp_path / f"{plugin}.py").write_text((SUITE / f"{plugin}.py").read_text("utf-8"), "utf-8")
    (tmp_path / "allowed-skips.txt").write_text(allowed, "utf-8")
    (tmp_path / "conftest.py").write_text(f'pytest_plugins = ["{plugin}"]\n', "utf-8")
    (tmp_path / "test_it.py").write_text(f"import os, subprocess, pytest\n{body}\n", "utf-8")
    env = {key: value for key, value in os.environ.items() if key not in {"CI", "PYTEST_ADDOPTS"}}
    if ci:
        env["CI"] = "true"
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "."]
    done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


SKIP = "def test_a(): pytest.skip('no such kernel')"


@pytest.mark.parametrize("options", [[], ["-n", "1"]])
def test_a_skip_without_an_entry_fails_the_run(tmp_path: Path, options: list[str]) -> None:
    status, output = run(tmp_path, SKIP, "skips", *options)
    assert status == 1
    assert "test_it.py::test_a: no such kernel" in output
    assert "1 skipped in" in output  # pytest's closing line is there all the same


def test_a_skip_with_an_entry_passes(tmp_path: Path) -> None:
    assert run(tmp_path, SKIP, "skips", allowed="test_it.py::* | no such * | runs in the guest")[0] == 0


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ("test_it.py::test_a | no such kernel | why", True),
        ("test_it.py::* | no such * | why", True),
        ("test_it.py::test_b | * | another test", False),
        ("test_it.py::test_a | no root | another reason", False),
    ],
)
def test_what_an_entry_covers(entry: str, covered: bool) -> None:  # noqa: FBT001  a case of the table
    assert skips.read(entry)[0].covers("test_it.py::test_a", "no such kernel") is covered


@pytest.mark.parametrize(
    "body", ["@pytest.mark.skip(reason='later')\ndef test_a(): pass", "pytest.importorskip('no_such_module')"]
)
def test_marks_and_whole_files_count_as_skips(tmp_path: Path, body: str) -> None:
    assert run(tmp_path, body, "skips")[0] == 1


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert run(tmp_path, "@pytest.mark.xfail\ndef test_a(): assert 0", "skips")[0] == 0


def test_outside_of_ci_skips_are_free(tmp_path: Path) -> None:
    assert run(tmp_path, SKIP, "skips", ci=False)[0] == 0


@pytest.mark.parametrize("line", ["test_it.py::test_a | reason", "test_it.py::test_a | reason | "])
def test_an_entry_needs_its_reason(line: str) -> None:
    with pytest.raises(ValueError, match=r"allowed-skips.txt:1: write TEST \| REASON \| WHY"):
        skips.read(line)


def test_our_own_list_can_be_read() -> None:
    assert skips.read(skips.FILE.read_text("utf-8"))


@pytest.mark.parametrize("options", [[], ["-n", "1"]])
def test_a_process_left_behind_fails_the_run(tmp_path: Path, options: list[str]) -> None:
    body = (
        "def test_a():\n"
        "    child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "    open('pid', 'w').write(str(child.pid))"
    )
    try:
        status, output = run(tmp_path, body, "leftovers", *options)
        assert status == 1
        assert f"process {(tmp_path / 'pid').read_text()} sleep 60" in output
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


@pytest.mark.root
def test_a_namespace_left_behind_fails_the_run(tmp_path: Path) -> None:
    name = f"microdc-leftover-{os.getpid()}"
    body = f"def test_a(): subprocess.run(['ip', 'netns', 'add', '{name}'], check=True)"
    try:
        status, output = run(tmp_path, body, "leftovers")
        assert status == 1
        assert f"namespace {name}" in output.splitlines()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


def test_a_process_that_ended_is_not_told(tmp_path: Path) -> None:
    output = run(tmp_path, "def test_a(): subprocess.run(['true'], check=True)", "leftovers")[1]
    assert "1 passed" in output
    assert not [line for line in output.splitlines() if line.startswith("process ")]


@pytest.mark.parametrize("options", [[], ["-n", "1"]])
def test_a_test_that_passes_only_the_second_time_is_told_with_its_failure(
    tmp_path: Path, options: list[str]
) -> None:
    status, output = run(tmp_path, UNSTABLE.format(count=3), "unstable", "--reruns", "1", *options)
    assert status == 0
    assert "unstable: run again after a failure (3, of which 3 may pass)" in output
    assert "AssertionError: the first time of 2" in output


@pytest.mark.parametrize("options", [[], ["-n", "1"]])
def test_many_that_pass_only_the_second_time_fail_the_run(tmp_path: Path, options: list[str]) -> None:
    status, output = run(tmp_path, UNSTABLE.format(count=4), "unstable", "--reruns", "1", *options)
    assert status == 1
    assert "4 passed, 4 rerun" in output


def test_a_test_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_a(): assert 0", "unstable", "--reruns", "1")[0] == 1


UNSTABLE = """
@pytest.mark.parametrize("number", range({count}))
def test_a(number):
    if not os.path.exists(f"seen{{number}}"):
        open(f"seen{{number}}", "w").close()
        raise AssertionError(f"the first time of {{number}}")
"""


def test_the_long_tier_names_every_unit_test_that_belongs_to_it() -> None:
    """It collects only what it runs: all of tests/unit would cost each of its workers half a minute."""
    makefile = SUITE.parent / "Makefile"
    named = makefile.read_text("utf-8").split()
    marked = {
        mark: [
            file.relative_to(makefile.parent).as_posix()
            for file in (SUITE / "unit").rglob("*.py")
            if f"@pytest.mark.{mark}\n" in file.read_text("utf-8")
            or f"pytestmark = pytest.mark.{mark}" in file.read_text("utf-8")
        ]
        for mark in ("long", "alone")
    }
    assert marked["long"]
    assert [file for file in marked["long"] if file not in named] == []
    assert marked["alone"] == []
