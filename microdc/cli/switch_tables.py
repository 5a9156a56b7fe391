"""`microdc switch neighbours|macs|vlans`: what switches hear, and what they have in their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import narrate, switch_results
from microdc.cli.render import Cell, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.switch.model import SwitchState
    from microdc.switch.snmp.views import View

Rows = Callable[["SwitchState"], Sequence[Sequence[Cell]]]


@click.command(
    epilog=switch_results.SELECTORS
    + """
\b
Examples:
  microdc switch neighbours bcn-sw1
  microdc switch neighbours barcelona -o json | jq '.switches[].neighbours[] | select(.system == null)'
"""
)
@switch_results.selecting
def neighbours(patterns: tuple[str, ...], labels: tuple[str, ...]) -> Exit:
    """Show who is heard on which port, over LLDP and CDP."""
    return _told(
        "SwitchNeighbours",
        (patterns, labels),
        "neighbours",
        lambda state: {"neighbours": state.neighbours},
        columns=("port", "system", "its port", "chassis", "management", "by"),
        rows=lambda state: [
            (
                one.port,
                one.system,
                one.remote_port.text,
                one.chassis.text,
                ", ".join(one.management) or None,
                one.protocol,
            )
            for one in state.neighbours
        ],
    )


@click.command(
    epilog="""\b
Examples:
  microdc switch macs bcn-sw1
  microdc switch macs --mac 52:54:00:20:00:11        on which ports it was seen
  microdc switch macs barcelona --vlan 100 -o json
"""
)
@switch_results.selecting
@click.option("--mac", metavar="ADDRESS", help="Only this address, or those that begin so.")
@click.option("--vlan", type=click.IntRange(1, 4094), help="Only of this VLAN.")
@click.option("--port", metavar="NAME", help="Only behind this port, named as the switch names it.")
def macs(
    patterns: tuple[str, ...], labels: tuple[str, ...], mac: str | None, vlan: int | None, port: str | None
) -> Exit:
    """Show the forwarding tables: behind which port each MAC address was seen."""
    wanted = None if mac is None else _digits(mac)

    def kept(state: SwitchState) -> list[Any]:
        return [
            one
            for one in state.addresses
            if (wanted is None or one.mac.replace(":", "").startswith(wanted))
            and vlan in {None, one.vlan}
            and port in {None, one.port}
        ]

    return _told(
        "SwitchMacs",
        (patterns, labels),
        "addresses",
        lambda state: {"addresses": kept(state)},
        columns=("mac", "port", "vlan", "how"),
        rows=lambda state: [
            (one.mac, one.port, one.vlan, "learned" if one.learned else "its own or configured")
            for one in kept(state)
        ],
    )


def _digits(mac: str) -> str:
    """The digits of a MAC address, or of its beginning, in any of the usual spellings."""
    digits = mac.lower().translate(str.maketrans("", "", ":-. "))
    if not digits or len(digits) > 12 or set(digits) - set("0123456789abcdef"):
        raise InputError(f"--mac {mac}: that is no MAC address", hint="write such as 52:54:00:20:00:11")
    return digits


@click.command(
    epilog="""\b
Examples:
  microdc switch vlans bcn-sw1
  microdc switch vlans barcelona -o json
"""
)
@switch_results.selecting
def vlans(patterns: tuple[str, ...], labels: tuple[str, ...]) -> Exit:
    """Show the VLANs and which ports carry them, with a tag and without."""
    return _told(
        "SwitchVlans",
        (patterns, labels),
        "vlans",
        lambda state: {"vlans": state.vlans},
        columns=("vlan", "name", "untagged", "tagged"),
        rows=lambda state: [
            (one.id, one.name, ", ".join(one.untagged) or None, ", ".join(one.tagged) or None)
            for one in state.vlans
        ],
    )


def _told(
    kind: str,
    named: tuple[Sequence[str], Sequence[str]],
    view: View,
    data: Callable[[SwitchState], Mapping[str, Any]],
    *,
    columns: Sequence[str],
    rows: Rows,
) -> Exit:
    from microdc.switch.operate import read

    testbed, switches = switch_results.meant(*named)
    found = narrate.watch(read(testbed, switches, (view,)))
    return switch_results.tell(
        kind,
        found,
        lambda state: {**data(state), "remarks": state.remarks},
        lambda told: [
            Table(("switch", *columns), [(name, *row) for name, state in told for row in rows(state)]),
            *switch_results.remarks([(name, state.remarks) for name, state in told]),
        ],
    )
