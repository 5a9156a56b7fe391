"""`microdc wan calibrate`: measures what the underlay does of itself, so that it is not added to what is emulated."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import click

from microdc.cli import complete, narrate, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.ledger import open_wan_for
from microdc.cli.parameters import DURATION, RATE, check_sites, owner_option
from microdc.cli.render import Cell, Human, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.store.model import Measured
    from microdc.testbed.model import Testbed
    from microdc.wan.bare import PairCalibration


@click.command(
    epilog="""\b
Examples:
  microdc wan calibrate                        all pairs of sites that have a probe
  microdc wan calibrate --pair paris:boston --seconds 30s
  microdc wan calibrate && microdc apply       what is emulated is then only what is missing
Exit code: 0 all is measured and kept, 6 not all could be measured.
"""
)
@click.option(
    "--pair", "pairs", multiple=True, type=complete.PairType(), help="Only this pair; may be repeated."
)
@click.option("--seconds", type=DURATION, help="Time for round trips, such as 30s.  [default: 10s]")
@click.option(
    "--max-rate", type=RATE, help="The most that is sent to see what comes through.  [default: 200mbit]"
)
@owner_option
def calibrate(
    *, pairs: tuple[tuple[str, str], ...], seconds: float | None, max_rate: int | None, owner: str
) -> Exit:
    """Measure what lies under the emulation: delay, jitter, loss and rate of each direction, with nothing emulated.

    While this runs the pairs are clean, whatever is laid on them; then all is as it was before. From then on what is laid
    is set on top of what was measured, until the inventory says that the underlay is another one.
    """
    from microdc.units import Rate
    from microdc.wan.calibrate import OPTIONS
    from microdc.wan.calibrate import calibrate as measure

    testbed, _ = inventory_and_library()
    check_sites(testbed, {name for pair in pairs for name in pair})
    options = replace(
        OPTIONS,
        rtt_seconds=seconds or OPTIONS.rtt_seconds,
        max_rate=Rate(max_rate) if max_rate else OPTIONS.max_rate,
    )
    with open_wan_for(testbed, owner) as wan:
        found = narrate.watch(measure(wan, pairs or _all(testbed), options))
    render.emit("Calibration", {"pairs": found}, lambda: _human(found))
    return Exit.UNMEASURED if any(pair.failure for pair in found) else Exit.OK


def _all(testbed: Testbed) -> list[tuple[str, str]]:
    """Every pair of sites that take part in the WAN and can be measured from."""
    able = [site.name for site in testbed.sites.values() if site.joined and site.probe and site.probe_ip]
    if len(able) < 2:
        raise InputError(
            "fewer than two sites have a probe",
            where=testbed.name,
            hint="say where measurements run and to which address: probe: ssh://root@host, probe_ip: 10.0.0.11",
        )
    return list(combinations(able, 2))


def _human(found: Sequence[PairCalibration]) -> Human:
    rows = [_row(measured) for pair in found for measured in pair.directions]
    parts: list[Table | str] = []
    if rows:
        parts.append(Table(("direction", "delay", "jitter", "loss", "rate"), rows))
    parts += [f"{pair.a}:{pair.b} could not be measured: {pair.failure}" for pair in found if pair.failure]
    if rows:
        parts.append(
            "Kept. What is laid from now on is set on top of this: microdc apply lays the inventory's."
        )
    return parts


def _row(measured: Measured) -> tuple[Cell, ...]:
    from microdc.measure.verdict import format_ns

    rate = "all that was sent" if measured.rate is None else f"{measured.rate / 1e6:.4g} Mbit/s"
    return (
        f"{measured.source} → {measured.target}",
        format_ns(measured.delay),
        format_ns(measured.jitter),
        f"{measured.loss:.3g}%",
        rate,
    )
