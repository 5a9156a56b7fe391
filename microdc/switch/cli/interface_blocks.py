"""Ports of the command lines that look like Cisco's: `interface NAME`, and under it a line for each thing that is set. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from microdc.switch.cli.errors import CommandError
from microdc.switch.cli.model import PortSetting
from microdc.switch.cli.platform import Answers, Guard


def block_of(config: str) -> list[str] | None:
    """The lines under the first `interface` of a configuration, without indentation; None where there is none."""
    lines = iter(config.splitlines())
    if not any(re.match(r"interface\s+\S", line) for line in lines):
        return None
    block = []
    for line in lines:
        if line.strip() in ("!", "exit", "end", "") or re.match(r"\S", line):
            break
        block.append(line.strip())
    return block


def setting_of(question: str, *, vlan: int | None = None) -> Callable[[str, Answers], PortSetting]:
    """Reads a port from the answer to `question` (`{port}` stands for its name). vlan: the one of a port that names none."""

    def setting(port: str, answers: Answers) -> PortSetting:
        command = question.format(port=port)
        block = block_of(answers[command])
        if block is None:
            raise CommandError(
                command, "it tells of no such port", hint="`microdc switch ports` shows those that there are"
            )
        access = _value(block, r"switchport access vlan (\d+)")
        tagged = _tagged(block)
        switched = "no switchport" not in block and "switchport mode trunk" not in block
        untagged = int(access) if access else vlan
        return PortSetting(
            port=port,
            up="shutdown" not in block,
            description=_value(block, r'description "?(.*?)"?'),
            vlan=untagged if switched else None,
            tagged=tagged,
        )

    return setting


def _value(block: list[str], pattern: str) -> str:
    return next(
        (found.group(1) for line in block if (found := re.fullmatch(pattern, line, re.IGNORECASE))), ""
    )


def _is_trunk(block: list[str]) -> bool:
    """Dell writes which VLANs a port carries tagged and no mode; elsewhere such a line counts unless the mode is access."""
    allowed = any(line.startswith("switchport trunk allowed") for line in block)
    return "switchport mode trunk" in block or (allowed and "switchport mode access" not in block)


def _tagged(block: list[str]) -> tuple[int, ...]:
    """The first and last VLAN of each range that a trunk carries; a trunk that names none carries all."""
    if not _is_trunk(block):
        return ()
    named = _value(block, r"switchport trunk allowed vlan ([\d,-]+)")
    return tuple(int(number) for number in re.findall(r"\d+", named)) or (1, 4094)


def commands(
    before: PortSetting, after: PortSetting, _answers: Answers, *, quote: str = ""
) -> tuple[str, ...]:
    """What brings a port from one setting to the other. quote: around a description."""
    lines = []
    if after.description != before.description:
        lines.append(
            f"description {quote}{after.description}{quote}" if after.description else "no description"
        )
    if after.vlan != before.vlan:
        lines.append(f"switchport access vlan {after.vlan}")
    if after.up != before.up:
        lines.append("no shutdown" if after.up else "shutdown")
    return (f"interface {before.port}", *lines, "exit") if lines else ()


def batch(lines: tuple[str, ...], guard: Guard | None) -> tuple[str, ...]:
    """In configuration mode. guard: such a command line has none."""
    if guard is not None:
        raise ValueError("this command line takes nothing back by itself")
    return ("configure terminal", *lines, "end")
