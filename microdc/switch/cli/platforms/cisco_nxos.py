"""Cisco NX-OS. Read only until the change suite was run on one."""

from __future__ import annotations

import re

from microdc.switch.cli import interface_blocks
from microdc.switch.cli.model import Facts
from microdc.switch.cli.platform import Answers, Editing, Platform
from microdc.switch.cli.texts import first

_PORT = "show running-config interface {port}"


def _facts(answers: Answers) -> Facts:
    told = answers["show version"]
    return Facts(
        hostname=first(told, r"^\s*Device name: (\S+)"),
        vendor="Cisco" if "Cisco" in told or "cisco" in told else None,
        model=first(told, r"^\s*cisco (?:Nexus\s?\d+ )?(.+?)(?: \(.*\))? [Cc]hassis"),
        serial=first(told, r"^\s*Processor [Bb]oard ID (\S+)"),
        version=first(told, r"^\s*NXOS: version (\S+)", r"^\s*system:\s+version (\S+)"),
    )


EDITING = Editing(
    questions=lambda port: (_PORT.format(port=port),),
    setting=interface_blocks.setting_of(_PORT, vlan=1),
    commands=interface_blocks.commands,
    batch=interface_blocks.batch,
    abandon=("end",),
    save=("copy running-config startup-config",),
)

PLATFORM = Platform(
    name="cisco_nxos",
    title="Cisco NX-OS",
    driver="cisco_nxos",
    config=("show running-config",),
    facts=("show version",),
    read_facts=_facts,
    quiet=("terminal no monitor",),
    volatile=(
        re.compile(
            r"^!(?:Command|Time|Running configuration last done at|No configuration change since last restart)\b"
        ),
    ),
    refusals=(
        re.compile(
            r"^\s*% ?(?!\S+-\d-).*|^(?:Invalid|Incomplete|Ambiguous) command.*|^ERROR:.*", re.MULTILINE
        ),
    ),
    editing=EDITING,
)
