"""The DHCP messages by which other servers are found."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from microdc.deploy.station.resident.rivals import answer, discover, taken

SERVER, CLIENT = bytes.fromhex("525400000001"), bytes.fromhex("020000000002")


def offer(
    options: bytes, *, operation: int = 2, offered: str = "10.0.0.50", source: str = "10.0.0.9"
) -> bytes:
    bootp = struct.pack(
        "!BBBB4sHH4s4s4s4s",
        operation,
        1,
        6,
        0,
        b"abcd",
        0,
        0,
        bytes(4),
        IPv4Address(offered).packed,
        bytes(4),
        bytes(4),
    )
    payload = bootp + CLIENT.ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63" + options
    udp = struct.pack("!HHHH", 67, 68, 8 + len(payload), 0) + payload
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, IPv4Address(source).packed, b"\xff" * 4
    )
    return b"\xff" * 6 + SERVER + b"\x08\x00" + ip + udp


def test_an_offer_names_its_server() -> None:
    rival = answer(offer(b"\x35\x01\x02\x36\x04\x0a\x00\x00\x07\xff"))
    assert rival is not None
    assert (rival.server, rival.mac) == ("10.0.0.7", "52:54:00:00:00:01")
    assert (rival.offered, rival.to) == ("10.0.0.50", "02:00:00:00:00:02")


def test_a_server_that_does_not_name_itself_is_known_by_where_it_sends_from() -> None:
    rival = answer(offer(b"\x35\x01\x06\xff", offered="0.0.0.0"))
    assert rival is not None
    assert (rival.server, rival.offered) == ("10.0.0.9", "")


def test_what_is_no_servers_answer() -> None:
    assert answer(offer(b"\x35\x01\x01\xff")) is None
    assert answer(offer(b"\x35\x01\x02\xff", operation=1)) is None
    assert answer(offer(b"\xff")) is None
    assert answer(discover(CLIENT, CLIENT, b"abcd")) is None


def request(options: bytes, *, relay: str = "0.0.0.0", to: bytes = b"\xff" * 6) -> bytes:
    frame = bytearray(offer(b"\x35\x01\x03" + options, operation=1, offered="0.0.0.0", source="0.0.0.0"))
    frame[:6] = to
    frame[14 + 20 + 8 + 24 : 14 + 20 + 8 + 28] = IPv4Address(relay).packed
    return bytes(frame)


def test_a_client_that_takes_an_offer_names_whose_it_is() -> None:
    named = request(b"\x36\x04\x0a\x00\x00\x07\x32\x04\x0a\x00\x00\x32\xff")
    rival = taken(named)
    assert rival is not None
    assert (rival.server, rival.mac, rival.offered) == ("10.0.0.7", "", "10.0.0.50")
    assert rival.to == "02:00:00:00:00:02"
    assert answer(named) is None


def test_a_client_that_takes_nobodys_offer() -> None:
    server = b"\x36\x04\x0a\x00\x00\x07"
    assert taken(request(b"\x32\x04\x0a\x00\x00\x32\xff")) is None  # what it had before: it names no server
    assert taken(request(server + b"\xff", relay="10.9.0.1")) is None
    assert taken(request(server + b"\xff", to=SERVER)) is None
    assert taken(offer(b"\x35\x01\x02" + server + b"\xff")) is None
    assert taken(discover(CLIENT, CLIENT, b"abcd")) is None


def test_our_question_is_whole() -> None:
    frame = discover(SERVER, CLIENT, b"abcd")
    assert frame[:14] == b"\xff" * 6 + SERVER + b"\x08\x00"
    header = struct.unpack("!10H", frame[14:34])
    total = sum(header)
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert header[1] == len(frame) - 14
    assert struct.unpack("!HHH", frame[34:40]) == (68, 67, len(frame) - 34)
    assert len(frame) - 42 >= 300  # a BOOTP message has no fewer bytes (RFC 1542, 2.1)


@given(st.binary(max_size=400))
def test_any_frame(frame: bytes) -> None:
    assert (answer(frame) or taken(frame)) is None or len(frame) > 240


@given(st.binary(max_size=80))
def test_any_options(options: bytes) -> None:
    rival = answer(offer(options))
    assert rival is None or IPv4Address(rival.server)
