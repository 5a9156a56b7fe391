"""Tokens of nodes, and the key of which they are made."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdc.deploy.model import NodeRecord
from microdc.deploy.tokens import load_key, token
from microdc.errors import InputError

KEY = bytes(range(32))
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RECORD = NodeRecord("lab", "n1", "here", move=3, began=BEGAN)


def test_the_same_after_a_restart_and_another_for_anything_else() -> None:
    same = token(KEY, replace(RECORD, version=9, attempt=2), "boot")
    assert same == token(KEY, RECORD, "boot")
    others = {
        token(KEY, RECORD, "home"),
        token(KEY, replace(RECORD, name="n2"), "boot"),
        token(KEY, replace(RECORD, site="there"), "boot"),
        token(KEY, replace(RECORD, testbed="other"), "boot"),
        token(KEY, replace(RECORD, move=4), "boot"),
        token(bytes(32), RECORD, "boot"),
        token(KEY, replace(RECORD, began=BEGAN + timedelta(microseconds=1)), "boot"),
    }
    assert len(others) == 7
    assert same not in others


def test_names_that_run_together_are_told_apart() -> None:
    assert token(KEY, replace(RECORD, site="a", name="bc"), "boot") != token(
        KEY, replace(RECORD, site="ab", name="c"), "boot"
    )


class TestKey:
    """A file of its owner's alone."""

    def test_it_is_made_once(self, tmp_path: Path) -> None:
        file = tmp_path / "state" / "deploy.key"
        key = load_key(file)
        assert len(key) == 32
        assert load_key(file) == key
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [entry.name for entry in file.parent.iterdir()] == [file.name]

    def test_of_many_that_make_it_at_once_all_have_the_same(self, tmp_path: Path) -> None:
        found: list[bytes] = []
        threads = [threading.Thread(target=lambda: found.append(load_key(tmp_path / "k"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1

    def test_one_that_others_may_read_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "k"
        load_key(file)
        file.chmod(0o644)
        with pytest.raises(InputError, match="others may read"):
            load_key(file)

    @pytest.mark.parametrize("text", ["", "00", "not hexadecimal", "00" * 33])
    def test_what_is_no_key_is_refused(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "k"
        file.write_text(text, "ascii")
        file.chmod(0o600)
        with pytest.raises(InputError, match="no key"):
            load_key(file)
