"""SNMPv2c's messages as they are on the wire: written and read as pysnmp does, whatever comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto import api, rfc1902, rfc1905

from microdc.snmp import messages
from microdc.snmp.client import Client
from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.messages import END, Response
from microdc.snmp.model import Agent, Community, Limits, Value
from microdc.snmp.oids import Oid
from microdc.snmp.values import plain

V2C: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
NUMBERS = st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1))
OIDS = st.builds(
    lambda first, rest: (*first, *rest),
    st.tuples(st.integers(0, 1), st.integers(0, 39)),
    st.lists(NUMBERS, max_size=20),
)
VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(rfc1902.Integer32),
    st.integers(0, 2**32 - 1).map(rfc1902.Counter32),
    st.integers(0, 2**32 - 1).map(rfc1902.Gauge32),
    st.integers(0, 2**32 - 1).map(rfc1902.TimeTicks),
    st.integers(0, 2**64 - 1).map(rfc1902.Counter64),
    st.binary(max_size=300).map(rfc1902.OctetString),
    st.binary(min_size=4, max_size=4).map(rfc1902.IpAddress),
    OIDS.map(rfc1902.ObjectIdentifier),
    st.sampled_from([rfc1905.noSuchObject, rfc1905.noSuchInstance, rfc1905.endOfMibView]),
)


def response(
    number: int,
    values: Sequence[tuple[Oid, Any]],
    *,
    status: int = 0,
    index: int = 0,
    community: str = "public",
) -> bytes:
    """As pysnmp writes it."""
    pdu = V2C.GetResponsePDU()
    V2C.apiPDU.set_defaults(pdu)
    V2C.apiPDU.set_request_id(pdu, number)
    V2C.apiPDU.set_error_status(pdu, status)
    V2C.apiPDU.set_error_index(pdu, index)
    V2C.apiPDU.set_varbinds(pdu, [(V2C.ObjectIdentifier(oid), value) for oid, value in values])
    message = V2C.Message()
    V2C.apiMessage.set_defaults(message)
    V2C.apiMessage.set_community(message, community)
    V2C.apiMessage.set_pdu(message, pdu)
    written: bytes = encoder.encode(message)
    return written


@given(st.integers(0, 2**31 - 1), st.lists(OIDS, max_size=10), st.integers(0, 100))
def test_pysnmp_reads_a_request_as_it_was_meant(number: int, oids: list[Oid], rows: int) -> None:
    written = messages.request(b"public", number, messages.BULK, oids, rows)
    message, rest = decoder.decode(written, asn1Spec=V2C.Message())
    pdu = V2C.apiMessage.get_pdu(message)
    assert rest == b""
    assert isinstance(pdu, rfc1905.GetBulkRequestPDU)
    assert bytes(V2C.apiMessage.get_community(message)) == b"public"
    assert int(V2C.apiBulkPDU.get_request_id(pdu)) == number
    assert int(V2C.apiBulkPDU.get_max_repetitions(pdu)) == rows
    assert int(V2C.apiBulkPDU.get_non_repeaters(pdu)) == 0
    assert [tuple(oid) for oid, _ in V2C.apiBulkPDU.get_varbinds(pdu)] == oids
    assert written == encoder.encode(message)


@given(st.integers(0, 2**31 - 1), st.lists(st.tuples(OIDS, VALUES), max_size=20), st.integers(0, 18))
def test_a_response_is_read_as_pysnmp_reads_it(
    number: int, values: list[tuple[Oid, Any]], status: int
) -> None:
    found = messages.response(response(number, values, status=status, index=1), b"public")
    told: list[tuple[Oid, Value | messages.End]] = [
        (oid, END if isinstance(value, rfc1905.EndOfMibView) else plain(value)) for oid, value in values
    ]
    assert found == Response(number, status, 1, told)


def test_a_counter_without_the_octet_for_its_sign_is_not_negative() -> None:
    written = response(1, [((1, 3, 6), V2C.Counter32(0x7F000000))])
    found = messages.response(
        written.replace(bytes.fromhex("41047f000000"), bytes.fromhex("4104ff000000")), b"public"
    )
    assert found is not None
    assert found.values == [((1, 3, 6), 0xFF000000)]


@given(st.binary(max_size=80))
def test_what_is_no_message_is_none(data: bytes) -> None:
    assert messages.response(data, b"public") is None


@given(st.data())
def test_a_message_that_is_cut_or_spoiled_is_read_or_refused(data: st.DataObject) -> None:
    whole = response(7, [((1, 3, 6, 1, 2, 1, number), V2C.OctetString(b"x" * 50)) for number in range(4)])
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert messages.response(whole[:cut], b"public") is None
    place, octet = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    spoilt = messages.response(whole[:place] + bytes([octet]) + whole[place + 1 :], b"public")
    assert spoilt is None or isinstance(spoilt, Response)


def test_another_community_or_version_is_none_of_ours() -> None:
    written = response(1, [])
    assert messages.response(written, b"public") is not None
    assert messages.response(written, b"other") is None
    assert messages.response(written.replace(b"\x02\x01\x01\x04", b"\x02\x01\x00\x04"), b"public") is None


@contextmanager
def answering(answers: Callable[[int, Oid], list[bytes]]) -> Iterator[int]:
    """The port of an agent that sends these packets for a request's number and first object."""
    ended = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                try:
                    data, client = udp.recvfrom(65535)
                except TimeoutError:
                    continue
                message, _ = decoder.decode(data, asn1Spec=V2C.Message())
                pdu = V2C.apiMessage.get_pdu(message)
                first = tuple(V2C.apiPDU.get_varbinds(pdu)[0][0])
                for packet in answers(int(V2C.apiPDU.get_request_id(pdu)), first):
                    udp.sendto(packet, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(udp.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def client(port: int, **limits: Any) -> Client:
    return Client(Agent("sw", "127.0.0.1", Community("public"), port), Limits(**limits))


def test_answers_that_come_twice_or_to_nobody_change_nothing() -> None:
    def answers(number: int, first: Oid) -> list[bytes]:
        good = response(number, [(first, V2C.Integer(first[-1]))])
        other = response(number + 77, [(first, V2C.Integer(666))])
        return [other, b"", b"\x30", good[:-3], good, good, other]

    with answering(answers) as port, client(port, seconds=5) as asked:
        for number in range(1, 20):
            assert asked.get([f"1.3.6.{number}"]) == {f"1.3.6.{number}": number}


def test_an_answer_to_another_community_is_none() -> None:
    def answers(number: int, first: Oid) -> list[bytes]:
        return [response(number, [(first, V2C.Integer(1))], community="other")]

    with (
        answering(answers) as port,
        client(port, seconds=0.3, attempts=1) as asked,
        pytest.raises(SnmpError) as caught,
    ):
        asked.get(["1.3.6.1"])
    assert caught.value.cause is Cause.TIMEOUT


def test_a_packet_that_breaks_off_is_waited_for_again() -> None:
    tries: list[int] = []

    def answers(number: int, first: Oid) -> list[bytes]:
        tries.append(number)
        whole = response(number, [(first, V2C.OctetString(b"x" * 200))])
        return [whole if len(tries) > 1 else whole[:100]]

    with answering(answers) as port, client(port, seconds=1, attempts=3) as asked:
        assert asked.get(["1.3.6.1"]) == {"1.3.6.1": b"x" * 200}
    assert len(set(tries)) == 2


def test_an_error_names_its_object() -> None:
    def answers(number: int, first: Oid) -> list[bytes]:
        return [response(number, [(first, rfc1905.noSuchObject)], status=16, index=1)]

    with (
        answering(answers) as port,
        client(port, seconds=5) as asked,
        pytest.raises(SnmpError, match=r"for 1\.3\.6\.1\.9") as caught,
    ):
        asked.get(["1.3.6.1.9"])
    assert caught.value.cause is Cause.NOT_PERMITTED
