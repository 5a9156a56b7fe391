"""`microdc power` and `boot` on BMCs that run, over TLS: results, exit codes, the journal, and no session left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microdc.errors import Exit
from microdc.store.operate import open_store

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]


def by_name(output: str) -> dict[str, dict[str, Any]]:
    return {one["server"]: one for one in json.loads(output)["servers"]}


@pytest.fixture(autouse=True)
def _no_session_is_left(racks: Racks) -> Any:
    yield
    for rig in racks.rigs.values():
        rig.plant()
    assert racks.sessions() == 0


def test_status_of_all_and_the_dead_one_hides_nobody(racks: Racks) -> None:
    racks.rigs["a1"].client.reset("On")
    output = racks("power", "status", "a", "-o", "json", code=Exit.UNREACHABLE)
    found = by_name(output)
    assert (found["a1"]["power"], found["a2"]["power"]) == ("on", "off")
    assert (found["a1"]["driver"], found["a1"]["error"]) == ("redfish", None)
    assert (found["a3"]["error"]["cause"], found["a3"]["error"]["exit"]) == ("connection refused", 3)
    assert json.loads(output)["without_bmc"] == ["a4"]
    assert [*found] == ["a1", "a2", "a3"]


def test_status_for_people(racks: Racks) -> None:
    output = racks("power", "status", "a", code=Exit.UNREACHABLE)
    assert output.splitlines()[0].split() == ["SERVER", "POWER"]
    assert "failed: " in output
    assert "No BMC is declared for a4." in output


def test_status_of_nobody_in_particular_is_that_of_all(racks: Racks) -> None:
    assert [*by_name(racks("power", "status", "-o", "json", code=Exit.UNREACHABLE))] == ["a1", "a2", "a3"]


def test_on_and_on_again(racks: Racks) -> None:
    first = by_name(racks("power", "on", "a1", "a2", "-o", "json"))
    assert {
        name: (one["result"], one["before"], one["power"], one["acts"]) for name, one in first.items()
    } == {
        "a1": ("done", "off", "on", ["on"]),
        "a2": ("done", "off", "on", ["on"]),
    }
    again = by_name(racks("power", "on", "a1", "-o", "json", says="a1: power on: skipped, is on already"))
    assert (again["a1"]["result"], again["a1"]["acts"]) == ("nothing", [])


def test_off_asks_first_and_names_whom_it_hits(racks: Racks) -> None:
    racks("power", "on", "a1")
    racks("power", "off", "a1", "a2", code=Exit.USAGE, says="Power off 2 servers (a1, a2)?")
    assert racks.rigs["a1"].client.power() == "On"
    found = by_name(racks("power", "off", "a1", "a2", "--yes", "-o", "json"))
    assert (found["a1"]["result"], found["a1"]["acts"]) == ("done", ["shutdown"])
    assert found["a2"]["result"] == "nothing"
    assert racks.rigs["a1"].client.power() == "Off"


def test_one_that_lags_is_waited_for(racks: Racks) -> None:
    racks.rigs["a1"].plant(lagging_power=0.5)
    found = by_name(racks("power", "on", "a1", "-o", "json"))
    assert (found["a1"]["result"], found["a1"]["power"]) == ("done", "on")


def test_one_that_falls_back_has_failed_and_its_neighbour_has_not(racks: Racks) -> None:
    racks.rigs["a1"].plant(lagging_power=0.3, falls_back=True)
    output = racks("power", "on", "a1", "a2", "-o", "json", code=Exit.FAILED)
    found = by_name(output)
    assert (found["a1"]["result"], found["a1"]["what"]) == (
        "failed",
        "began to power on, but fell back to off",
    )
    assert found["a1"]["acts"] == ["on"]
    assert found["a2"]["result"] == "done"


def test_a_failure_weighs_more_than_what_was_not_reached(racks: Racks) -> None:
    racks.rigs["a1"].plant(lagging_power=0.3, falls_back=True)
    racks("power", "on", "a", code=Exit.FAILED, says="a3: power on: failed")
    racks.rigs["a1"].plant()
    racks("power", "on", "a", code=Exit.UNREACHABLE)


def test_cycle_and_reset(racks: Racks) -> None:
    racks("power", "on", "a1")
    found = by_name(racks("power", "cycle", "a1", "--yes", "-o", "json"))
    assert (found["a1"]["result"], found["a1"]["acts"]) == ("done", ["shutdown", "on"])
    found = by_name(racks("power", "reset", "a1", "--yes", "-o", "json"))
    assert found["a1"]["result"] in {"done", "asked"}
    assert found["a1"]["acts"] == ["reset"]
    racks("power", "reset", "a2", "--yes", code=Exit.FAILED, says="it is off: nothing to reset")


def test_a_plan_asks_nothing_of_anybody(racks: Racks) -> None:
    racks("power", "on", "a1")
    found = by_name(racks("power", "off", "a1", "a2", "--dry-run", "-o", "json"))
    assert (found["a1"]["reads"], found["a1"]["steps"]) == ("on", ["shutdown, after 1.5 s force-off"])
    assert (found["a2"]["reads"], found["a2"]["steps"]) == ("off", [])
    assert racks.rigs["a1"].client.power() == "On"


def test_a_wrong_password_is_an_error_of_that_server(racks: Racks) -> None:
    (racks.directory / "sites/bmc").write_text("admin:sesame", "utf-8")
    found = by_name(racks("power", "status", "a1", "-o", "json", code=Exit.UNREACHABLE))
    assert found["a1"]["error"]["cause"] == "login refused"
    assert "sesame" not in json.dumps(found)


def test_credentials_that_are_missing_stop_an_act_before_it_begins(racks: Racks) -> None:
    (racks.directory / "sites/bmc").unlink()
    racks("power", "on", "a", code=Exit.USAGE, says="a.yaml:")
    assert racks.rigs["a1"].client.power() == "Off"
    racks("power", "status", "a1", code=Exit.USAGE)


def test_it_is_written_down(racks: Racks, tmp_path: Path) -> None:
    racks("power", "on", "a1")
    racks("power", "on", "a3", code=Exit.UNREACHABLE)
    with open_store(str(tmp_path / "store.db")) as store:
        done, failed = store.journal.entries("t")
    assert (done.kind, done.summary, done.outcome) == ("power", "power on: a1", "done")
    assert (done.actor.owner, done.data["servers"], done.data["wish"]) == ("ann", ["a1"], "on")
    assert done.result["servers"]["a1"]["acts"] == ["on"]
    assert failed.outcome == "failed"
    assert "nobody listens" in failed.result["servers"]["a3"]["error"]
    assert "secret-lab" not in json.dumps([done.data, done.result])


@pytest.mark.parametrize("resource", ["site:a", "rack:a/r1"])
def test_what_somebody_else_holds_is_left_alone(racks: Racks, resource: str) -> None:
    racks("lease", "take", resource, "--for", "1h", "--owner", "bob", "--reason", "a long run")
    racks("power", "on", "a1", code=Exit.LOCKED, says="a long run")
    racks("boot", "a1", "--once", "pxe", code=Exit.LOCKED)
    assert racks.rigs["a1"].client.power() == "Off"
    racks("power", "status", "a1")
    racks("power", "on", "a1", "--owner", "bob")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["power", "on"], "name a server"),
        (["power", "on", "a9"], "nothing in the testbed is called 'a9'"),
        (["power", "on", "a4"], "no BMC is declared for a4"),
        (["power", "off", "a1", "--force", "--no-force"], "exclude each other"),
        (["boot", "a1", "--uefi"], "--once"),
        (["boot", "a1", "--once", "pxe", "--clear"], "exclude each other"),
        (["boot", "a1", "--reboot"], "--reboot comes with"),
    ],
)
def test_what_cannot_be_meant(racks: Racks, arguments: list[str], says: str) -> None:
    racks(*arguments, code=Exit.USAGE, says=says)


# -- boot


def test_boot_once_is_set_read_back_shown_and_cleared(racks: Racks) -> None:
    found = by_name(racks("boot", "a1", "--once", "pxe", "-o", "json"))
    assert (found["a1"]["result"], found["a1"]["boot"]["target"], found["a1"]["boot"]["lasting"]) == (
        "done",
        "pxe",
        "once",
    )
    assert by_name(racks("boot", "a1", "-o", "json"))["a1"]["boot"]["target"] == "pxe"
    assert by_name(racks("boot", "a1", "--once", "pxe", "-o", "json"))["a1"]["result"] == "nothing"
    racks("boot", "a1", "--clear")
    assert by_name(racks("boot", "a1", "-o", "json"))["a1"]["boot"]["target"] == "none"


def test_boot_once_with_a_reboot_is_used_up(racks: Racks) -> None:
    racks("boot", "a1", "--once", "pxe", "--reboot", code=Exit.USAGE, says="Boot 1 server (a1) now?")
    found = by_name(racks("boot", "a1", "--once", "pxe", "--reboot", "--yes", "-o", "json"))["a1"]
    assert (found["result"], found["boot"]["target"]) == ("done", "none")
    assert (found["power"]["result"], found["power"]["acts"]) == ("done", ["on"])
    assert "used up" in found["what"]


def test_a_lying_override_has_failed(racks: Racks) -> None:
    racks.rigs["a1"].plant(boot_lies=True)
    found = by_name(racks("boot", "a1", "--once", "pxe", "-o", "json", code=Exit.FAILED))["a1"]
    assert found["result"] == "failed"
    assert "it reads" in found["what"]


def test_a_boot_plan(racks: Racks) -> None:
    found = by_name(racks("boot", "a1", "--once", "disk", "--reboot", "--dry-run", "-o", "json"))["a1"]
    assert (found["reads"], found["steps"]) == ("none", ["set disk, once", "on"])
