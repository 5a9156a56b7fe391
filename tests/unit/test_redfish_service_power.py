"""Power and boot at the lab's Redfish service, with a machine that is no more than its state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.errors import UnreachableError
from microdc.lab.redfish.memory import MemoryMachine
from redfishservice import RESET, SYSTEM, Rig, describe, running, until

ONCE_PXE = {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m")) as made:
        yield made


def override(rig: Rig) -> tuple[str, str, str]:
    boot = rig.client.get(SYSTEM).json["Boot"]
    return (
        boot["BootSourceOverrideEnabled"],
        boot["BootSourceOverrideTarget"],
        boot["BootSourceOverrideMode"],
    )


@pytest.mark.parametrize(
    ("on", "kind", "status", "after", "starts"),
    [
        (False, "On", 204, "On", 1),
        (False, "ForceOn", 204, "On", 1),
        (False, "PushPowerButton", 204, "On", 1),
        (False, "PowerCycle", 204, "On", 1),
        (False, "ForceOff", 204, "Off", 0),
        (False, "ForceRestart", 409, "Off", 0),
        (False, "GracefulShutdown", 409, "Off", 0),
        (False, "Nmi", 409, "Off", 0),
        (True, "On", 204, "On", 0),
        (True, "ForceOff", 204, "Off", 0),
        (True, "GracefulShutdown", 204, "Off", 0),
        (True, "PushPowerButton", 204, "Off", 0),
        (True, "ForceRestart", 204, "On", 1),
        (True, "PowerCycle", 204, "On", 1),
        (True, "Nmi", 204, "On", 0),
        (True, "Bogus", 400, "On", 0),
    ],
)
def test_reset_types(tmp_path: Path, *, on: bool, kind: str, status: int, after: str, starts: int) -> None:
    machine = MemoryMachine(on=on)
    with running(describe(tmp_path / "m"), machine) as rig:
        assert rig.client.reset(kind).status == status
        assert rig.client.power() == after
    assert len(machine.starts) == starts
    assert machine.nmis == (kind == "Nmi" and on)


def test_every_advertised_reset_type_is_taken(rig: Rig) -> None:
    action = rig.client.get(SYSTEM).json["Actions"]["#ComputerSystem.Reset"]
    assert action["target"] == RESET
    for kind in action["ResetType@Redfish.AllowableValues"]:
        assert rig.client.reset(kind).status in {204, 409}
    assert rig.client.post(RESET, {"ResetType": "On", "Delay": 1}).message == "ActionParameterUnknown"


def test_a_graceful_restart_waits_for_the_operating_system(tmp_path: Path) -> None:
    machine = MemoryMachine(on=True, obeys=False)
    with running(describe(tmp_path / "m"), machine) as rig:
        assert rig.client.reset("GracefulRestart").status == 204
        assert rig.client.power() == "On"
        assert machine.starts == []
        machine.off()  # the operating system has ended
        until(lambda: machine.starts)
        assert rig.client.power() == "On"


def test_a_restart_that_fails_is_logged(tmp_path: Path) -> None:
    class Broken(MemoryMachine):
        def on(self) -> None:
            raise UnreachableError("no QEMU is here")

    machine = Broken(on=True)
    log = tmp_path / "m/sel.jsonl"
    with running(describe(tmp_path / "m"), machine) as rig:
        assert rig.client.reset("GracefulRestart").status == 204
        until(lambda: "not restarted: no QEMU is here" in log.read_text())
        refused = rig.client.reset("On")
        assert (refused.status, refused.json["error"]["message"]) == (500, "no QEMU is here")


def test_boot_once_clears_when_the_machine_boots(rig: Rig) -> None:
    assert rig.client.patch(SYSTEM, ONCE_PXE).status == 200
    assert override(rig) == ("Once", "Pxe", "Legacy")
    rig.client.reset("On")
    assert override(rig) == ("Disabled", "None", "Legacy")
    rig.client.reset("ForceRestart")
    assert rig.machine.starts == ["pxe", "none"]


def test_a_lasting_override_stays_until_it_is_taken_back(rig: Rig) -> None:
    rig.client.patch(
        SYSTEM, {"Boot": {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Hdd"}}
    )
    rig.client.reset("On")
    rig.client.reset("ForceRestart")
    assert override(rig)[:2] == ("Continuous", "Hdd")
    rig.client.patch(SYSTEM, {"Boot": {"BootSourceOverrideEnabled": "Disabled"}})
    assert override(rig)[:2] == ("Disabled", "None")
    assert rig.machine.starts == ["disk", "disk"]


def test_a_target_alone_means_once(rig: Rig) -> None:
    rig.client.patch(SYSTEM, {"Boot": {"BootSourceOverrideTarget": "Cd"}})
    assert override(rig)[:2] == ("Once", "Cd")
    rig.client.patch(SYSTEM, {"Boot": {"BootSourceOverrideEnabled": "Continuous"}})
    rig.client.patch(SYSTEM, {"Boot": {"BootSourceOverrideTarget": "Pxe"}})
    assert override(rig)[:2] == ("Continuous", "Pxe")
    rig.client.patch(SYSTEM, {"Boot": {"BootSourceOverrideTarget": "None"}})
    assert override(rig)[:2] == ("Disabled", "None")


@pytest.mark.parametrize(
    ("boot", "message"),
    [
        ({"BootSourceOverrideTarget": "Bogus"}, "PropertyValueNotInList"),
        ({"BootSourceOverrideTarget": 1}, "PropertyValueTypeError"),
        ({"BootSourceOverrideEnabled": "Twice"}, "PropertyValueNotInList"),
        ({"BootSource": "Pxe"}, "PropertyUnknown"),
        (
            {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHttp"},
            "PropertyValueConflict",
        ),
        ("Pxe", "PropertyValueTypeError"),
    ],
)
def test_boot_requests_that_are_refused_change_nothing(rig: Rig, boot: object, message: str) -> None:
    rig.client.patch(SYSTEM, ONCE_PXE)
    answer = rig.client.patch(SYSTEM, {"Boot": boot, "AssetTag": "changed"})
    assert (answer.status, answer.message) == (400, message)
    assert override(rig) == ("Once", "Pxe", "Legacy")
    assert rig.client.get(SYSTEM).json["AssetTag"] == ""


def test_http_boot_goes_with_uefi(rig: Rig) -> None:
    wanted = {
        "BootSourceOverrideEnabled": "Once",
        "BootSourceOverrideTarget": "UefiHttp",
        "BootSourceOverrideMode": "UEFI",
    }
    assert rig.client.patch(SYSTEM, {"Boot": wanted}).status == 200
    assert override(rig) == ("Once", "UefiHttp", "UEFI")


def test_what_others_turn_is_seen_and_logged(rig: Rig) -> None:
    assert rig.client.power() == "Off"
    rig.machine.on()
    assert rig.client.power() == "On"
    rig.machine.off()
    entries = rig.client.get("/redfish/v1/Managers/1/LogServices/Sel/Entries").json["Members"]
    assert [entry["Message"] for entry in entries] == ["The server is on", "The server is off"]


# -- a BMC that lies


def test_power_that_lags(rig: Rig) -> None:
    rig.plant(lagging_power=600)
    rig.client.reset("On")
    assert rig.client.power() == "PoweringOn"
    assert rig.machine.power()
    rig.client.reset("ForceOff")
    assert rig.client.power() == "PoweringOff"


def test_power_that_falls_back_once(rig: Rig) -> None:
    rig.plant(falls_back=True)
    rig.client.reset("On")
    assert rig.client.power() == "PoweringOn"
    until(lambda: rig.client.power() == "Off")
    rig.client.reset("On")
    assert rig.client.power() == "On"


def test_already_so_is_an_error_with_one_vendor(rig: Rig) -> None:
    rig.plant(already_409=True)
    refused = rig.client.reset("ForceOff")
    assert (refused.status, refused.message) == (409, "PSU501")
    assert rig.client.reset("On").status == 204
    assert rig.client.reset("On").status == 409


def test_an_override_that_is_not_kept(rig: Rig) -> None:
    rig.plant(boot_lies=True)
    assert rig.client.patch(SYSTEM, ONCE_PXE).status == 200
    assert override(rig)[:2] == ("Disabled", "None")


def test_a_mode_that_is_rejected_or_needed(rig: Rig) -> None:
    rig.plant(mode_rejected=True)
    with_mode = {"Boot": {**ONCE_PXE["Boot"], "BootSourceOverrideMode": "UEFI"}}
    assert rig.client.patch(SYSTEM, with_mode).status == 400
    assert rig.client.patch(SYSTEM, ONCE_PXE).status == 200
    rig.plant(mode_needed=True)
    assert rig.client.patch(SYSTEM, with_mode).status == 200
    assert override(rig) == ("Once", "Pxe", "UEFI")
    rig.client.patch(SYSTEM, ONCE_PXE)
    assert override(rig) == ("Once", "Pxe", "Legacy")


@pytest.mark.parametrize(
    ("how", "path", "message"),
    [
        (True, f"{SYSTEM}/Settings", "PropertyNotWritable"),
        ("SD", f"{SYSTEM}/SD", "OperationSupportedInFutureStateURI"),
    ],
)
def test_boot_through_the_settings_object(rig: Rig, how: object, path: str, message: str) -> None:
    assert rig.client.get(path).status == 404
    rig.plant(settings_object=how)
    assert rig.client.get(SYSTEM).json["@Redfish.Settings"]["SettingsObject"] == {"@odata.id": path}
    assert rig.client.patch(SYSTEM, ONCE_PXE).message == message
    assert override(rig)[0] == "Disabled"
    assert rig.client.patch(path, ONCE_PXE).status == 204
    assert override(rig)[:2] == ("Once", "Pxe")
    assert rig.client.get(path).json["Boot"]["BootSourceOverrideTarget"] == "Pxe"
