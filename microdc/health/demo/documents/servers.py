"""What is asked of a server: hardware, log, sensors, boot, console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from microdc.health.demo import servers as telling
from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, document, of_server, stamp
from microdc.health.demo.state import State
from microdc.health.model import Trouble

_CPUS = {
    "control": ("Intel(R) Xeon(R) Gold 5317", 12, 1),
    "compute": ("Intel(R) Xeon(R) Gold 6338", 32, 2),
    "storage": ("AMD EPYC 9224", 24, 1),
    "gpu": ("Intel(R) Xeon(R) Platinum 8462Y+", 32, 2),
}
_MODULES = {"control": 4, "compute": 16, "storage": 8, "gpu": 16}
_DISKS = {"control": 2, "compute": 2, "storage": 12, "gpu": 2}
_MODULE = 32 << 30
_FAN, _HEAT, _CRASH = "fan", "hot", "crash"


def hardware(state: State, name: str, at: float) -> Document:
    """As `microdc inventory collect` prints it."""
    machine = state.machine(name)
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    one: Document = {
        "server": name,
        "driver": None if trouble else machine.driver,
        "error": f"{name}: {trouble.what}" if trouble else None,
        "notes": [],
        "hardware": None if trouble else _hardware(machine, state.server(machine, at).power),
    }
    return document("Hardware", [one])


def _hardware(machine: Machine, power: str) -> Document:
    cpu, cores, sockets = _CPUS[machine.device.role]
    number = f"{hash_of(machine.name) % 10**7:07d}"
    modules, disks = _MODULES[machine.device.role], _DISKS[machine.device.role]
    return {
        "identity": {
            "manufacturer": machine.maker,
            "model": machine.model,
            "serial": f"DEMO{number}",
            "sku": None,
            "uuid": f"4c4c4544-0050-4d10-8031-0{number:0>11}",
            "asset_tag": None,
            "host_name": machine.name,
        },
        "power": power,
        "health": "ok",
        "boot_mode": "uefi",
        "processors": [_processor(f"CPU.Socket.{n}", cpu, cores) for n in range(1, sockets + 1)],
        "processor_count": sockets,
        "memory": modules * _MODULE,
        "modules": [_module(f"DIMM A{n}", f"{number}{n:02d}") for n in range(1, modules + 1)],
        "nics": [_nic(machine, n) for n in (0, 1)],
        "disks": [_disk(n, machine.device.role, number) for n in range(disks)],
        "power_supplies": [
            {
                "name": f"PSU{n}",
                "model": "D1100E",
                "serial": f"P{number}{n}",
                "firmware": "00.1B.53",
                "capacity": 1100.0,
                "health": "ok",
            }
            for n in (1, 2)
        ],
        "firmware": [
            {"name": "BIOS", "version": "1.13.2", "kind": "bios"},
            {"name": "BMC", "version": "7.00.60.00", "kind": "bmc"},
            {"name": "NIC eno1", "version": "22.5.7", "kind": "other"},
        ],
        "remarks": [],
    }


def hash_of(name: str) -> int:
    """The same number for a name in every process."""
    number = 0
    for sign in name:
        number = (number * 131 + ord(sign)) & 0xFFFFFFFF
    return number


def _processor(name: str, model: str, cores: int) -> Document:
    maker = "AMD" if model.startswith("AMD") else "Intel"
    return {
        "name": name,
        "model": model,
        "manufacturer": maker,
        "architecture": "x86-64",
        "cores": cores,
        "threads": 2 * cores,
        "speed": 3200.0,
        "health": "ok",
    }


def _module(name: str, serial: str) -> Document:
    return {
        "name": name,
        "size": _MODULE,
        "kind": "DDR4",
        "speed": 3200,
        "manufacturer": "Micron",
        "part": "36ASF4G72PZ-3G2R1",
        "serial": serial,
        "health": "ok",
    }


def _nic(machine: Machine, number: int) -> Document:
    return {
        "name": f"eno{number + 1}",
        "mac": machine.macs[number],
        "link": number == 0,
        "speed": 10_000_000_000 if number == 0 else None,
        "enabled": True,
        "where": f"NetworkAdapters/NIC.1/NetworkDeviceFunctions/{number}",
        "told": "",
    }


def _disk(number: int, role: str, serial: str) -> Document:
    spins = role == "storage" and number > 1
    return {
        "name": f"Bay {number}",
        "model": "ST16000NM000J" if spins else "SAMSUNG MZ7L3480",
        "serial": f"S{serial}{number:02d}",
        "size": 16_000_900_661_248 if spins else 480_103_981_056,
        "media": "hdd" if spins else "ssd",
        "protocol": "SATA",
        "health": "ok",
    }


def sensors(state: State, name: str, at: float) -> Document:
    """As `microdc bmc sensors` prints it."""
    return _asked(state, name, at, "BmcSensors", lambda machine: _sensors(state, machine, at))


def _sensors(state: State, machine: Machine, at: float) -> Document:
    mood = state.server(machine, at)
    return {
        "power": mood.power,
        "readings": [
            {**row, "state": "Enabled", "thresholds": _thresholds(row["name"])}
            for row in telling.readings(machine, at - state.begun, mood)
        ],
        "remarks": [],
    }


def _thresholds(name: str) -> Document:
    low_critical, low_warning, high_warning, high_critical = telling.limits(name)
    return {
        "lower_fatal": None,
        "lower_critical": low_critical,
        "lower_warning": low_warning,
        "upper_warning": high_warning,
        "upper_critical": high_critical,
        "upper_fatal": None,
    }


def boot(state: State, name: str, at: float) -> Document:
    """As `microdc boot` prints it."""
    return _asked(
        state, name, at, "BootStatus", lambda machine: {"boot": override(state.server(machine, at).boot)}
    )


def override(target: str) -> Document:
    """A boot override; `none` is none."""
    return {
        "target": target,
        "lasting": "disabled" if target == "none" else "once",
        "mode": "uefi",
        "told": None,
    }


def console(state: State, name: str, at: float) -> Document:
    """As `microdc bmc console-hint` prints it."""

    def told(machine: Machine) -> Document:
        host = machine.bmc.rpartition("/")[2]
        line = f"ipmitool -I lanplus -H {host} -U microdc sol activate"
        ssh = f"ssh microdc@{host} console"
        return {
            "command": ssh if machine.driver == "redfish" else line,
            "kinds": ["SSH", "IPMI"] if machine.driver == "redfish" else ["IPMI"],
            "remarks": [],
        }

    return _asked(state, name, at, "BmcConsole", told)


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

    return _asked(state, name, at, "BmcLog", told)


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
        if event.kind == _FAN and event.target == machine.name:
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
        elif event.kind == _HEAT and event.other == rack:
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
        elif event.kind == _CRASH and event.target == machine.name:
            yield (
                when,
                "critical",
                "System Power",
                "PWR2262",
                "The system board detected a power fault and turned the system off.",
            )
            yield when + event.length, "ok", "System Power", "SYS1001", "The system was turned on."


def _asked(
    state: State, name: str, at: float, kind: str, told: Callable[[Machine], dict[str, Any]]
) -> Document:
    machine = state.machine(name)
    trouble: Trouble | None = state.trouble(machine.device.key, machine.device.site, at)
    return of_server(kind, name, machine.driver, trouble or told(machine))
