"""Servers by their power outlets, against snmpd with the tables of three vendors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import outlet_strip
import pytest
import snmp_agent
from outlet_strip import FakeClock, Pdu

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.model import Act, Boot, BootTarget, Feature, Identity, Limits, Power, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.pdu.driver import PduBmc
from microdc.bmc.targets import Outlet
from microdc.errors import InputError

pytestmark = pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")

TARGET = Target("a1", "site.yaml:3")
PATIENT = Limits(connect=10, attempts=2)
SOON = Limits(connect=1.5, attempts=1, busy=5)
VENDORS = pytest.mark.parametrize("vendor", ["apc", "apc2", "raritan"])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Pdu, Pdu]]:
    """Two PDUs of two vendors, with neighbours of the server's outlets (a:3 and b:5)."""
    with (
        outlet_strip.pdu(tmp_path, "a", "apc2", {2: True, 3: True, 4: True}) as first,
        outlet_strip.pdu(
            tmp_path,
            "b",
            "raritan",
            {4: True, 5: True, 6: True},
            address="127.0.0.2",
            port=first.snmpd.port,
        ) as second,
    ):
        yield first, second


def by(*pdus_outlets: tuple[Pdu, int], limits: Limits = PATIENT, clock: FakeClock | None = None) -> PduBmc:
    outlets = [pdu.outlet(number) for pdu, number in pdus_outlets]
    port = pdus_outlets[0][0].snmpd.port
    return PduBmc(TARGET, outlets, limits, port=port, clock=clock or FakeClock())


@pytest.mark.parametrize("version", [2, 3])
@VENDORS
def test_on_and_off_of_each_vendor(tmp_path: Path, vendor: str, version: int) -> None:
    with outlet_strip.pdu(tmp_path, "a", vendor, {7: True, 8: False}) as pdu:
        outlet = pdu.outlet(8, version=version)
        with PduBmc(TARGET, [outlet], PATIENT, port=pdu.snmpd.port) as bmc:
            assert bmc.power() is Power.OFF
            bmc.act(Act.ON)
            assert bmc.power() is Power.ON
            bmc.act(Act.ON)  # it is so already: no error
            bmc.act(Act.FORCE_OFF)
            assert bmc.power() is Power.OFF
            assert bmc.driver == "pdu"
            assert ("unencrypted" in " ".join(bmc.notes)) == (version == 2)
        assert pdu.switched() == [(8, True), (8, True), (8, False)]
        assert pdu.on(7)


