"""Workers get tests that share a guest or a lab as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import companies


def test_who_stays_together() -> None:
    of = companies.company
    assert of("tests/kernel/test_a.py::test_x[1]") == of("tests/kernel/test_b.py::test_y")
    assert (
        of("tests/lab/test_a.py::test_x")
        == of("tests/lab/test_b.py::T::test_y")
        != of("tests/kernel/test_a.py::t")
    )
    assert (
        of("tests/rack/test_a.py::test_x")
        == of("tests/rack/test_a.py::test_y")
        != of("tests/rack/test_b.py::test_x")
    )
    assert of("tests/unit/test_a.py::test_x") != of("tests/unit/test_a.py::test_y")


def test_it_holds_in_a_run(tmp_path: Path) -> None:
    """What says so is heard by the xdist that is installed: it has been deaf to other ways."""
    pytest.importorskip("xdist")
    for place, count in (("kernel", 3), ("rack", 3)):
        (tmp_path / place).mkdir()
        for number in range(count):
            tests = "".join(f"def test_{one}(): pass\n" for one in range(4))
            (tmp_path / place / f"test_{place}{number}.py").write_text(tests)
    words = [
        "-p",
        "companies",
        "-p",
        "no:cacheprovider",
        "-v",
        "-n",
        "3",
        "--dist",
        "loadscope",
        "kernel",
        "rack",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(companies.__file__).parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    workers = defaultdict(set)
    for worker, place, file in re.findall(r"\[(gw\d)\].*PASSED (\w+)/(\w+)\.py", done.stdout):
        workers[place if place == "kernel" else file].add(worker)
    assert len(workers) == 4, done.stdout + done.stderr
    assert all(len(one) == 1 for one in workers.values()), workers
