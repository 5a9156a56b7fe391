"""What is asked of a server's BMC: sensors, boot, console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microdc.health.demo import servers as telling
from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, of_servers
from microdc.health.demo.state import State


def sensors(state: State, name: str, at: float) -> Document:
    """As `microdc bmc sensors` prints it."""
    return asked(state, name, at, "BmcSensors", lambda machine: _sensors(state, machine, at))


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
    return asked(
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

    return asked(state, name, at, "BmcConsole", told)


def asked(
    state: State, name: str, at: float, kind: str, told: Callable[[Machine], dict[str, Any]]
) -> Document:
    """What came of asking the BMCs of the servers that are meant."""
    return of_servers(
        kind,
        [
            (one, state.trouble(one.device.key, one.device.site, at) or told(one))
            for one in state.machines(name)
        ],
    )
