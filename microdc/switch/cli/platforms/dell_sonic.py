"""Enterprise SONiC by Dell, its `sonic-cli`. Read only until the change suite was run on one."""

from __future__ import annotations

import re
from functools import partial

from microdc.switch.cli import interface_blocks
from microdc.switch.cli.model import Facts
from microdc.switch.cli.platform import Answers, Editing, Platform
from microdc.switch.cli.texts import first

_PORT = "show running-configuration interface {port}"


def _facts(answers: Answers) -> Facts:
    told = answers["show version"]
    return Facts(
        vendor="Dell" if "Dell" in told or "SONiC" in told else None,
        model=first(told, r"^\s*HwSKU\s*: (\S+)", r"^\s*Platform\s*: (\S+)"),
        serial=first(told, r"^\s*Serial Number\s*: (\S+)"),
        version=first(told, r"^\s*Software Version\s*: (\S+)"),
    )


EDITING = Editing(
    questions=lambda port: (_PORT.format(port=port),),
    setting=interface_blocks.setting_of(_PORT),
    commands=partial(interface_blocks.commands, quote='"'),
    batch=interface_blocks.batch,
    abandon=("end",),
    save=("write memory",),
)

PLATFORM = Platform(
    name="dell_sonic",
    title="Dell SONiC",
    driver="dell_sonic",
    config=("show running-configuration",),
    facts=("show version",),
    read_facts=_facts,
    refusals=(
        re.compile(
            r"^\s*%\s?Error.*|^Error:.*|^\s*%\s?(?:Invalid|Incomplete|Ambiguous).*|^Syntax error.*",
            re.MULTILINE,
        ),
    ),
    editing=EDITING,
)
