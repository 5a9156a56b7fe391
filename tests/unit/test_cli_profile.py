"""`microdc profile show` of profiles that ask more than a delay, a loss and a rate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microdc.cli import main
from microdc.errors import Exit

Output = pytest.CaptureFixture[str]

DOCUMENT = """\
profile: everything
description: d
source: s
up:
  owd: 20ms
  jitter: 5ms
  distribution: pareto
  jitter_correlation: 25%
  loss: {random: 1%, correlation: 25%}
  ecn: true
  duplicate: 1%
  corrupt: {share: 1%, correlation: 5%}
  reorder: {share: 1%, gap: 5}
  slots: {min: 1ms, max: 2ms, packets: 20, bytes: 64kB}
  rate: 10mbit
  framing: {overhead: -14B, cell: 48B, cell_overhead: 5B}
  limit: 500
  seed: 7
down:
  owd: 10ms
  jitter: 1ms
  distribution: {table: [-1, 0.5, 0, 1]}
  keep_order: false
  loss: {gemodel: {p: 1%, r: 9%}}
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "everything.yaml"
    file.write_text(DOCUMENT)
    return str(file)


def test_the_page_has_a_row_for_each_option_and_tells_what_it_comes_to(capsys: Output, document: str) -> None:
    assert main.call(["profile", "show", "-f", document]) == Exit.OK
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for row in (
        "loss 1% 10% in runs",
        "distribution pareto table of 4",
        "jitter_correlation 25% -",
        "ecn true -",
        "duplicate 1% -",
        "corrupt 1% 5% -",
        "gap 5 -",
        "slots delay 1.5ms jitter 500us distribution uniform packets 20 bytes 64000 -",
        "framing overhead -14 cell 48 cell_overhead 5 -",
        "limit 500 -",
        "seed 7 -",
        "keep_order - false",
        "loss_model - p 1% r 9% bad_loss 100%",
    ):
        assert row in lines, lines
    notes = " ".join(lines)
    assert "loss of 1% with a correlation of 25% comes to 0.00024% in netem" in notes
    assert "jitter_correlation is set and has no effect" in notes


def test_a_plain_profile_has_no_row_more_than_it_asks(capsys: Output) -> None:
    assert main.call(["profile", "show", "gpon"]) == Exit.OK
    out = capsys.readouterr().out
    assert "distribution" not in out
    assert "note" not in out


def test_a_script_gets_the_options_by_their_names(capsys: Output, document: str) -> None:
    assert main.call(["profile", "show", "-f", document, "-o", "json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["up"]["options"]["framing"] == {"overhead": -14, "cell": 48, "cell_overhead": 5}
    assert found["up"]["loss_percent"] == 1
    assert found["up"]["mean_loss_percent"] < 0.001
    assert len(found["up"]["remarks"]) == 4
    assert found["down"]["options"] == {
        "distribution": [-8192, 4096, 0, 8192],
        "keep_order": False,
        "loss_model": {"model": "gemodel", "p": 1.0, "r": 9.0, "bad_loss": 100.0, "good_loss": 0.0},
    }
    assert found["down"]["mean_loss_percent"] == pytest.approx(10)
