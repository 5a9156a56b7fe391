"""What the inventory says is at the ports of one switch. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.survey.cabling.declared import expected
from microdc.survey.cabling.names import find
from microdc.switch.model import SwitchState
from microdc.testbed.model import Switch, Testbed


def far_ends(testbed: Testbed, switch: Switch, state: SwitchState) -> Mapping[int, str]:
    """By ifIndex, the far end of each data cable that is declared at a port of the switch; one whose name means no port, or several, is left out."""
    found: dict[int, str] = {}
    for cable in expected(testbed).cables:
        for end in cable.ends:
            if end.device == switch.name and end.port:
                ports = find(end.port, state.ports)
                if len(ports) == 1:
                    found[ports[0].index] = str(cable.other(end))
    return found
