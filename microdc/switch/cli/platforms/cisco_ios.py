"""Cisco IOS and IOS-XE. Read only until the change suite was run on one."""

from __future__ import annotations

import re

from microdc.switch.cli import interface_blocks
from microdc.switch.cli.model import Facts
from microdc.switch.cli.platform import Answers, Editing, Guard, Platform
from microdc.switch.cli.texts import first

_PORT = "show running-config interface {port}"


def _facts(answers: Answers) -> Facts:
    told = answers["show version"]
    return Facts(
        hostname=first(told, r"^(\S+) uptime is "),
        vendor="Cisco" if "Cisco" in told else None,
        model=first(told, r"^Model [Nn]umber\s*: (\S+)", r"^[Cc]isco (\S+) \(.*(?:processor|CPU)"),
        serial=first(told, r"^System [Ss]erial [Nn]umber\s*: (\S+)", r"^Processor board ID (\S+)"),
        version=first(told, r"^Cisco IOS .*, Version ([^,\s]+)"),
    )


def _batch(lines: tuple[str, ...], guard: Guard | None) -> tuple[str, ...]:
    """guard: whole minutes; the switch needs `archive` with a `path` for it, and says so where it has none."""
    revert = f" revert timer {max(1, round(guard.seconds / 60))}" if guard else ""
    return (f"configure terminal{revert}", *lines, "end")


EDITING = Editing(
    questions=lambda port: (_PORT.format(port=port),),
    setting=interface_blocks.setting_of(_PORT, vlan=1),
    commands=interface_blocks.commands,
    batch=_batch,
    abandon=("end",),
    confirm=lambda _: ("configure confirm",),
    grain=60,
    save=("write memory",),
)

PLATFORM = Platform(
    name="cisco_ios",
    title="Cisco IOS",
    driver="cisco_ios",
    config=("show running-config",),
    facts=("show version",),
    read_facts=_facts,
    quiet=("terminal no monitor",),
    volatile=(
        re.compile(r"^Building configuration\.\.\.|^Current configuration ?:|^Load for |^Time source is "),
        re.compile(r"^! (?:Last configuration change|NVRAM config last updated|No configuration change)"),
        re.compile(r"^ntp clock-period "),
    ),
    raises="enable",
    config_raised=True,
    editing=EDITING,
)
