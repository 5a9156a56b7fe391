"""`microdc inventory discover|collect|diff|adopt`: what is there, held against what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import adoptions, complete, context, narrate, render
from microdc.cli.render import Styled, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.bmc.model import Hardware
    from microdc.cli.render import Cell
    from microdc.survey.discover import Discovery
    from microdc.survey.model import Difference
    from microdc.survey.operate import Collected
    from microdc.testbed.model import Network, Server, Testbed

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
  microdc inventory discover                           the management networks of all sites
  microdc inventory discover barcelona
  microdc inventory discover --range 10.120.0.0/28 -o json
"""
)
@click.argument("sites", nargs=-1, metavar="[SITE]...", shell_complete=complete.sites)
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="NETWORK",
    help="Only this part of a declared management network; may be given again.",
)
@click.option(
    "--per-second", type=click.FloatRange(0.1, 1000), default=100, show_default=True, help="New addresses."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 60),
    default=3,
    show_default=True,
    help="Seconds that an address has.",
)
def discover(sites: tuple[str, ...], ranges: tuple[str, ...], per_second: float, timeout: float) -> Exit:
    """Look for BMCs in the management networks (`mgmt`) that the inventory declares, and nowhere else.

    Each address is asked for a Redfish service, then whether IPMI answers; no password is sent. Exit code 1 where a declared BMC
    does not answer, or a BMC answers that nobody declared.
    """
    from microdc.survey.discover import discover as look
    from microdc.survey.ranges import candidates
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    wanted = candidates(testbed, _sites(testbed, sites), [_network(text) for text in ranges])
    if not wanted:
        raise InputError(
            "no management network is declared", hint="write `networks: {mgmt: [...]}` in a site's document"
        )
    found = narrate.watch(look(wanted, timeout=timeout, per_second=per_second))
    render.emit("Discovery", _discovery(found), lambda: _discovery_table(found))
    return Exit.FAILED if found.silent or found.strangers else Exit.OK


def _sites(testbed: Testbed, named: Sequence[str]) -> list[str]:
    from microdc.documents.check import nearest

    for name in named:
        if name not in testbed.sites:
            raise InputError(f"there is no site {name!r}", hint=nearest(name, testbed.sites))
    return list(named or testbed.sites)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise InputError(f"--range {text}: {error}", hint="write such as 10.120.0.0/28") from None


def _discovery(found: Discovery) -> dict[str, Any]:
    return {
        "found": [
            {
                "address": str(one.candidate.address),
                "site": one.candidate.site,
                "server": one.candidate.server or None,
                "redfish": one.redfish or None,
                "ipmi": one.ipmi or None,
                "vendor": one.vendor or None,
                "product": one.product or None,
                "uuid": one.uuid or None,
                "redfish_version": one.version or None,
                "fingerprint": one.fingerprint or None,
            }
            for one in found.found
        ],
        "silent": [
            {"address": str(one.address), "site": one.site, "server": one.server} for one in found.silent
        ],
        "looked": found.looked,
    }


def _discovery_table(found: Discovery) -> list[Table | str]:
    rows: list[Sequence[Cell]] = [
        (
            str(one.candidate.address),
            one.candidate.site,
            one.candidate.server or Styled("not declared", "yellow"),
            " ".join(word for word, there in (("Redfish", one.redfish), ("IPMI", one.ipmi)) if there),
            " ".join(filter(None, (one.vendor, one.product))) or None,
            f"{one.fingerprint[:16]}..." if one.fingerprint else None,
        )
        for one in found.found
    ]
    rows += [
        (str(one.address), one.site, one.server, Styled("does not answer", "bold red"), None, None)
        for one in found.silent
    ]
    columns = ("address", "site", "server", "speaks", "product", "certificate")
    return [Table(columns, rows), f"{len(found.found)} BMCs at {found.looked} addresses"]


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
def collect(patterns: tuple[str, ...], labels: tuple[str, ...]) -> Exit:
    """Ask the servers' BMCs what hardware is there: serial numbers, processors, memory, ports, disks, firmware.

    Changes nothing. What a BMC tells in a way that cannot be understood is said beside the rest. Exit code 3 where a BMC cannot be asked.
    """
    _, collected = _collected(patterns, labels)
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
def diff(patterns: tuple[str, ...], labels: tuple[str, ...], severity: str) -> Exit:
    """Compare the servers with what the inventory says of them: `hardware` and the MAC addresses of `nics`.

    Exit code 0 if there is no critical difference and no warning, 1 if there is, 3 where a BMC cannot be asked.
    """
    from microdc.survey.model import SEVERITIES
    from microdc.survey.operate import differences

    testbed, collected = _collected(patterns, labels)
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
def adopt(patterns: tuple[str, ...], labels: tuple[str, ...], *, replace: bool, dry_run: bool) -> Exit:
    """Write what the BMCs tell into the inventory: `hardware`, and the MAC addresses of `nics`.

    Comments, order and all other lines of the documents stay as they are. Asks before it writes.
    """
    from microdc.survey.operate import plan_adoption, write

    testbed, collected = _collected(patterns, labels)
    planned = plan_adoption(testbed, collected, replace=replace)
    adoptions.carry_out(
        "Adoption", "values", planned, write, {"unreached": _unreached(collected)}, dry_run=dry_run
    )
    _tell_unreached(collected)
    return _reached(collected)


def _collected(patterns: Sequence[str], labels: Sequence[str]) -> tuple[Testbed, tuple[Collected, ...]]:
    """The servers that are meant, all where none is named, and what they tell."""
    from microdc.bmc.targets import selected
    from microdc.survey.operate import collect as ask
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    chosen = selected(testbed, patterns or ("*",), labels)
    _tell_without(chosen.without)
    return testbed, narrate.watch(ask(testbed, chosen.servers))


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
