"""`microdc switch`: what switches tell of themselves, and whether they are well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import narrate, switch_results, switch_watch
from microdc.cli.parameters import DURATION
from microdc.cli.render import Cell, Styled, Table
from microdc.cli.switch_configs import backup, diff
from microdc.cli.switch_set import set_
from microdc.cli.switch_tables import macs, neighbours, vlans
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.switch.model import Port, SwitchState
    from microdc.switch.operate import Examined
    from microdc.switch.snmp.views import View

_SEVERITIES = {"critical": "bold red", "warning": "yellow", "info": ""}


@click.group()
def switch() -> None:
    """Show switches: health, ports, neighbours, MAC addresses, VLANs; keep their configurations; change ports.

    All are asked side by side, and one that does not answer delays none of the others. Exit code 3 where one could not be read.
    """


for command in (neighbours, macs, vlans, backup, diff, set_):
    switch.add_command(command)


@switch.command(
    epilog=switch_results.SELECTORS
    + """
\b
Examples:
  microdc switch show                      all switches, read once
  microdc switch show barcelona --over 10s errors, discards and flaps of ten seconds, too
  microdc switch show -o json | jq '.switches[].findings[] | select(.severity == "critical")'
"""
)
@switch_results.selecting
@click.option(
    "--over", type=DURATION, help="Read twice with this time in between: tells errors, discards and flaps."
)
def show(patterns: tuple[str, ...], labels: tuple[str, ...], over: float | None) -> Exit:
    """Show who switches are and what is wrong with them; all where none is named.

    Looked at are links that a declared cable should have, errors and discards, links that come and go, fans, thermometers and power supplies.
    Exit code 1 where something is critical or a warning, else 3 where a switch could not be read.
    """
    from microdc.survey.cabling.ends import far_ends
    from microdc.switch.operate import examine

    testbed, switches = switch_results.meant(patterns, labels)
    found = narrate.watch(
        examine(testbed, switches, lambda one, state: far_ends(testbed, one, state), over=over or 0.0)
    )
    exit_ = switch_results.tell("SwitchShow", found, _examined_data, _examined_parts)
    ill = any(
        finding.severity != "info" for one in found if one.value is not None for finding in one.value.findings
    )
    return Exit.FAILED if ill else exit_


def _examined_data(one: Examined) -> dict[str, Any]:
    return {
        "system": one.state.system,
        "findings": one.findings,
        "components": one.state.components,
        "sensors": one.state.sensors,
        "poe": one.state.poe,
        "remarks": one.state.remarks,
    }


def _examined_parts(told: Sequence[tuple[str, Examined]]) -> Sequence[Table | str]:
    rows: list[Sequence[Cell]] = [(name, *_about(one.state), _worst(one)) for name, one in told]
    findings: list[Sequence[Cell]] = [
        (name, Styled(one.severity, _SEVERITIES[one.severity]), one.where or None, one.what)
        for name, examined in told
        for one in examined.findings
    ]
    return [
        Table(("switch", "model", "serial", "software", "up for", "ports up", "health"), rows),
        Table(("switch", "severity", "where", "what"), findings),
        *switch_results.remarks([(name, one.state.remarks) for name, one in told]),
    ]


def _worst(one: Examined) -> Styled:
    if not one.findings:
        return Styled("ok", "green")
    severity = one.findings[0].severity
    return Styled("ok" if severity == "info" else severity, _SEVERITIES[severity] or "green")


def _about(state: SwitchState) -> tuple[Cell, ...]:
    chassis = next((part for part in state.components if part.kind == "chassis"), None)
    described = (state.system.description or "").partition("\n")[0]
    up = sum(port.oper == "up" for port in state.ports)
    return (
        (chassis.model or chassis.description if chassis else None) or described[:40] or None,
        chassis.serial if chassis else None,
        chassis.software or chassis.firmware if chassis else None,
        None if state.system.uptime is None else _duration(state.system.uptime),
        f"{up} of {len(state.ports)}",
    )


def _duration(seconds: float) -> str:
    """Such as 12 d 3 h, 4 h 10 min, 5 min."""
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


@switch.command(
    epilog=switch_results.SELECTORS
    + """
\b
Examples:
  microdc switch ports bcn-sw1
  microdc switch ports barcelona --down          those that are on and have no link
  microdc switch ports bcn-sw1 --watch           rates, errors and flaps, until Ctrl-C
  microdc switch ports --watch --every 10s --count 6 -o json > ports.jsonl
"""
)
@switch_results.selecting
@click.option("--down", is_flag=True, help="Only those that are turned on and have no link.")
@click.option("--watch", is_flag=True, help="Show what goes through them, again and again.")
@click.option(
    "--every", type=DURATION, default="5s", show_default=True, help="With --watch: time between readings."
)
@click.option(
    "--count", type=click.IntRange(min=1), help="With --watch: so many.  [default: until interrupted]"
)
@click.option("--all", "everything", is_flag=True, help="With --watch: the ports without a link, too.")
def ports(
    *,
    patterns: tuple[str, ...],
    labels: tuple[str, ...],
    down: bool,
    watch: bool,
    every: float,
    count: int | None,
    everything: bool,
) -> Exit:
    """Show the ports of switches: state, speed, description; with --watch rates, errors and flaps.

    \b
    state    up, down, or off where it is turned off
    flaps    how often the link changed between two readings, also where it is as it was
    With --watch, -o json prints one object a line: a switch at one moment. Errors and discards are those of both ways together.
    """
    from microdc.switch.operate import read

    testbed, switches = switch_results.meant(patterns, labels)
    if watch:
        switch_watch.show(testbed, switches, every=every, count=count, everything=everything)
        return Exit.OK

    def kept(state: SwitchState) -> list[Port]:
        return [
            port
            for port in state.ports
            if not down or (port.admin != "down" and port.oper not in {"up", None})
        ]

    view: View = "ports"
    found = narrate.watch(read(testbed, switches, (view,)))
    return switch_results.tell(
        "SwitchPorts",
        found,
        lambda state: {"ports": kept(state), "remarks": state.remarks},
        lambda told: [
            Table(
                ("switch", "port", "state", "speed", "mtu", "mac", "description"),
                [(name, *_port(port)) for name, state in told for port in kept(state)],
            ),
            *switch_results.remarks([(name, state.remarks) for name, state in told]),
        ],
    )


def _port(port: Port) -> tuple[Cell, ...]:
    state = "off" if port.admin == "down" else port.oper
    shown = None if state is None else Styled(state, switch_results.STATES.get(state, "yellow"))
    return (port.name, shown, switch_results.speed(port.speed), port.mtu, port.mac, port.alias)
