"""`microdc lab`: a virtual testbed on this machine."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from microdc import locations
from microdc.cli import complete, context, narrate, render
from microdc.cli.lab_name import name_option, new_option
from microdc.cli.lab_rack import console, fault
from microdc.cli.render import Styled, Table
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.lab.model import EmulatorChoice, LabStatus


@click.group()
def lab() -> None:
    """Bring up a virtual testbed on this machine, look at it, and end it.

    Each site is a network namespace with a bridge and hosts; the WAN between them is emulated by a namespace, or by a
    small guest where the running kernel has no sch_netem. All other commands work on the lab that came up last.
    """


lab.add_command(fault)
lab.add_command(console)


@lab.command(
    epilog="""\b
Examples:
  microdc lab up
  microdc lab up --from my-testbed --hosts 3
  microdc lab up --name second --emulator guest
  microdc lab up --rack                        servers too: microdc power status, microdc bmc sensors
"""
)
@new_option
@click.option(
    "--from",
    "source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The inventory to build; without it the one in force, if that is no lab's.",
)
@click.option(
    "--emulator",
    type=click.Choice(("auto", "namespace", "guest")),
    default="auto",
    show_default=True,
    help="What the WAN lives in.",
)
@click.option(
    "--hosts", type=click.IntRange(1, 200), default=2, show_default=True, help="Hosts at each site."
)
@click.option(
    "--rack", is_flag=True, help="With a machine for each server, and a BMC that speaks Redfish and IPMI."
)
def up(name: str, source: Path | None, emulator: EmulatorChoice, hosts: int, *, rack: bool) -> None:
    """Bring up a lab: the sites of an inventory, their hosts, and an emulator between them.

    A lab that is up already stays as it is; one that a crash left half built is built anew.
    """
    from microdc.lab import operate

    with closing(
        operate.up(name, source or _source(), emulator=emulator, hosts=hosts, rack=rack)
    ) as operation:
        narrate.watch(operation)
    found = operate.status(name)
    render.emit("Lab", found, lambda: _tables(found))
    render.note(
        "Go on with: microdc apply, microdc wan verify, microdc lab shell SITE/h1; microdc lab down ends it."
    )


def _source() -> Path:
    """The inventory in force, unless it is that of a lab: then the working directory's, or what ships."""
    inventory = context.settings().inventory_dir()
    if not inventory.is_relative_to(locations.state_dir()):
        return inventory
    own = Path("inventory")
    return own if own.is_dir() else locations.data_dir("inventory")


@lab.command(
    epilog="""\b
Examples:
  microdc lab status
  microdc lab status -o json | jq '.sites[].hosts[].addresses'
"""
)
@name_option
def status(name: str) -> Exit:
    """Show a lab's sites, hosts, addresses and emulators, and whether the gateways answer.

    Exit code 0 if all of it works, 1 if not.
    """
    from microdc.lab import operate

    found = operate.status(name)
    render.emit("Lab", found, lambda: _tables(found))
    return Exit.OK if found.state == "up" else Exit.FAILED


@lab.command(
    epilog="""\b
Examples:
  microdc lab down
  microdc lab down --all
"""
)
@name_option
@click.option(
    "--all", "every", is_flag=True, help="All labs of this machine, also what crashes left of them."
)
def down(name: str, *, every: bool) -> None:
    """End a lab: no namespace, process, link or file of it is left. Nothing happens where there is none."""
    from microdc.lab import operate

    labs = operate.list_labs() if every else [name]
    for one in labs:
        narrate.watch(operate.down(one))
    render.emit("LabsDown", {"labs": labs}, f"Down: {', '.join(labs) or 'there was no lab'}")


@lab.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  microdc lab shell barcelona/h1
  microdc lab shell barcelona/h2 -- ping -c 3 10.10.0.11
""",
)
@name_option
@click.argument("place", metavar="SITE[/HOST]", shell_complete=complete.sites)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def shell(name: str, place: str, command: tuple[str, ...]) -> None:
    """Run a command, or a shell, at a host of the lab. Its network is the host's, its files are this machine's."""
    from microdc.lab import operate

    words = command[1:] if command[:1] == ("--",) else command
    argv = operate.command_at(name, place, words or (os.environ.get("SHELL") or "/bin/sh",))
    try:
        os.execv(argv[0], argv)  # noqa: S606  the user's own command line, without a shell
    except OSError as error:
        raise InputError(f"cannot run {argv[0]}: {error.strerror}") from None


def _tables(found: LabStatus) -> list[Table | str]:
    if found.state == "down":
        return [f"The lab {found.lab} is down. Bring it up with: microdc lab up --name {found.lab}"]
    if not found.sites:
        return [
            f"The lab {found.lab} is half built. Build it anew with lab up, or take it away with lab down."
        ]
    hosts = [
        (site.name, host.name, " ".join(map(str, host.addresses)), host.namespace)
        for site in found.sites
        for host in site.hosts
    ]
    sites = [(site.name, " ".join(site.gateways), _works(works=site.works)) for site in found.sites]
    emulators = [
        (
            emulator.name,
            emulator.kind,
            emulator.address,
            emulator.via or None,
            emulator.pid,
            _works(works=emulator.works),
        )
        for emulator in found.emulators
    ]
    return [
        Table(("site", "host", "addresses", "namespace"), hosts),
        Table(("site", "gateways", "answer"), sites),
        Table(("emulator", "kind", "address", "reached from", "pid", "runs"), emulators),
        *_rack(found),
        f"The lab {found.lab} is {found.state}. Its inventory: {found.inventory}",
    ]


def _rack(found: LabStatus) -> list[Table | str]:
    if not found.machines:
        return []
    rows = [
        (
            machine.site,
            machine.name,
            str(machine.address),
            "on" if machine.power else "off",
            _works(works=machine.redfish),
            _works(works=machine.ipmi),
        )
        for machine in found.machines
    ]
    return [Table(("site", "server", "BMC", "power", "Redfish", "IPMI"), rows), *_switches(found)]


def _switches(found: LabStatus) -> list[Table | str]:
    if not found.switches:
        return []
    rows = [
        (
            switch.site,
            switch.name,
            str(switch.address),
            switch.ports,
            _works(works=switch.agent),
            _works(works=switch.lldp),
            None if switch.shell is None else _works(works=switch.shell),
        )
        for switch in found.switches
    ]
    return [Table(("site", "switch", "management", "ports", "SNMP", "LLDP", "SSH"), rows)]


def _works(*, works: bool) -> Styled:
    return Styled("yes", "green") if works else Styled("no", "bold red")
