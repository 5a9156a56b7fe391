"""Arista EOS. Read only until the change suite was run on one."""

from __future__ import annotations

import json
import re

from microdc.switch.cli import interface_blocks
from microdc.switch.cli.model import Facts
from microdc.switch.cli.platform import Answers, Editing, Guard, Platform

_PORT = "show running-config interfaces {port}"


def _facts(answers: Answers) -> Facts:
    try:
        told = json.loads(answers["show version | json"])
        name = json.loads(answers["show hostname | json"])
    except ValueError:
        return Facts()
    return Facts(
        name.get("hostname"), "Arista", told.get("modelName"), told.get("serialNumber"), told.get("version")
    )


def _batch(lines: tuple[str, ...], guard: Guard | None) -> tuple[str, ...]:
    """guard: a configuration session whose commit is taken back unless a second one comes in time."""
    if guard is None:
        return ("configure session microdc", *lines, "commit")
    minutes, seconds = divmod(guard.seconds, 60)
    return (
        f"configure session {guard.name}",
        *lines,
        f"commit timer {minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
    )


EDITING = Editing(
    questions=lambda port: (_PORT.format(port=port),),
    setting=interface_blocks.setting_of(_PORT, vlan=1),
    commands=interface_blocks.commands,
    batch=_batch,
    abandon=("abort",),
    confirm=lambda name: (f"configure session {name} commit",),
    save=("write memory",),
)

PLATFORM = Platform(
    name="arista_eos",
    title="Arista EOS",
    driver="arista_eos",
    config=("show running-config",),
    facts=("show version | json", "show hostname | json"),
    read_facts=_facts,
    quiet=("terminal no monitor",),
    volatile=(re.compile(r"^! (?:Command|Time|device|Startup-config last modified at)\b"),),
    raises="enable",
    config_raised=True,
    editing=EDITING,
)
