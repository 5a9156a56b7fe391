"""The system's programs that packages are fetched, read and signed with, run to their end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from microdc import requirements
from microdc.errors import UnreachableError


def run(
    argv: Sequence[str], *, environment: Mapping[str, str] | None = None, merged: bool = False, hint: str = ""
) -> str:
    """What it prints; merged: on stderr too. Messages are English, whatever the user's language. Raises UnreachableError where it is missing or fails."""
    env = {**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})}
    try:
        done = subprocess.run(
            [located(argv[0]), *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            env=env,
            check=False,
        )
    except OSError as error:
        raise UnreachableError(f"cannot run {argv[0]}: {error.strerror}", hint=hint) from None
    if done.returncode != 0:
        raise UnreachableError(
            f"{argv[0]} failed: {reason((done.stdout if merged else done.stderr).decode(errors='replace'))}",
            hint=hint,
        )
    return done.stdout.decode(errors="replace")


def located(program: str) -> str:
    """The path of a program. Raises UnreachableError with the package that brings it."""
    found = requirements.find(program)
    if found is None:
        tools = (*requirements.TOOLS, *requirements.IMAGE_TOOLS)
        package = next((tool.package for tool in tools if tool.program == program), program)
        raise UnreachableError(f"there is no program {program!r} here", hint=f"install {package}")
    return found


def reason(told: str) -> str:
    """Of what a program told on stderr, what is wrong: apt's lines that begin with E:, or the last line."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return "; ".join(errors[:3]) or (lines[-1] if lines else "it said nothing")
