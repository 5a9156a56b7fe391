"""The talker and its BMC: logins, deadlines, ends of either, and that nothing is left open."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ipmi_simulator
import pytest
from ipmi_simulator import (
    IPMI,
    OPEN_SESSION,
    OPENED_SESSION,
    RAKP_1,
    RAKP_2,
    Relay,
    Simulator,
    payload,
    refused,
)

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.ipmi import channel, greeting, lines, talker, wire
from microdc.bmc.ipmi.driver import IpmiBmc
from microdc.bmc.model import Act, Limits, Login, Power, Target
from microdc.host import namespaces
from microdc.host.daemon import Daemon

pytestmark = pytest.mark.skipif(ipmi_simulator.MISSING, reason="ipmi_sim or ipmitool is not installed")

QUICK = Limits(connect=5.0, answer=2.0, attempts=3, pause=0.05, busy=5.0)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path / "bmc") as running:
        yield running


@contextmanager
def silent() -> Iterator[tuple[socket.socket, Target]]:
    """An address where packets arrive and nothing ever answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield udp, Target("dead", ipmi=f"127.0.0.1:{udp.getsockname()[1]}", login=Login("a", "b"))


def talkers(parent: int) -> list[int]:
    """The talkers that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            if int(fields[1]) == parent and b"ipmi.talker" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def failure(target: Target) -> BmcError:
    """What comes of using a BMC that cannot be used."""
    with IpmiBmc(target, QUICK) as bmc, pytest.raises(BmcError) as failed:
        bmc.power()
    return failed.value


def sets(simulator: Simulator) -> list[str]:
    return [call.removeprefix("0x20 set ") for call in simulator.calls() if " set " in call]


@pytest.mark.parametrize(
    "login", [(ipmi_simulator.USER, "mistaken"), ("nobody", "mistaken")], ids=["password", "name"]
)
def test_a_wrong_login_is_tried_exactly_once(simulator: Simulator, login: tuple[str, str]) -> None:
    relay = Relay(simulator.port)
    with relay.running() as port:
        target = simulator.target(user=login[0], password=login[1], port=port)
        with IpmiBmc(target, QUICK) as bmc:
            for _ in range(3):
                with pytest.raises(BmcError) as failed:
                    bmc.power()
                assert failed.value.cause is Cause.LOGIN
                assert login[1] not in str(failed.value)
    assert (relay.count(OPEN_SESSION), relay.count(RAKP_1)) == (1, 1)
    assert talkers(os.getpid()) == []


def test_an_address_that_never_answers_ends_at_its_deadline() -> None:
    with silent() as (_, target), IpmiBmc(target, Limits(connect=0.5)) as bmc:
        with pytest.raises(BmcError) as failed:
            bmc.power()
        assert (failed.value.cause, failed.value.sent) == (Cause.TIMEOUT, False)
    assert talkers(os.getpid()) == []


def test_a_port_where_nothing_listens_is_told_from_one_that_is_silent() -> None:
    with silent() as (udp, target):
        udp.close()
        with IpmiBmc(target) as bmc, pytest.raises(BmcError) as failed:
            bmc.power()
    assert failed.value.cause is Cause.REFUSED


def test_a_name_without_an_address_is_no_route() -> None:
    with IpmiBmc(Target("lost", ipmi="bmc.invalid", login=Login("a", "b"))) as bmc:
        with pytest.raises(BmcError) as failed:
            bmc.power()
        assert failed.value.cause is Cause.NO_ROUTE


def test_a_namespace_that_is_not_there_is_said(simulator: Simulator) -> None:
    target = Target("lost", ipmi=f"127.0.0.1:{simulator.port}", via="no-such-namespace")
    with IpmiBmc(target) as bmc, pytest.raises(BmcError, match="no such network namespace"):
        bmc.power()


def test_something_that_answers_and_opens_no_session_ends_too(simulator: Simulator) -> None:
    relay = Relay(simulator.port, answer=lambda packet: packet if payload(packet) == -1 else b"")
    with relay.running() as port, IpmiBmc(simulator.target(port=port), QUICK) as bmc:
        with pytest.raises(BmcError) as failed:
            bmc.power()
        assert failed.value.cause is Cause.TIMEOUT
    assert relay.count(RAKP_1) == 0


def test_a_dead_bmc_delays_no_other(simulator: Simulator) -> None:
    failures: list[BmcError] = []

    def ask(target: Target) -> None:
        with IpmiBmc(target, Limits(connect=120.0)) as bmc:
            try:
                bmc.power()
            except BmcError as error:
                failures.append(error)

    with silent() as (udp, target):
        thread = threading.Thread(target=ask, args=(target,))
        thread.start()
        udp.settimeout(30)
        assert udp.recv(100)  # it asks already
        with IpmiBmc(simulator.target()) as bmc:
            assert bmc.power() is Power.OFF
            assert len(bmc.sensors().readings) == 4
        assert thread.is_alive()
        udp.close()  # from now on the kernel refuses its packets
        thread.join(60)
    assert [error.cause for error in failures] == [Cause.REFUSED]


def test_an_act_whose_answer_is_lost_is_sent_once_and_said_to_be_sent(simulator: Simulator) -> None:
    relay = Relay(simulator.port)
    with relay.running() as port, IpmiBmc(simulator.target(port=port), QUICK) as bmc:
        bmc.power()
        relay.answer = lambda _: b""
        before = relay.count(IPMI)
        with pytest.raises(BmcError) as failed:
            bmc.act(Act.ON)
        assert (failed.value.cause, failed.value.sent) == (Cause.TIMEOUT, True)
        relay.answer = lambda packet: packet
        assert sets(simulator) == ["power 1"]
        assert bmc.power() is Power.ON  # through a new session
        assert sets(simulator) == ["power 1"]
        assert relay.count(IPMI) > before


def test_a_read_whose_packets_are_lost_is_asked_again(simulator: Simulator) -> None:
    lost: list[bytes] = []

    def keep(packet: bytes) -> bool:
        if len(lost) < 2 and payload(packet) == IPMI:
            lost.append(packet)
            return False
        return True

    relay = Relay(simulator.port)
    limits = Limits(answer=20.0)
    with relay.running() as port, IpmiBmc(simulator.target(port=port), limits) as bmc:
        bmc.power()
        relay.keep_request = keep
        assert bmc.power() is Power.OFF
    assert len(lost) == 2


def test_a_bmc_that_restarted_gets_a_new_session_before_an_act(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_STALE", 0.0)
    with IpmiBmc(simulator.target(), QUICK) as bmc:
        bmc.power()
        simulator.restart()
        bmc.act(Act.ON)
        assert sets(simulator) == ["power 1"]
    assert simulator.sessions() == 0


def test_a_killed_talker_is_an_ended_connection_for_an_act_and_replaced_for_a_read(
    simulator: Simulator,
) -> None:
    with IpmiBmc(simulator.target(), QUICK) as bmc:
        bmc.power()
        end_talker()
        with pytest.raises(BmcError) as failed:
            bmc.act(Act.ON)
        assert (failed.value.cause, failed.value.sent) == (Cause.ENDED, False)
        assert sets(simulator) == []
        bmc.power()
        end_talker()
        assert bmc.power() is Power.OFF
    with IpmiBmc(simulator.target(), Limits(attempts=1)) as bmc:
        bmc.power()
        end_talker()
        with pytest.raises(BmcError) as failed:
            bmc.power()
        assert failed.value.cause is Cause.ENDED


def end_talker() -> None:
    (pid,) = talkers(os.getpid())
    process = Daemon.of(pid)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(10)


_HOLDER = """
import sys
from microdc.bmc.ipmi.driver import IpmiBmc
from microdc.bmc.model import Login, Target
bmc = IpmiBmc(Target("server", ipmi=sys.argv[1], login=Login(sys.argv[2], sys.stdin.readline().strip())))
print(bmc.power(), flush=True)
sys.stdin.read()
"""


def test_a_controller_that_is_killed_leaves_no_talker_and_no_session(simulator: Simulator) -> None:
    target = simulator.target()
    assert target.login is not None
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, target.ipmi, target.login.user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(target.login.password.encode() + b"\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"off\n"
        (pid,) = talkers(holder.pid)
        left = Daemon.of(pid)
        assert simulator.sessions() == 1
        told = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert target.login.password.encode() not in told
    finally:
        holder.kill()
        holder.communicate()
    assert left.wait(30)
    assert simulator.sessions() == 0


def test_sessions_end_after_use_also_where_an_exception_ends_it(simulator: Simulator) -> None:
    def fail() -> None:
        with IpmiBmc(simulator.target()) as bmc:
            bmc.power()
            assert simulator.sessions() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert simulator.sessions() == 0
    assert talkers(os.getpid()) == []


@pytest.mark.parametrize("status", [0x01, 0x0B])
def test_a_bmc_without_a_free_session_says_so_and_is_not_asked_for_another(
    simulator: Simulator, status: int
) -> None:
    relay = Relay(simulator.port, answer=lambda p: refused(p, status) if payload(p) == OPENED_SESSION else p)
    with relay.running() as port:
        failed = failure(simulator.target(port=port))
    assert failed.cause is Cause.SESSIONS
    assert (relay.count(OPEN_SESSION), relay.count(RAKP_1)) == (1, 0)


def test_a_user_who_is_no_administrator_gets_a_session_as_operator(simulator: Simulator) -> None:
    """ipmi_sim itself lets anyone be administrator."""
    relay = Relay(simulator.port)
    relay.answer = lambda p: refused(p, 0x0A) if payload(p) == RAKP_2 and relay.count(RAKP_1) == 1 else p
    with relay.running() as port, IpmiBmc(simulator.target(port=port), QUICK) as bmc:
        assert bmc.power() is Power.OFF
        assert "IPMI session as operator, not administrator" in bmc.notes
    assert relay.count(RAKP_1) == 2


@pytest.mark.parametrize("status", [0x04, 0x10, 0x11])
def test_a_cipher_suite_that_is_listed_and_refused_makes_way_for_the_other(
    simulator: Simulator, status: int
) -> None:
    """As for whom only 17 is left (bougou/go-ipmi#37), and ipmitool/ipmitool#363: ipmi_sim itself refuses 17, here 3 as well."""
    relay = Relay(simulator.port, answer=lambda p: refused(p, status) if payload(p) == OPENED_SESSION else p)
    with relay.running() as port:
        assert "neither cipher suite 17 nor 3" in failure(simulator.target(port=port)).what
    # the authentication algorithm is the fifth byte of its record: 1 SHA-1, 3 SHA-256 (table 13-17)
    opened = [p for p in relay.requests if payload(p) == OPEN_SESSION]
    assert [p[16 + 8 + 4] for p in opened] == [1, 3]


def test_suite_17_is_tried_first_where_the_list_has_it_and_3_where_it_is_refused(
    simulator: Simulator,
) -> None:
    """The list of ipmi_sim, which has no 17, is made to have one."""
    relay = Relay(simulator.port, answer=with_17)
    with relay.running() as port, IpmiBmc(simulator.target(port=port), QUICK) as bmc:
        assert bmc.power() is Power.OFF
        assert bmc.suite == 3
    opened = [p for p in relay.requests if payload(p) == OPEN_SESSION]
    assert [p[16 + 8 + 4] for p in opened] == [3, 1]


def with_17(packet: bytes) -> bytes:
    """An answer to Get Channel Cipher Suites in which suite 1 is called 17; any other packet as it is."""
    told = greeting.answer(packet, 0x54)
    if told is None:
        return packet
    message = bytearray(packet[14:-1].replace(bytes([0xC0, 1, 1]), bytes([0xC0, 17, 1])))
    return packet[:14] + bytes(message) + bytes([-sum(message[3:]) & 0xFF])


def test_an_idle_session_is_kept_alive_and_a_lost_one_ends_the_talker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talker, "KEEPALIVE", 0.01)
    asked: list[wire.Ask] = []
    said: list[wire.Message] = []

    def perform(ask: wire.Ask) -> wire.Answer | wire.Failure:
        asked.append(ask)
        return wire.Answer(0, b"") if len(asked) < 3 else wire.Failure(Cause.TIMEOUT, "gone", sent=True)

    reading, writing = os.pipe()
    try:
        talker._converse(lines.Lines(reading), said.append, perform)
    finally:
        os.close(reading)
        os.close(writing)
    assert [(ask.netfn, ask.command, ask.once) for ask in asked] == [(6, 1, False)] * 3
    assert said == []


@pytest.mark.root
def test_a_bmc_in_a_namespace_is_reached_from_there_only(tmp_path: Path) -> None:
    name = f"ipmi-{secrets.token_hex(3)}"
    namespaces.create(name)
    try:
        with Simulator(tmp_path / "bmc", namespace=name) as simulator:
            with IpmiBmc(simulator.target(), QUICK) as bmc:
                assert bmc.power() is Power.OFF
                assert bmc.console().command.startswith(f"nsenter --net=/run/netns/{name} -- ipmitool")
            assert simulator.sessions() == 0
    finally:
        namespaces.delete(name)
