"""`microdc log`, `events` and `store`: what was written down comes out, for people and for programs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import Exit
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process

pytest_plugins = ["postgres", "storecommands"]

ALICE = this_process("alice", ["microdc", "apply"])
Run = Callable[..., str]


@pytest.fixture
def history(store: Store, commands: Run) -> Store:  # noqa: ARG001  the commands work on this store
    """A store in which something happened."""
    one = store.journal.begin(
        "apply", ALICE, "four-sites", "the WAN", {"do": 1}, inputs={"a.yaml": "a: é1".encode()}
    )
    store.journal.end(one, "done", {"changed": 2})
    store.journal.happened(
        "four-sites", "wan1", "boot", 1, at=datetime(2026, 1, 2, tzinfo=UTC), text="o3 ended by itself"
    )
    store.journal.begin("undo", replace(ALICE, boot="earlier"), "four-sites", "o3")
    store.journal.note("apply", ALICE, "another", "elsewhere", outcome="failed")
    return store


class TestLog:
    def test_of_the_testbed_in_force(self, history: Store, commands: Run) -> None:
        lines = commands("log").splitlines()
        assert lines[0].split() == ["ID", "BEGAN", "TOOK", "WHO", "KIND", "OUTCOME", "WHAT"]
        assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]
        assert "alice  apply  done" in lines[1]
        assert "wan1" in lines[2]
        assert "o3 ended by itself" in lines[2]
        assert "open, process gone" in lines[3]
        assert len(history.journal.entries("four-sites")) == 3

    @pytest.mark.parametrize(
        ("arguments", "ids"),
        [
            (["--all"], [1, 2, 3, 4]),
            (["--testbed", "another"], [4]),
            (["--all", "--kind", "apply", "--kind", "undo"], [1, 3, 4]),
            (["--all", "--outcome", "failed"], [4]),
            (["--last", "1"], [3]),
            (["--since", "1h"], [1, 3]),
            (["--since", "2100-01-01"], []),
        ],
    )
    @pytest.mark.usefixtures("history")
    def test_choices(self, commands: Run, arguments: list[str], ids: list[int]) -> None:
        found = json.loads(commands("log", *arguments, "-o", "json"))
        assert found["kind"] == "Log"
        assert [item["id"] for item in found["items"]] == ids

    @pytest.mark.usefixtures("history")
    def test_one_entry_with_everything(self, commands: Run) -> None:
        shown = json.loads(commands("log", "show", "1", "-o", "json"))
        assert shown["kind"] == "LogEntry"
        assert shown["entry"]["kind"] == "apply"
        assert shown["entry"]["began"].endswith("Z")
        assert (shown["argv"], shown["data"], shown["result"]) == (
            ["microdc", "apply"], {"do": 1}, {"changed": 2},
        )  # fmt: skip
        assert [(item["name"], item["bytes"]) for item in shown["inputs"]] == [("a.yaml", 6)]
        assert "summary: the WAN" in commands("log", "show", "1")

    @pytest.mark.usefixtures("history")
    def test_a_document_comes_out_as_it_was(self, commands: Run) -> None:
        assert commands("log", "show", "1", "--input", "a.yaml") == "a: é1"
        commands("log", "show", "1", "--input", "b.yaml", code=Exit.USAGE, says="a.yaml")

    @pytest.mark.usefixtures("history")
    def test_what_cannot_be_asked(self, commands: Run) -> None:
        commands("log", "show", "99", code=Exit.USAGE, says="no entry 99")
        commands("log", "--since", "yesterday", code=Exit.USAGE, says="2026-11-26T22:00")
        commands("log", "--all", "--testbed", "x", code=Exit.USAGE, says="exclude")
        commands("log", "--follow", "--outcome", "done", code=Exit.USAGE, says="--follow")

    def test_an_inventory_with_errors_still_tells_its_name(
        self, commands: Run, tmp_path: Path, store: Store
    ) -> None:
        (tmp_path / "inventory" / "sites").mkdir(parents=True)
        (tmp_path / "inventory" / "testbed.yaml").write_text("testbed: broken\n", "utf-8")
        (tmp_path / "inventory" / "sites" / "paris.yaml").write_text("nonsense: 1\n", "utf-8")
        store.journal.note("apply", ALICE, "broken", "found")
        assert "found" in commands("-i", str(tmp_path / "inventory"), "log")
        (tmp_path / "inventory" / "testbed.yaml").write_text("nonsense: 1\n", "utf-8")
        commands("-i", str(tmp_path / "inventory"), "log", code=Exit.USAGE, says="--all")
        commands("-i", str(tmp_path / "inventory"), "log", "--all")


class TestEvents:
    @pytest.mark.usefixtures("history")
    def test_one_object_a_line(self, commands: Run) -> None:
        found = [json.loads(line) for line in commands("events", "-o", "json").splitlines()]
        assert [(event["event"], event["entry"]["id"]) for event in found] == [
            ("began", 1), ("ended", 1), ("happened", 2), ("began", 3),
        ]  # fmt: skip
        assert {event["kind"] for event in found} == {"Event"}
        assert found[1]["result"] == {"changed": 2}
        rest = commands("events", "-o", "json", "--after", str(found[1]["number"])).splitlines()
        assert [json.loads(line)["number"] for line in rest] == [found[2]["number"], found[3]["number"]]
        assert commands("events", "-o", "yaml").count("---\n") == 4
        assert [line.split()[3] for line in commands("events").splitlines()] == [
            "began",
            "done",
            "done",
            "began",
        ]

    def test_whoever_follows_sees_what_comes(self, store: Store, store_url: str, commands: Run) -> None:
        del commands
        store.journal.note("apply", ALICE, "four-sites", "before")
        argv = [
            sys.executable,
            "-c",
            FOLLOW,
            "-o",
            "json",
            "events",
            "--follow",
            "--after",
            "0",
            "--since",
            "1h",
        ]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None

                def told() -> Any:
                    assert process.stdout is not None
                    return json.loads(process.stdout.readline())

                assert told()["entry"]["summary"] == "before"
                ident = store.journal.begin("apply", ALICE, "four-sites", "meanwhile")
                store.journal.note("apply", ALICE, "another", "elsewhere")
                assert (told()["event"], ident) == ("began", 2)
                with open_store(store_url) as other:
                    other.journal.end(ident, "failed", {"why": "x"})
                ended = told()
                assert (ended["event"], ended["entry"]["outcome"], ended["result"]) == (
                    "ended",
                    "failed",
                    {"why": "x"},
                )
                process.send_signal(signal.SIGINT)
                assert process.wait() == Exit.INTERRUPTED
                assert process.stderr is not None
                assert "Traceback" not in process.stderr.read()
            finally:
                process.kill()


FOLLOW = """
from microdc.cli import main
from microdc.cli.frame import Entry
main.COMMANDS.setdefault("events", Entry("microdc.cli.events", "events", ""))
main.run()
"""


class TestStore:
    def test_info(self, history: Store, commands: Run) -> None:
        shown = json.loads(commands("store", "info", "-o", "json"))
        assert shown["kind"] == "Store"
        assert shown["place"] == history.place
        assert shown["version"] == shown["known"]
        assert shown["rows"]["entries"] == 4
        assert "entries" in commands("store", "info")

    def test_a_backup_and_back(self, history: Store, commands: Run, tmp_path: Path) -> None:
        file = tmp_path / "b.db"
        assert str(file) in commands("store", "backup", str(file))
        commands("store", "backup", str(file), code=Exit.USAGE, says="--force")
        history.journal.note("apply", ALICE, "four-sites", "later")
        commands("store", "restore", str(file), code=Exit.USAGE, says="not empty")
        commands("store", "restore", str(file), "--force", "--owner", "carol")
        entries = history.journal.entries()
        assert [entry.summary for entry in entries][-2:] == ["elsewhere", f"restored from {file}"]
        assert entries[-1].actor.owner == "carol"

    def test_migrate_tells_that_nothing_is_to_do(self, history: Store, commands: Run) -> None:
        assert f"{history.place}: up to date." in commands("store", "migrate")


def test_help_loads_no_database() -> None:
    script = FOLLOW.replace(
        "main.run()", "import sys; main.call(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "sqlite3", "psycopg"} & set(done.stderr.split())
