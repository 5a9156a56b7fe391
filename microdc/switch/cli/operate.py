"""What everybody outside calls: the configuration of a switch, its facts, and changes of its ports. One switch each; a fleet calls them in threads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from microdc.events import Step
from microdc.switch.cli import applying, keeping
from microdc.switch.cli.conversation import PATIENCE
from microdc.switch.cli.model import Backup, Facts, Plan, PortChange, PortSetting, Target
from microdc.switch.cli.planning import DEAD_MAN, check, editing_of, plan_of
from microdc.switch.cli.platform import Answers, Editing
from microdc.switch.cli.platforms import platform_of
from microdc.switch.cli.session import open_session
from microdc.switch.cli.tidying import tidied


def facts(target: Target, *, patience: float = PATIENCE) -> Facts:
    """What a switch is. patience: seconds of silence after which it counts as stuck. Raises SwitchError, CommandError."""
    with open_session(target, patience=patience) as session:
        return session.platform.read_facts(session.answers(session.platform.facts))


def config(target: Target, *, patience: float = PATIENCE) -> str:
    """Its configuration with its secrets, without what changes by itself. Raises SwitchError, CommandError."""
    with open_session(target, patience=patience) as session:
        if session.platform.config_raised:
            session.raise_privileges()
        return tidied(session.platform, session.answers(session.platform.config))


def backup(target: Target, directory: Path, *, patience: float = PATIENCE) -> Backup:
    """Keeps its configuration in a directory, as `keeping.keep` says."""
    return keeping.keep(directory, target, config(target, patience=patience))


def difference(target: Target, directory: Path, *, patience: float = PATIENCE) -> Backup:
    """How its configuration differs from the one that is kept; nothing is written."""
    return keeping.compared(directory, target, config(target, patience=patience))


def setting(target: Target, port: str, *, patience: float = PATIENCE) -> PortSetting:
    """How a port is set now. Raises ReadOnlyError where microdc cannot tell, SwitchError and CommandError."""
    editing = editing_of(platform_of(target))
    return editing.setting(port, _answers(target, editing, port, patience))


def plan(
    target: Target,
    change: PortChange,
    *,
    dead_man: int = DEAD_MAN,
    unproved: bool = False,
    patience: float = PATIENCE,
) -> Plan:
    """What a change of a port comes to now; nothing is changed.

    Raises ReadOnlyError and InputError before the switch is asked, SwitchError and CommandError from what it says.
    """
    platform = platform_of(target)
    editing = editing_of(platform, unproved=unproved)
    check(change, platform, editing)
    answers = _answers(target, editing, change.port, patience)
    return plan_of(target.name, platform, change, answers, dead_man=dead_man, unproved=unproved)


def _answers(target: Target, editing: Editing, port: str, patience: float) -> Answers:
    with open_session(target, patience=patience) as session:
        if session.platform.config_raised:
            session.raise_privileges()
        return session.answers(editing.questions(port))


def apply(
    target: Target, plan: Plan, *, unproved: bool = False, patience: float = PATIENCE
) -> Iterator[Step]:
    """Carries a plan out; see `applying.apply`."""
    return applying.apply(target, plan, unproved=unproved, patience=patience)
