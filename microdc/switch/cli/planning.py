"""What a change of a port comes to on its platform, before anything is sent. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from microdc.errors import InputError
from microdc.switch.cli.errors import ReadOnlyError
from microdc.switch.cli.model import Plan, PortChange, PortSetting
from microdc.switch.cli.platform import Answers, Editing, Platform

DEAD_MAN = 30
"""Seconds after which a change that is not confirmed is taken back by the switch itself, where it can; as for the emulators of a WAN."""

_PORT = re.compile(r"[^\W_][\w./:@+-]*(?: [\w./:@+-]+)?")
_LONGEST = 200
_UNTOLD = re.compile(r'[?"\\]|[^\S ]|\s\s|^\s|\s$')
"""What no description has: a question mark, which asks a command line for help at once; quotes; other spaces than single ones inside."""


def editing_of(platform: Platform, *, unproved: bool = False) -> Editing:
    """How ports are changed on a platform. unproved: also where the change suite was never run. Raises ReadOnlyError."""
    editing = platform.editing
    if editing is None:
        raise ReadOnlyError(f"microdc does not change {platform.title}")
    if not (editing.proved or unproved):
        raise ReadOnlyError(
            f"{platform.title} is read only until the change suite was run on one",
            hint="python -m microdc.switch.cli.suite runs it on a port that nobody needs, and puts the port back as it was",
        )
    return editing


def check(change: PortChange, platform: Platform, editing: Editing) -> None:
    """Raises InputError for a change that cannot be written, ReadOnlyError for one that the platform does not know."""
    if not _PORT.fullmatch(change.port):
        raise InputError(
            f"{change.port!r} is no port that can be changed",
            hint="letters, digits and . / : - _ @ + make its name",
        )
    if change.up is None and change.description is None and change.vlan is None:
        raise InputError(
            f"nothing is to be changed of {change.port}", hint="name its state, its description or its VLAN"
        )
    if change.description is not None and not _writable(change.description):
        raise InputError(
            f"{change.description!r} cannot be a description",
            hint=f'up to {_LONGEST} characters that can be seen, single spaces between words, no ? " or \\',
        )
    if change.vlan is not None and not 1 <= change.vlan <= 4094:
        raise InputError(f"{change.vlan} is no VLAN", hint="1 to 4094")
    if change.vlan is not None and not editing.vlans:
        raise ReadOnlyError(
            f"{platform.title} knows no VLANs of ports",
            hint="change them at the shell of its machine: platform linux",
        )


def plan_of(
    switch: str,
    platform: Platform,
    change: PortChange,
    answers: Answers,
    *,
    dead_man: int = DEAD_MAN,
    unproved: bool = False,
) -> Plan:
    """The plan of a change, from what the switch answered to the `questions` of its platform.

    dead_man: seconds, rounded up to what the platform counts in. Raises InputError, ReadOnlyError, and CommandError for a port that is not there.
    """
    editing = editing_of(platform, unproved=unproved)
    check(change, platform, editing)
    before = editing.setting(change.port, answers)
    after = replace(
        before,
        up=before.up if change.up is None else change.up,
        description=before.description if change.description is None else change.description,
        vlan=before.vlan if change.vlan is None else change.vlan,
    )
    _check_way_back(before, after)
    seconds = math.ceil(dead_man / editing.grain) * editing.grain if editing.confirm else None
    return Plan(
        switch=switch,
        platform=platform.name,
        before=before,
        after=after,
        commands=editing.commands(before, after, answers),
        undo=editing.commands(after, before, answers),
        dead_man=seconds,
        remarks=tuple(_remarks(platform, editing, seconds)),
    )


def _check_way_back(before: PortSetting, after: PortSetting) -> None:
    """Raises InputError for a change that could not be taken back."""
    if after.vlan != before.vlan and before.tagged:
        shown = ", ".join(map(str, before.tagged[:8]))
        raise InputError(
            f"{before.port} carries tagged VLANs ({shown}), and microdc does not change the VLAN of such a port"
        )
    if after.vlan != before.vlan and before.vlan is None:
        raise InputError(
            f"{before.port} has no VLAN now, so that the change could not be taken back",
            hint="put it into one by hand",
        )
    if after.description != before.description and not _writable(before.description):
        raise InputError(
            f"the description {before.description!r} of {before.port} could not be put back",
            hint="change it by hand",
        )


def _writable(description: str) -> bool:
    return description.isprintable() and len(description) <= _LONGEST and not _UNTOLD.search(description)


def _remarks(platform: Platform, editing: Editing, seconds: int | None) -> list[str]:
    told = list(editing.remarks)
    if seconds is None:
        told.append(
            f"{platform.title} takes nothing back by itself: a change that cuts microdc off stays until somebody undoes it there"
        )
    if editing.save:
        told.append(f"it is saved on the switch with all that was changed before: {'; '.join(editing.save)}")
    if not editing.proved:
        told.append(f"changes of {platform.title} were never proved on a device")
    return told
