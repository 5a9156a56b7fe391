"""The settings `store` and `owner`: where they may be set, and what a path in them is meant from."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from microdc import locations
from microdc.cli import context
from microdc.errors import InputError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home."""
    for variable, name in {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}.items():
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(**env: str) -> context.Settings:
    return context.resolve({}, env, Path.cwd())


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings().store.value == str(locations.state_dir() / "microdc.db")
    assert settings().owner.value == getpass.getuser()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings(SUDO_USER="alice").owner.value == "alice"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert settings(SUDO_USER="alice").owner.value == getpass.getuser()


@pytest.mark.parametrize(
    ("set_to", "meant"),
    [
        ("ours.db", "{here}/ours.db"),
        ("/var/ours.db", "/var/ours.db"),
        ("file:url", "file:{here}/url"),
        ("file:/run/url", "file:/run/url"),
        ("env:THE_STORE", "env:THE_STORE"),
        ("keyring:microdc/store", "keyring:microdc/store"),
        ("postgresql://me@db/microdc", "postgresql://me@db/microdc"),
    ],
)
def test_a_path_is_meant_from_where_it_is_set(home: Path, set_to: str, meant: str) -> None:
    place = home / "config" / "microdc"
    place.mkdir(parents=True)
    (place / "config.toml").write_text(f'store = "{set_to}"\nowner = " carol "\n', "utf-8")
    found = settings()
    assert found.store == context.Setting(meant.format(here=place), str(place / "config.toml"))
    assert found.owner.value == "carol"
    assert settings(MICRODC_STORE=set_to).store.value == meant.format(here=home)
    assert settings(MICRODC_OWNER="dave").owner == context.Setting("dave", "MICRODC_OWNER")


@pytest.mark.parametrize("text", ["store = 7", 'store = ""', "owner = true", 'owner = " "'])
def test_what_is_none_is_refused(home: Path, text: str) -> None:
    (home / "microdc.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"microdc\.toml"):
        settings()
