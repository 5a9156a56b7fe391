"""A store that an earlier microdc left is brought on, from each version, to what a new one is; and what was in it stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from microdc.store import migrations
from microdc.store.healthrows import ChangeRow, PointRow
from microdc.store.nodes import NodeRow, SeenRow
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process

pytest_plugins = ["postgres"]

ME = this_process("me", ["microdc"])
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ADDED = {
    2: ("nodes", "stations", "evidence"),
    3: ("presences", "keys"),
    4: ("health_changes", "health_points", "health_keepers"),
}
"""The tables that each version added."""


def test_every_step_is_tried_here() -> None:
    assert set(ADDED) == set(migrations.STEPS)


@pytest.fixture(params=range(1, migrations.VERSION))
def version(request: pytest.FixtureRequest) -> int:
    """Of the store that is found."""
    found: int = request.param
    return found


@pytest.fixture
def old(store_url: str, version: int) -> str:
    """As that version left it: without what came later."""
    with open_store(store_url) as store:
        store.journal.note("note", ME, "lab", "kept")
        if version >= 2:
            store.nodes.put(NodeRow("lab", "n1", "here", "active"))
        with store._database.writing() as connection:
            for later in range(version + 1, migrations.VERSION + 1):
                for name in ADDED[later]:
                    connection.execute(text(f"DROP TABLE {name}"))
            connection.execute(text("UPDATE microdc_schema SET version = :it"), {"it": version})
    return store_url


def test_it_has_the_tables_that_a_new_one_has_and_what_it_had(
    old: str, version: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with open_store(old) as store:
        assert store.info().version == migrations.VERSION
        assert [entry.summary for entry in store.journal.entries()] == ["kept"]
        assert list(store.nodes.get("lab")) == (["n1"] if version >= 2 else [])
        brought = _shape(store)
        use(store)
    postgresql = "://" in old
    with open_store(
        request.getfixturevalue("new_database")() if postgresql else str(tmp_path / "new.db")
    ) as new:
        assert _shape(new) == brought
    if not postgresql:
        with closing(sqlite3.connect(f"{old}.v{version}")) as kept:
            assert kept.execute("SELECT version FROM microdc_schema").fetchall() == [(version,)]


def use(store: Store) -> None:
    """What came later works."""
    store.nodes.put(NodeRow("lab", "n2", "here", "active"))
    store.nodes.take_in("lab", "here", "log", [SeenRow("here", "station", "dhcp", NOW, number=1)])
    assert store.nodes.keep_key("token", b"a") == b"a"
    hold = store.health.take("lab", ME)
    change = ChangeRow(NOW, "server/a1", "ok", "down", "no answer")
    store.health.put(hold, [change], [PointRow("server/a1", int(NOW.timestamp()), {"draw_watts": 1.5})])
    assert store.health.changes("lab", NOW, NOW) == [change]


def _shape(store: Store) -> dict[str, object]:
    """Columns, keys and indexes of all tables."""
    with store._database.reading() as connection:
        look = inspect(connection)
        return {
            name: (
                [
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in look.get_columns(name)
                ],
                look.get_pk_constraint(name)["constrained_columns"],
                sorted(
                    (str(index["name"]), tuple(index["column_names"])) for index in look.get_indexes(name)
                ),
                sorted(tuple(key["constrained_columns"]) for key in look.get_foreign_keys(name)),
            )
            for name in look.get_table_names()
        }
