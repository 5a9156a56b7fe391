"""Juniper Junos. Read only until the change suite was run on one."""

from __future__ import annotations

import re

from microdc.switch.cli.errors import CommandError
from microdc.switch.cli.model import Facts, PortSetting
from microdc.switch.cli.platform import Answers, Editing, Guard, Platform
from microdc.switch.cli.texts import first

_MEMBERS = "unit 0 family ethernet-switching vlan members"


def _facts(answers: Answers) -> Facts:
    told, parts = answers["show version"], answers["show chassis hardware"]
    return Facts(
        hostname=first(told, r"^Hostname: (\S+)"),
        vendor="Juniper" if "Junos" in told or "JUNOS" in told else None,
        model=first(told, r"^Model: (\S+)"),
        serial=first(parts, r"^(?:Virtual )?Chassis\s+(\S+)\s+\S"),
        version=first(told, r"^Junos: (\S+)", r"^JUNOS .*\[(\S+)\]"),
    )


def _question(port: str) -> str:
    return f"show configuration interfaces {port} | display set"


def _setting(port: str, answers: Answers) -> PortSetting:
    """What is set of a port; one of which nothing is set has no lines, and is one that is up all the same."""
    lines = [
        words.removeprefix(f"set interfaces {port} ")
        for line in answers[_question(port)].splitlines()
        if (words := line.strip()).startswith("set interfaces ")
    ]
    members = [line.removeprefix(_MEMBERS).strip() for line in lines if line.startswith(_MEMBERS)]
    if any(not member.isdigit() for member in members):
        raise CommandError(_question(port), f"its VLANs are named, not numbered: {', '.join(members)}")
    trunk = any(line.endswith("interface-mode trunk") for line in lines)
    numbers = tuple(int(member) for member in members)
    return PortSetting(
        port=port,
        up="disable" not in lines,
        description=next(
            (
                line.removeprefix("description ").strip('"')
                for line in lines
                if line.startswith("description ")
            ),
            "",
        ),
        vlan=numbers[0] if numbers and not trunk else None,
        tagged=numbers if trunk else (),
    )


def _commands(before: PortSetting, after: PortSetting, _answers: Answers) -> tuple[str, ...]:
    place = f"interfaces {before.port}"
    lines = []
    if after.description != before.description:
        lines.append(
            f'set {place} description "{after.description}"'
            if after.description
            else f"delete {place} description"
        )
    if after.vlan != before.vlan:
        lines += [f"delete {place} {_MEMBERS}"] if before.vlan else []
        lines += [f"set {place} {_MEMBERS} {after.vlan}"] if after.vlan else []
    if after.up != before.up:
        lines.append(f"{'delete' if after.up else 'set'} {place} disable")
    return tuple(lines)


def _batch(lines: tuple[str, ...], guard: Guard | None) -> tuple[str, ...]:
    """guard: whole minutes, by `commit confirmed`."""
    commit = f"commit confirmed {max(1, round(guard.seconds / 60))}" if guard else "commit"
    return ("configure exclusive", *lines, commit, "exit configuration-mode")


EDITING = Editing(
    questions=lambda port: (_question(port),),
    setting=_setting,
    commands=_commands,
    batch=_batch,
    abandon=("rollback 0", "exit configuration-mode"),
    confirm=lambda _: ("configure exclusive", "commit", "exit configuration-mode"),
    grain=60,
)

PLATFORM = Platform(
    name="juniper_junos",
    title="Juniper Junos",
    driver="juniper_junos",
    config=("show configuration",),
    facts=("show version", "show chassis hardware"),
    read_facts=_facts,
    remark="#",
    volatile=(re.compile(r"^## Last (?:commit|changed): "),),
    refusals=(re.compile(r"^\s*(?:error: .*|syntax error.*|unknown command\..*)", re.MULTILINE),),
    editing=EDITING,
)
