"""The commands that work on the store, run in this process on an empty store and the example inventory."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.cli import main
from microdc.cli.frame import Entry
from microdc.errors import Exit

NAMES = ("log", "events", "lease", "store")


class Commands:
    """Runs a command line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, code: Exit = Exit.OK, says: str = "") -> str:
        """Its output, where it ends with `code` and says `says` on stderr, and no traceback."""
        found = main.call(arguments)
        captured = self._capsys.readouterr()
        assert found == code, captured.err
        assert says in captured.err
        assert "Traceback" not in captured.err
        return captured.out


@pytest.fixture
def commands(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    """microdc on the example inventory, with this test's store."""
    for name in NAMES:
        if name not in main.COMMANDS:
            monkeypatch.setitem(main.COMMANDS, name, Entry(f"microdc.cli.{name}", name, ""))
    monkeypatch.setenv("MICRODC_STORE", store_url)
    for variable, place in {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}.items():
        monkeypatch.setenv(variable, str(tmp_path / place))
    monkeypatch.delenv("MICRODC_INVENTORY", raising=False)
    monkeypatch.delenv("MICRODC_OWNER", raising=False)
    monkeypatch.chdir(tmp_path)
    return Commands(capsys)
