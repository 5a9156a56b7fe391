"""SNMPv3's security against net-snmp's: what is authentic is taken, what was touched, replayed or made up is not."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import snmp_agent
from snmp_agent import AUTHENTICATION, PRIVACY, Snmpd

from microdc.snmp.messages import BULK, GET, Response
from microdc.snmp.model import User
from microdc.snmp.oids import parse
from microdc.snmp.secure import Refused, Secure

pytestmark = pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")

NAME = parse("1.3.6.1.2.1.1.5.0")
SYSTEM = parse("1.3.6.1.2.1.1")
ADMIN = User(snmp_agent.ADMIN, AUTHENTICATION, PRIVACY)


class Clock:
    """Seconds that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def secure(clock: Clock | None = None, user: User = ADMIN) -> Secure:
    salts = itertools.count(7)
    return Secure(user, clock or Clock(), lambda: next(salts))


@contextmanager
def wire(snmpd: Snmpd) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.connect((snmpd.address, snmpd.port))
        yield udp


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    with Snmpd(tmp_path / "agent", {}) as running:
        yield running


def ask(udp: socket.socket, speech: Secure, number: int, kind: int = GET) -> tuple[bytes, object]:
    """One packet and what is read of its answer."""
    udp.send(speech.request(number, kind, [NAME if kind == GET else SYSTEM], 5 if kind == BULK else 0))
    data = udp.recv(65535)
    return data, speech.read(data, lambda one: one == number)


def met(udp: socket.socket, speech: Secure) -> None:
    """The two questions by which an agent's engine and clock become known."""
    first, second = (ask(udp, speech, number)[1] for number in (1, 2))
    assert first == Refused(1, "unknownEngineID")
    assert second == Refused(2, "notInTimeWindow")
    assert first.again
    assert second.again


def test_two_questions_make_an_agent_known(snmpd: Snmpd) -> None:
    speech = secure()
    with wire(snmpd) as udp:
        met(udp, speech)
        _, told = ask(udp, speech, 3)
        assert isinstance(told, Response)
        assert told.values == [(NAME, b"pdu")]
        _, rows = ask(udp, speech, 4, BULK)
        assert isinstance(rows, Response)
        assert len(rows.values) == 5


def test_nothing_of_what_is_asked_or_answered_can_be_read_on_the_wire(snmpd: Snmpd) -> None:
    speech = secure()
    with wire(snmpd) as udp:
        met(udp, speech)
        sent = speech.request(3, GET, [NAME])
        udp.send(sent)
        data = udp.recv(65535)
    assert isinstance(speech.read(data, lambda _: True), Response)
    for packet in (sent, data):
        assert b"pdu" not in packet
        assert bytes((0x2B, 6, 1, 2, 1, 1, 5)) not in packet


def test_an_answer_that_was_touched_or_breaks_off_is_none(snmpd: Snmpd) -> None:
    speech = secure()
    with wire(snmpd) as udp:
        met(udp, speech)
        data, told = ask(udp, speech, 3)
    assert isinstance(told, Response)
    for place in range(len(data)):
        touched = bytearray(data)
        touched[place] ^= 0x41
        assert speech.read(bytes(touched), lambda _: True) is None, place
        assert speech.read(data[:place], lambda _: True) is None, place
    assert speech.read(data, lambda _: False) is None
    assert isinstance(speech.read(data, lambda _: True), Response)


def test_an_answer_is_not_taken_again_after_the_window(snmpd: Snmpd) -> None:
    clock = Clock()
    speech = secure(clock)
    with wire(snmpd) as udp:
        met(udp, speech)
        data, told = ask(udp, speech, 3)
        assert isinstance(told, Response)
        clock.now += 140
        assert isinstance(speech.read(data, lambda _: True), Response)
        clock.now += 20
        assert speech.read(data, lambda _: True) is None
        # our clock ran ahead of the agent's, which says so; what it says is then too old for us to be taken
        assert ask(udp, speech, 4)[1] is None


def test_an_answer_in_the_clear_is_none(snmpd: Snmpd) -> None:
    """Anybody can send it: only reports come without a proof."""
    speech = secure()
    with wire(snmpd) as udp:
        udp.send(speech.request(1, GET, [NAME]))
        report = udp.recv(65535)
    assert report.count(0xA8) == 1
    assert speech.read(report.replace(b"\xa8", b"\xa2"), lambda _: True) is None


def test_a_clock_that_nobody_proves_is_not_set(snmpd: Snmpd) -> None:
    """A report of `notInTimeWindow` without a digest, such as anybody can send."""
    speech = secure()
    with wire(snmpd) as udp:
        udp.send(speech.request(1, GET, [NAME]))
        report = udp.recv(65535)
    of_engine, of_time = (bytes((0x2B, 6, 1, 6, 3, 15, 1, 1, number, 0)) for number in (4, 2))
    assert report.count(of_engine) == 1
    assert speech.read(report.replace(of_engine, of_time), lambda _: True) is None
    assert speech.read(report, lambda _: True) == Refused(1, "unknownEngineID")
    assert speech.read(report.replace(of_engine, of_time), lambda _: True) is None


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (User("nobody", AUTHENTICATION, PRIVACY), "unknownUserName"),
        (User(ADMIN.name, "wrong-password", PRIVACY), "wrongDigest"),
    ],
)
def test_a_wrong_login_is_refused_and_not_asked_again(snmpd: Snmpd, user: User, reason: str) -> None:
    speech = secure(user=user)
    with wire(snmpd) as udp:
        assert ask(udp, speech, 1)[1] == Refused(1, "unknownEngineID")
        refused = ask(udp, speech, 2)[1]
        assert refused == Refused(2, reason)
        assert not refused.again


def test_an_agent_that_restarts_is_known_again_by_its_own_word(snmpd: Snmpd) -> None:
    speech = secure()
    with wire(snmpd) as udp:
        met(udp, speech)
        old, told = ask(udp, speech, 3)
        assert isinstance(told, Response)
        snmpd.restart()
        assert ask(udp, speech, 4)[1] == Refused(4, "notInTimeWindow")
        assert isinstance(ask(udp, speech, 5)[1], Response)
        assert speech.read(old, lambda _: True) is None  # of the boot before


def test_another_device_at_the_same_address_is_met_anew(snmpd: Snmpd) -> None:
    speech = secure()
    with wire(snmpd) as udp:
        met(udp, speech)
        snmpd.restart(replaced=True)
        assert ask(udp, speech, 3)[1] == Refused(3, "unknownEngineID")
        assert ask(udp, speech, 4)[1] == Refused(4, "notInTimeWindow")
        assert isinstance(ask(udp, speech, 5)[1], Response)
