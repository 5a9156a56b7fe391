"""What servers consist of, as their BMCs would tell it."""

from __future__ import annotations

from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.state import State

_CPUS = {
    "control": ("Intel(R) Xeon(R) Gold 5317", 12, 1),
    "compute": ("Intel(R) Xeon(R) Gold 6338", 32, 2),
    "storage": ("AMD EPYC 9224", 24, 1),
    "gpu": ("Intel(R) Xeon(R) Platinum 8462Y+", 32, 2),
}
_MODULES = {"control": 4, "compute": 16, "storage": 8, "gpu": 16}
_DISKS = {"control": 2, "compute": 2, "storage": 12, "gpu": 2}
_MODULE = 32 << 30


def collect(state: State, name: str, at: float) -> Document:
    """As `microdc inventory collect` prints it."""
    return document("Hardware", [_collected(state, machine, at) for machine in state.machines(name)])


def _collected(state: State, machine: Machine, at: float) -> Document:
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    return {
        "server": machine.name,
        "driver": None if trouble else machine.driver,
        "error": f"{machine.name}: {trouble.what}" if trouble else None,
        "notes": [],
        "hardware": None if trouble else _hardware(machine, state.server(machine, at).power),
    }


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
