"""Faults of a lab's switches, all of them planted in the world: in cables, ports, and the process that answers."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError, UnreachableError
from microdc.lab import lock
from microdc.lab.machine.files import write_text
from microdc.lab.plan import LabPlan
from microdc.lab.status import made_of
from microdc.lab.switch import agent, bridges, neighbours, ready, recabling, wiring
from microdc.lab.switch.files import Files, Logins
from microdc.lab.switch.layout import DEAD, OF_CABLES, OF_PORTS, all_vlans, check, in_vlans, layout, named
from microdc.lab.switch.model import SwitchPlan

RESET, HANGS, WRONG = "counter-reset", "agent-hangs", "wrong-community"
_FAULTS_FILE = "faults.json"


def known() -> list[str]:
    """Every fault that can be planted in a switch."""
    return sorted([*OF_PORTS, RESET, HANGS, WRONG])


def planted(lab: str, switch: str) -> dict[str, Any]:
    """The faults of a switch now, each with its ports, or True. A reset of counters is over as soon as it has come."""
    try:
        found = json.loads((Files.of(lab, switch) / _FAULTS_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def plant(lab: str, switch: str, faults: Mapping[str, Any]) -> None:
    """Plants faults beside those that are there; a value of None takes one away.

    Raises InputError, and plants none, for an unknown fault or port, and UnreachableError for a lab that does not stand.
    """
    made, plan = _plan(lab, switch)
    for name, value in faults.items():
        if name not in known():
            raise InputError(f"there is no fault {name!r}", hint=nearest(name, known()) or ", ".join(known()))
        if name in OF_PORTS and value is not None:
            check(name, value, plan)
    with lock.held(lab):
        before = planted(lab, switch)
        resets = faults.get(RESET) is not None
        both = {**before, **{name: value for name, value in faults.items() if name != RESET}}
        after = {name: value for name, value in both.items() if value is not None}
        try:
            _carry_out(made, plan, before, after, resets=resets)
        except UnreachableError as failure:
            failure.hint = failure.hint or f"build the lab anew: {_anew(lab)}"
            raise
        write_text(Files.of(lab, switch) / _FAULTS_FILE, json.dumps(after))


def _carry_out(
    made: LabPlan, switch: SwitchPlan, before: Mapping[str, Any], after: Mapping[str, Any], *, resets: bool
) -> None:
    """VLANs first, then cables, then ports, then the agent: a cable comes into a port as that was set, and only an agent that runs can hang."""
    files, ports = Files.of(made.lab, switch.name), [socket.name for socket in switch.sockets]
    was, now = in_vlans(switch, before), in_vlans(switch, after)
    _signal(files, signal.SIGCONT)  # lldpd waits for it
    _move_ports(was, now, layout(ports, before), made.management.namespace if made.management else "")
    rejoins = (WRONG in before) != (WRONG in after) or resets
    if rejoins or any(before.get(fault) != after.get(fault) for fault in (*OF_CABLES, DEAD)):
        neighbours.stop(files)
        recabling.change(made.lab, now, layout(ports, before), layout(ports, after))
        if resets:
            recabling.renew(made.lab, now, layout(ports, after))
        _set_ports(now, named(before.get(DEAD)), named(after.get(DEAD)))
        if rejoins:
            _restart(made, now, Logins.new() if WRONG in after else files.read_logins())
        neighbours.start(files, now)
    if HANGS in after:
        _signal(files, signal.SIGSTOP)


def _move_ports(was: SwitchPlan, now: SwitchPlan, plugged: Mapping[str, str], management: str) -> None:
    """Into the VLANs in which they are to be; a VLAN is there as long as it has a port, or the switch knows it.

    plugged: whose cable is in which port. management: where BMCs are.
    """
    bridges.add(now, sorted(all_vlans(now) - all_vlans(was)))
    for before, after in zip(was.sockets, now.sockets, strict=True):
        if before.vlan != after.vlan:
            bridges.move_port(now, after)
            owner = was.by_name.get(plugged[after.name])
            if owner is not None and owner.cable.kind == "bmc":
                wiring.speak(owner.cable, management)
    bridges.remove(now, sorted(all_vlans(was) - all_vlans(now)))


def _set_ports(switch: SwitchPlan, before: list[str], after: list[str]) -> None:
    """Down are those that are dead after it, up those that were before."""
    for port in {*before, *after}:
        wiring.set_admin(switch, switch.by_name[port], up=port not in after)


def _restart(made: LabPlan, switch: SwitchPlan, logins: Logins) -> None:
    """Snmpd begins anew, and its clock with it."""
    files = Files.of(made.lab, switch.name)
    if daemon := files.running("snmpd"):
        daemon.kill()
    agent.start(files, switch, logins)
    ready.wait_agent(files, switch, made.management.namespace if made.management else "")


def _signal(files: Files, number: signal.Signals) -> None:
    if daemon := files.running("snmpd"):
        os.kill(daemon.pid, number)


def _plan(lab: str, switch: str) -> tuple[LabPlan, SwitchPlan]:
    made = made_of(lab)
    found = next((one for one in made.switches if one.name == switch), None) if made else None
    if made is None or found is None:
        raise UnreachableError(f"the switch {switch} of the lab {lab} does not stand", hint=_anew(lab))
    return made, found


def _anew(lab: str) -> str:
    return f"microdc lab down --name {lab}, then lab up --rack"
