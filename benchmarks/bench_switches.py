"""Many SNMP agents read at once: a walk of 240 rows of each beside as many `snmpbulkwalk` processes; then what health needs of 100 switches.

The agents are net-snmp's snmpd on the same machine, one process each. All ways ask the same ones in one run, turn by turn; each turn of ours is a
process of its own, which has imported what it needs. Told are medians, and for walks their ratio to snmpbulkwalk as it comes. The processor time
of `snmpbulkwalk` is that of all its processes.

    python benchmarks/bench_switches.py [--agents 50] [--switches 100] [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from agents import COMMUNITY, PORTS, ROOT, ROWS, USER, agent, agents
from apart import apart
from pysnmp.hlapi.v3arch import asyncio as _hlapi
from report import machine, table, write

from microdc.snmp.client import Client
from microdc.snmp.model import Community, Credentials
from microdc.snmp.oids import text
from microdc.switch import many
from microdc.switch.snmp import reading
from microdc.switch.snmp.views import View
from microdc.testbed.model import Switch

hlapi: Any = _hlapi
Turn = dict[str, float]
_HEALTH: tuple[View, ...] = ("health",)
Way = Callable[[Sequence[int]], int]
_ROOT = text(ROOT)
_V3 = ["-v3", "-l", "authPriv", "-u", USER.name, "-a", "SHA-256", "-A", USER.authentication]
_V3 += ["-x", "AES", "-X", USER.privacy]
_V2 = ["-v2c", "-c", COMMUNITY.name]


def processes(ports: Sequence[int], *words: str) -> int:
    """`snmpbulkwalk` for each, all at once; how many rows they told."""
    program = shutil.which("snmpbulkwalk")
    assert program is not None
    running = [
        subprocess.Popen(
            [program, *words, "-On", f"127.0.0.1:{port}", _ROOT],
            stdout=subprocess.PIPE,
            env={**os.environ, "MIBS": ""},
        )
        for port in ports
    ]
    return sum(process.communicate()[0].count(b"\n") for process in running)


def threads(ports: Sequence[int], walked: Callable[[int], int]) -> int:
    """A thread for each, as switches are read."""
    found: list[int] = []
    running = [threading.Thread(target=lambda port=port: found.append(walked(port))) for port in ports]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(found)


def columns(login: Credentials) -> Way:
    """microdc, as it reads tables of switches: five columns abreast."""

    def walked(port: int) -> int:
        with Client(agent(port, login)) as client:
            return sum(len(one.cells) for one in client.columns([(*ROOT, n) for n in range(1, 6)]).values())

    return lambda ports: threads(ports, walked)


def walk(ports: Sequence[int]) -> int:
    """microdc, one subtree in order."""

    def walked(port: int) -> int:
        with Client(agent(port)) as client:
            return len(client.walk(_ROOT).rows)

    return threads(ports, walked)


def plain_pysnmp(ports: Sequence[int]) -> int:
    """pysnmp as its own documents have it, with one engine and without MIB look-ups."""

    async def walked(engine: Any, port: int) -> int:
        target = await hlapi.UdpTransportTarget.create(("127.0.0.1", port), timeout=10)
        rows = hlapi.bulk_walk_cmd(
            engine,
            hlapi.CommunityData(COMMUNITY.name),
            target,
            hlapi.ContextData(),
            0,
            25,
            hlapi.ObjectType(hlapi.ObjectIdentity(_ROOT)),
            lexicographicMode=False,
            lookupMib=False,
        )
        found = 0
        async for failed, *_, told in rows:
            if failed:
                raise AssertionError(failed)
            found += len(told)
        return found

    async def every() -> int:
        engine = hlapi.SnmpEngine()
        return sum(await asyncio.gather(*(walked(engine, port) for port in ports)))

    return asyncio.run(every())


WAYS: dict[str, Way] = {
    "snmpbulkwalk, as it comes": lambda ports: processes(ports, *_V2),
    "snmpbulkwalk -Cr50": lambda ports: processes(ports, *_V2, "-Cr50"),
    "microdc, columns abreast": columns(COMMUNITY),
    "microdc, one walk": walk,
    "pysnmp": plain_pysnmp,
    "snmpbulkwalk, v3": lambda ports: processes(ports, *_V3),
    "microdc, columns abreast, v3": columns(USER),
}


def turn(name: str, ports: Sequence[int]) -> Turn:
    """Seconds of the wall, and of this process and its children."""
    wall, own = time.perf_counter(), _cpu()
    rows = WAYS[name](ports)
    assert rows == ROWS * len(ports), f"{rows} rows instead of {ROWS * len(ports)}"
    return {"wall": time.perf_counter() - wall, "cpu": _cpu() - own}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def walks(ports: Sequence[int], rounds: int) -> dict[str, Turn]:
    """Medians by way. Each round begins with another one."""
    names = list(WAYS)
    found: dict[str, list[Turn]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(apart(turn, name, ports))
    return {name: _median(turns) for name, turns in found.items()}


def _median(turns: Sequence[Turn]) -> Turn:
    return {what: statistics.median(one[what] for one in turns) for what in turns[0]}


def refreshed(ports: Sequence[int], login: Credentials, rounds: int) -> list[Turn]:
    """What health needs of every switch, again and again in one process: octets, errors and discards in and out, and the state."""
    by_name = {f"sw{port}": agent(port, login) for port in ports}
    switches = [Switch(name, "site", "rack") for name in by_name]
    told = []
    for _ in range(rounds):
        wall, own = time.perf_counter(), _cpu()
        outcomes = _end(many.each("", switches, lambda switch: reading.read(by_name[switch.name], _HEALTH)))
        for one in outcomes:
            if one.error is not None:
                raise one.error
            sample = one.value.sample
            assert sample is not None
            assert len(sample.counters) == PORTS
            assert all(
                None not in {port.in_octets, port.out_errors, port.oper} for port in sample.counters.values()
            )
        told.append({"wall": time.perf_counter() - wall, "cpu": _cpu() - own})
    return told


def _end(operation: Any) -> Any:
    while True:
        try:
            next(operation)
        except StopIteration as end:
            return end.value


def tell_walks(found: dict[str, Turn], count: int) -> None:
    base = found["snmpbulkwalk, as it comes"]
    rows = [
        [
            name,
            f"{one['wall']:.3f}",
            f"{one['wall'] / base['wall']:.2f}",
            f"{one['cpu']:.3f}",
            f"{one['cpu'] / base['cpu']:.2f}",
            f"{one['cpu'] / (count * ROWS) * 1e6:.1f}",
        ]
        for name, one in found.items()
    ]
    print(f"\n{table(['', 'wall s', 'ratio', 'CPU s', 'ratio', 'µs a row'], rows)}", flush=True)


def tell_refreshed(found: dict[str, list[Turn]], count: int) -> None:
    rows = [
        [
            f"{name}, refresh {number}",
            f"{one['wall']:.2f}",
            f"{one['cpu']:.2f}",
            f"{one['cpu'] / count * 1000:.1f}",
        ]
        for name, turns in found.items()
        for number, one in enumerate(turns, 1)
    ]
    print(f"\n{table(['', 'wall s', 'CPU s', 'CPU ms a switch'], rows)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--switches", type=int, default=100, help=f"of {PORTS} ports")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    given = parser.parse_args()
    if shutil.which("snmpbulkwalk") is None:
        raise SystemExit("skipped: there is no snmpbulkwalk here")
    facts = machine("pysnmp")
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    started = max(given.agents, given.switches)
    with agents(started) as ports:
        walked = walks(ports[: given.agents], given.rounds)
        tell_walks(walked, given.agents)
        logins: dict[str, Community | Any] = {"v2c": COMMUNITY, "v3": USER}
        found = {
            name: apart(refreshed, ports[: given.switches], login, given.rounds)
            for name, login in logins.items()
        }
        tell_refreshed(found, given.switches)
    print(f"\nload now {os.getloadavg()[0]:.1f}")
    write(given.json, json.dumps({"machine": facts, "walks": walked, "refreshed": found}))


if __name__ == "__main__":
    main()
