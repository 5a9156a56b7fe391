"""Which lab a command is about where nobody says it: the one in use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microdc import locations
from microdc.cli import main
from microdc.errors import Exit
from microdc.lab.inventory import directory_of


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, name in {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}.items():
        monkeypatch.setenv(variable, str(tmp_path / name))
    for variable in ("MICRODC_INVENTORY", "MICRODC_LAB"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def use(lab: str) -> Path:
    """A lab of which only the inventory is there, and that is in use."""
    inventory = directory_of(lab)
    inventory.mkdir(parents=True)
    locations.current_lab_file().write_text(f"{inventory}\n", "utf-8")
    return inventory


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The lab that `lab status` is about."""
    assert main.call(["lab", "status", "-o", "json", *words]) == Exit.FAILED  # none is up
    name: str = json.loads(capsys.readouterr().out)["lab"]
    return name


def test_it_is_the_one_in_use(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(capsys) == "lab"
    second, third = use("second"), use("third")
    assert asked(capsys) == "third"
    assert asked(capsys, "-i", str(second)) == "second"
    assert asked(capsys, "--name", "fourth", "-i", str(third)) == "fourth"
    monkeypatch.setenv("MICRODC_LAB", "fifth")
    assert asked(capsys) == "fifth"


def test_with_an_inventory_that_is_no_labs_it_is_the_usual_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    use("second")
    assert asked(capsys, "-i", str(tmp_path)) == "lab"


@pytest.mark.parametrize("words", [["fault", "c1"], ["console", "c1"], ["shell", "barcelona/h1"]])
def test_so_do_the_others(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    use("second")
    assert main.call(["lab", *words]) != Exit.OK
    assert "second" in capsys.readouterr().err
