"""Why an agent does not start at a host: what its Python or its shell said, as what a person can do about it."""

from __future__ import annotations

import errno
import os
import re

from microdc.agent import program
from microdc.errors import UnreachableError
from microdc.host.model import Host
from microdc.host.writing import advice

NEEDS_ROOT = "root is needed here"
OLDEST_PYTHON = (3, 8)
PYTHON_SECONDS = 20.0
"""How long a Python may take to tell its version."""
_ASK_VERSION = "import sys; sys.stdout.write('microdc %d %d' % sys.version_info[:2])"
_INSTALL = "install Python 3.8 or newer there, such as with `apt install python3-minimal`"
_PYTHON_FRAME = '  File "'


def telling(said: str) -> str:
    """What a program said, in a form for people: of a Python traceback only the last line, which tells what it was."""
    return said.splitlines()[-1].strip() if _PYTHON_FRAME in said else said


def bring(host: Host, place: str, path: str) -> None:
    """Sends the agent's program. Raises UnreachableError where it cannot be kept there."""
    made = host.run(["env", "LC_ALL=C", "mkdir", "-p", place])
    if not made.ok:
        reason = made.stderr.decode(errors="replace").strip()
        if os.strerror(errno.EACCES) in reason:
            raise _not_root(str(host.address))
        raise UnreachableError(
            f"cannot make the directory {place}: {reason}", where=str(host.address), hint=advice(reason)
        )
    host.put(program.source(), path)


def _not_root(where: str) -> UnreachableError:
    return UnreachableError(
        "the WAN is root's to change", where=where, hint="name a user that is root: ssh://root@..."
    )


def explained(problem: UnreachableError, python: str) -> UnreachableError | None:
    """What a start that failed means, where trying again does not help."""
    said = problem.hint
    if NEEDS_ROOT in said:
        return _not_root(problem.where)
    if f"{python}: not found" in said or f"{python}: command not found" in said:
        return UnreachableError(
            f"there is no {python} on that machine, which the agent needs",
            where=problem.where,
            hint=_INSTALL,
        )
    return None


def looked_into(problem: UnreachableError, host: Host, python: str) -> UnreachableError:
    """What a start that fails time and again means: that the Python there does not do, or else what the agent said."""
    try:
        asked = host.run([python, "-c", _ASK_VERSION], timeout=PYTHON_SECONDS)
    except UnreachableError as second:
        return second
    found = re.fullmatch(rb"microdc (\d+) (\d+)", asked.stdout.strip())
    if found is None:
        said = telling(asked.stderr.decode(errors="replace").strip()) or repr(asked.stdout[:80])
        what = f"the {python} on that machine cannot be used: it ended with status {asked.status} and said {said}"
        return UnreachableError(what, where=problem.where, hint=_INSTALL)
    version = int(found[1]), int(found[2])
    if version < OLDEST_PYTHON:
        what = f"the {python} on that machine is Python {version[0]}.{version[1]}, too old for the agent"
        return UnreachableError(what, where=problem.where, hint=_INSTALL)
    if said := advice(problem.hint):
        return UnreachableError(
            f"the agent cannot be started: {problem.hint}", where=problem.where, hint=said
        )
    return problem
