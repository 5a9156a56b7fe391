"""Brings the cables of a switch from one layout to another, and tells the machines where theirs end now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from microdc.lab.machine import files as machine_files
from microdc.lab.machine import presence
from microdc.lab.rack.start import Files as RackFiles
from microdc.lab.switch import settings, stranger, wiring
from microdc.lab.switch.layout import NOTHING, SOMEBODY
from microdc.lab.switch.model import Cable, Socket, SwitchPlan


def change(lab: str, switch: SwitchPlan, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Pulls out what has to go, and then plugs in what has to come. Nothing else is touched, and what was set of the ports stays."""
    changed = [one for one in switch.sockets if before[one.name] != after[one.name]]
    kept = [settings.read(switch, socket) for socket in changed]
    for socket in changed:
        _take_out(lab, switch, socket, before[socket.name])
    for socket, setting in zip(changed, kept, strict=True):
        _put_in(lab, switch, setting.of(socket), after[socket.name])
        settings.restore(switch, socket, setting)


def renew(lab: str, switch: SwitchPlan, at: Mapping[str, str]) -> None:
    """Makes anew what counts the packets of a port, so that it counts from 0: the uplink's cable, and those of machines that are off."""
    sockets = switch.by_name
    for port, owner in at.items():
        if owner in {NOTHING, SOMEBODY}:
            continue
        cable = sockets[owner].cable
        with _held(lab, cable) as machine:
            # of others the far end would begin anew as well, or a running machine lose its NIC
            if cable.kind == "uplink" or (
                cable.kind == "server" and not (machine and presence.runs(machine))
            ):
                kept = settings.read(switch, sockets[port])
                wiring.remove(switch, sockets[port])
                wiring.lay(switch, cable)
                wiring.plug(switch, (kept.of(sockets[port]), cable))
                settings.restore(switch, sockets[port], kept)


def _take_out(lab: str, switch: SwitchPlan, socket: Socket, owner: str) -> None:
    if owner == NOTHING:
        wiring.remove(switch, socket)
    elif owner == SOMEBODY:
        stranger.take_out(lab, switch, socket)
    else:
        cable = switch.by_name[owner].cable
        with _held(lab, cable) as machine:
            wiring.unplug(switch, socket, cable)
            _tell(machine, cable, switch.home, cable.loose)


def _put_in(lab: str, switch: SwitchPlan, socket: Socket, owner: str) -> None:
    if owner == NOTHING:
        wiring.leave_empty(switch, socket)
    elif owner == SOMEBODY:
        stranger.plug_in(lab, switch, socket)
    else:
        cable = switch.by_name[owner].cable
        with _held(lab, cable) as machine:
            wiring.plug(switch, (socket, cable))
            wiring.plug_strands(switch, socket, cable)
            _tell(machine, cable, switch.namespace, socket.interface)


@contextlib.contextmanager
def _held(lab: str, cable: Cable) -> Iterator[Path | None]:
    """The directory of the machine at the end of a cable, None where there is none. Nobody turns it on or off meanwhile: its start would find no tap."""
    directory = RackFiles.of(lab).machine(cable.far[0])
    if cable.kind != "server" or not (directory / machine_files.MACHINE).exists():
        yield None
        return
    with presence.changing(directory):
        yield directory


def _tell(machine: Path | None, cable: Cable, namespace: str, tap: str) -> None:
    """The machine's next start finds its tap there; one that runs has it in its hands."""
    if machine is None:
        return
    nics = [asdict(nic) for nic in machine_files.read_description(machine).nics]
    for nic in nics:
        if nic["name"] == cable.far[1]:
            nic.update(namespace=namespace, tap=tap)
    machine_files.change_description(machine, nics=nics)
