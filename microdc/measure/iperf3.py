"""iperf3 at two hosts: a UDP stream in one direction, read at the receiver."""

from __future__ import annotations

import random
import time
from ipaddress import ip_address

from microdc.errors import UnreachableError
from microdc.measure.assemble import throughput
from microdc.measure.irtt import End
from microdc.measure.model import Throughput, Unmeasured
from microdc.measure.programs import Program, Programs
from microdc.measure.reports import StreamReport, parse_iperf3
from microdc.measure.schedule import HEADERS, STREAM_INTERVAL, StreamPlan

_PORTS = range(20_000, 30_000)
"""Below the ports that the kernel gives to programs that ask for any."""
_CONNECT_TRIES = 40
_CONNECT_PAUSE = 0.1


def stream(
    programs: Programs, sender: End, receiver: End, plan: StreamPlan, *, latency: int, tries: int
) -> Throughput | Unmeasured:
    """One stream. latency: ns of a round trip. tries: iperf3 gives up when one of its first packets is lost.

    Raises UnreachableError where iperf3 cannot be started at either end.
    """
    result: Throughput | Unmeasured = Unmeasured("iperf3 was not started")
    for _ in range(tries):
        result = _attempt(programs, sender, receiver, plan, latency)
        if isinstance(result, Throughput):
            break
    return result


def _attempt(
    programs: Programs, sender: End, receiver: End, plan: StreamPlan, latency: int
) -> Throughput | Unmeasured:
    port = str(random.choice(_PORTS))  # noqa: S311 - not for secrecy
    family = f"-{ip_address(receiver.ip).version}"
    common = ["iperf3", family, "-p", port, "-J", "-i", str(STREAM_INTERVAL)]
    # iperf3 takes some ten round trips to begin and to end, more where TCP repeats itself.
    limit = plan.seconds + 20 * latency / 1e9 + 8.0
    with programs.running(receiver.host, [*common, "-s", "-1", "-B", receiver.ip]) as server:
        options = ["-u", "-b", str(plan.bitrate), "-l", str(plan.payload), "-t", f"{plan.seconds:g}"]
        wait = ["--connect-timeout", str(round(limit * 1000))]
        argv = [*common, "-c", receiver.ip, "-B", sender.ip, *wait, *options]
        try:
            sent = _send(programs, sender, argv, server, limit)
            if isinstance(sent, Unmeasured):
                return sent
            server.finish(10.0)
            received = parse_iperf3(server.output)
        except ValueError as error:
            return Unmeasured(f"iperf3: {error}")
    headers = HEADERS[ip_address(receiver.ip).version]
    return throughput(sent, received, plan, headers)


def _send(
    programs: Programs, sender: End, argv: list[str], server: Program, limit: float
) -> StreamReport | Unmeasured:
    """Runs the client, again where the server does not listen yet: it does not say when it does."""
    for _ in range(_CONNECT_TRIES):
        with programs.running(sender.host, argv) as client:
            try:
                client.finish(limit)
            except UnreachableError as error:
                return Unmeasured(f"{error.what}: its first packets were lost, or its control connection")
            output, complaint = client.output, client.complaint()
        if not server.running and b'"error"' in server.output:
            raise ValueError(_error(server.output))
        if b"Connection refused" not in output:
            if not output.strip():
                raise UnreachableError(f"iperf3 failed: {complaint}", where=client.where)
            return parse_iperf3(output)
        time.sleep(_CONNECT_PAUSE)
    raise UnreachableError("the iperf3 server does not listen", where=server.where)


def _error(output: bytes) -> str:
    try:
        parse_iperf3(output)
    except ValueError as error:
        return str(error)
    return "the server ended early"
