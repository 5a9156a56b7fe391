"""`microdc record` and files that are no record, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.cli import main
from microdc.errors import Exit
from microdc.wan import recordfile


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICRODC_STORE", str(tmp_path / "s.db"))


def told(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """What a command that is to be refused says."""
    assert main.call(["record", *command]) == Exit.USAGE
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


@pytest.mark.parametrize("name", ["thesis.zip", "x" * 300, "\u00b2", "9999"])
def test_what_is_neither_a_file_nor_an_entry(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "show", name)
    assert "no such file" in said or "no entry 9999" in said


def test_a_file_that_is_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.zip"
    file.write_bytes(b"PK notes")
    assert f"{file}: this is no record" in told(capsys, "show", str(file))


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordfile, "LARGEST", 1000)
    file = tmp_path / "image.zip"
    file.write_bytes(b"x" * 1001)
    assert "larger than" in told(capsys, "show", str(file))


def test_a_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(b"x")

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert f"{file}: cannot be read: Permission denied" in told(capsys, "show", str(file))
