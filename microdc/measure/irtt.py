"""irtt at two hosts: packets that are sent back, each with the times at which it passed both sides."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from microdc.errors import UnreachableError
from microdc.host.model import Host
from microdc.measure.assemble import Knocks, Session
from microdc.measure.model import Both, LossCount
from microdc.measure.programs import Program, Programs
from microdc.measure.reports import listening_port, opens_arrived, parse_irtt
from microdc.measure.schedule import ECHO_BYTES, EchoPlan

_START_SECONDS = 20.0
_GRACE_SECONDS = 20.0
_KNOCKS = 25
_KNOCK_NS = 200_000_000  # the shortest time that irtt waits for an answer
KNOCKING_SECONDS = 2 * _KNOCKS * _KNOCK_NS / 1e9
"""How long knocking takes, both ways one after the other."""
_NO_ANSWER = "no reply from server"
_NO_WAY = ("network is unreachable", "no route to host")


@dataclass(frozen=True, slots=True)
class End:
    """One side of a pair: its host, and the address there that packets are sent from and to."""

    host: Host
    ip: str


def session(programs: Programs, here: End, there: End, plan: EchoPlan) -> Session | Knocks:
    """Packets from here to there and back, or what arrived there of those that asked for a session when none opened.

    Raises UnreachableError where a program or a host is the trouble rather than the path.
    """
    sent = 0
    for _ in range(plan.sessions):
        found = _session(programs, here, there, plan)
        if isinstance(found, Knocks):
            return found
        sent = len(found.report.echoes)
        if sent > plan.count // 10:
            return found
    raise UnreachableError(f"irtt ended after {sent} of {plan.count} packets", where=str(here.host.address))


def _session(programs: Programs, here: End, there: End, plan: EchoPlan) -> Session | Knocks:
    interval, duration = f"{plan.interval}ns", f"{plan.interval * plan.count}ns"
    options = ["-i", interval, "-d", duration, "-l", str(ECHO_BYTES), "--fill=rand", "-o", "-"]
    timeouts = [plan.open_timeout] * plan.opens
    limit = plan.seconds + (sum(timeouts) + 4 * plan.open_timeout) / 1e9 + _GRACE_SECONDS
    before = _drops(here), _drops(there)
    with _server(programs, there) as (server, port):
        argv = _client(here, there, port, timeouts, options)
        with programs.running(here.host, argv) as client:
            status = client.finish(limit)
            output, complaint = client.output, client.complaint()
        if not server.running:
            raise UnreachableError("the irtt server ended while it was used", where=server.where)
        if status != 0:
            return Knocks(Both(_arrived(server, plan.opens, complaint, client), None), complaint)
    after = _drops(here), _drops(there)
    try:
        report = parse_irtt(output)
    except ValueError as error:
        raise UnreachableError(f"irtt said nothing useful: {error}", where=client.where) from None
    return Session(report, Both(a_to_b=after[1] - before[1], b_to_a=after[0] - before[0]))


def knock(programs: Programs, here: End, there: End, latency: int) -> LossCount | None:
    """Packets that ask for a session, counted where they arrive: this tells of one direction alone.

    latency: ns, how long the last one may be on its way. Where the first answer comes back none is sent any more.
    """
    with _server(programs, there) as (server, port):
        # With -n, which would ask for no more than an answer, the server's log keeps silent.
        argv = _client(here, there, port, [_KNOCK_NS] * _KNOCKS, ["-d", "10ms", "-i", "10ms"])
        with programs.running(here.host, argv) as client:
            status = client.finish(_KNOCKS * _KNOCK_NS / 1e9 + latency / 1e9 + _GRACE_SECONDS)
            complaint = client.complaint()
        if status != 0:
            server.wait_for(lambda lines: opens_arrived(_text(lines)) >= _KNOCKS, 1.0 + 2 * latency / 1e9)
        if not server.running:
            raise UnreachableError("the irtt server ended while it was used", where=server.where)
        if status == 0:
            arrived = opens_arrived(_text(server.output.splitlines()))
            return LossCount(arrived, 0)
        return _arrived(server, _KNOCKS, complaint, client)


def _arrived(server: Program, sent: int, complaint: str, client: Program) -> LossCount | None:
    """Of a client that got no answer; None where a router told it to stop, so that nobody knows how many it sent.

    Raises UnreachableError where it failed for another reason.
    """
    if _NO_ANSWER in complaint:
        arrived = opens_arrived(_text(server.output.splitlines()))
        return LossCount(sent, max(0, sent - arrived))
    # What fails to "dial" fails at this probe; what fails later was told by a router on the way.
    if any(reason in complaint for reason in _NO_WAY) and "dial" not in complaint:
        return None
    hint = "has the probe a route to the other one?" if "unreachable" in complaint else ""
    raise UnreachableError(
        f"irtt: {complaint or 'it does not say why it failed'}", where=client.where, hint=hint
    )


@contextlib.contextmanager
def _server(programs: Programs, end: End) -> Iterator[tuple[Program, int]]:
    """An irtt server at a free port of the end's address."""
    argv = ["irtt", "server", "-b", _socket(end.ip, 0), "-i", "0"]
    with programs.running(end.host, argv) as server:
        listening = server.wait_for(lambda lines: any(map(listening_port, _text(lines))), _START_SECONDS)
        if not listening:
            why = server.complaint() or "it does not say why"
            raise UnreachableError(
                f"the irtt server did not start: {why}",
                where=server.where,
                hint=f"is {end.ip} an address of this probe?",
            )
        yield server, next(filter(None, map(listening_port, _text(server.output.splitlines()))))


def _client(here: End, there: End, port: int, timeouts: list[int], options: list[str]) -> list[str]:
    waits = ",".join(f"{timeout}ns" for timeout in timeouts)
    local = f"--local={_socket(here.ip, 0)}"
    return ["irtt", "client", "-Q", local, f"--timeouts={waits}", *options, _socket(there.ip, port)]


def _socket(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ip_address(ip).version == 6 else f"{ip}:{port}"


def _text(lines: Sequence[bytes]) -> list[str]:
    return [line.decode(errors="replace").rstrip() for line in lines]


_SNMP = ("cat", "/proc/net/snmp", "/proc/net/snmp6")


def _drops(end: End) -> int:
    """UDP packets that the kernel at this end dropped so far because no program fetched them in time."""
    text = end.host.run(_SNMP).stdout.decode(errors="replace")
    pairs = re.findall(r"^Udp: (.*RcvbufErrors.*)\nUdp: (.*)$", text, re.MULTILINE)
    of_4 = sum(
        int(dict(zip(names.split(), values.split(), strict=True))["RcvbufErrors"]) for names, values in pairs
    )
    of_6 = sum(map(int, re.findall(r"^Udp6RcvbufErrors\s+(\d+)$", text, re.MULTILINE)))
    return of_4 + of_6
