"""The faults of a switch's cables -> what is plugged into which port. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError

SWAPPED, UNPLUGGED, STRANGER, DEAD = "swapped", "unplugged", "stranger", "dead-port"
OF_PORTS = (SWAPPED, UNPLUGGED, STRANGER, DEAD)
"""The faults whose value is a port, or several with commas between them."""
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


def check(fault: str, value: Any, ports: Sequence[str]) -> None:
    """Raises InputError where a fault of ports names none, or one that the switch does not have."""
    wanted = [] if value is True else named(value)
    least = 2 if fault == SWAPPED else 1
    if len(wanted) < least:
        example = ",".join(ports[:least])
        raise InputError(
            f"{fault} needs {'two ports at least' if least == 2 else 'a port'}",
            hint=f"write {fault}={example}",
        )
    for port in wanted:
        if port not in ports:
            raise InputError(
                f"the switch has no port {port!r}", hint=nearest(port, ports) or f"it has {', '.join(ports)}"
            )
