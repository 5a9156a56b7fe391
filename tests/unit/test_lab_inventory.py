"""The inventory that a lab writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc import locations
from microdc.errors import InputError
from microdc.lab import inventory
from microdc.lab.model import LabRecord
from microdc.lab.plan import plan
from microdc.testbed.load import load
from microdc.testbed.model import Reach

SOURCE = locations.data_dir("inventory")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def test_only_where_things_run_differs() -> None:
    before = load(SOURCE)
    made = plan(before, "lab", "guest")
    keys = {
        "host": "ssh://root@169.254.77.11",
        "via": "mdc-lab-mgmt",
        "identity": "/k/id",
        "known_hosts": "/k/known",
    }
    after = inventory.write(made, SOURCE, {"wan1": keys})
    emulator = after.emulators["wan1"]
    assert {key: getattr(emulator.reach, key) for key in keys} == keys
    assert emulator.mtu == before.emulators["wan1"].mtu
    assert after.pairs == before.pairs
    for name, site in after.sites.items():
        assert site.probe == f"netns:mdc-lab-{name}-h1"
        assert site.probe_ip == str(made.sites[list(after.sites).index(name)].hosts[0].addresses[0])
        assert site.networks == before.sites[name].networks
        assert site.racks == before.sites[name].racks
    comments = [line for line in (SOURCE / "testbed.yaml").read_text().splitlines() if line.startswith("#")]
    assert comments
    assert all(
        line in inventory.directory_of("lab").joinpath("testbed.yaml").read_text() for line in comments
    )


def test_keys_that_no_longer_hold_are_removed() -> None:
    guest = {"host": "ssh://root@169.254.77.11", "via": "x", "identity": "/i", "known_hosts": "/k"}
    inventory.write(plan(load(SOURCE), "first", "guest"), SOURCE, {"wan1": guest})
    first = inventory.directory_of("first")
    after = inventory.write(
        plan(load(first), "second", "namespace"), first, {"wan1": {"host": "netns:mdc-second-wan1"}}
    )
    assert after.emulators["wan1"].reach == Reach("netns:mdc-second-wan1")


def test_a_lab_is_not_made_of_itself() -> None:
    inventory.directory_of("lab").mkdir(parents=True)
    with pytest.raises(InputError, match="own"):
        inventory.check_source("lab", inventory.directory_of("lab"))
    inventory.check_source("other", inventory.directory_of("lab"))


def test_how_a_lab_was_made_is_kept() -> None:
    assert inventory.recorded("lab") is None
    record = LabRecord("lab", "guest", 3, Path("/somewhere"))
    inventory.directory_of("lab").mkdir(parents=True)
    inventory.record(record)
    assert inventory.recorded("lab") == record


@pytest.mark.parametrize("text", ["", "lab: [", "lab: x", "[]", "\0"])
def test_a_damaged_note_is_none(text: str) -> None:
    inventory.directory_of("lab").mkdir(parents=True)
    (inventory.directory_of("lab").parent / "lab.yaml").write_text(text)
    assert inventory.recorded("lab") is None
