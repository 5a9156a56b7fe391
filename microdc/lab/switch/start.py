"""Builds the switches of a lab, cables them and starts what answers on them; what the inventory is to say of each."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from microdc import requirements
from microdc.documents.edit import Plain
from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.lab.plan import LabPlan
from microdc.lab.switch import agent, frr, neighbours, ready, shell, wiring
from microdc.lab.switch.files import Files, Logins
from microdc.lab.switch.model import FRR, SwitchPlan

_TOOLS = ("bridge", "lldpcli", "lldpd", "snmpd", "sshd")

Told = Mapping[str, Plain]
"""What an inventory says of a switch: `management`, `snmp`, `ssh`, `via`."""


def check_tools(switches: Iterable[SwitchPlan]) -> None:
    """Raises UnreachableError, which names the packages, where a program is missing that these switches are made of."""
    wanted = [tool for tool in requirements.missing() if tool.program in _TOOLS]
    if wanted:
        what = f"not installed, and the lab's switches are made of it: {', '.join(tool.program for tool in wanted)}"
        hint = requirements.install_line(sorted({tool.package for tool in wanted}))
        raise UnreachableError(what, where="this machine", hint=f"{hint}; microdc doctor tells more")
    routing = [switch.name for switch in switches if switch.platform == FRR]
    if routing and (programs := frr.missing()):
        what = f"not installed, and `ssh: {{platform: {FRR}}}` of {', '.join(routing)} asks for it: {', '.join(programs)}"
        hint = (
            f"{requirements.install_line([frr.PACKAGE])}, or leave `ssh` out: then a shell of Linux is there"
        )
        raise UnreachableError(what, where="this machine", hint=hint)


def start(made: LabPlan) -> Generator[Step, None, Mapping[str, Told]]:
    """Builds and starts all switches; what the inventory says of each.

    Raises UnreachableError with the last words of what does not start.
    """
    if not made.switches or made.management is None:
        return {}
    what, total = "Building the switches", len(made.switches)
    yield Step(what, "started", done=0, total=total, unit="switches")
    speaks = shell.possible()
    for switch in made.switches:
        wiring.build(switch, made.management)
    wiring.lay_cables(made.switches, made.management)
    for switch in made.switches:
        wiring.plug(switch, *((socket, socket.cable) for socket in switch.sockets))
        _start(Files.of(made.lab, switch.name), switch, speaks=speaks)
    found = {}
    for number, switch in enumerate(made.switches, start=1):
        files, via = Files.of(made.lab, switch.name), made.management.namespace
        ready.wait_agent(files, switch, via)
        for (
            socket
        ) in switch.sockets:  # now, since snmpd hides strands only from the second time on that it looks
            wiring.plug_strands(switch, socket, socket.cable)
        neighbours.start(files, switch)
        if speaks:
            if switch.platform == FRR:
                ready.wait_zebra(files, switch)
            ready.wait_shell(files, switch, via)
        found[switch.name] = _told(files, switch, via, speaks=speaks)
        yield Step(what, "progress", switch.name, number, total, "switches")
    without = "" if speaks else "without a command line: this machine gives no mount namespace"
    yield Step(what, "done", without, total, total, "switches")
    return found


def _start(files: Files, switch: SwitchPlan, *, speaks: bool) -> None:
    """All but LLDP, which joins snmpd when that answers."""
    files.directory.mkdir(mode=0o700, parents=True)
    logins = Logins.new()
    agent.write(files, switch, logins)
    agent.start(files, switch, logins)
    if speaks:
        if switch.platform == FRR:
            frr.start(files, switch)
        shell.start(files, switch, logins)


def _told(files: Files, switch: SwitchPlan, via: str, *, speaks: bool) -> Told:
    login = {
        "platform": switch.platform,
        "credentials": f"file:{files / 'login'}",
        "host_key": shell.host_key(files),
    }
    return {
        "management": str(switch.address),
        "snmp": {"version": switch.snmp, "credentials": f"file:{files / agent.CREDENTIALS[switch.snmp]}"},
        "ssh": login if speaks else None,
        "via": via,
    }
