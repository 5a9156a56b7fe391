"""What an SSH server offers before anybody has logged in: said to name a switch whose SSH is too old (RFC 4253, 4.2 and 7.1)."""

from __future__ import annotations

import socket
from dataclasses import dataclass

_KEXINIT = 20
_LONGEST = 35_000  # RFC 4253, 6.1
_OUTDATED = {
    "key exchange": (
        "diffie-hellman-group1-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group-exchange-sha1",
    ),
    "host key": ("ssh-rsa", "ssh-dss"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """software: as it names itself, such as SSH-2.0-Cisco-1.25; kex, keys, ciphers: names of algorithms."""

    software: str
    kex: tuple[str, ...]
    keys: tuple[str, ...]
    ciphers: tuple[str, ...]

    @property
    def outdated(self) -> str:
        """What it has of algorithms that nobody should use any more, where it has no others; "" for a server of today."""
        named = (("key exchange", self.kex), ("host key", self.keys))
        parts = [
            f"{what} {', '.join(algorithms)}"
            for what, algorithms in named
            if algorithms
            and all(
                name in _OUTDATED[what] or name.startswith(("ext-info", "kex-strict")) for name in algorithms
            )
        ]
        if self.ciphers and all(name.endswith("-cbc") or name.startswith("arcfour") for name in self.ciphers):
            parts.append(f"cipher {', '.join(self.ciphers)}")
        return "; ".join(parts)


def offer_of(connection: socket.socket) -> Offer | None:
    """What the server at the other end of a new connection offers; None where it is no SSH server. The connection cannot be used afterwards."""
    with connection, connection.makefile("rb") as stream:
        try:
            connection.sendall(b"SSH-2.0-microdc\r\n")
            for _ in range(50):  # lines may come before the name
                line = stream.readline(256)
                if line.startswith(b"SSH-"):
                    length = int.from_bytes(stream.read(4))
                    body = stream.read(length) if length <= _LONGEST else b""
                    return read_offer(line.decode("latin-1").strip(), body)
                if not line:
                    break
        except OSError:
            return None
    return None


def read_offer(software: str, packet: bytes) -> Offer | None:
    """The server's first packet, without its length: padding length, message 20, 16 bytes of chance, then lists of names."""
    if len(packet) < 18 or packet[1] != _KEXINIT:
        return None
    lists: list[tuple[str, ...]] = []
    place = 18
    for _ in range(3):
        size = int.from_bytes(packet[place : place + 4])
        names = packet[place + 4 : place + 4 + size].decode("latin-1")
        lists.append(tuple(name for name in names.split(",") if name))
        place += 4 + size
    return Offer(software, *lists)
