"""What a platform is: the few values and functions in which the command lines of switches differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from microdc.switch.cli.model import Facts, PortSetting

Answers = Mapping[str, str]
"""What the switch said, by command."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The dead man's switch of one change: its name on the switch, seconds until it acts, and the commands that it acts by."""

    name: str
    seconds: int
    undo: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Editing:
    """How a port is changed.

    questions: what is asked to know how a port is set. setting: the answers understood; it raises InputError for a port that is not there.
    commands: what brings a port from one setting to another. batch: all that is sent for such commands, with a guard or without. abandon: what
    leaves a batch of which a command was not taken. confirm: what ends the guard of a name; kept: whether its answers say that the change stands.
    save: what keeps a change over a restart, () where microdc cannot. proved: where the change suite was run, "" for nowhere. vlans: it knows VLANs.
    """

    questions: Callable[[str], tuple[str, ...]]
    setting: Callable[[str, Answers], PortSetting]
    commands: Callable[[PortSetting, PortSetting, Answers], tuple[str, ...]]
    batch: Callable[[tuple[str, ...], Guard | None], tuple[str, ...]]
    abandon: tuple[str, ...] = ()
    confirm: Callable[[str], tuple[str, ...]] | None = None
    kept: Callable[[Answers], bool] = lambda _: True
    grain: int = 1
    save: tuple[str, ...] = ()
    proved: str = ""
    vlans: bool = True
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """One kind of command line.

    driver: netmiko's name for it. remark: what begins a line that does nothing. quiet: commands that keep messages off the session; it does no harm
    that a switch does not know them. config: commands whose answers are the configuration; tidy: makes one of these answers the same as long as the
    configuration is, beyond leaving out the lines that match `volatile`. secrets: patterns with a group `secret`. refusals: lines by which it
    says no. raises: the command by which a user gets privileges, "" where users have what they have; config_raised: the configuration
    needs them.
    """

    name: str
    title: str
    driver: str
    config: tuple[str, ...]
    facts: tuple[str, ...]
    read_facts: Callable[[Answers], Facts]
    remark: str = "!"
    quiet: tuple[str, ...] = ()
    tidy: Callable[[str, str], str] = lambda _, answer: answer
    volatile: tuple[re.Pattern[str], ...] = ()
    secrets: tuple[re.Pattern[str], ...] = ()
    refusals: tuple[re.Pattern[str], ...] = (re.compile(r"^\s*% ?(?!\S+-\d-).*", re.MULTILINE),)
    raises: str = ""
    config_raised: bool = False
    editing: Editing | None = None
