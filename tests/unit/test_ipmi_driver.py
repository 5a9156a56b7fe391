"""The IPMI driver against OpenIPMI's ipmi_sim: what it reads and what it changes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import ipmi_simulator
import pytest
from ipmi_simulator import Simulator, until

from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.ipmi.driver import IpmiBmc
from microdc.bmc.model import (
    Act,
    Boot,
    BootMode,
    BootTarget,
    Feature,
    Limits,
    Log,
    Power,
    Reading,
    Thresholds,
)

pytestmark = pytest.mark.skipif(ipmi_simulator.MISSING, reason="ipmi_sim or ipmitool is not installed")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path / "bmc") as running:
        yield running


@pytest.fixture
def bmc(simulator: Simulator) -> Iterator[IpmiBmc]:
    with IpmiBmc(simulator.target(), Limits()) as opened:
        yield opened
    assert simulator.sessions() == 0


def acts(simulator: Simulator) -> list[str]:
    """What the chassis was told to do, in order."""
    return [call.removeprefix("0x20 set ") for call in simulator.calls() if " set " in call]


def by_name(bmc: IpmiBmc) -> dict[str, Reading]:
    return {reading.name: reading for reading in bmc.sensors().readings}


def test_identity_comes_from_fru_data_and_guid(bmc: IpmiBmc) -> None:
    found = bmc.identity()
    assert (found.manufacturer, found.model, found.serial) == ("Fabrikam", "Edge 7", "SN-4711")
    assert (found.sku, found.asset_tag) == ("E7-2", "rack 3")
    assert found.uuid == "33221100-5544-7766-8899-aabbccddeeff"


def test_hardware_has_the_bmcs_firmware_and_says_what_ipmi_cannot_tell(bmc: IpmiBmc) -> None:
    found = bmc.hardware()
    assert found.version("bmc") == "9.08"
    assert found.version("bios") is None
    assert found.power is Power.OFF
    assert (found.processors, found.nics, found.memory) == ((), (), None)
    assert Feature.HARDWARE not in bmc.abilities().features
    assert "processors" in bmc.abilities().lacks[Feature.HARDWARE.value]


def test_abilities_cover_every_act_target_and_feature_with_a_reason_for_what_is_lacking(bmc: IpmiBmc) -> None:
    able = bmc.abilities()
    for group, has in ((Act, able.acts), (BootTarget, able.targets), (Feature, able.features)):
        for one in group:
            assert (one in has) != (one.value in able.lacks)


def test_power_acts_reach_the_chassis_once_each(simulator: Simulator, bmc: IpmiBmc) -> None:
    assert bmc.power() is Power.OFF
    bmc.act(Act.ON)
    assert bmc.power() is Power.ON
    bmc.act(Act.ON)
    bmc.act(Act.RESET)
    bmc.act(Act.SHUTDOWN)
    assert bmc.power() is Power.OFF
    bmc.act(Act.FORCE_OFF)
    assert acts(simulator) == ["power 1", "power 1", "reset 1", "shutdown 1", "power 0"]


def test_a_power_cycle_goes_off_and_on_again(simulator: Simulator, bmc: IpmiBmc) -> None:
    bmc.act(Act.ON)
    bmc.act(Act.CYCLE)
    until(lambda: acts(simulator) == ["power 1", "power 0", "power 1"], "not off and on again")
    assert bmc.power() is Power.ON


def test_what_ipmi_has_no_command_for_is_not_sent(simulator: Simulator, bmc: IpmiBmc) -> None:
    with pytest.raises(UnsupportedError, match="not to restart"):
        bmc.act(Act.RESTART)
    with pytest.raises(UnsupportedError, match="HTTP"):
        bmc.set_boot(Boot(BootTarget.HTTP))
    with pytest.raises(UnsupportedError, match="blinking"):
        bmc.set_led("blinking")
    assert simulator.calls() == []


def test_an_act_that_the_bmc_refuses_says_its_code_and_the_words_for_it(bmc: IpmiBmc) -> None:
    with pytest.raises(BmcRefusedError, match=r"Chassis Control: a value is invalid .*0xcc") as refused:
        bmc.act(Act.NMI)
    assert refused.value.status == 0xCC


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (BootTarget.PXE, "pxe"),
        (BootTarget.DISK, "default"),
        (BootTarget.CD, "cdrom"),
        (BootTarget.BIOS, "bios"),
    ],
)
def test_a_boot_target_reaches_the_chassis_and_what_reads_back_is_told_as_it_is(
    simulator: Simulator, bmc: IpmiBmc, target: BootTarget, word: str
) -> None:
    read = bmc.set_boot(Boot(target, "once", BootMode.UEFI))
    assert f"boot {word}" in acts(simulator)
    # ipmi_sim keeps the device, but neither the valid bit nor that of EFI
    assert read == bmc.boot() == Boot(BootTarget.NONE, "disabled", None, read.told)
    assert "not valid" in read.told


def test_no_override_is_read_as_none(bmc: IpmiBmc) -> None:
    assert bmc.set_boot(Boot(BootTarget.NONE, "disabled")) == Boot(
        BootTarget.NONE, "disabled", None, "default"
    )


def test_sensors_have_units_thresholds_and_states(bmc: IpmiBmc) -> None:
    found = by_name(bmc)
    inlet, fan, supply, bay = found["Inlet"], found["Fan 1"], found["PSU 1"], found["Bay 1"]
    assert (inlet.kind, inlet.value, inlet.unit, inlet.health) == ("temperature", 24.0, "Cel", "ok")
    assert inlet.thresholds == Thresholds(upper_warning=50.0, upper_critical=55.0, upper_fatal=60.0)
    assert (fan.kind, fan.value, fan.unit, fan.health) == ("fan", 4200.0, "RPM", "ok")
    assert fan.thresholds == Thresholds(lower_critical=800.0)
    assert (supply.kind, supply.value, supply.state, supply.health) == ("presence", 1.0, "Present", "ok")
    assert (bay.value, bay.health) == (None, None)
    assert any("Bay 1" in remark.where for remark in bmc.sensors().remarks)


def test_a_hot_inlet_is_critical_and_logged_and_the_log_can_be_cleared(
    simulator: Simulator, bmc: IpmiBmc
) -> None:
    assert bmc.log().entries == ()
    simulator.write("inlet", "58000")
    until(lambda: by_name(bmc)["Inlet"].value == 58.0, "the inlet stays cool")
    inlet = by_name(bmc)["Inlet"]
    assert (inlet.health, inlet.state) == ("critical", "upper critical")
    until(lambda: bmc.log().total == 2, "no two records")
    newest, oldest = bmc.log().entries
    assert (newest.severity, newest.source, newest.at) == ("critical", "Inlet", None)
    assert newest.message == "Upper critical going high: 58 Cel, threshold 55 Cel"
    assert (oldest.severity, int(oldest.id) < int(newest.id)) == ("warning", True)
    one = bmc.log(1)
    assert (one.entries, one.total) == ((newest,), 2)
    assert bmc.log(0).entries == ()
    bmc.clear_log()
    assert (bmc.log().entries, bmc.log().total) == ((), 0)


def test_a_fan_that_stands_still_alarms_only_while_the_server_is_on(
    simulator: Simulator, bmc: IpmiBmc
) -> None:
    simulator.write("fan", "0")
    until(lambda: by_name(bmc)["Fan 1"].value == 0.0, "the fan turns on")
    assert (by_name(bmc)["Fan 1"].health, by_name(bmc)["Fan 1"].state) == (None, "server off")
    bmc.act(Act.ON)
    assert (by_name(bmc)["Fan 1"].health, by_name(bmc)["Fan 1"].state) == ("critical", "lower critical")


def test_times_before_the_bmcs_clock_was_set_are_no_times_and_skew_is_told_after(
    simulator: Simulator, bmc: IpmiBmc
) -> None:
    before = bmc.log()
    assert before.skew is None
    assert any("clock is not set" in remark.what for remark in before.remarks)
    seconds = int(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()).to_bytes(4, "little")
    simulator.ipmitool("raw", "0x0a", "0x49", *map(str, seconds))
    simulator.write("inlet", "58000")
    until(lambda: bmc.log().total == 2, "no two records")
    after: Log = bmc.log()
    assert after.skew is not None
    assert after.skew.days < -365
    assert all(entry.at is not None and entry.at.year == 2020 for entry in after.entries)


def test_the_identify_led_is_set_and_that_its_state_is_not_told_is_said(
    simulator: Simulator, bmc: IpmiBmc
) -> None:
    bmc.set_led("on")
    bmc.set_led("off")
    assert [act for act in acts(simulator) if act.startswith("identify")] == ["identify 0 1", "identify 0 0"]
    with pytest.raises(UnsupportedError, match="does not tell"):
        bmc.led()


def test_the_console_is_a_command_for_a_person_without_the_password(
    simulator: Simulator, bmc: IpmiBmc
) -> None:
    console = bmc.console()
    assert console.command == (
        f"ipmitool -I lanplus -C 3 -H 127.0.0.1 -p {simulator.port} -U admin -a sol activate"
    )
    assert any("serial over LAN" in remark.where for remark in console.remarks)


def test_which_cipher_suite_is_used_is_told(bmc: IpmiBmc) -> None:
    assert (bmc.suite, bmc.notes) == (None, ())
    bmc.power()
    assert bmc.suite == 3
    assert "cipher suite 3" in bmc.notes[0]


def test_a_host_name_works_as_an_address(simulator: Simulator) -> None:
    with IpmiBmc(replace(simulator.target(), ipmi=f"localhost:{simulator.port}")) as bmc:
        assert bmc.power() is Power.OFF


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
            udp.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_works(tmp_path: Path) -> None:
    with Simulator(tmp_path / "bmc", host="::1") as simulator, IpmiBmc(simulator.target()) as bmc:
        assert bmc.target.ipmi == f"[::1]:{simulator.port}"
        assert bmc.power() is Power.OFF
