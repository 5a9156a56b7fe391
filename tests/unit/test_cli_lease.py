"""`microdc lease`: taken, listed, renewed, given back, and refused with words that help."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from microdc.cli.actor import actor
from microdc.errors import Exit, InputError
from microdc.store.operate import Store

pytest_plugins = ["postgres", "storecommands"]

Run = Callable[..., str]


def test_take_list_renew_release(commands: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICRODC_OWNER", "alice")
    taken = json.loads(
        commands("lease", "take", "wan", "rack:barcelona/r1", "--for", "1h", "--reason", "why", "-o", "json")
    )
    assert taken["kind"] == "LeaseList"
    assert [(item["resource"], item["holder"], item["state"]) for item in taken["items"]] == [
        ("wan", "alice", "held"), ("rack:barcelona/r1", "alice", "held"),
    ]  # fmt: skip
    commands("lease", "take", "site:barcelona", "--for", "1h", "--owner", "bob", code=Exit.LOCKED, says="why")
    listed = json.loads(commands("lease", "list", "-o", "json"))["items"]
    assert listed == [{key: item[key] for key in item if key != "token"} for item in taken["items"]]
    token = taken["items"][0]["token"]
    (renewed,) = json.loads(commands("lease", "renew", "--for", "2h", "--token", token, "-o", "json"))[
        "items"
    ]
    assert datetime.fromisoformat(renewed["ends"]) > datetime.now(UTC) + timedelta(minutes=119)
    commands("lease", "renew", "--for", "1h", "--token", "another", code=Exit.LOCKED, says="does not hold")
    assert "released" in commands("lease", "release", "wan")
    commands("lease", "release")
    assert "Nobody has taken anything." in commands("lease", "list", "--all")
    assert len(commands("lease", "list", "--past").splitlines()) == 3
    assert [entry.actor.owner for entry in store.journal.entries("four-sites")] == ["alice"] * 4


def test_force_needs_a_reason_and_is_shown(commands: Run) -> None:
    commands("lease", "take", "wan", "--for", "1h", "--owner", "alice")
    again = ["lease", "take", "wan", "--for", "1h", "--owner", "bob", "--force"]
    commands(*again, code=Exit.USAGE, says="--reason")
    commands(*again, "--reason", "alice left")
    assert "ended by bob" in commands("lease", "list", "--past")
    commands("lease", "release", "wan", "--owner", "alice", code=Exit.LOCKED, says="bob")
    commands("lease", "release", "wan", "--owner", "alice", "--force", "--reason", "back")


def test_maintenance_later(commands: Run) -> None:
    window = ["lease", "take", "site:paris", "--maintenance", "--from", "2100-11-26T22:00", "--for", "2h"]
    assert "planned" in commands(*window, "--owner", "alice")
    (lease,) = json.loads(commands("lease", "list", "-o", "json"))["items"]
    assert (lease["kind"], lease["state"]) == ("maintenance", "planned")
    begins, ends = (datetime.fromisoformat(lease[key]) for key in ("begins", "ends"))
    assert begins == datetime(2100, 11, 26, 22).astimezone()
    assert ends - begins == timedelta(hours=2)
    commands("lease", "take", "site:paris", "--for", "1h", "--owner", "bob")


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        ("site:pari", "did you mean paris?"),
        ("rack:paris/none", "there is no rack 'paris/none'"),
        ("pdu:1", "write wan, site:NAME or rack:SITE/RACK"),
    ],
)
def test_what_is_not_there(commands: Run, resource: str, says: str) -> None:
    commands("lease", "take", "wan", resource, "--for", "1h", code=Exit.USAGE, says=says)
    assert "Nobody" in commands("lease", "list")


def test_the_actor_is_this_process_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/microdc", "x", "https://me:sesame@bmc"])
    found = actor(" alice ")
    assert found.owner == "alice"
    assert found.argv == ("microdc", "x", "https://me:****@bmc")
    with pytest.raises(InputError, match="owner"):
        actor("  ")
