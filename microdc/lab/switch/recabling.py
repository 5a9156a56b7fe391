"""Brings the cables of a switch from one layout to another, and tells the machines where theirs end now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from microdc.lab.machine import files as machine_files
from microdc.lab.machine import presence
from microdc.lab.machine.machine import Machine
from microdc.lab.rack.start import Files as RackFiles
from microdc.lab.switch import stranger, wiring
from microdc.lab.switch.layout import NOTHING, SOMEBODY
from microdc.lab.switch.model import Cable, Socket, SwitchPlan


def change(lab: str, switch: SwitchPlan, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Pulls out what has to go, and then plugs in what has to come. Nothing else is touched."""
    sockets = switch.by_name
    changed = [port for port in sockets if before[port] != after[port]]
    for port in changed:
        _take_out(lab, switch, sockets[port], before[port])
    for port in changed:
        _put_in(lab, switch, sockets[port], after[port])


def renew(lab: str, switch: SwitchPlan, at: Mapping[str, str]) -> None:
    """Makes anew what counts the packets of a port, so that it counts from 0: the uplink's cable, and those of machines that are off."""
    sockets = switch.by_name
    for port, owner in at.items():
        if owner in {NOTHING, SOMEBODY}:
            continue
        cable = sockets[owner].cable
        # of others the far end would begin anew as well, or a running machine lose its NIC
        if cable.kind == "uplink" or (cable.kind == "server" and not _is_on(lab, cable)):
            wiring.remove(switch, sockets[port])
            wiring.lay(switch, cable)
            wiring.plug(switch, (sockets[port], cable))


def _take_out(lab: str, switch: SwitchPlan, socket: Socket, owner: str) -> None:
    if owner == NOTHING:
        wiring.remove(switch, socket)
    elif owner == SOMEBODY:
        stranger.take_out(lab, switch, socket)
    else:
        cable = switch.by_name[owner].cable
        wiring.unplug(switch, socket, cable.loose)
        _tell(lab, cable, switch.home, cable.loose)


def _put_in(lab: str, switch: SwitchPlan, socket: Socket, owner: str) -> None:
    if owner == NOTHING:
        wiring.leave_empty(switch, socket)
    elif owner == SOMEBODY:
        stranger.plug_in(lab, switch, socket)
    else:
        cable = switch.by_name[owner].cable
        wiring.plug(switch, (socket, cable))
        _tell(lab, cable, switch.namespace, socket.interface)


def _tell(lab: str, cable: Cable, namespace: str, tap: str) -> None:
    """The machine's next start finds its tap there; one that runs has it in its hands."""
    server, name = cable.far
    directory = RackFiles.of(lab).machine(server)
    if cable.kind != "server" or not (directory / machine_files.MACHINE).exists():
        return
    with presence.changing(directory):
        nics = [asdict(nic) for nic in machine_files.read_description(directory).nics]
        for nic in nics:
            if nic["name"] == name:
                nic.update(namespace=namespace, tap=tap)
        machine_files.change_description(directory, nics=nics)


def _is_on(lab: str, cable: Cable) -> bool:
    directory = RackFiles.of(lab).machine(cable.far[0])
    return (directory / machine_files.MACHINE).exists() and Machine(directory).power()
