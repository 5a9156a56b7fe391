"""A second of a fleet at 1 Hz, told as lines: decoded, taken in by a board, the sites worked out. Then ten minutes of it, and what they leave in memory.

The fleet is half servers with the sensors of a usual one, a tenth switches of 48 ports, the rest nodes and pairs. Beside it, in the same rounds and
on the same lines: `json.loads` alone, to which the ratios are. Each round is a process of its own. Told are medians of CPU time for one second of
the fleet, of ten that follow the first. Wanted: a board and its sites at most 20 ms for 1,000 devices; 20,000 samples decoded a second. Needs nothing.

    python benchmarks/bench_health.py [--devices 100,1000] [--rounds 5] [--minutes 10] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from apart import apart, rounds_apart
from report import machine, milliseconds, table, write

from microdc.health.board import Board
from microdc.health.model import Device, Fleet, Kind, Place, Reason, Sample
from microdc.health.stream import decode, encode

A = TypeVar("A")
T = TypeVar("T")
SITES = 20
SECONDS = 10
PORTS = 48


def fleet(count: int) -> Fleet:
    """Devices of all kinds, in the shares of a testbed."""
    sites = [f"site{number}" for number in range(SITES)]
    kinds = [*[Kind.SERVER] * 5, Kind.SWITCH, *[Kind.NODE] * 3, Kind.PAIR]
    devices = []
    for number in range(count):
        kind, site = kinds[number % 10], sites[number % SITES]
        name = (
            f"{site}:{sites[(number // SITES + 1) % SITES]}-{number}" if kind is Kind.PAIR else f"d{number}"
        )
        devices.append(Device(kind, name, "" if kind is Kind.PAIR else site))
    return Fleet(tuple(map(Place, sites)), tuple(devices), "benchmark")


def sample(device: Device, number: int, at: float) -> Sample:
    """What a poll of it tells; now and then something is wrong with one device of fifty."""
    wave = (number * 7 + at) % 30
    reasons = (Reason("degraded", f"{wave + 20:.1f} °C", "inlet"),) if number % 50 == 0 and wave > 15 else ()
    figures, facts = _TOLD[device.kind](wave)
    return Sample(device.key, at + number / 1e4, 0.2, 1.0, None, reasons, figures, facts)


def _server(wave: float) -> tuple[dict[str, float], dict[str, Any]]:
    sensors = [
        {
            "name": f"Temp {one}",
            "kind": "temperature",
            "value": 20.0 + wave + one,
            "unit": "Cel",
            "health": "ok",
        }
        for one in range(12)
    ]
    figures = {
        "power_state": 1.0, "draw_watts": 200 + wave, "inlet_celsius": 20 + wave / 4, "hottest_celsius": 50 + wave,
        "fan_rpm_least": 4000 + wave, "fans_failed": 0.0, "sensors_critical": 0.0,
    }  # fmt: skip
    return figures, {
        "power": "on",
        "driver": "redfish",
        "bmc": "https://10.0.0.1",
        "health": "ok",
        "sensors": sensors,
    }


def _switch(wave: float) -> tuple[dict[str, float], dict[str, Any]]:
    ports = [
        {
            "name": f"Ethernet{one}",
            "oper": "up",
            "admin": "up",
            "speed": 10**10,
            "in": wave * 1e6,
            "out": wave * 2e6,
        }
        for one in range(PORTS)
    ]
    figures = {
        "ports_up": 40.0, "ports_down": 0.0, "in_bits": wave * 1e9, "out_bits": wave * 2e9, "errors": 0.0,
        "flaps": 1.0, "wrong_cables": 0.0,
    }  # fmt: skip
    return figures, {"system": "sw", "uptime": 1e6 + wave, "ports": ports}


def _node(wave: float) -> tuple[dict[str, float], dict[str, Any]]:
    return {"progress": wave / 30, "phase_seconds": wave, "attempt": 1.0}, {
        "state": "deploying",
        "phase": "work",
    }


def _pair(wave: float) -> tuple[dict[str, float], dict[str, Any]]:
    figures = {
        "rtt_asked": 0.03, "rtt_measured": 0.03 + wave / 1e5, "rate_asked_ab": 1e9, "rate_asked_ba": 1e9,
        "rate_ab": wave * 1e7, "rate_ba": wave * 2e7, "loss_ab": 0.0, "loss_ba": 0.0, "way": 1.0,
    }  # fmt: skip
    return figures, {"a": "a", "b": "b", "origin": "backbone", "overlay": None, "cut": False}


_TOLD: dict[Kind, Callable[[float], tuple[dict[str, float], dict[str, Any]]]] = {
    Kind.SERVER: _server,
    Kind.SWITCH: _switch,
    Kind.NODE: _node,
    Kind.PAIR: _pair,
}


def second(watched: Fleet, at: float) -> list[Sample]:
    return [sample(device, number, at) for number, device in enumerate(watched.devices)]


def parts(count: int) -> dict[str, float]:
    """CPU seconds of each part for one second of the fleet, in a process that has done none of it before."""
    watched = fleet(count)
    lines = [[encode(one) for one in second(watched, float(at))] for at in range(SECONDS + 1)]
    board = Board()
    board.apply([watched], 0.0)
    board.apply([decode(line) for line in lines[0]], 0.9)
    told = dict.fromkeys(("json.loads", "decode", "apply", "tick", "sites", "encode"), 0.0)

    def add(part: str, act: Callable[..., T], *arguments: object) -> T:
        start = time.process_time()
        found = act(*arguments)
        told[part] += (time.process_time() - start) / SECONDS
        return found

    for at in range(1, SECONDS + 1):
        now = at + 0.9
        add("json.loads", _each, json.loads, lines[at])
        samples = add("decode", _each, decode, lines[at])
        assert len(add("apply", board.apply, samples, now)) == count
        add("tick", board.tick, now)
        sites = add("sites", board.sites, now)
        assert sum(sum(site.counts.values()) for site in sites) >= count * 0.9
        add("encode", _each, encode, samples)
    return told


def _each(act: Callable[[A], T], what: Sequence[A]) -> list[T]:
    return [act(one) for one in what]


def memory(count: int, minutes: float) -> dict[str, float]:
    """Octets that a board holds after a third of the time and at its end. Of the rings, and of all."""
    watched = fleet(count)
    tracemalloc.start()
    board = Board()
    board.apply([watched], 0.0)
    end = round(minutes * 60)
    found = {}
    for at in range(end + 1):
        board.apply(second(watched, float(at)), at + 0.9)
        if at in {end // 3, end}:
            label = "at the end" if at == end else "after a third"
            found[label] = float(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return {**found, "rings": float(board.histories.octets)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", default="100,1000", help="how many, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=10, help="of 100 devices at 1 Hz, for memory")
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    given = parser.parse_args()
    facts = machine()
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    head, rows, report = [""], [], {}
    for count in map(int, given.devices.split(",")):
        found = rounds_apart(parts, count, given.rounds)
        base = found["json.loads"]
        head = ["devices", *(word for name in found for word in (f"{name} ms", "ratio"))]
        cells = [(milliseconds(value), f"{value / base:.2f}") for value in found.values()]
        rows.append([str(count), *(word for cell in cells for word in cell)])
        board = sum(found[name] for name in ("apply", "tick", "sites"))
        print(
            f"{count} devices: the board {milliseconds(board)} ms a second, {count / found['decode']:,.0f} samples decoded a second"
        )
        report[count] = found
    print(f"\n{table(head, rows)}\n", flush=True)
    kept = apart(memory, 100, given.minutes)
    print(
        f"memory, {given.minutes:g} minutes of 100 devices: "
        + ", ".join(f"{name} {value / 1e6:.2f} MB" for name, value in kept.items())
    )
    write(given.json, json.dumps({"machine": facts, "devices": report, "memory": kept}))


if __name__ == "__main__":
    main()
