"""`microdc inventory collect|diff|adopt`: the hardware that is there, held against what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import adoptions, complete, context, narrate, render
from microdc.cli.bmc_servers import timeout_option
from microdc.cli.render import Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.model import Hardware
    from microdc.survey.model import Difference
    from microdc.survey.operate import Collected
    from microdc.testbed.model import Server, Testbed

_SERVERS = click.argument(
    "patterns", nargs=-1, metavar="[SERVER|RACK|SITE]...", shell_complete=complete.sites
)
_LABEL = click.option(
    "-l",
    "--label",
    "labels",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only those with this label; != for without it.",
)
_COLOURS = {"critical": "bold red", "warning": "yellow", "unknown": "dim", "info": ""}


@click.command(
    epilog="""\b
Examples:
  microdc inventory collect                    every server with a BMC
  microdc inventory collect barcelona -o json > barcelona.json
  microdc inventory collect -l role=compute
"""
)
@_SERVERS
@_LABEL
@timeout_option
def collect(patterns: tuple[str, ...], labels: tuple[str, ...], *, timeout: float | None) -> Exit:
    """Ask the servers' BMCs what hardware is there: serial numbers, processors, memory, ports, disks, firmware.

    Changes nothing. What a BMC tells in a way that cannot be understood is said beside the rest. Exit code 3 where a BMC cannot be asked.
    """
    _, collected = _collected(patterns, labels, timeout)
    render.emit("Hardware", [_collected_data(one) for one in collected], lambda: _hardware_tables(collected))
    return _reached(collected)


@click.command(
    epilog="""\b
Examples:
  microdc inventory diff
  microdc inventory diff barcelona/r1 --severity warning
  microdc inventory diff -o json | jq '.differences[] | select(.severity == "critical")'
"""
)
@_SERVERS
@_LABEL
@click.option(
    "--severity",
    type=click.Choice(("critical", "warning", "unknown", "info")),
    default="info",
    show_default=True,
    help="The least that is told.",
)
@timeout_option
def diff(patterns: tuple[str, ...], labels: tuple[str, ...], *, severity: str, timeout: float | None) -> Exit:
    """Compare the servers with what the inventory says of them: `hardware` and the MAC addresses of `nics`.

    Exit code 0 if there is no critical difference and no warning, 1 if there is, 3 where a BMC cannot be asked.
    """
    from microdc.survey.model import SEVERITIES
    from microdc.survey.operate import differences

    testbed, collected = _collected(patterns, labels, timeout)
    found = differences(testbed, collected)
    shown = [one for one in found if SEVERITIES.index(one.severity) <= SEVERITIES.index(severity)]
    data = {"differences": shown, "unreached": _unreached(collected)}
    render.emit("HardwareDiff", data, lambda: _diff_tables(shown, collected))
    bad = any(one.severity in {"critical", "warning"} for one in found)
    return Exit.FAILED if bad else _reached(collected)


@click.command(
    epilog="""\b
Examples:
  microdc inventory adopt barcelona --dry-run        the changes as a diff
  microdc inventory adopt bcn-c1
  microdc inventory adopt bcn-c1 --replace           after its mainboard was changed
