"""The faults of a switch's cables and ports -> what is plugged into which port, and in which VLAN the port is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.switch.naming import LAST

SWAPPED, UNPLUGGED, STRANGER, DEAD = "swapped", "unplugged", "stranger", "dead-port"
WRONG_VLAN = "wrong-vlan"
OF_CABLES = (SWAPPED, UNPLUGGED, STRANGER)
OF_PORTS = (*OF_CABLES, DEAD, WRONG_VLAN)
"""The faults whose value is a port, or several with commas between them; of WRONG_VLAN each with a VLAN, `PORT:VLAN`."""
NOTHING, SOMEBODY = "", "*"
"""In place of a port's own cable: none, and that of a stranger."""


def layout(ports: Iterable[str], faults: Mapping[str, Any]) -> dict[str, str]:
    """Port -> the port whose cable is plugged into it, or NOTHING or SOMEBODY.

    Of ports that are swapped the cable of each goes to the one that is named after it. What is unplugged, and where a stranger is, says a
    port, whatever cable would be in it.
    """
    found = {port: port for port in ports}
    moved = named(faults.get(SWAPPED))
    found.update(zip((*moved[1:], *moved[:1]), moved, strict=True))
    found.update(dict.fromkeys(named(faults.get(UNPLUGGED)), NOTHING))
    found.update(dict.fromkeys(named(faults.get(STRANGER)), SOMEBODY))
    return found


def named(value: Any) -> list[str]:
    """The ports that a fault's value names, each once."""
    return list(dict.fromkeys(part.strip() for part in str(value or "").split(",") if part.strip()))


def in_vlans(switch: SwitchPlan, faults: Mapping[str, Any]) -> SwitchPlan:
    """The switch with its ports in the VLANs in which the faults leave them."""
    wrong = dict(map(_split, named(faults.get(WRONG_VLAN))))
    sockets = (replace(one, vlan=int(wrong.get(one.name, one.vlan))) for one in switch.sockets)
    return replace(switch, sockets=tuple(sockets))


def all_vlans(switch: SwitchPlan) -> set[int]:
    """Those that it knows, and those that a fault has put a port into."""
    return {*switch.vlans, *(socket.vlan for socket in switch.sockets)}


def check(fault: str, value: Any, switch: SwitchPlan) -> None:
    """Raises InputError where a fault of ports names none, or one that the switch does not have, or no VLAN that is wrong there."""
    ports = list(switch.by_name)
    wanted = [] if value is True else named(value)
    if fault == WRONG_VLAN:
        wanted = _check_vlans(wanted, switch)
    least = 2 if fault == SWAPPED else 1
    if len(wanted) < least:
        example = f"{ports[0]}:20" if fault == WRONG_VLAN else ",".join(ports[:least])
        raise InputError(
            f"{fault} needs {'two ports at least' if least == 2 else 'a port'}",
            hint=f"write {fault}={example}",
        )
    for port in wanted:
        if port not in ports:
            raise InputError(
                f"the switch has no port {port!r}", hint=nearest(port, ports) or f"it has {', '.join(ports)}"
            )


def _check_vlans(pairs: Iterable[str], switch: SwitchPlan) -> list[str]:
    """The ports of `PORT:VLAN`."""
    ports = []
    for pair in pairs:
        port, vlan = _split(pair)
        ports.append(port)
        if not vlan.isdecimal() or not 1 <= int(vlan) <= LAST:
            hint = f"write {WRONG_VLAN}={port or 'PORT'}:VLAN, such as {WRONG_VLAN}={next(iter(switch.by_name))}:20"
            raise InputError(f"{pair!r} names no VLAN from 1 to {LAST}", hint=hint)
        if port in switch.by_name and switch.by_name[port].vlan == int(vlan):
            raise InputError(
                f"VLAN {vlan} is not wrong: port {port} is in it anyway", hint="name another one"
            )
    return ports


def _split(pair: str) -> tuple[str, str]:
    """Port and VLAN; a port's name may hold a colon of its own."""
    port, _, vlan = pair.rpartition(":")
    return (port.strip(), vlan.strip()) if port else (vlan.strip(), "")
