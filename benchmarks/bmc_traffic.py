"""What one BMC is asked, and what it sends: requests by its own record, bytes by the kernel's count."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bmc_ways import collect
from bmcs import fleet

from microdc.bmc.model import Target
from microdc.bmc.redfish.answers import Answer, Resource
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.driver import RedfishBmc
from microdc.bmc.redfish.line import Line

_RECEIVED = 128  # of struct tcp_info (linux/tcp.h): where tcpi_bytes_received stands, 8 bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """One collection. lines: each request as the BMC wrote it down (method, path, status, ms); received: bytes, TLS and headers included."""

    lines: tuple[str, ...]
    received: int

    @property
    def unchanged(self) -> int:
        """Requests that were answered with 304."""
        return sum(line.split()[2] == "304" for line in self.lines)

    @property
    def paths(self) -> tuple[str, ...]:
        """What is read after the login: all GETs but the first, which asks for the root."""
        return tuple(line.split()[1] for line in self.lines if line.startswith("GET "))[1:]


class Reduced:
    """A client's service without `$expand`: each member is asked for."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, path: str) -> Resource:
        return self._client.get(path)

    def read(self, path: str) -> Answer:
        return self._client.read(path)

    def send(self, method: str, path: str, body: Resource | None = None, *, if_match: str = "") -> Answer:
        return self._client.send(method, path, body, if_match=if_match)


def traffic(recorded: str) -> dict[str, Asked]:
    """Of a BMC of its own: the first collection with its login and logout, one of an open client, and both without `$expand`."""
    with fleet(1, recorded=recorded, noted=True) as running, _counted() as count:
        tell = _Teller(running.logs[0], count)
        found = {"first": _first(running.targets[0], tell)}
        with Client(running.targets[0]) as client:
            found["again"] = _again(RedfishBmc(running.targets[0], client), tell)
            found["again, no $expand"] = _again(RedfishBmc(running.targets[0], Reduced(client)), tell)
        with Client(running.targets[0]) as client:
            tell.since()
            collect(RedfishBmc(running.targets[0], Reduced(client)))
            found["first, no $expand (without login)"] = tell.since()
        return found


def _first(target: Target, tell: _Teller) -> Asked:
    with RedfishBmc(target, Client(target)) as bmc:
        collect(bmc)
    return tell.since()


def _again(bmc: RedfishBmc, tell: _Teller) -> Asked:
    collect(bmc)
    tell.since()
    collect(bmc)
    return tell.since()


@dataclass(slots=True)
class _Counted:
    """Each connection that was opened, kept so that its count can be read after its end."""

    opened: list[socket.socket] = field(default_factory=list)

    @property
    def received(self) -> int:
        told = (one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED + 8) for one in self.opened)
        return sum(struct.unpack_from("Q", info, _RECEIVED)[0] for info in told)


class _Teller:
    def __init__(self, log: Path, count: _Counted) -> None:
        self._log, self._count = log, count
        self._lines = self._received = 0
        self.since()

    def since(self) -> Asked:
        """What came since it was asked last."""
        lines, received = self._log.read_text("utf-8").splitlines(), self._count.received
        asked = Asked(tuple(lines[self._lines :]), received - self._received)
        self._lines, self._received = len(lines), received
        return asked


@contextmanager
def _counted() -> Iterator[_Counted]:
    count = _Counted()
    usual = Line.open

    def opened(line: Line) -> socket.socket:
        made = usual(line)
        count.opened.append(made.dup())
        return made

    Line.open = opened  # type: ignore[method-assign,assignment]
    try:
        yield count
    finally:
        Line.open = usual  # type: ignore[method-assign]
        for one in count.opened:
            one.close()
