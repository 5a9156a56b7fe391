"""Programs of the ramdisk, run to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


class ProgramError(Exception):
    """A program ended with another status than 0; the text has what it said."""


def run(argv: Sequence[str], timeout: float = 600.0) -> str:
    """What it printed. Raises ProgramError."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError(f"{argv[0]}: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ProgramError(f"{argv[0]}: {said[-1] if said else f'status {done.returncode}'}")
    return done.stdout
