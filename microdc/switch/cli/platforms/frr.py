"""FRRouting's vtysh as login shell (FRR 8 and later): a router's command line over the ports of a Linux machine."""

from __future__ import annotations

import json
import re

from microdc.switch.cli import interface_blocks
from microdc.switch.cli.errors import CommandError
from microdc.switch.cli.model import Facts, PortSetting
from microdc.switch.cli.platform import Answers, Editing, Platform


def _facts(answers: Answers) -> Facts:
    found = re.search(r"FRRouting (?P<version>\S+)(?: \((?P<host>[^)]*)\))?", answers["show version"])
    return Facts(
        hostname=found["host"] if found else None,
        vendor="FRRouting" if found else None,
        version=found["version"] if found else None,
    )


def _setting(port: str, answers: Answers) -> PortSetting:
    command = f"show interface {port} json"
    try:
        told = json.loads(answers[command])[port]
    except (ValueError, KeyError, TypeError):
        hint = "`microdc switch ports` shows those that there are"
        raise CommandError(command, "it tells of no such port", hint=hint) from None
    return PortSetting(
        port=port,
        up=told.get("administrativeStatus") == "up",
        description=told.get("description") or "",
    )


EDITING = Editing(
    questions=lambda port: (f"show interface {port} json",),
    setting=_setting,
    commands=interface_blocks.commands,
    batch=interface_blocks.batch,
    abandon=("end",),
    save=("write memory",),
    proved="FRR 8.4.4, vtysh behind OpenSSH, with ports of the Linux kernel",
    vlans=False,
)

PLATFORM = Platform(
    name="frr",
    title="FRRouting",
    driver="cisco_ios",  # netmiko has no name for vtysh, which takes the words of IOS
    config=("show running-config",),
    facts=("show version",),
    read_facts=_facts,
    quiet=("terminal no monitor",),
    volatile=(re.compile(r"^Building configuration\.\.\.|^Current configuration:"),),
    raises="enable",
    config_raised=True,
    editing=EDITING,
)
