"""A run on a real emulator as a file, and the same run again."""

from __future__ import annotations

from pathlib import Path

import pytest
from builtlab import Lab
from commandline import data, microdc

from microdc.errors import Exit
from microdc.testbed.load import load
from microdc.wan.operate import open_wan

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long]

PAIR = ("--pair", "east:west")


def test_a_run_is_exported_shown_and_run_again(lab: Lab, tmp_path: Path) -> None:
    assert microdc(lab, "apply-profile", "openstack-owd-50", *PAIR, "--owner", "ann").returncode == 0
    microdc(lab, "wan", "verify", "--quick", *PAIR)
    (measured,) = data(lab, "log", "--kind", "measurement", "--last", "1")["items"]
    assert measured["outcome"] == "done"
    file = tmp_path / "run.zip"
    assert microdc(lab, "record", "export", str(measured["id"]), "-f", str(file)).returncode == 0
    assert microdc(lab, "record", "export", str(measured["id"]), "-f", str(file)).returncode == Exit.USAGE
    shown = data(lab, "record", "show", str(file))
    assert shown["about"]["shapers"]["wan1"]["kernel"]
    assert "inventory/testbed.yaml" in shown["inputs"]
    rtt = next(v for v in shown["pairs"][0]["verdicts"] if v["quantity"] == "rtt")
    assert rtt["asked"] == 100_000_000
    assert "owd 50ms" in microdc(lab, "record", "show", str(file)).stdout

    assert microdc(lab, "wan", "undo", "--owner", "ann").returncode == 0
    again = data(lab, "record", "rerun", str(file))
    figure = next(f for f in again["figures"] if f["quantity"] == "rtt")
    assert figure["recorded"] == rtt["measured"]
    assert (
        figure["again"] >= 99e6
    )  # the profile was laid again; a busy machine adds to what it asks for, and takes nothing away
    with open_wan(load(lab.inventory)) as wan:
        assert wan.overlays == []


def test_what_is_no_run_is_told(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_text("hello")
    for run, said in (
        (str(tmp_path / "notes.zip"), "no record"),
        ("9999", "9999"),
        ("thesis.zip", "no such file"),
    ):
        done = microdc(lab, "record", "show", run)
        assert done.returncode == Exit.USAGE
        assert said in done.stderr
