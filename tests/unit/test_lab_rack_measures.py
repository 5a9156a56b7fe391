"""What a fault of the lab is planted with is checked before anything is planted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.lab.rack import faults
from microdc.lab.rack.measures import check
from microdc.lab.rack.start import Files


@pytest.mark.parametrize(
    ("fault", "measure"),
    [
        ("slow", 0.5),
        ("hot-inlet", 48),
        ("clock-skew", -(10**9)),
        ("expired", {"seconds": 0}),
        ("etag-required", 412),
        ("settings-object", "SD"),
        ("huge", 1000),
    ],
)
def test_measures_that_are_meant_are_taken(fault: str, measure: Any) -> None:
    check(fault, measure)


@pytest.mark.parametrize("fault", faults.known())
def test_every_fault_can_be_planted_as_it_usually_is_and_taken_away(fault: str) -> None:
    check(fault, True)
    check(fault, None)


@pytest.mark.parametrize(
    ("fault", "measure"),
    [
        ("slow", -5),
        ("slow", "5"),
        ("slow", False),
        ("hot-inlet", 1e9),
        ("hot-inlet", float("inf")),
        ("clock-skew", 1e300),
        ("expired", {"seconds": "x"}),
        ("expired", {}),
        ("expired", 3),
        ("settings-object", "XX"),
        ("dead", 3),
    ],
)
def test_others_are_refused(fault: str, measure: Any) -> None:
    with pytest.raises(InputError, match=fault):
        check(fault, measure)


def test_where_one_of_several_cannot_be_none_is_planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    directory = Files.of("lab").machine("c1")
    directory.mkdir(parents=True)
    described = {"name": "c1", "uuid": "u", "memory_mib": 256, "cpus": 1}
    (directory / "machine.json").write_text(json.dumps(described))
    (directory / "inlet").write_text("24000\n")
    before = {path.name: path.read_text() for path in directory.iterdir()}
    for wrong in ({"slow": -1}, {"nonsense": True}, {"missing-dimm": 256}, {"missing-dimm": 0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            faults.plant("lab", "c1", {"hot-inlet": 48, "busy": True, **wrong})
        assert {path.name: path.read_text() for path in directory.iterdir()} == before
    faults.plant("lab", "c1", {"hot-inlet": 48, "busy": True, "missing-dimm": True})
    assert faults.planted("lab", "c1") == {"hot-inlet": 48, "busy": True, "missing-dimm": 128}
