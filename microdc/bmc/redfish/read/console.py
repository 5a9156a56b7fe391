"""How a server's serial console is reached."""

from __future__ import annotations

import shlex
from typing import Final
from urllib.parse import urlsplit

from microdc.bmc.model import Console, Remark, Target
from microdc.bmc.redfish.read.doc import Doc

_SSH_PORT: Final = 22
_IPMI_PORT: Final = 623


def console(target: Target, system: Doc | None, managers: list[Doc]) -> Console | None:
    """By SSH where the BMC offers that, else by IPMI; None where it tells of none at all.

    What is switched off is remarked, and so is one that is offered in other ways only: it has no command.
    """
    host = urlsplit(target.redfish).hostname or target.name
    user = target.login.user if target.login else "USER"
    own = system.part("SerialConsole") if system else None
    kinds: list[str] = []
    commands: list[str] = []
    if own is not None and _on(own.part("SSH")):
        kinds.append("SSH")
        commands.append(
            _ssh(host, user, own.part("SSH").whole("Port"), own.part("SSH").text("ConsoleEntryCommand"))
        )
    if own is not None and _on(own.part("IPMI")):
        kinds.append("IPMI")
        commands.append(_sol(target, host, user))
    for manager in managers if not kinds else ():
        part = manager.part("SerialConsole")
        told = part.words("ConnectTypesSupported") or ()
        if told and part.flag("ServiceEnabled") is False:
            part.remark("ServiceEnabled", "says that the console is switched off")
        kinds += told
        commands += [_ssh(host, user, None, None)] if "SSH" in told else []
        commands += [_sol(target, host, user)] if "IPMI" in told else []
    if not kinds:
        return None
    remarks = [one for doc in managers[:1] for one in doc.remarks.all() if "SerialConsole" in one.where]
    if not commands:
        how = f"offered as {', '.join(dict.fromkeys(kinds))} only: how that is opened, the BMC's maker tells"
        remarks.append(Remark("SerialConsole", how))
    return Console(commands[0] if commands else "", tuple(dict.fromkeys(kinds)), tuple(remarks))


def _on(part: Doc) -> bool:
    return bool(part.body) and part.flag("ServiceEnabled") is not False


def _ssh(host: str, user: str, port: int | None, then: str | None) -> str:
    options = [] if port in {None, _SSH_PORT} else ["-p", str(port)]
    return shlex.join(["ssh", "-t", *options, f"{user}@{host}", *([then] if then else [])])


def _sol(target: Target, host: str, user: str) -> str:
    """With the cipher suite left to ipmitool, and the password asked for."""
    where = urlsplit(f"//{target.ipmi}") if target.ipmi else None
    port = where.port if where else None
    options = [] if port in {None, _IPMI_PORT} else ["-p", str(port)]
    at = (where.hostname if where else None) or host
    return shlex.join(["ipmitool", "-I", "lanplus", "-H", at, *options, "-U", user, "-a", "sol", "activate"])
