"""A server of the rack as it is: whether its BMC's services run, and whether it is on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from microdc.errors import MicrodcError
from microdc.host.daemon import Daemon
from microdc.lab.ipmi import operate as ipmi
from microdc.lab.machine.machine import Machine
from microdc.lab.model import MachineStatus
from microdc.lab.rack.plan import MachinePlan
from microdc.lab.rack.start import Files


def look_at(files: Files, machine: MachinePlan) -> MachineStatus:
    """What stands of a machine that was planned; what is missing does not work."""
    directory = files.machine(machine.name)
    power = False
    with suppress(MicrodcError, OSError):
        power = Machine(directory).power()
    redfish = _runs(directory / "redfish.pid")
    speaks = ipmi.running(directory) is not None
    return MachineStatus(machine.name, machine.site, machine.bmc.address, power, redfish, speaks)


def _runs(file: Path) -> bool:
    with suppress(OSError, ValueError):
        return Daemon.parse(file.read_text("ascii")).alive()
    return False
