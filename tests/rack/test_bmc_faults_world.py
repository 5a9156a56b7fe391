"""Faults of the machines themselves, and BMCs that are not who they were: found by comparing, and said with their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from netboot import wait_for
from racklab import RackLab, only, steps

from microdc.bmc import operate
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.judging import Wish
from microdc.bmc.model import Power, Reading
from microdc.errors import Exit
from microdc.lab.machine.files import change_description
from microdc.lab.rack.faults import known
from microdc.survey.model import Difference
from microdc.survey.operate import collect, differences
from microdc.testbed.servers import servers as all_servers

pytestmark = [pytest.mark.root, pytest.mark.lab]


def found(rack: RackLab, *names: str) -> list[Difference]:
    """What `inventory diff` finds."""
    testbed = rack.testbed
    meant = [server for server in all_servers(testbed) if server.name in names]
    _, collected = steps(collect(testbed, meant))
    assert [one.error for one in collected] == [None] * len(meant)
    return [one for one in differences(testbed, collected) if one.severity != "info"]


@contextmanager
def described(rack: RackLab, server: str, **values: Any) -> Iterator[None]:
    """Its machine is described otherwise in the block."""
    file = rack.directory(server) / "machine.json"
    before = json.loads(file.read_text("utf-8"))
    change_description(rack.directory(server), **values)
    try:
        yield
    finally:
        change_description(rack.directory(server), **{key: before.get(key) for key in values})


def test_as_delivered_all_is_as_declared(rack: RackLab) -> None:
    assert found(rack, "n1", "n2", "s1") == []


def test_a_missing_memory_module(rack: RackLab) -> None:
    rack.plant("n1", missing_dimm=True)
    told = {one.what: one for one in found(rack, "n1")}
    assert {what: one.severity for what, one in told.items()} == {
        "memory": "critical",
        "memory modules": "critical",
    }
    assert (told["memory"].declared, told["memory"].found) == ("512MiB", "256MiB")
    assert "256MiB missing" in told["memory"].hint
    assert "north.yaml:" in told["memory"].where
    data = rack.data("inventory", "diff", "n1", code=Exit.FAILED)
    assert {one["what"] for one in data["differences"]} >= {"memory", "memory modules"}
    rack.plant("n1", missing_dimm=None)
    assert found(rack, "n1") == []


def readings(rack: RackLab, *, ipmi: bool = False) -> dict[str, Reading]:
    servers = rack.servers("n1", ipmi=True, redfish="") if ipmi else rack.servers("n1")
    outcome = only(operate.sensors(servers))
    assert outcome.value is not None, outcome.error
    return {one.name: one for one in outcome.value.readings}


@pytest.mark.parametrize("ipmi", [False, True], ids=["redfish", "ipmi"])
def test_a_hot_inlet_is_critical_by_either_protocol(rack: RackLab, ipmi: bool) -> None:  # noqa: FBT001
    rack.plant("n1", hot_inlet=57)
    wait_for(lambda: readings(rack, ipmi=ipmi)["Inlet Temp"].health == "critical", 20, "it is critical")
    inlet = readings(rack, ipmi=ipmi)["Inlet Temp"]
    assert (inlet.value, inlet.unit, inlet.thresholds.upper_critical) == (57.0, "Cel", 55.0)


def test_a_hot_inlet_on_the_command_line(rack: RackLab) -> None:
    rack.plant("n1", hot_inlet=True)
    bad = rack.microdc("bmc", "sensors", "n1", "--bad", code=Exit.FAILED).stdout
    assert "Inlet Temp" in bad
    assert "critical" in bad
    log = rack.data("bmc", "sel", "n1")["servers"][0]
    assert any("Inlet" in entry["message"] for entry in log["entries"])


@pytest.mark.parametrize("on", [False, True], ids=["off", "on"])
def test_sensors_without_values_are_never_bad(rack: RackLab, on: bool) -> None:  # noqa: FBT001
    """Neither those of a server that is off nor those of a BMC that tells null."""
    if on:
        rack.machine("n1").on()
    rack.plant("n1", null_readings=True)
    told = readings(rack)
    assert len(told) > 4
    assert {one.value for one in told.values()} == {None}
    assert {one.health for one in told.values()} == {None}
    assert "critical" not in rack.microdc("bmc", "sensors", "n1", "--bad").stdout


def test_a_server_that_is_off_gives_no_alarm(rack: RackLab) -> None:
    assert {one.health for one in readings(rack).values()} <= {None, "ok"}


def test_a_clock_that_is_wrong_is_told(rack: RackLab) -> None:
    rack.plant("n1", clock_skew=-86_400)
    outcome = only(operate.sel(rack.servers("n1")))
    assert outcome.value is not None
    assert outcome.value.skew is not None
    assert outcome.value.skew.days in {-2, -1}


def test_every_fault_that_can_be_planted_is_planted_by_a_test() -> None:
    tests = [file.read_text("utf-8") for file in Path(__file__).parent.glob("test_bmc_faults_*.py")]
    assert [name for name in known() if not any(name.replace("-", "_") in text for text in tests)] == []


def test_two_servers_with_one_mac(rack: RackLab) -> None:
    """Both are named, and the declared address that is gone too."""
    mac = rack.machine("n1").description().nics[0].mac
    nics = json.loads((rack.directory("n2") / "machine.json").read_text("utf-8"))["nics"]
    with described(rack, "n2", nics=[{**nics[0], "mac": mac}]):
        told = [one for one in found(rack, "n1", "n2") if one.found == mac]
    assert [(one.server, one.severity, one.what) for one in told] == [
        ("n1", "critical", "MAC address"),
        ("n2", "critical", "MAC address"),
    ]
    assert "n2 too" in told[0].hint


def test_a_bmc_address_that_leads_to_another_machine(rack: RackLab) -> None:
    with described(rack, "n1", serial="MDC-OTHER"):
        (told,) = found(rack, "n1")
    assert (told.severity, told.what, told.found) == ("critical", "serial number", "MDC-OTHER")
    assert told.declared == rack.machine("n1").description().serial
    assert "belongs to another machine" in told.hint
    assert "north.yaml:" in told.where


def test_two_addresses_that_lead_to_one_machine(rack: RackLab) -> None:
    serial = rack.machine("n1").description().serial
    with described(rack, "n2", serial=serial):
        told = [one for one in found(rack, "n1", "n2") if one.what == "serial number"]
    assert {one.server for one in told} == {"n1", "n2"}
    assert any("two BMC addresses lead to one machine" in one.hint for one in told)


def test_a_changed_certificate_is_refused_before_the_password(rack: RackLab) -> None:
    """By IPMI neither: somebody else may be answering. `bmc trust` shows both, and stores the new one only if it is asked to."""
    stored = rack.servers("s1").targets[0].fingerprint
    new = rack.new_certificate("s1")
    with rack.asked("s1") as asked:
        outcome = only(operate.power(rack.servers("s1", ipmi=True), Wish.ON, rack.book()))
    error = outcome.error
    assert isinstance(error, BmcError)
    assert error.cause is Cause.CERTIFICATE_CHANGED
    assert "bmc trust" in error.hint
    assert (asked.lines, outcome.driver, rack.machine("s1").power()) == ([], "", False)
    (shown,) = rack.data("bmc", "trust", "s1", "--show")["bmcs"]
    assert (shown["state"], shown["fingerprint"], shown["stored_fingerprint"]) == ("changed", new, stored)
    rack.microdc("bmc", "trust", "s1", "--sha256", stored, code=Exit.FAILED)
    rack.microdc("bmc", "trust", "s1", "--sha256", new)
    again = only(operate.power_status(rack.servers("s1")))
    assert (again.value, again.driver) == (Power.OFF, "redfish")
