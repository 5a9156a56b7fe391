"""What is said before a session, between driver and talker, and by completion codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.ipmi import commands, greeting, wire
from microdc.bmc.ipmi.address import Endpoint, endpoint
from microdc.errors import InputError


def test_the_first_packet_is_that_of_the_specification() -> None:
    # RMCP header, no session, 9 bytes: to 20h application, checksum, from 81h, command, channel, privilege, checksum
    assert greeting.packet(0x38, bytes([0x8E, 0x04])) == bytes.fromhex(
        "0600ff07 00 00000000 00000000 09 20 18 c8 81 00 38 8e 04 b5"
    )


def test_cipher_suite_records() -> None:
    assert greeting.suite_ids(bytes.fromhex("c003 01 41 81 c011 03 44 81 c180 570100 02")) == (3, 17, 0x80)
    assert greeting.suite_ids(b"") == ()


@given(st.binary(max_size=64))
def test_any_packet_is_an_answer_or_none(data: bytes) -> None:
    found = greeting.answer(b"\x06\x00\xff\x07" + data, 0x38)
    assert found is None or found in data
    assert all(0 <= suite <= 0xFF for suite in greeting.suite_ids(data))


@pytest.mark.parametrize(
    "message",
    [
        wire.Login("h", 623, "u", "p", 1.0, 2.0),
        wire.Ready(17, 4),
        wire.Ask(6, 1, b"\x00\xff", 2, once=True, wait=1.5),
        wire.Answer(0xC1, b"\x01"),
        wire.Failure(Cause.SESSIONS, "words", sent=True),
    ],
)
def test_what_is_said_is_what_is_heard(message: wire.Message) -> None:
    assert wire.read(wire.line(message).rstrip(b"\n")) == message


@given(st.binary(max_size=80))
def test_a_line_that_is_no_message_is_garbled(data: bytes) -> None:
    with pytest.raises(wire.GarbledError):
        wire.read(data)


def test_a_login_shows_no_password() -> None:
    assert "secret" not in repr(wire.Login("h", 623, "u", "secret"))


@pytest.mark.parametrize(
    ("written", "meant", "shown"),
    [
        ("10.0.0.1", Endpoint("10.0.0.1", 623), "10.0.0.1"),
        ("bmc.lab:6230", Endpoint("bmc.lab", 6230), "bmc.lab:6230"),
        ("fd00::5", Endpoint("fd00::5", 623), "[fd00::5]"),
        ("[fd00::5]", Endpoint("fd00::5", 623), "[fd00::5]"),
        ("[fd00::5]:6230", Endpoint("fd00::5", 6230), "[fd00::5]:6230"),
    ],
)
def test_addresses(written: str, meant: Endpoint, shown: str) -> None:
    assert endpoint(written) == meant
    assert str(meant) == shown


@pytest.mark.parametrize(
    "written", ["", ":623", "h:", "h:0", "h:70000", "h:x", "[fd00::5", "[fd00::5]x", "[]:1"]
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(InputError, match="not an IPMI service"):
        endpoint(written, where="site.yaml:3")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0xC0, Cause.BUSY),
        (0xD0, Cause.BUSY),
        (0xD1, Cause.BUSY),
        (0xD2, Cause.STARTING),
        (0xC3, Cause.TIMEOUT),
    ],
)
def test_codes_that_mean_later(code: int, cause: Cause) -> None:
    failed = commands.failure(commands.device_id(), code, "bmc")
    assert isinstance(failed, BmcError)
    assert (failed.cause, failed.sent) == (cause, cause is Cause.TIMEOUT)


def test_codes_that_mean_no() -> None:
    failed = commands.failure(commands.device_id(), 0xD4, "bmc")
    assert isinstance(failed, BmcRefusedError)
    assert (failed.status, "privilege" in failed.what, failed.hint) == (
        0xD4, True, "use an administrator of the BMC",
    )  # fmt: skip
    assert "0x80" in str(commands.failure(commands.device_id(), 0x80, "bmc"))
