"""Which changes of an inventory are noticed: those of whatever is read of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc_tui.world import documents

READ = (
    "testbed.yaml",
    "sites/yard.yaml",
    "sites/far.yml",
    "profiles/mine.yaml",
    "profiles/access/gpon.yaml",
    "topologies/ours.yaml",
)


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    for name in READ:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")
    return tmp_path


@pytest.mark.parametrize("name", READ)
def test_a_change_of_any_document_is_seen(inventory: Path, name: str) -> None:
    before = documents.stamp(inventory)
    assert len(before) == len(READ)
    (inventory / name).write_text("a: 11\n")
    changed = documents.stamp(inventory)
    assert changed != before
    (inventory / name).unlink()
    assert documents.stamp(inventory) < changed


def test_documents_of_one_name_are_told_apart_and_what_is_none_does_not_count(inventory: Path) -> None:
    before = documents.stamp(inventory)
    (inventory / "profiles" / "yard.yaml").write_text("a: 1\n")
    assert len(documents.stamp(inventory)) == len(before) + 1
    (inventory / "profiles" / "yard.yaml").unlink()
    (inventory / "sites" / "notes.txt").write_text("x")
    (inventory / "state.db").write_text("x")
    assert documents.stamp(inventory) == before


def test_an_inventory_without_some_of_it_or_that_is_none_has_no_more(tmp_path: Path) -> None:
    assert documents.stamp(tmp_path / "nothing") == frozenset()
    (tmp_path / "sites").write_text("no directory")
    assert documents.stamp(tmp_path) == frozenset()
