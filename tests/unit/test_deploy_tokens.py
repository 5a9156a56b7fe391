"""Tokens of nodes, and the key of which they are made."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdc.deploy.model import NodeRecord
from microdc.deploy.tokens import load_key, token
from microdc.errors import InputError
from microdc.store.operate import Store, open_store

pytest_plugins = ["postgres"]

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
    """One for each store; a file of an earlier microdc is taken in."""

    def test_it_is_made_once(self, store: Store, tmp_path: Path) -> None:
        key = load_key(store.nodes, tmp_path / "deploy.key")
        assert len(key) == 32
        assert load_key(store.nodes, tmp_path / "deploy.key") == key
        assert not list(tmp_path.glob("*.key"))

    def test_another_machine_with_the_same_store_has_the_same(self, store_url: str, tmp_path: Path) -> None:
        with open_store(store_url) as here, open_store(store_url) as there:
            assert load_key(here.nodes, tmp_path / "a") == load_key(there.nodes, tmp_path / "b")

    def test_of_many_that_make_it_at_once_all_have_the_same(self, store_url: str, tmp_path: Path) -> None:
        found: list[bytes] = []

        def load() -> None:
            with open_store(store_url) as store:
                found.append(load_key(store.nodes, tmp_path / "none"))

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1

    def test_that_of_a_file_is_kept_since_moves_may_go_on(self, store: Store, old: Path) -> None:
        assert load_key(store.nodes, old) == KEY
        old.unlink()
        assert load_key(store.nodes, old) == KEY

    def test_a_store_that_has_one_asks_no_file(self, store: Store, old: Path) -> None:
        key = load_key(store.nodes, old.with_name("none"))
        assert load_key(store.nodes, old) == key != KEY

    def test_one_that_others_may_read_is_refused(self, store: Store, old: Path) -> None:
        old.chmod(0o644)
        with pytest.raises(InputError, match="others may read"):
            load_key(store.nodes, old)

    @pytest.mark.parametrize("text", ["", "00", "not hexadecimal", "00" * 33])
    def test_what_is_no_key_is_refused(self, store: Store, old: Path, text: str) -> None:
        old.write_text(text, "ascii")
        with pytest.raises(InputError, match="no key"):
            load_key(store.nodes, old)

    @pytest.fixture
    def old(self, tmp_path: Path) -> Path:
        file = tmp_path / "deploy.key"
        file.write_text(f"{KEY.hex()}\n", "ascii")
        file.chmod(0o600)
        return file
