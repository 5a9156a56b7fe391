"""`microdc cabling` as a person and as a script see it, over recorded states of switches."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import cabling_lab
import cabling_racks as racks
import pytest

from microdc.cli import cabling, main
from microdc.errors import Exit
from microdc.remarks import Remark
from microdc.survey.cabling.model import End
from microdc.testbed.load import load

Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command over an inventory in `lab`; `answers` are what its switches tell. Returns stdout and stderr."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "lab").mkdir()
    cabling_lab.inventory(tmp_path / "lab")
    monkeypatch.chdir(tmp_path)

    def run(*words: str, answers: cabling_lab.Recorded, code: Exit = Exit.OK) -> tuple[str, str]:
        monkeypatch.setattr(cabling, "read", answers)
        assert main.call(["cabling", *words, "--inventory", "lab"]) == code, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out, said.err

    return run


RIGHT = cabling_lab.recorded(cabling_lab.plugged())
SWAPPED = cabling_lab.recorded(cabling_lab.swapped())


def test_a_rack_that_is_right_says_so_in_a_line(call: Call) -> None:
    out, err = call("check", answers=RIGHT)
    assert out.splitlines()[-1] == "6 cables declared: 6 right; 2 not declared"
    assert "Reading switches" in err
    assert "right" in call("check", "--all", answers=RIGHT)[0].splitlines()[-4]


def test_a_swap_is_told_with_its_place_and_its_evidence(call: Call) -> None:
    out, _ = call("check", "--evidence", answers=SWAPPED, code=Exit.FAILED)
    assert "swapped with c2:eno1 - sw1:Et2" in out
    assert "a.yaml:" in out
    assert "LLDP" in out
    found = json.loads(call("check", "-o", "json", answers=SWAPPED, code=Exit.FAILED)[0])
    wrong = [one for one in found["verdicts"] if one["kind"] == "wrong"]
    assert {one["a"]: one["crossed"] for one in wrong} == {
        "c1:eno1": ["c2:eno1 - sw1:Et2"],
        "c2:eno1": ["c1:eno1 - sw1:1"],
    }
    assert {one["there"] for one in wrong} == {"c1:eno1", "c2:eno1"}
    assert all(one["severity"] == "critical" and one["evidence"] for one in wrong)
    assert (found["schema"], found["kind"], found["unread"]) == ("microdc/v1", "Cabling", [])


def test_a_switch_that_does_not_answer_hides_no_other(call: Call) -> None:
    half = cabling_lab.recorded(cabling_lab.plugged(), without=["sw2"])
    out, err = call("check", answers=half, code=Exit.UNREACHABLE)
    assert "sw2 was not read" in out
    assert "sw2: 10.101.0.3: does not answer SNMP" in err
    assert "4 right" in out
    both = cabling_lab.recorded(cabling_lab.swapped(), without=["sw2"])
    call("check", answers=both, code=Exit.FAILED)


def test_one_switch_is_asked_alone(call: Call) -> None:
    found = json.loads(call("check", "sw2", "-o", "json", answers=RIGHT)[0])
    assert {one["b"] for one in found["verdicts"] if one["b"]} == {"sw2:1", "sw2:Et2", "sw2:Ethernet5"}
    assert "no switch" in call("check", "c1", answers=RIGHT, code=Exit.USAGE)[1]


def test_what_a_switch_could_not_tell_is_told(call: Call) -> None:
    states = dict(RIGHT.states)
    states["sw1"] = replace(states["sw1"], remarks=(Remark("dot1qTpFdbTable", "the walk was cut"),))
    assert "sw1: dot1qTpFdbTable: the walk was cut" in call("check", answers=cabling_lab.Recorded(states))[0]


def test_the_picture_says_what_is_wrong_in_words_and_by_class(call: Call, tmp_path: Path) -> None:
    call("show", "--svg", "rack.svg", answers=SWAPPED)
    root = ET.parse(tmp_path / "rack.svg").getroot()
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")]
    assert "c1:eno1: wrong, swapped with c2:eno1" in texts
    assert {"c1", "c2", "c3", "sw1", "sw2", "a/r1", "wan1"} <= set(texts)
    drawn = [one.get("class") for one in root.iter() if (one.get("class") or "").startswith("wire ")]
    assert drawn.count("wire wrong") == 3  # two cables and the legend
    assert drawn.count("wire found") == 3
    assert drawn.count("wire right") == 5
    assert any(text.startswith("c1:eno1 - sw1:1: wrong: swapped") for text in texts)
    assert call("show", "--svg", "rack.svg", answers=SWAPPED, code=Exit.USAGE)[1].count("--force") == 1
    assert call("show", "--svg", "-", answers=SWAPPED)[0] == (tmp_path / "rack.svg").read_text()


def test_the_terminal_shows_the_rack_unit_by_unit(call: Call) -> None:
    out, _ = call("show", answers=SWAPPED)
    lines = out.splitlines()
    assert lines[0] == "a/r1"
    assert lines[1].split()[:3] == ["12", "│", "sw1"]
    assert "2 wrong  1 not declared  2 right" in lines[1]
    assert any("c1:eno1 - sw1:1: wrong: swapped with c2:eno1" in line for line in lines)
    assert any(line.split() == ["4-10", "│", "empty"] for line in lines)
    assert lines[-1].startswith("6 cables declared")


def test_what_is_found_is_shown_asked_and_written(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "lab/sites/a.yaml"
    before = file.read_text()
    out, err = call("adopt", "--dry-run", answers=RIGHT)
    assert "+          eno1: {mac:" in err
    assert out.startswith("Would write 2 cables into")
    assert file.read_text() == before
    refused = call("adopt", answers=RIGHT, code=Exit.USAGE)[1]
    assert "Write 2 cables into a.yaml?" in refused
    assert file.read_text() == before
    assert call("adopt", "--yes", answers=RIGHT)[0].startswith("Wrote 2 cables into")
    assert file.read_text() != before
    assert call("adopt", "--yes", answers=RIGHT)[0].startswith("Nothing to write")
    nic = load(tmp_path / "lab").sites["a"].racks["r1"].servers["c3"].nics["eno1"]
    assert (nic.switch, nic.port) == ("sw1", "Ethernet3")


def test_what_is_left_is_told_with_the_reason(call: Call) -> None:
    err = call("adopt", "--dry-run", answers=SWAPPED)[1]
    assert "left: c1:eno1 is in sw1:Ethernet2: sw1:1 is declared, --replace writes over it" in err
    found = json.loads(call("adopt", "--dry-run", "--replace", "-o", "json", answers=SWAPPED)[0])
    assert found["files"][0]["left"] == []
    assert len(found["files"][0]["taken"]) == 4


def test_a_cable_that_was_moved_is_told_with_its_place(call: Call) -> None:
    moved = racks.replug(cabling_lab.plugged(), {End("c1", "eno1"): End("sw2", "Ethernet7")})
    out, _ = call("check", answers=cabling_lab.recorded(moved), code=Exit.FAILED)
    assert "c1:eno1 is in sw2:Ethernet7" in out
