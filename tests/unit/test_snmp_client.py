"""The SNMP client against net-snmp's snmpd: what is read, walked and set, and how failures are told apart."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import snmp_agent
from snmp_agent import AUTHENTICATION, PRIVACY, Snmpd

from microdc.errors import InputError
from microdc.host import namespaces
from microdc.snmp.client import Client
from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Agent, Community, Credentials, Limits, User

pytestmark = pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")

NUMBER, TEXT = "1.3.6.1.4.1.318.1.1", "1.3.6.1.4.1.318.1.2"
OBJECT_ID, NAME, ADDRESS = "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.4.20.1.1.127.0.0.1"
PATIENT = Limits(seconds=10, attempts=2)
SOON = Limits(seconds=1.5, attempts=2)
"""For those from whom silence is expected: a busy machine makes an answer late, silence stays silence."""
READER, WRITER = Community(snmp_agent.READ), Community(snmp_agent.WRITE)
ADMIN = User(snmp_agent.ADMIN, AUTHENTICATION, PRIVACY)
WATCHER = User(snmp_agent.WATCHER, AUTHENTICATION, PRIVACY)
BOTH = pytest.mark.parametrize("who", [WRITER, ADMIN], ids=["v2c", "v3"])


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    with Snmpd(tmp_path / "agent", {NUMBER: 7, TEXT: "seven"}) as running:
        yield running


def client(snmpd: Snmpd, who: Credentials, limits: Limits = PATIENT) -> Client:
    return Client(Agent("pdu", snmpd.address, who, snmpd.port), limits)


def failure(asked: Client, *, setting: bool = False) -> SnmpError:
    with asked, pytest.raises(SnmpError) as caught:
        asked.set({NUMBER: 1}) if setting else asked.get([NUMBER])
    assert caught.value.where.startswith("pdu (snmp://127.0.0.1:")
    return caught.value


@BOTH
def test_values_are_plain_python_and_what_is_not_there_is_none(snmpd: Snmpd, who: Credentials) -> None:
    with client(snmpd, who) as asked:
        found = asked.get([NUMBER, TEXT, OBJECT_ID, NAME, ADDRESS, f"{NUMBER}.99", "1.3.6.1.2.1.1.77.0"])
    assert found[NUMBER] == 7
    assert found[TEXT] == b"seven"
    assert found[OBJECT_ID] == "1.3.6.1.4.1.8072.3.2.10"
    assert found[NAME] == b"pdu"
    assert found[ADDRESS] == bytes([127, 0, 0, 1])
    assert found[f"{NUMBER}.99"] is None
    assert found["1.3.6.1.2.1.1.77.0"] is None


def test_more_objects_than_one_request_holds_and_a_leading_dot(snmpd: Snmpd) -> None:
    oids = [f".1.3.6.1.4.1.318.9.{number}" for number in range(1, 51)]
    for number, oid in enumerate(oids):
        snmpd.put(oid.removeprefix("."), number)
    with client(snmpd, READER) as asked:
        assert asked.get(oids) == {oid: number for number, oid in enumerate(oids)}
        assert asked.get([]) == {}


@BOTH
def test_a_walk_has_every_row_below_its_root_in_order(snmpd: Snmpd, who: Credentials) -> None:
    table = {f"1.3.6.1.4.1.318.7.{column}.{row}": row for column in (1, 2, 10) for row in range(1, 41)}
    for oid, value in table.items():
        snmpd.put(oid, value)
    with client(snmpd, who) as asked:
        whole = asked.walk("1.3.6.1.4.1.318.7")
        one = asked.walk("1.3.6.1.4.1.318.7.1")
        some = asked.walk("1.3.6.1.4.1.318.7", limit=30)
        none = asked.walk("1.3.6.1.4.1.318.6")
        last = asked.walk("1.3.6.1.6.3.16.1.5.2.1.6")
    assert (dict(whole.rows), whole.cut) == (table, "")
    assert [oid for oid, _ in whole.rows] == list(table)
    assert [value for _, value in one.rows] == list(range(1, 41))
    assert len(some.rows) == 30
    assert "more than 30 rows" in some.cut
    assert (none.rows, none.cut) == ((), "")
    assert last.cut == ""


@BOTH
def test_what_is_set_reads_back(snmpd: Snmpd, who: Credentials) -> None:
    with client(snmpd, who) as asked:
        asked.set({NUMBER: 42})
        assert asked.get([NUMBER]) == {NUMBER: 42}
    assert snmpd.sets() == [(NUMBER, 42)]


def test_a_wrong_community_is_silence(snmpd: Snmpd) -> None:
    read = failure(client(snmpd, Community("wrong"), SOON))
    assert (read.cause, read.sent) == (Cause.TIMEOUT, False)
    assert "community" in read.hint
    written = failure(client(snmpd, Community("wrong"), SOON), setting=True)
    assert (written.cause, written.sent) == (Cause.TIMEOUT, True)
    assert snmpd.sets() == []


@pytest.mark.parametrize("setting", [False, True], ids=["get", "set"])
@pytest.mark.parametrize(
    ("who", "cause"),
    [
        (User("nobody", AUTHENTICATION, PRIVACY), Cause.UNKNOWN_USER),
        (User(snmp_agent.ADMIN, "wrong-password", PRIVACY), Cause.WRONG_PASSWORD),
        (User(snmp_agent.ADMIN, AUTHENTICATION, "wrong-password"), Cause.PRIVACY),
    ],
    ids=["user", "authentication", "privacy"],
)
def test_wrong_logins_of_v3_are_told_apart(snmpd: Snmpd, who: User, cause: Cause, *, setting: bool) -> None:
    problem = failure(client(snmpd, who, SOON), setting=setting)
    assert problem.cause is cause
    assert "wrong-password" not in str(problem)
    assert snmpd.sets() == []


def test_a_login_is_corrected_in_the_same_process(snmpd: Snmpd) -> None:
    assert failure(client(snmpd, User(ADMIN.name, "wrong-password", PRIVACY))).cause is Cause.WRONG_PASSWORD
    with client(snmpd, ADMIN) as asked:
        assert asked.get([NUMBER]) == {NUMBER: 7}


@pytest.mark.parametrize("who", [READER, WATCHER], ids=["v2c", "v3"])
def test_who_may_only_read_cannot_set(snmpd: Snmpd, who: Credentials) -> None:
    with client(snmpd, who) as asked:
        assert asked.get([NUMBER]) == {NUMBER: 7}
    problem = failure(client(snmpd, who), setting=True)
    assert (problem.cause, problem.sent) == (Cause.NOT_PERMITTED, False)
    assert NUMBER in problem.what
    assert snmpd.sets() == []


def test_an_object_that_cannot_be_set_is_named(snmpd: Snmpd) -> None:
    snmpd.refuse(NUMBER)
    problem = failure(client(snmpd, WRITER), setting=True)
    assert (problem.cause, problem.sent) == (Cause.NOT_WRITABLE, False)
    assert NUMBER in problem.what


def test_a_wrong_type_is_told(snmpd: Snmpd) -> None:
    with pytest.raises(SnmpError) as caught, client(snmpd, WRITER) as asked:
        asked.set({"1.3.6.1.2.1.1.5.0": 3})
    assert caught.value.cause in {Cause.WRONG_VALUE, Cause.NOT_WRITABLE}


@BOTH
def test_an_agent_that_is_killed_in_the_middle(snmpd: Snmpd, who: Credentials) -> None:
    with client(snmpd, who) as asked:
        assert asked.get([NUMBER]) == {NUMBER: 7}
        snmpd.stop()
        with pytest.raises(SnmpError) as read:
            asked.get([NUMBER])
        with pytest.raises(SnmpError) as written:
            asked.set({NUMBER: 1})
        assert read.value.cause is written.value.cause is Cause.REFUSED
        snmpd.restart()
        assert asked.get([NUMBER]) == {NUMBER: 7}  # with SNMPv3 its boot count and clock are other ones


def test_an_agent_that_is_replaced_is_found_by_the_second_call(snmpd: Snmpd) -> None:
    with client(snmpd, ADMIN, SOON) as asked:
        assert asked.get([NUMBER]) == {NUMBER: 7}
        snmpd.restart(replaced=True)
        with contextlib.suppress(SnmpError):
            asked.get([NUMBER])
        assert asked.get([NUMBER]) == {NUMBER: 7}


@BOTH
def test_an_agent_that_hangs_in_the_middle(snmpd: Snmpd, who: Credentials) -> None:
    with client(snmpd, who, SOON) as asked:
        assert asked.get([NUMBER]) == {NUMBER: 7}
        snmpd.freeze()
        with pytest.raises(SnmpError) as read:
            asked.get([NUMBER])
        with pytest.raises(SnmpError) as written:
            asked.set({NUMBER: 1})
    assert read.value.cause is written.value.cause is Cause.TIMEOUT
    assert "community" not in read.value.hint  # the login was good before, so that it is not suspected


def test_nobody_there(snmpd: Snmpd) -> None:
    with (
        pytest.raises(SnmpError) as caught,
        Client(Agent("pdu", "127.0.0.9", READER, snmpd.port), PATIENT) as asked,
    ):
        asked.get([NUMBER])
    assert caught.value.cause is Cause.REFUSED
    with (
        pytest.raises(SnmpError) as unroutable,
        Client(Agent("pdu", "no-such-host.invalid", READER), PATIENT) as asked,
    ):
        asked.get([NUMBER])
    assert unroutable.value.cause is Cause.NO_ROUTE


def test_many_clients_at_once_do_not_mix(tmp_path: Path) -> None:
    with Snmpd(tmp_path / "one", {NUMBER: 1}) as one, Snmpd(tmp_path / "two", {NUMBER: 2}, port=0) as two:
        found: list[tuple[int, object]] = []
        everyone = [(agent, who) for agent in (one, two) for who in (READER, WRITER, ADMIN, WATCHER)] * 2

        def ask(agent: Snmpd, who: Credentials) -> None:
            with client(agent, who, Limits(seconds=5)) as asked:
                found.extend((agent.port, asked.get([NUMBER])[NUMBER]) for _ in range(5))

        threads = [threading.Thread(target=ask, args=each) for each in everyone]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == sorted([(one.port, 1)] * 40 + [(two.port, 2)] * 40)


def test_a_process_ends_quietly_with_a_client_open(snmpd: Snmpd) -> None:
    program = f"""
from microdc.snmp.client import Client
from microdc.snmp.model import Agent, Community
client = Client(Agent("pdu", "127.0.0.1", Community({snmp_agent.READ!r}), {snmpd.port}))
print(client.get([{NUMBER!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == (f"{{{NUMBER!r}: 7}}", "")


@pytest.mark.root
def test_an_agent_in_a_network_namespace(tmp_path: Path) -> None:
    name = f"snmp-{tmp_path.name[-12:]}"
    namespaces.create(name)
    try:
        with Snmpd(tmp_path / "inside", {NUMBER: 5}, namespace=name) as snmpd:
            inside = Agent("pdu", snmpd.address, ADMIN, snmpd.port, via=name)
            with Client(inside, PATIENT) as asked:
                assert asked.get([NUMBER]) == {NUMBER: 5}
            assert failure(client(snmpd, ADMIN)).cause is Cause.REFUSED  # from outside there is nobody
    finally:
        namespaces.delete(name)


def test_what_is_no_oid_is_not_sent(snmpd: Snmpd) -> None:
    with client(snmpd, READER) as asked:
        for wrong in ("sysDescr.0", "1", "", "1..3", "1.3.x"):
            with pytest.raises(InputError):
                asked.get([wrong])
