"""The event logs of BMCs: what the story did to their servers, and what was there before."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, stamp
from microdc.health.demo.documents.servers import asked
from microdc.health.demo.state import State


def sel(state: State, name: str, at: float) -> Document:
    """As `microdc bmc sel` prints it: what the story did to the server, and what its log held before."""

    def told(machine: Machine) -> Document:
        logged = [entry for entry in _logged(state, machine, at) if entry[0] <= at]
        found = sorted(logged, key=lambda entry: entry[0], reverse=True)
        entries = [
            {
                "id": str(len(found) - number),
                "log": "SEL",
                "at": stamp(when),
                "severity": severity,
                "source": source or None,
                "code": code or None,
                "message": message,
            }
            for number, (when, severity, source, code, message) in enumerate(found)
        ]
        return {"entries": entries[:20], "total": len(entries), "clock_skew_seconds": 0.4, "remarks": []}

    return asked(state, name, at, "BmcLog", told)


def _logged(state: State, machine: Machine, at: float) -> Iterator[tuple[float, str, str, str, str]]:
    begun, rack = state.begun, f"{machine.device.site}/{machine.device.rack}"
    yield begun - 6.1e6 * machine.phases[0] - 9e5, "ok", "SEL", "SEL0001", "The event log was cleared."
    yield begun - 8e5 * machine.phases[1], "ok", "System Power", "SYS1001", "The system was turned on."
    if machine.phases[2] > 0.6:
        yield (
            begun - 3e5,
            "warning",
            "DIMM A3",
            "MEM0701",
            "Correctable memory error rate exceeded for DIMM A3.",
        )
    for event in state.story.so_far(at - begun):
        when = begun + event.start
        if event.kind == "fan" and event.target == machine.name:
            yield (
                when + 16,
                "warning",
                "Fan2",
                "FAN0001",
                "Fan 2 RPM is less than the lower warning threshold.",
            )
            yield (
                when + 22,
                "critical",
                "Fan2",
                "FAN0000",
                "Fan 2 RPM is less than the lower critical threshold.",
            )
        elif event.kind == "hot" and event.other == rack:
            yield (
                when + 27,
                "warning",
                "Inlet Temp",
                "TMP0118",
                "The system inlet temperature is above the upper warning threshold.",
            )
            yield (
                when + 40,
                "critical",
                "Inlet Temp",
                "TMP0119",
                "The system inlet temperature is above the upper critical threshold.",
            )
        elif event.kind == "crash" and event.target == machine.name:
            yield (
                when,
                "critical",
                "System Power",
                "PWR2262",
                "The system board detected a power fault and turned the system off.",
            )
            yield when + event.length, "ok", "System Power", "SYS1001", "The system was turned on."
