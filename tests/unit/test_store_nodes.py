"""Nodes and evidence in a store: durable, once, and never over what somebody else wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdc.errors import RefusedError
from microdc.store import nodes
from microdc.store.clocks import Reading
from microdc.store.nodes import NodeRow, SeenRow
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process

pytest_plugins = ["postgres"]

ME = this_process("me", ["microdc"])
AT = datetime(2006, 1, 2, 3, 4, 5, tzinfo=UTC)
NODE = NodeRow("lab", "n1", "here", "enrolled", {"move": 1, "ä": [None, 1.5]})


def seen(number: int, node: str = "n1", **more: object) -> SeenRow:
    row = SeenRow("here", "dhcp", "ack", AT, node=node, number=number)
    return replace(row, **more)  # type: ignore[arg-type]


@dataclass
class Clock:
    """One that a test sets."""

    at: datetime = AT

    def read(self) -> Reading:
        return Reading(self.at)


class TestNodes:
    """Rows of nodes."""

    def test_what_was_put_is_there_with_a_new_version(self, store: Store) -> None:
        first = store.nodes.put(NODE)
        second = store.nodes.put(replace(first, state="deploying"))
        assert (first.version, second.version) == (1, 2)
        assert store.nodes.get("lab") == {"n1": second}
        assert store.nodes.get("lab", ["n2"]) == {}
        assert store.nodes.get("other") == {}

    def test_two_writers_notice_each_other(self, store: Store) -> None:
        first = store.nodes.put(NODE)
        store.nodes.put(replace(first, state="active"))
        with pytest.raises(RefusedError, match="somebody else"):
            store.nodes.put(replace(first, state="failed"))
        with pytest.raises(RefusedError, match="somebody else"):
            store.nodes.put(NODE)  # as one that was never there
        assert store.nodes.get("lab")["n1"].state == "active"

    def test_a_node_may_be_forgotten(self, store: Store) -> None:
        store.nodes.put(NODE)
        store.nodes.add("lab", [seen(0)])
        store.nodes.forget("lab", "n1")
        assert store.nodes.get("lab") == {}
        assert len(store.nodes.seen("lab", "n1")) == 1

    def test_a_later_configuration_knows_no_less(self, store: Store) -> None:
        before, rows = store.nodes.revise("lab", "here")
        assert rows == {}
        store.nodes.put(NODE)
        store.nodes.put(replace(NODE, name="n2", site="there"))
        after, rows = store.nodes.revise("lab", "here")
        assert after > before > datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000
        assert list(rows) == ["n1"]


class TestWhoIsAtWork:
    """Processes that tell that they are there, and what all of them share."""

    def test_a_process_that_tells_is_silent_since_then(self, store: Store) -> None:
        entry = store.journal.begin("deploy", ME, "lab", "deploy: n1")
        assert store.nodes.silence(entry) is None
        store.nodes.tell_presence(entry)
        first = store.nodes.silence(entry)
        assert first is not None
        assert timedelta(0) <= first < timedelta(minutes=1)
        assert store.nodes.silence(entry + 1) is None

    def test_it_is_heard_anew(self, tmp_path: Path) -> None:
        clock = Clock()
        with open_store(str(tmp_path / "clocked.db"), clock=clock) as store:
            entry = store.journal.begin("deploy", ME, "lab", "deploy: n1")
            store.nodes.tell_presence(entry)
            clock.at += timedelta(seconds=400)
            assert store.nodes.silence(entry) == timedelta(seconds=400)
            store.nodes.tell_presence(entry)
            assert store.nodes.silence(entry) == timedelta(0)

    def test_a_key_is_the_first_that_was_kept(self, store: Store) -> None:
        assert store.nodes.key("deploy") is None
        assert store.nodes.keep_key("deploy", b"\x00one") == b"\x00one"
        assert store.nodes.keep_key("deploy", b"two") == b"\x00one"
        assert store.nodes.key("deploy") == b"\x00one"
        assert store.nodes.key("other") is None

    def test_both_come_with_a_backup(self, store: Store, tmp_path: Path) -> None:
        entry = store.journal.begin("deploy", ME, "lab", "deploy: n1")
        store.nodes.tell_presence(entry)
        store.nodes.keep_key("deploy", bytes(32))
        store.backup(tmp_path / "kept")
        with open_store(str(tmp_path / "again.db")) as other:
            other.restore(tmp_path / "kept")
            assert other.nodes.key("deploy") == bytes(32)
            assert other.nodes.silence(entry) is not None


class TestEvidence:
    """What was seen."""

    def test_each_line_is_taken_in_once(self, store: Store) -> None:
        assert store.nodes.reached("lab", "here") == ("", 0)
        first = store.nodes.take_in("lab", "here", "log", [seen(1), seen(2)])
        assert [row.number for row in first] == [1, 2]
        assert [row.number for row in store.nodes.take_in("lab", "here", "log", [seen(2), seen(3)])] == [3]
        assert store.nodes.reached("lab", "here") == ("log", 3)
        assert store.nodes.take_in("lab", "here", "log", [seen(2)]) == []
        assert [row.number for row in store.nodes.seen("lab")] == [1, 2, 3]

    def test_a_log_that_was_made_anew_is_read_from_its_beginning(self, store: Store) -> None:
        store.nodes.take_in("lab", "here", "old", [seen(5)])
        assert [row.number for row in store.nodes.take_in("lab", "here", "new", [seen(1)])] == [1]
        assert store.nodes.reached("lab", "here") == ("new", 1)

    def test_all_of_it_comes_back_as_it_was(self, store: Store) -> None:
        data = {"hardware": {"disks": [1, None, {"x": "y"}]}, "nul": "a\0b"}
        [row] = store.nodes.add("lab", [seen(0, mac="52:54:00:00:00:01", text="t\0", data=data)])
        [found] = store.nodes.seen("lab", "n1")
        assert found == row
        assert (found.at, found.mac, found.data["hardware"]) == (AT, "52:54:00:00:00:01", data["hardware"])
        assert found.taken is not None
        assert found.taken - AT > timedelta(days=365)

    def test_it_is_found_by_node_site_and_id_and_the_newest_of_it(self, store: Store) -> None:
        store.nodes.add("lab", [seen(0), seen(0, "n2"), seen(0, site="there")])
        rows = store.nodes.seen("lab")
        assert [row.id for row in rows] == sorted(row.id for row in rows)
        assert [row.node for row in store.nodes.seen("lab", "n2")] == ["n2"]
        assert [row.site for row in store.nodes.seen("lab", site="there")] == ["there"]
        assert store.nodes.seen("lab", after=rows[1].id) == rows[2:]
        assert store.nodes.seen("lab", limit=2) == rows[1:]
        assert store.nodes.last("lab") == rows[-1].id
        assert store.nodes.last("other") == 0

    def test_a_flood_at_one_site_does_not_fill_the_store(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nodes, "KEPT", 3)
        store.nodes.add("lab", [seen(0, site="there")])
        store.nodes.add("lab", [seen(0, f"n{number}") for number in range(6)])
        assert [row.node for row in store.nodes.seen("lab", site="here")] == ["n3", "n4", "n5"]
        assert len(store.nodes.seen("lab", site="there")) == 1

    def test_strangers_push_out_nothing_that_was_seen_of_a_node(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nodes, "KEPT", 3)
        monkeypatch.setattr(nodes, "KEPT_OF_STRANGERS", 2)
        started = replace(seen(0, ""), source="station", kind="started")
        store.nodes.add("lab", [started, seen(0, "n1"), *(seen(0, "") for _ in range(9))])
        rows = store.nodes.seen("lab", site="here")
        assert [(row.source == "station", row.node) for row in rows] == [(True, ""), (False, "n1")] + [
            (False, "")
        ] * 2
