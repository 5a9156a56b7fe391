"""Other DHCP servers on the segment: asked for with a DHCPDISCOVER of our own, and listened for all the time.

A packet socket hears what the interface hears, whoever else uses the DHCP ports there, and gives the sender's MAC address. The
DISCOVER bears a MAC address made for this purpose: our own dnsmasq does not know it, so whoever answers is another server. Servers that
answer known MACs only stay silent at that; they are noticed when they answer somebody (broadcasts reach every port), or when somebody takes what one
offered: a client names the server whose offer it takes, and broadcasts that (RFC 2131, 4.3.2), also where the offer itself came as unicast.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

ETH_P_IP = 0x0800
SO_ATTACH_FILTER = 26
PACKET_OUTGOING = 4
OFFER, REQUEST, ACK, NAK = 2, 3, 5, 6
_COOKIE = b"\x63\x82\x53\x63"
_BROADCAST = b"\xff" * 6
# UDP from or to port 67: ldh [12]; jeq IPv4; ldb [23]; jeq UDP; ldh [20]; jset fragment; ldx 4*([14]&0xf); ldh [x+14]; jeq 67; ldh [x+16]; jeq 67
_FILTER: tuple[tuple[int, int, int, int], ...] = (
    (0x28, 0, 0, 12),
    (0x15, 0, 10, ETH_P_IP),
    (0x30, 0, 0, 23),
    (0x15, 0, 8, 17),
    (0x28, 0, 0, 20),
    (0x45, 6, 0, 0x1FFF),
    (0xB1, 0, 0, 14),
    (0x48, 0, 0, 14),
    (0x15, 2, 0, 67),
    (0x48, 0, 0, 16),
    (0x15, 0, 1, 67),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


@dataclass(frozen=True)
class Rival:
    """Another server: its address as it names itself, its MAC address ("" where only a client named it), what it offered ("" for nothing) and to whom.

    vendor, user: the classes of a client that takes what was offered.
    """

    server: str
    mac: str
    offered: str
    to: str
    vendor: str = ""
    user: str = ""


class Watch:
    """The packet socket of an interface."""

    def __init__(self, interface: str, own: IPv4Address) -> None:
        self.own = own
        self.interface = interface
        self.socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, 0
        )  # 0: nothing is heard before the filter
        try:
            code = b"".join(struct.pack("=HBBI", *step) for step in _FILTER)
            buffer = ctypes.create_string_buffer(code)
            program = struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer))
            self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
            self.socket.bind((interface, ETH_P_IP))
            self.socket.setblocking(False)
            self.mac: bytes = self.socket.getsockname()[4]
            self._index = socket.if_nametoindex(interface)
        except BaseException:
            self.socket.close()
            raise

    def fileno(self) -> int:
        return self.socket.fileno()

    def there(self) -> bool:
        """Whether the interface is the one that is listened on."""
        try:
            return socket.if_nametoindex(self.interface) == self._index
        except OSError:
            return False

    def ask(self) -> None:
        """Sends the DISCOVER. Raises OSError."""
        self.socket.send(discover(self.mac, _made_up(self.interface), os.urandom(4)))

    def heard(self) -> list[Rival]:
        """The other servers whose answers came since the last call, or were taken."""
        found: list[Rival] = []
        while True:
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(4096)
            except BlockingIOError:
                return found
            except OSError:  # the interface went down or away: said where it matters, by dnsmasq
                return found
            rival = None if kind == PACKET_OUTGOING else answer(frame) or taken(frame)
            if rival is not None and rival.server != str(self.own) and not _here(rival.server):
                found.append(rival)

    def close(self) -> None:
        self.socket.close()


def _made_up(interface: str) -> bytes:
    """A locally administered address that is nobody's, the same each time."""
    seed = f"{socket.gethostname()} {interface}".encode()
    return b"\x02" + hashlib.sha256(seed).digest()[:5]


def discover(sender: bytes, client: bytes, xid: bytes) -> bytes:
    """An Ethernet frame with a DHCPDISCOVER (RFC 2131) whose answer is to be broadcast."""
    head = struct.pack("!BBBB4sHH16x", 1, 1, 6, 0, xid, 0, 0x8000)
    options = b"\x35\x01\x01" + b"\x37\x04\x01\x03\x36\x43" + b"\xff"
    payload = (head + client.ljust(16, b"\0") + bytes(192) + _COOKIE + options).ljust(300, b"\0")
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", 68, 67, length, 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0x10, 20 + length, 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    return b"\xff" * 6 + sender + b"\x08\x00" + _with_checksum(ip) + datagram


def _with_checksum(header: bytes) -> bytes:
    total = sum(struct.unpack("!10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack("!H", ~total & 0xFFFF) + header[12:]


def answer(frame: bytes) -> Rival | None:
    """What a frame says, where it is a DHCP server's OFFER, ACK or NAK."""
    begin, options = _message(frame, 2)
    if options.get(53, b"\0")[0] not in (OFFER, ACK, NAK):
        return None
    named = options.get(54, b"")
    server = str(IPv4Address(named if len(named) == 4 else frame[26:30]))
    offered = frame[begin + 16 : begin + 20]
    client = frame[begin + 28 : begin + 34]
    return Rival(server, _text(frame[6:12]), str(IPv4Address(offered)) if any(offered) else "", _text(client))


def taken(frame: bytes) -> Rival | None:
    """Whose offer a client takes, where a frame is a REQUEST that it broadcasts; what a relay carries on is another segment's."""
    begin, options = _message(frame, 1)
    named, wanted = options.get(54, b""), options.get(50, b"")
    if options.get(53, b"\0")[0] != REQUEST or len(named) != 4 or frame[:6] != _BROADCAST:
        return None
    if any(frame[begin + 24 : begin + 28]):  # giaddr
        return None
    offered = str(IPv4Address(wanted)) if len(wanted) == 4 else ""
    classes = (options.get(60, b""), options.get(77, b""))
    vendor, user = (value.decode("ascii", "replace") for value in classes)
    return Rival(str(IPv4Address(named)), "", offered, _text(frame[begin + 28 : begin + 34]), vendor, user)


def _message(frame: bytes, operation: int) -> tuple[int, dict[int, bytes]]:
    """Where the message of a frame begins, and its options; none where it is no DHCP message of that operation."""
    begin = 14 + 4 * (frame[14] & 0xF) + 8 if len(frame) > 14 else 0
    if (
        not begin
        or len(frame) < begin + 240
        or frame[begin] != operation
        or frame[begin + 236 : begin + 240] != _COOKIE
    ):
        return 0, {}
    return begin, _options(frame[begin + 240 :])


def _here(address: str) -> bool:
    """Whether it is one of this machine's own: dnsmasq names itself by another of the interface's addresses where there are several."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
        return True


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if at + 1 >= len(data):
            break
        value = data[at + 2 : at + 2 + data[at + 1]]
        if value:
            found[data[at]] = value
        at += 2 + data[at + 1]
    return found


def _text(mac: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in mac)
