"""How a person reaches a server's serial console: Serial over LAN (chapter 26) with ipmitool."""

from __future__ import annotations

import shlex

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.ipmi.address import PORT
from microdc.bmc.ipmi.channel import Channel
from microdc.bmc.ipmi.commands import TRANSPORT, Command
from microdc.bmc.model import Console, Remark, Target
from microdc.host import namespaces

_THIS_CHANNEL, _ENABLE = 0x0E, 0x01  # Get SOL Configuration Parameters (26.3), parameter 1


def console(channel: Channel, target: Target) -> Console:
    """The command line, which asks for the password itself, and whether the BMC has SOL switched on."""
    suite = channel.connect().suite
    remarks: tuple[Remark, ...] = ()
    try:
        command = Command(
            "Get SOL Configuration Parameters", TRANSPORT, 0x22, bytes([_THIS_CHANNEL, _ENABLE, 0, 0])
        )
        told = channel(command)
        if len(told) > 1 and not told[1] & 1:
            remarks = (Remark("serial over LAN", "it is switched off in the BMC"),)
    except BmcRefusedError as error:
        remarks = (Remark("serial over LAN", f"the BMC may not have it: {error.what}"),)
    return Console(shlex.join(_words(channel, target, suite)), ("IPMI SOL",), remarks)


def _words(channel: Channel, target: Target, suite: int) -> list[str]:
    place = channel.endpoint
    port = ["-p", str(place.port)] if place.port != PORT else []
    user = ["-U", target.login.user] if target.login else []
    via = namespaces.inside(target.via) if target.via else ()
    options = ["-I", "lanplus", "-C", str(suite), "-H", place.host, *port, *user, "-a"]
    return [*via, "ipmitool", *options, "sol", "activate"]