"""
)
@_SERVERS
@_LABEL
@click.option(
    "--replace", is_flag=True, help="Write over what is declared and differs; without it, it is only told."
)
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@timeout_option
def adopt(
    patterns: tuple[str, ...],
    labels: tuple[str, ...],
    *,
    replace: bool,
    dry_run: bool,
    timeout: float | None,
) -> Exit:
    """Write what the BMCs tell into the inventory: `hardware`, and the MAC addresses of `nics`.

    Comments, order and all other lines of the documents stay as they are. Asks before it writes.
    """
    from microdc.survey.operate import plan_adoption, write

    testbed, collected = _collected(patterns, labels, timeout)
    planned = plan_adoption(testbed, collected, replace=replace)
    adoptions.carry_out(
        "Adoption", "values", planned, write, {"unreached": _unreached(collected)}, dry_run=dry_run
    )
    _tell_unreached(collected)
    return _reached(collected)


def _collected(
    patterns: Sequence[str], labels: Sequence[str], timeout: float | None
) -> tuple[Testbed, tuple[Collected, ...]]:
    """The servers that are meant, all where none is named, and what they tell. timeout: seconds for one of them."""
    from microdc.bmc.targets import selected
    from microdc.survey.operate import collect as ask
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    chosen = selected(testbed, patterns or ("*",), labels)
    _tell_without(chosen.without)
    return testbed, narrate.watch(ask(testbed, chosen.servers, timeout=timeout))


def _tell_without(servers: Sequence[Server]) -> None:
    if servers:
        render.note(f"without a BMC, left out: {', '.join(server.name for server in servers)}")


def _reached(collected: Iterable[Collected]) -> Exit:
    return Exit.UNREACHABLE if any(one.error for one in collected) else Exit.OK


def _unreached(collected: Iterable[Collected]) -> list[dict[str, str]]:
    return [{"server": one.server.name, "error": str(one.error)} for one in collected if one.error]


def _tell_unreached(collected: Iterable[Collected]) -> None:
    for one in _unreached(collected):
        render.note(f"{one['server']}: {one['error']}")


def _collected_data(one: Collected) -> dict[str, Any]:
    return {
        "server": one.server.name,
        "driver": one.driver or None,
        "error": str(one.error) if one.error else None,
        "notes": one.notes,
        "hardware": one.hardware,
    }


def _hardware_tables(collected: Sequence[Collected]) -> list[Table | str]:
    columns = ("server", "model", "serial", "CPUs", "memory", "ports", "disks", "BIOS", "BMC", "power")
    rows = [
        (one.server.name, *_row(one.hardware))
        if one.hardware
        else (one.server.name, Styled(one.error.what if one.error else "", "bold red"), *[None] * 8)
        for one in collected
    ]
    return [Table(columns, rows), *_remarks(collected)]


def _row(hardware: Hardware) -> tuple[str | int | None, ...]:
    from microdc.units import format_memory

    return (
        hardware.identity.model,
        hardware.identity.serial,
        len(hardware.processors) or hardware.processor_count,
        format_memory(hardware.memory) if hardware.memory else None,
        len(hardware.nics) or None,
        len(hardware.disks) or None,
        hardware.version("bios"),
        hardware.version("bmc"),
        hardware.power.value,
    )


def _remarks(collected: Sequence[Collected]) -> Iterator[str]:
    """What every report repeats; what could not be read is counted, and told with -v."""
    whole = context.settings().verbosity.value > 0
    for one in collected:
        for note in one.notes:
            yield f"{one.server.name}: {note}"
        remarks = one.hardware.remarks if one.hardware else ()
        if whole:
            yield from (f"{one.server.name}: {remark.where}: {remark.what}" for remark in remarks)
        elif remarks:
            yield f"{one.server.name}: {len(remarks)} things of its BMC's could not be read; -v tells them"


def _diff_tables(found: Sequence[Difference], collected: Sequence[Collected]) -> list[Table | str]:
    rows = [
        (
            one.server,
            Styled(one.severity, _COLOURS[one.severity]),
            one.what,
            one.declared or None,
            one.found or None,
            one.where or None,
            one.hint or None,
        )
        for one in found
    ]
    rows += [
        (one["server"], Styled("not asked", "bold red"), one["error"], None, None, None, None)
        for one in _unreached(collected)
    ]
    notes = [f"{one.server.name}: {note}" for one in collected for note in one.notes]
    if not collected:
        return ["None of these servers has a BMC that could be asked"]
    if not rows:
        return [f"All {len(collected)} servers are as declared", *notes]
    return [Table(("server", "severity", "what", "declared", "found", "where", "hint"), rows), *notes]
