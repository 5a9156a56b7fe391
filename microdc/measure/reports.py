"""The tools' output as values. Pure: text in, values out, ValueError for what is not such output."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Lost = Literal["", "up", "down", "somewhere"]


@dataclass(frozen=True, slots=True)
class Echo:
    """One packet of irtt: whether and where it was lost, and when it was where, in ns.

    left, back: the client's monotonic clock. reached, returned: the server's. up, down: one-way delays by both sides' wall
    clocks, true only where these agree. All are zero for a lost packet but `left`.
    """

    lost: Lost
    left: int
    reached: int = 0
    returned: int = 0
    back: int = 0
    rtt: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class IrttReport:
    """All packets of one irtt session in the order of sending."""

    echoes: tuple[Echo, ...]
    duplicates: int


@dataclass(frozen=True, slots=True)
class FpingReport:
    """Round trips of one fping run in ns in the order of sending, None for a packet without a reply."""

    round_trips: tuple[int | None, ...]
    resolution: int


@dataclass(frozen=True, slots=True)
class StreamReport:
    """Readings of one end of an iperf3 stream: (seconds, payload bytes, lost packets) one after the other."""

    readings: tuple[tuple[float, int, int], ...]
    sending: bool


_LOST: dict[str, Lost] = {"false": "", "true_up": "up", "true_down": "down", "true": "somewhere"}


def parse_irtt(text: bytes) -> IrttReport:
    """JSON of `irtt client -o -` (format 1 of irtt 0.9) with both clocks and both stamps."""
    document = _load(text, "irtt")
    try:
        echoes = tuple(_echo(trip) for trip in document["round_trips"])
        return IrttReport(echoes, int(document["stats"]["duplicates"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"irtt's report lacks {error}") from None


def _echo(trip: dict[str, Any]) -> Echo:
    client, server = trip["timestamps"]["client"], trip["timestamps"]["server"]
    lost = _LOST[trip["lost"]]
    left = client["send"]["monotonic"]
    if lost:
        return Echo(lost, left)
    return Echo(
        lost,
        left,
        reached=server["receive"]["monotonic"],
        returned=server["send"]["monotonic"],
        back=client["receive"]["monotonic"],
        rtt=trip["delay"]["rtt"],
        up=trip["delay"]["send"],
        down=trip["delay"]["receive"],
    )


_PING = re.compile(rb"\S+ : \[(\d+)\], (?:timed out|\d+ bytes, ([0-9.]+) ms) ")


def parse_fping(text: bytes) -> FpingReport:
    """Lines of `fping -c N` (5.x). It prints three significant digits, which is the resolution of the largest one."""
    found = {int(match[1]): match[2] for match in map(_PING.match, text.splitlines()) if match}
    if not found:
        raise ValueError("fping's output has no line for any packet")
    steps = [10 ** -_decimals(printed) for printed in found.values() if printed]
    round_trips = tuple(_nanoseconds(found.get(number)) for number in range(max(found) + 1))
    return FpingReport(round_trips, round(max(steps, default=0) * 1_000_000))


def _nanoseconds(printed: bytes | None) -> int | None:
    return None if printed is None else round(float(printed) * 1_000_000)


def _decimals(printed: bytes) -> int:
    return len(printed.partition(b".")[2])


def parse_iperf3(text: bytes) -> StreamReport:
    """JSON of one end of `iperf3 -u -J` (3.x)."""
    document = _load(text, "iperf3")
    if "error" in document:
        raise ValueError(str(document["error"]))
    try:
        sums = [interval["sum"] for interval in document["intervals"]]
        readings = tuple((float(s["seconds"]), int(s["bytes"]), int(s.get("lost_packets", 0))) for s in sums)
        return StreamReport(readings, bool(sums) and bool(sums[0]["sender"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"iperf3's report lacks {error}") from None


def _load(text: bytes, tool: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{tool}'s report is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{tool}'s report is no JSON object")  # noqa: TRY004 - bad text is a ValueError here
    return document


_NEW = re.compile(r"\[NewConn\]")
_PORT = re.compile(r"\[ListenerStart\] .*:(\d+)$")


def opens_arrived(log: Sequence[str]) -> int:
    """How many packets that ask for a session reached an irtt server, by its log: it tells each of them."""
    return sum(1 for line in log if _NEW.search(line))


def listening_port(line: str) -> int | None:
    """The port in the line with which an irtt server says that it listens; None for any other line."""
    match = _PORT.search(line)
    return int(match[1]) if match else None
