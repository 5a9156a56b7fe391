"""`microdc lab fault` and `microdc lab console`: the servers and switches of a lab."""

from __future__ import annotations

from typing import Any

import click

from microdc.cli import complete, render
from microdc.cli.lab_name import name_option
from microdc.errors import InputError

_SERVER = click.argument("server", shell_complete=complete.sites)


@click.command(
    epilog="""\b
Examples:
  microdc lab fault bcn-c1                          what is planted, and what there is
  microdc lab fault bcn-c1 hot-inlet
  microdc lab fault bcn-c1 slow=5 null-readings
  microdc lab fault bcn-c1 --clear slow
  microdc lab fault bcn-c1 --clear all
  microdc lab fault bcn-sw1 swapped=1,2             the cables of two ports of a switch
  microdc lab fault bcn-sw1 wrong-vlan=1:20         a port in another VLAN
  microdc lab fault bcn-sw1 unplugged=3 stranger=4 agent-hangs
"""
)
@name_option
@click.argument("device", metavar="SERVER|SWITCH", shell_complete=complete.sites)
@click.argument("faults", nargs=-1, metavar="[FAULT[=VALUE]]...")
@click.option(
    "--clear", multiple=True, metavar="FAULT", help="Take this one away, or `all`; may be given again."
)
def fault(name: str, device: str, faults: tuple[str, ...], clear: tuple[str, ...]) -> None:
    """Plant faults in a server or a switch of the lab, or take them away.

    A missing memory module or a hot inlet is planted in the machine, a wrong cable or a dead port in the switch; a BMC that hangs, lies or
    refuses, in its answers. All this also works while somebody uses it: that is what it is for.
    """
    from microdc.lab.faults import kind_of, known, plant, planted

    kind = kind_of(name, device)
    there = planted(name, device)
    gone = dict.fromkeys(there if "all" in clear else clear)
    wanted = {**gone, **dict(map(_ports if kind == "switch" else _parsed, faults))}
    if wanted:
        plant(name, device, wanted)
        there = planted(name, device)
    lines = [f"{fault}  {_told(value)}".rstrip() for fault, value in there.items()] or ["none"]
    render.emit(
        "Faults",
        {kind: device, "planted": there, "known": known(kind)},
        lambda: "\n".join(
            [f"Planted in {device}: {', '.join(lines)}", f"There are: {', '.join(known(kind))}"]
        ),
    )


def _ports(text: str) -> tuple[str, Any]:
    """`swapped=1,2`: the value is text, as names of ports are."""
    name, given, value = text.partition("=")
    return name, value if given else True


def _parsed(text: str) -> tuple[str, Any]:
    """`slow=5`, or `half` alone, which is planted as it usually is."""
    import json

    name, given, value = text.partition("=")
    if not given:
        return name, True
    try:
        return name, json.loads(value)
    except ValueError:
        raise InputError(
            f"{text}: the value is no number", hint='write such as slow=5, or expired={"seconds": 2}'
        ) from None


def _told(value: Any) -> str:
    return "" if value is True else str(value)


@click.command(
    epilog="""\b
Examples:
  microdc lab console bcn-c1
  microdc lab console bcn-c1 --follow
"""
)
@name_option
@_SERVER
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
def console(name: str, server: str, *, follow: bool) -> None:
    """Show what came out of a server's serial port: firmware, network boot, kernel."""
    import sys
    import time

    from microdc.lab.rack.faults import console_log

    file = console_log(name, server)
    if not file.exists() and not follow:
        render.note(f"{server} was never on: microdc power on {server}")
        return
    position = 0
    while True:
        if file.exists():
            if file.stat().st_size < position:
                position = 0  # it was turned over
            with file.open("rb") as stream:
                stream.seek(position)
                said = stream.read()
            position += len(said)
            sys.stdout.buffer.write(said)
            sys.stdout.buffer.flush()
        if not follow:
            return
        time.sleep(0.2)
