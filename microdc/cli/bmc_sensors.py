"""`microdc bmc sensors`: temperatures, fans, voltages and power of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import bmc_results, bmc_servers, render
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.model import Reading, Sensors, Thresholds

_KINDS = (
    "temperature",
    "fan",
    "voltage",
    "current",
    "power",
    "energy",
    "humidity",
    "presence",
    "other",
)
_BAD = {"warning", "critical"}
_UNITS = {"Cel": "°C", "{rev}/min": "RPM"}


@click.command(
    epilog=bmc_servers.SELECTORS
    + """
\b
Examples:
  microdc bmc sensors bcn-c1
  microdc bmc sensors barcelona --kind temperature --kind fan
  microdc bmc sensors barcelona --bad
"""
)
@bmc_servers.selecting
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this kind; may be repeated."
)
@click.option("--bad", is_flag=True, help="Only those that are not well.")
def sensors(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    kinds: tuple[str, ...],
    bad: bool,
) -> Exit:
    """Show what the sensors of servers read; a server that is off has few that do. All servers where none is named.

    Exit code 1 where one that is shown is critical or a warning, else 3 where a BMC could not be reached.
    """
    from microdc.bmc import operate

    servers = bmc_servers.chosen(selectors, labels, every=True, timeout=timeout)
    report = bmc_servers.look("sensors", servers, operate.sensors(servers))

    def wanted(found: Sensors) -> list[Reading]:
        return [
            one
            for one in found.readings
            if (not kinds or one.kind in kinds) and (not bad or one.health in _BAD)
        ]

    code = bmc_results.tell(
        "BmcSensors",
        report,
        lambda found: {
            "power": found.power,
            "readings": [_data(one) for one in wanted(found)],
            "remarks": list(found.remarks),
        },
        ("sensor", "kind", "value", "health", "limits"),
        lambda found: [_cells(one) for one in wanted(found)] or [("none", None, None, None, None)],
    )
    for outcome in report.outcomes:
        for remark in outcome.value.remarks if outcome.value is not None else ():
            render.note(f"Mind: {outcome.target.name}: {remark.where}: {remark.what}.")
    shown = (one for outcome in report.outcomes if outcome.value is not None for one in wanted(outcome.value))
    return Exit.FAILED if any(one.health in _BAD for one in shown) else code


def _data(reading: Reading) -> dict[str, Any]:
    return {
        "name": reading.name,
        "kind": reading.kind,
        "value": reading.value,
        "unit": reading.unit or None,
        "state": reading.state or None,
        "health": reading.health,
        "thresholds": reading.thresholds,
    }


def _cells(reading: Reading) -> tuple[render.Cell, ...]:
    unit = _UNITS.get(reading.unit, reading.unit)
    value = f"{reading.value:g} {unit}".strip() if reading.value is not None else reading.state or None
    limits = _limits(reading.thresholds)
    return reading.name, reading.kind, value, bmc_results.health(reading.health), limits


def _limits(found: Thresholds) -> str | None:
    """The innermost limits, such as 5 .. 42."""
    low = next(
        (x for x in (found.lower_warning, found.lower_critical, found.lower_fatal) if x is not None), None
    )
    high = next(
        (x for x in (found.upper_warning, found.upper_critical, found.upper_fatal) if x is not None), None
    )
    if low is None and high is None:
        return None
    return f"{'' if low is None else f'{low:g} '}..{'' if high is None else f' {high:g}'}"