def test_a_server_with_two_feeds_is_on_while_any_is(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    with by((first, 3), (second, 5)) as bmc:
        assert bmc.power() is Power.ON
        assert not [note for note in bmc.notes if "differ" in note]
        first.turn(3, on=False)
        assert bmc.power() is Power.ON
        assert "its feeds differ: a:3 is off, b:5 is on" in bmc.notes
        second.turn(5, on=False)
        assert bmc.power() is Power.OFF
        assert not [note for note in bmc.notes if "differ" in note]
        assert "on means fed, not booted" in bmc.notes[0]


def test_a_state_that_is_neither_is_unknown_unless_another_feed_is_on(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    first.snmpd.put(f"{first.strip.state}.3", 9)
    with by((first, 3), (second, 5)) as bmc:
        assert bmc.power() is Power.ON
        second.turn(5, on=False)
        assert bmc.power() is Power.UNKNOWN
        assert "its feeds differ: a:3 is in state 9, b:5 is off" in bmc.notes


def test_all_outlets_are_switched_and_no_other(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    with by((first, 3), (second, 5)) as bmc:
        bmc.act(Act.FORCE_OFF)
        assert (first.on(3), second.on(5)) == (False, False)
        bmc.act(Act.ON)
        assert (first.on(3), second.on(5)) == (True, True)
    assert first.switched() == [(3, False), (3, True)]
    assert second.switched() == [(5, False), (5, True)]
    assert all(first.on(outlet) for outlet in (2, 3, 4))
    assert all(second.on(outlet) for outlet in (4, 5, 6))


def test_a_cycle_rests_while_all_are_off(two: tuple[Pdu, Pdu], clock: FakeClock) -> None:
    first, second = two
    seen: list[tuple[bool, bool]] = []
    clock.during = lambda: seen.append((first.on(3), second.on(5)))
    with by((first, 3), (second, 5), clock=clock) as bmc:
        bmc.act(Act.CYCLE)
        assert bmc.power() is Power.ON
    assert clock.waits == [10.0]
    assert seen == [(False, False)]
    assert first.switched() == [(3, False), (3, True)]
    assert second.switched() == [(5, False), (5, True)]


def test_a_cycle_does_not_rest_before_the_last_outlet_reads_off(
    two: tuple[Pdu, Pdu], clock: FakeClock
) -> None:
    first, second = two
    second.snmpd.ignore(second.command(5))  # its state lags behind
    clock.during = lambda: second.turn(5, on=False) if len(clock.waits) == 3 else None
    with (
        by((first, 3), (second, 5), clock=clock, limits=SOON) as bmc,
        pytest.raises(BmcRefusedError) as caught,
    ):
        bmc.act(Act.CYCLE)  # and for ever when it is to go on
    assert clock.waits.index(10.0) == 4
    assert "switched on, but 5 s later a:3 is on, b:5 is off" in caught.value.what


def test_a_cycle_that_does_not_cut_the_power_ends_with_all_on(two: tuple[Pdu, Pdu], clock: FakeClock) -> None:
    first, second = two
    second.snmpd.ignore(second.command(5))
    with (
        by((first, 3), (second, 5), clock=clock, limits=SOON) as bmc,
        pytest.raises(BmcRefusedError) as caught,
    ):
        bmc.act(Act.CYCLE)
    assert "a:3 is off, b:5 is on" in caught.value.what
    assert "switched on again" in caught.value.hint
    assert (first.on(3), second.on(5)) == (True, True)
    assert 10.0 not in clock.waits


def test_an_interrupted_cycle_ends_with_all_on(two: tuple[Pdu, Pdu], clock: FakeClock) -> None:
    first, second = two

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.during = interrupt
    with by((first, 3), (second, 5), clock=clock) as bmc, pytest.raises(KeyboardInterrupt):
        bmc.act(Act.CYCLE)
    assert (first.on(3), second.on(5)) == (True, True)


def test_power_that_was_just_cut_rests_before_it_comes_again(two: tuple[Pdu, Pdu], clock: FakeClock) -> None:
    with by((two[0], 3), clock=clock) as bmc:
        bmc.act(Act.ON)
        assert sum(clock.waits) == 0
        bmc.act(Act.FORCE_OFF)
        clock.at += 4
        bmc.act(Act.ON)
    assert sum(clock.waits) == pytest.approx(6)


def test_a_refusal_in_the_middle_of_off_is_undone_and_told(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    second.snmpd.refuse(second.command(5))
    with by((first, 3), (second, 5)) as bmc, pytest.raises(BmcRefusedError) as caught:
        bmc.act(Act.FORCE_OFF)
    assert caught.value.what.startswith("b:5 could not be switched off (it says notWritable")
    assert "a:3 was switched on again; now a:3 is on, b:5 is on" in caught.value.what
    assert first.switched() == [(3, False), (3, True)]
    assert (first.on(3), second.on(5)) == (True, True)


def test_a_feed_that_was_off_stays_off_when_a_refusal_is_undone(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    first.turn(3, on=False)
    second.snmpd.refuse(second.command(5))
    with by((first, 3), (second, 5)) as bmc, pytest.raises(BmcRefusedError):
        bmc.act(Act.FORCE_OFF)
    assert (first.on(3), second.on(5)) == (False, True)


def test_a_refusal_in_the_middle_of_a_cycle_is_undone(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    second.snmpd.refuse(second.command(5))
    with by((first, 3), (second, 5)) as bmc, pytest.raises(BmcRefusedError) as caught:
        bmc.act(Act.CYCLE)
    assert "a:3 was switched on again; now a:3 is on, b:5 is on" in caught.value.what
    assert first.switched() == [(3, False), (3, True)]


def test_a_cycle_whose_second_command_is_not_answered_ends_with_on(tmp_path: Path, clock: FakeClock) -> None:
    with (
        outlet_strip.pdu(tmp_path, "a", "apc", {3: True, 4: True}) as pdu,
        snmp_agent.losing(pdu.snmpd.port, lambda count: count in {3, 4}) as port,
    ):
        outlets = [pdu.outlet(3), pdu.outlet(4)]
        with (
            PduBmc(TARGET, outlets, SOON, port=port, clock=clock) as bmc,
            pytest.raises(BmcRefusedError) as caught,
        ):
            bmc.act(Act.CYCLE)  # the states are read, 3 is set, 4 is set and lost, and so is what 4 reads
        assert "a:4 could not be switched off (no answer in" in caught.value.what
        assert pdu.switched() == [(3, False), (4, False), (3, True), (4, True)]
        assert (pdu.on(3), pdu.on(4)) == (True, True)


def test_a_refusal_in_the_middle_of_on_leaves_what_is_on(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    first.turn(3, on=False)
    second.turn(5, on=False)
    second.snmpd.refuse(second.command(5))
    with by((first, 3), (second, 5)) as bmc, pytest.raises(BmcRefusedError) as caught:
        bmc.act(Act.ON)
    assert "b:5 could not be switched on" in caught.value.what
    assert "now a:3 is on, b:5 is off" in caught.value.what
    assert first.switched() == [(3, True)]


def test_nothing_is_switched_where_an_outlet_is_not_there(two: tuple[Pdu, Pdu]) -> None:
    first, second = two
    with by((first, 3), (second, 99)) as bmc, pytest.raises(BmcRefusedError) as caught:
        bmc.act(Act.FORCE_OFF)
    assert "b:99: the PDU has no such outlet; nothing was switched" in caught.value.what
    assert first.switched() == second.switched() == []


@pytest.mark.parametrize("act", [Act.ON, Act.FORCE_OFF, Act.CYCLE])
def test_nothing_is_switched_where_a_pdu_is_gone(two: tuple[Pdu, Pdu], act: Act) -> None:
    first, second = two
    second.snmpd.stop()
    with by((first, 3), (second, 5)) as bmc:
        assert bmc.power() is Power.ON  # the other feed tells that
        assert "its feeds differ: a:3 is on, b:5 could not be read" in bmc.notes
        with pytest.raises(BmcError) as caught:
            bmc.act(act)
        assert (caught.value.cause, caught.value.sent) == (Cause.REFUSED, False)
        first.turn(3, on=False)
        with pytest.raises(BmcError):
            bmc.power()
    assert first.switched() == []


def test_a_pdu_that_dies_in_the_middle_is_told(two: tuple[Pdu, Pdu], clock: FakeClock) -> None:
    first, second = two
    clock.during = second.snmpd.stop  # while both are off
    with by((first, 3), (second, 5), clock=clock) as bmc, pytest.raises(BmcRefusedError) as caught:
        bmc.act(Act.CYCLE)
    assert "b:5 could not be switched on again (nobody listens" in caught.value.what
    assert "now a:3 is on, b:5 could not be read" in caught.value.what
    assert (first.on(3), second.on(5)) == (True, False)  # the server has what power it can have


def test_an_answer_that_is_lost_is_no_failure_where_the_outlet_reads_as_wanted(
    tmp_path: Path, clock: FakeClock
) -> None:
    with (
        outlet_strip.pdu(tmp_path, "a", "apc", {3: True}) as pdu,
        snmp_agent.losing(pdu.snmpd.port, lambda count: count == 2) as port,
    ):
        with PduBmc(TARGET, [pdu.outlet(3)], SOON, port=port, clock=clock) as bmc:
            bmc.act(Act.FORCE_OFF)
        assert pdu.switched() == [(3, False)]
        assert not pdu.on(3)


def test_silence_after_a_command_says_that_it_may_have_been_done(tmp_path: Path, clock: FakeClock) -> None:
    with (
        outlet_strip.pdu(tmp_path, "a", "apc", {3: True}) as pdu,
        snmp_agent.losing(pdu.snmpd.port, lambda count: count >= 2) as port,
    ):
        with (
            PduBmc(TARGET, [pdu.outlet(3)], SOON, port=port, clock=clock) as bmc,
            pytest.raises(BmcError) as caught,
        ):
            bmc.act(Act.FORCE_OFF)
        assert (caught.value.cause, caught.value.sent) == (Cause.TIMEOUT, True)
        assert pdu.switched() == [(3, False)]  # once


@pytest.mark.parametrize(
    ("version", "secret", "cause"),
    [
        (2, "not-the-one", Cause.TIMEOUT),
        (3, f"nobody:{snmp_agent.AUTHENTICATION}:{snmp_agent.PRIVACY}", Cause.LOGIN),
        (3, f"{snmp_agent.ADMIN}:wrong-password:{snmp_agent.PRIVACY}", Cause.LOGIN),
        (3, f"{snmp_agent.ADMIN}:{snmp_agent.AUTHENTICATION}:wrong-password", Cause.LOGIN),
    ],
    ids=["community", "user", "authentication", "privacy"],
)
def test_wrong_credentials(two: tuple[Pdu, Pdu], version: int, secret: str, cause: Cause) -> None:
    first, _ = two
    outlet = first.outlet(3, version=version, secret=secret)
    with PduBmc(TARGET, [outlet], SOON, port=first.snmpd.port) as bmc:
        for call in (bmc.power, lambda: bmc.act(Act.FORCE_OFF)):
            with pytest.raises(BmcError) as caught:
                call()
            assert caught.value.cause is cause
            assert secret not in str(caught.value)
    assert first.on(3)


def test_who_may_only_read_switches_nothing(two: tuple[Pdu, Pdu]) -> None:
    first, _ = two
    outlet = first.outlet(3, secret=snmp_agent.READ)
    with PduBmc(TARGET, [outlet], PATIENT, port=first.snmpd.port) as bmc:
        assert bmc.power() is Power.ON
        with pytest.raises(BmcRefusedError) as caught:
            bmc.act(Act.CYCLE)
    assert caught.value.codes == ("not permitted",)
    assert first.switched() == []


CANNOT: dict[str, Callable[[PduBmc], object]] = {
    Act.SHUTDOWN: lambda bmc: bmc.act(Act.SHUTDOWN),
    Act.RESTART: lambda bmc: bmc.act(Act.RESTART),
    Act.RESET: lambda bmc: bmc.act(Act.RESET),
    Act.NMI: lambda bmc: bmc.act(Act.NMI),
    Feature.HARDWARE: lambda bmc: bmc.hardware(),
    Feature.LOG: lambda bmc: bmc.log(),
    Feature.CLEAR_LOG: lambda bmc: bmc.clear_log(),
    Feature.EVENTS: lambda bmc: bmc.events(threading.Event()),
    Feature.LED: lambda bmc: bmc.set_led("on"),
    Feature.RESET: lambda bmc: bmc.reset_controller(),
    Feature.CONSOLE: lambda bmc: bmc.console(),
    Feature.BOOT_ONCE: lambda bmc: bmc.set_boot(Boot(BootTarget.PXE)),
}


def test_what_outlets_cannot_do_is_said_and_sends_nothing(two: tuple[Pdu, Pdu]) -> None:
    first, _ = two
    with by((first, 3)) as bmc:
        for what, call in CANNOT.items():
            with pytest.raises(UnsupportedError) as caught:
                call(bmc)
            assert bmc.abilities().lacks[what] in caught.value.what
        with pytest.raises(UnsupportedError):
            bmc.boot()
        with pytest.raises(UnsupportedError):
            bmc.led()
        assert bmc.identity() == Identity()
    assert first.switched() == []


def test_abilities_cover_every_act_target_and_feature_with_a_reason_for_what_is_lacking(
    two: tuple[Pdu, Pdu],
) -> None:
    able = by((two[0], 3)).abilities()
    for group, has in ((Act, able.acts), (BootTarget, able.targets), (Feature, able.features)):
        for one in group:
            assert (one in has) != (one.value in able.lacks)


def test_it_is_what_opening_opens_for_a_server_without_a_bmc() -> None:
    outlet = Outlet("a", "3", "127.0.0.1", "apc", 2, "any", where="site.yaml:9")
    with open_bmc(TARGET, outlets=[outlet]) as bmc:
        assert isinstance(bmc, PduBmc)
        assert Act.CYCLE in bmc.abilities().acts


@pytest.mark.parametrize(
    "outlet",
    [
        Outlet("a", "left", "127.0.0.1", "apc", 2, "any", where="site.yaml:9"),
        Outlet("a", "1.3", "127.0.0.1", "apc", 2, "any", where="site.yaml:9"),
        Outlet("a", "1.2.3", "127.0.0.1", "raritan", 2, "any", where="site.yaml:9"),
        Outlet("a", "3", "127.0.0.1", "acme", 2, "any", where="site.yaml:9"),
        Outlet("a", "3", "127.0.0.1", "apc", 3, "no:colons", where="site.yaml:9"),
        Outlet("a", "3", "127.0.0.1", "apc", 2, "", where="site.yaml:9"),
    ],
)
def test_outlets_that_are_described_wrongly_are_located(outlet: Outlet) -> None:
    with pytest.raises(InputError) as caught:
        PduBmc(TARGET, [outlet])
    assert caught.value.where == "site.yaml:9"


def test_no_outlets() -> None:
    with pytest.raises(InputError):
        PduBmc(TARGET, [])
