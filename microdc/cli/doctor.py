"""`microdc doctor`: what this machine can do, and how to get the rest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import click

from microdc import requirements
from microdc.cli import render
from microdc.errors import Exit
from microdc.host.abilities import Ability, kernel_abilities
from microdc.images.acceleration import kvm

State = Literal["ok", "missing", "not needed"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. hint: how to get it, where it is missing."""

    name: str
    state: State
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What this machine can do.

    emulator: where the WAN of a lab lives here: "namespace", "guest" or "none".
    can_run: the lab and the tests. install: the command that brings the missing programs, "" where none is missing.
    """

    can_run: bool
    emulator: str
    install: str
    checks: tuple[Check, ...]


@click.command()
def doctor() -> Exit:
    """Tell what this machine can do and how to get the rest.

    Exit code 0 if a lab and the tests can run here, 3 if not.

    \b
    microdc doctor
    microdc doctor -o json
    """
    diagnosis = examine()
    render.emit("Doctor", diagnosis, lambda: _human(diagnosis))
    return Exit.OK if diagnosis.can_run else Exit.UNREACHABLE


def examine() -> Diagnosis:
    """Looks at this machine."""
    return diagnose(
        root=os.geteuid() == 0,
        abilities=[*kernel_abilities(), kvm()],
        found=requirements.find,
        has_apt=shutil.which("apt-get") is not None,
    )


def diagnose(
    *, root: bool, abilities: Iterable[Ability], found: Callable[[str], str | None], has_apt: bool
) -> Diagnosis:
    """What follows from what was found. found: the path of a program, or None."""
    able = {ability.name: ability for ability in abilities}
    netem = bool(able["sch_netem"].works)
    tools = [
        _tool(tool, found(tool.program), guest_needed=not netem, has_apt=has_apt)
        for tool in requirements.TOOLS
    ]
    checks = [_root(root=root), *_kernel(able, netem=netem), *tools]
    guest = all(found(tool.program) for tool in requirements.TOOLS if tool.guest)
    lacking = sorted({tool.package for tool in requirements.TOOLS if not found(tool.program)})
    return Diagnosis(
        can_run=not any(check.state == "missing" for check in checks),
        emulator="namespace" if netem else "guest" if guest else "none",
        install=requirements.install_line(lacking) if lacking and has_apt else "",
        checks=tuple(checks),
    )


def _root(*, root: bool) -> Check:
    if root:
        return Check("root", "ok", "namespaces and qdiscs may be made")
    return Check("root", "missing", "namespaces and qdiscs need it", "run microdc with sudo")


_ELSEWHERE = {
    "sch_netem": "the WAN runs in a guest with Debian's kernel instead",
    "kvm": "a guest's processor is emulated instead, which is slower",
}


def _kernel(able: dict[str, Ability], *, netem: bool) -> list[Check]:
    checks = []
    for name, ability in able.items():
        if ability.works:
            checks.append(Check(name, "ok", "tried, works"))
        elif name in _ELSEWHERE or (name == "tap" and netem):
            detail = f"{ability.detail}: {_ELSEWHERE.get(name, 'only a guest needs it')}"
            checks.append(Check(name, "not needed", detail))
        else:
            hint = (
                "install the program below"
                if ability.works is None
                else "needs root and a kernel that has it"
            )
            checks.append(Check(name, "missing", ability.detail, hint))
    return checks


def _tool(tool: requirements.Tool, path: str | None, *, guest_needed: bool, has_apt: bool) -> Check:
    if path:
        return Check(tool.program, "ok", path)
    hint = requirements.install_line([tool.package]) if has_apt else f"install {tool.project}"
    spared = tool.rack or (tool.guest and not guest_needed)
    return Check(tool.program, "not needed" if spared else "missing", tool.why, hint)


_STYLES: dict[State, str] = {"ok": "green", "missing": "bold red", "not needed": "dim"}


def _human(diagnosis: Diagnosis) -> Sequence[render.Table | str]:
    rows = [
        (check.name, render.Styled(check.state, _STYLES[check.state]), check.detail, check.hint)
        for check in diagnosis.checks
    ]
    verdict = "A lab and the tests can run here" if diagnosis.can_run else "A lab cannot run here yet"
    lines = [f"{verdict}; the emulator of a lab: {diagnosis.emulator}."]
    if diagnosis.install:
        lines.append(f"To get the missing programs: {diagnosis.install}")
    return [render.Table(("what", "state", "detail", "to get it"), rows), "\n".join(lines)]
