"""`microdc wan verify`: measures the WAN between the sites and says whether it is what was asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, narrate, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.ledger import open_wan_for
from microdc.cli.parameters import DURATION, RATE, check_sites
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.measure.model import PairResult, Verdict
    from microdc.wan.verify import Background

    Backgrounds = dict[tuple[str, str], Background]

_STYLES = {"pass": "green", "fail": "bold red", "unmeasured": "yellow"}


@click.command(
    epilog="""\b
Examples:
  microdc wan verify                           every pair on which something is laid
  microdc wan verify --pair paris:boston -v    one pair, every quantity of it
  microdc wan verify --quick -o json
Exit code: 0 all as asked, 1 something is not, 6 nothing wrong found but not all could be measured.
"""
)
@click.option(
    "--pair", "pairs", multiple=True, type=complete.PairType(), help="Only this pair; may be repeated."
)
@click.option("--quick", is_flag=True, help="A third of the packets: more is left unmeasured.")
@click.option("--seconds", type=DURATION, help="Time for round trips, such as 20s.  [default: 5s]")
@click.option(
    "--max-rate", type=RATE, help="The most that this machine is asked to send.  [default: 200mbit]"
)
def verify(
    *, pairs: tuple[tuple[str, str], ...], quick: bool, seconds: float | None, max_rate: int | None
) -> Exit:
    """Measure round trip, jitter, loss, order and throughput between the sites' probes, and judge them.

    Packets are sent between the probes only. Each figure is held against what is laid now, with a stated tolerance;
    what the packets sent cannot tell is called unmeasured.
    """
    from microdc.measure.model import Outcome
    from microdc.measure.operate import run_outcome

    results, known = _measured(pairs, quick=quick, seconds=seconds, max_rate=max_rate)
    outcome = run_outcome(results)
    data = {"outcome": outcome, "pairs": [_data(result, known) for result in results]}
    render.emit("Verification", data, lambda: _human(results, known))
    return {Outcome.PASS: Exit.OK, Outcome.FAIL: Exit.FAILED, Outcome.UNMEASURED: Exit.UNMEASURED}[outcome]


def _measured(
    pairs: tuple[tuple[str, str], ...], *, quick: bool, seconds: float | None, max_rate: int | None
) -> tuple[list[PairResult], Backgrounds]:
    from microdc.measure.operate import MeasureOptions
    from microdc.units import Rate
    from microdc.wan.results import collected
    from microdc.wan.verify import asked_pairs, backgrounds, verify

    testbed, _ = inventory_and_library()
    check_sites(testbed, {name for pair in pairs for name in pair})
    share = 1 / 3 if quick else 1.0
    standard = MeasureOptions()
    options = MeasureOptions(
        rtt_seconds=seconds or standard.rtt_seconds * share,
        loss_seconds=standard.loss_seconds * share,
        throughput_seconds=standard.throughput_seconds * (0.5 if quick else 1.0),
        max_rate=Rate(max_rate) if max_rate else standard.max_rate,
    )
    owner = context.settings().owner.value
    with open_wan_for(testbed, owner) as wan:
        wanted = asked_pairs(wan, pairs)
        if not wanted:
            raise InputError(
                "nothing is laid, so there is nothing to verify",
                where=testbed.name,
                hint="microdc apply first",
            )
        results = narrate.watch(collected(verify(wan, wanted, options)))
        return results, backgrounds(wan, wanted)


def _data(result: PairResult, known: Backgrounds) -> dict[str, Any]:
    """A result with what else is known of its pair."""
    plain: dict[str, Any] = render.to_plain(result)
    one = known[result.a, result.b]
    return {**plain, "calibration": one.calibration, "unverifiable": one.unverifiable}


def _human(results: Sequence[PairResult], known: Backgrounds) -> Human:
    rows = [(*_row(result), known[result.a, result.b].calibration.state) for result in results]
    columns = (
        "pair",
        "rtt asked",
        "measured",
        "rate → asked",
        "measured",
        "rate ← asked",
        "measured",
        "loss → ←",
        "verdict",
        "underlay",
    )
    parts: list[Table | str] = [Table(columns, rows)]
    every = context.settings().verbosity.value > 0
    details = [
        (f"{result.a}:{result.b}", *_detail(verdict))
        for result in results
        for verdict in result.verdicts
        if every or (verdict.outcome != "pass" and verdict.required)
    ]
    if details:
        names = ("pair", "quantity", "direction", "asked", "measured", "tolerance", "verdict", "why")
        parts.append(Table(names, details))
    parts += [
        f"{result.a}:{result.b} could not be measured: {result.failure}"
        for result in results
        if result.failure
    ]
    return [*parts, *_backgrounds(known)]


def _backgrounds(known: Backgrounds) -> list[str]:
    """Why calibrations do not hold; with -v also when and where each was made, and what cannot be read back."""
    every, told = context.settings().verbosity.value > 0, []
    for (a, b), background in known.items():
        one = background.calibration
        if one.state == "stale" or (every and one.state == "calibrated"):
            at = datetime.fromtimestamp(one.at).astimezone().isoformat(" ", "seconds")
            why = f": it does not hold, {one.why}" if one.why else ""
            told.append(f"{a}:{b} was calibrated {at} on {one.host}{why}")
        if every:
            told += [
                f"{direction}: the kernel does not give back its {', '.join(what)}"
                for direction, what in background.unverifiable.items()
            ]
    bare = [f"{a}:{b}" for (a, b), one in known.items() if one.calibration.state == "uncalibrated"]
    if bare:
        told.append(f"Not calibrated, so that the underlay's own delay is tolerated: {', '.join(bare)}")
    return ["\n".join(told)] if told else []


def _row(result: PairResult) -> tuple[Cell, ...]:
    rtt = _find(result, "rtt", "round-trip")
    there, back = (_find(result, "throughput", way) for way in ("a-to-b", "b-to-a"))
    losses = [_find(result, "loss", way) for way in ("a-to-b", "b-to-a")]
    lost = "  ".join("-" if v is None or v.measured is None else f"{v.measured:.3g}%" for v in losses)
    return (
        f"{result.a}:{result.b}",
        *_asked_and_measured(rtt),
        *_asked_and_measured(there),
        *_asked_and_measured(back),
        lost,
        Styled(str(result.outcome), _STYLES[result.outcome]),
    )


def _find(result: PairResult, quantity: str, direction: str) -> Verdict | None:
    return next((v for v in result.verdicts if (v.quantity, v.direction) == (quantity, direction)), None)


def _asked_and_measured(verdict: Verdict | None) -> tuple[Cell, Cell]:
    if verdict is None:
        return None, None
    return figure(verdict.asked, verdict.unit), figure(verdict.measured, verdict.unit)


def _detail(verdict: Verdict) -> tuple[Cell, ...]:
    return (
        verdict.quantity,
        str(verdict.direction),
        figure(verdict.asked, verdict.unit),
        figure(verdict.measured, verdict.unit),
        verdict.tolerance,
        Styled(str(verdict.outcome), _STYLES[verdict.outcome]),
        verdict.why or None,
    )


def figure(value: float | None, unit: str) -> str | None:
    """A measured value for people: ns as ms, bit/s as Mbit/s."""
    if value is None:
        return None
    scales = {"ns": (1e6, "ms"), "bit/s": (1e6, "Mbit/s"), "percent": (1, "%"), "packets": (1, "")}
    factor, name = scales[unit]
    return f"{value / factor:.4g} {name}".rstrip()
