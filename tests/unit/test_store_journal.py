"""The journal: what was begun survives, what ended says how, and nothing is told twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from microdc import __version__
from microdc.errors import InputError, RefusedError
from microdc.store.happenings import Happening
from microdc.store.model import Actor
from microdc.store.operate import Store, open_store
from microdc.store.process import presence, this_process

pytest_plugins = ["postgres"]

ALICE = this_process("alice", ["microdc", "apply"])
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_an_entry_keeps_what_it_was_given(store: Store) -> None:
    inputs = {"testbed.yaml": b"testbed: lab\n", "paris.yaml": b"\x00\xff"}
    before = datetime.now(UTC)
    ident = store.journal.begin("apply", ALICE, "lab", "the WAN", {"operations": [1, "två"]}, inputs=inputs)
    entry = store.journal.entry(ident)
    assert (entry.id, entry.kind, entry.testbed, entry.summary) == (ident, "apply", "lab", "the WAN")
    assert entry.actor == ALICE
    assert entry.data == {"operations": [1, "två"]}
    assert (entry.outcome, entry.ended, entry.result) == ("open", None, {})
    assert entry.version == __version__
    assert before <= entry.began <= datetime.now(UTC)
    assert entry.began.utcoffset() == timedelta(0)
    assert store.journal.inputs(ident) == inputs
    store.journal.end(ident, "done", {"changed": 3})
    ended = store.journal.entry(ident)
    assert (ended.outcome, ended.result) == ("done", {"changed": 3})
    assert ended.ended is not None
    assert ended.ended >= ended.began


def test_an_entry_ends_once(store: Store) -> None:
    ident = store.journal.begin("apply", ALICE, "lab", "the WAN")
    store.journal.end(ident, "failed", {})
    with pytest.raises(InputError, match="ended already: failed"):
        store.journal.end(ident, "done", {})
    assert store.journal.entry(ident).outcome == "failed"
    with pytest.raises(InputError, match="no entry 999"):
        store.journal.end(999, "done")


def test_data_that_a_database_would_refuse(store: Store) -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    data: dict[str, Any] = {
        "nan": float("nan"),
        "nul": "a\0b",
        "bytes": "\udcff",
        "path": Path("/x"),
        "odd": Odd(),
        "5": (1, 2),
    }
    actor = replace(ALICE, argv=("microdc", "\udcff\0"))
    ident = store.journal.note("plan", actor, "lab", "nul \0 in it", data, outcome="refused")
    entry = store.journal.entry(ident)
    assert entry.data == {
        "nan": None, "nul": "a\ufffdb", "bytes": "?", "path": "/x", "odd": "odd", "5": [1, 2],
    }  # fmt: skip
    assert entry.summary == "nul \ufffd in it"
    assert entry.actor.argv == ("microdc", "?\ufffd")


def test_the_same_document_is_kept_once(store: Store) -> None:
    documents = {"a.yaml": b"same", "b.yaml": b"same"}
    idents = [store.journal.begin("apply", ALICE, "lab", "again", inputs=documents) for _ in range(3)]
    assert [store.journal.inputs(ident) for ident in idents] == [documents] * 3
    assert store.info().rows["blobs"] == 1


def test_what_is_listed(store: Store) -> None:
    journal = store.journal
    first = journal.note("apply", ALICE, "lab", "1")
    second = journal.begin("undo", ALICE, "rack", "2")
    third = journal.note("apply", ALICE, "lab", "3", outcome="failed")
    fourth = journal.note("lease", ALICE, "lab", "4")

    def ids(*arguments: str, **options: object) -> list[int]:
        return [entry.id for entry in journal.entries(*arguments, **options)]  # type: ignore[arg-type]

    assert ids() == [first, second, third, fourth]
    assert ids("lab") == [first, third, fourth]
    assert ids("lab", last=2) == [third, fourth]
    assert ids(kinds=["undo", "lease"]) == [second, fourth]
    assert ids(outcome="failed") == [third]
    assert ids(after_id=second) == [third, fourth]
    assert ids(since=journal.entry(third).began) == [third, fourth]
    assert ids(since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert [entry.id for entry in journal.unfinished()] == [second]
    assert journal.unfinished("lab") == []


def test_what_an_agent_tells_comes_in_once(store: Store) -> None:
    happened = store.journal.happened
    assert happened("lab", "wan1", "boot-a", 1, at=NOON, text="o3 ended")
    assert not happened("lab", "wan1", "boot-a", 1, at=NOON, text="o3 ended")
    assert happened("lab", "wan1", "boot-b", 1, at=NOON, text="started")
    assert happened("lab", "wan2", "boot-a", 1, at=NOON, text="started")
    entries = store.journal.entries("lab")
    assert [(e.kind, e.summary, e.actor.host, e.began, e.outcome) for e in entries] == [
        ("agent", "o3 ended", "wan1", NOON, "done"),
        ("agent", "started", "wan1", NOON, "done"),
        ("agent", "started", "wan2", NOON, "done"),
    ]


def test_what_many_agents_tell_comes_in_at_once(store: Store) -> None:
    told = [
        Happening(f"s{n}", "boot", number, NOON + timedelta(seconds=10 * number + n), f"s{n} did {number}")
        for n in range(3)
        for number in (1, 2)
    ]
    assert store.journal.take_in("lab", told[:3]) == 3
    assert store.journal.take_in("lab", [*told, *told]) == 3
    assert store.journal.take_in("lab", told) == 0
    assert store.journal.take_in("lab", []) == 0
    assert sorted(e.summary for e in store.journal.entries("lab")) == sorted(one.text for one in told)
    assert store.journal.take_in("another", told) == 6
    summaries = [entry.summary for entry in store.journal.entries("another")]
    assert summaries == ["s0 did 1", "s1 did 1", "s2 did 1", "s0 did 2", "s1 did 2", "s2 did 2"]


def test_what_is_known_already_waits_for_no_writer(two: tuple[Store, Store]) -> None:
    one, other = two
    told = [Happening("wan1", "boot", 1, NOON, "o3 ended")]
    assert one.journal.take_in("lab", told) == 1
    with one._database.writing():
        assert other.journal.take_in("lab", told) == 0


def test_two_who_take_in_the_same_at_once_take_it_in_once(two: tuple[Store, Store]) -> None:
    told = [Happening("wan1", "boot", number, NOON, f"o{number} ended") for number in range(1, 30)]
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda store: store.journal.take_in("lab", told), two))
    assert sum(taken) == len(told)
    assert len(two[0].journal.entries("lab")) == len(told)


def test_events_come_in_the_order_of_what_happened(store: Store) -> None:
    journal = store.journal
    outer = journal.begin("calibration", ALICE, "lab", "outer")
    inner = journal.begin("measurement", ALICE, "lab", "inner")
    journal.happened("lab", "wan1", "boot", 1, at=NOON, text="o3 ended")
    journal.end(inner, "done", {"pairs": 3})
    journal.begin("apply", ALICE, "rack", "elsewhere")
    journal.end(outer, "done")
    found = journal.events("lab")
    assert [(event.what, event.entry.summary) for event in found] == [
        ("began", "outer"),
        ("began", "inner"),
        ("happened", "o3 ended"),
        ("ended", "inner"),
        ("ended", "outer"),
    ]
    assert [event.number for event in found] == sorted({event.number for event in found})
    assert found[3].entry.result == {"pairs": 3}
    assert journal.events("lab", after=found[2].number) == found[3:]
    assert journal.events("lab", last=1) == found[-1:]
    assert journal.events("lab", since=found[3].at) == found[3:]
    assert [event.entry.id for event in journal.events(kinds=["calibration"])] == [outer, outer]


def test_whoever_follows_the_events_misses_none(store: Store) -> None:
    """Several threads write; a number is never seen before a lower one."""
    writers = [
        threading.Thread(target=lambda: [store.journal.note("note", ALICE, "lab", "x") for _ in range(20)])
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while any(writer.is_alive() for writer in writers):
        seen += [event.number for event in store.journal.events(after=seen[-1] if seen else 0)]
    seen += [event.number for event in store.journal.events(after=seen[-1] if seen else 0)]
    assert len(seen) == 80
    assert seen == [event.number for event in store.journal.events()]


BEGIN_AND_DIE = """
import os, signal, sys
from microdc.store.operate import open_store
from microdc.store.process import this_process
store = open_store(sys.argv[1])
ident = store.journal.begin("apply", this_process("bob", ["microdc", "apply"]), "lab", "the WAN", {"to": "do"})
print(ident, flush=True)
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def begun_elsewhere(url: str, then: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", BEGIN_AND_DIE, url, then]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_was_begun_survives_a_kill_and_is_settled(store: Store, store_url: str) -> None:
    with begun_elsewhere(store_url, "die") as process:
        assert process.stdout is not None
        ident = int(process.stdout.readline())
        assert process.wait() == -signal.SIGKILL
    (entry,) = store.journal.unfinished("lab")
    assert (entry.id, entry.data) == (ident, {"to": "do"})
    assert presence(entry.actor) == "gone"
    assert store.journal.settle(ident, {"found": "as before"})
    settled = store.journal.entry(ident)
    assert (settled.outcome, settled.result) == ("interrupted", {"found": "as before"})
    assert store.journal.unfinished() == []
    assert not store.journal.settle(ident, {"found": "by another controller"})
    assert store.journal.entry(ident) == settled


def test_what_still_runs_is_not_settled(store: Store, store_url: str) -> None:
    with begun_elsewhere(store_url, "wait") as process:
        assert process.stdout is not None
        ident = int(process.stdout.readline())
        (entry,) = store.journal.unfinished("lab")
        assert presence(entry.actor) == "running"
        with pytest.raises(RefusedError, match="still runs"):
            store.journal.settle(ident, {})
        process.kill()
    assert presence(entry.actor) == "gone"


def test_presence() -> None:
    assert presence(ALICE) == "running"
    assert presence(replace(ALICE, started=ALICE.started + 1)) == "gone"  # its number is somebody else's now
    assert presence(replace(ALICE, boot="an earlier one")) == "gone"
    assert presence(replace(ALICE, host="elsewhere")) == "unknown"
    assert presence(Actor("x", "x", os.uname().nodename, os.getpid(), ())) == "unknown"


def test_what_was_taken_for_interrupted_gets_its_true_end(store: Store) -> None:
    ident = store.journal.begin("apply", replace(ALICE, boot="an earlier one"), "lab", "slow")
    store.journal.settle(ident)
    store.journal.end(ident, "done", {"in": "the end"})
    assert store.journal.entry(ident).outcome == "done"


@pytest.fixture
def two(store_url: str) -> Iterator[tuple[Store, Store]]:
    with open_store(store_url) as one, open_store(store_url) as other:
        yield one, other


def test_two_see_each_other(two: tuple[Store, Store]) -> None:
    one, other = two
    ident = one.journal.begin("apply", ALICE, "lab", "x")
    assert other.journal.entry(ident) == one.journal.entry(ident)
    other.journal.end(ident, "done")
    assert one.journal.entry(ident).outcome == "done"
