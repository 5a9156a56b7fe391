"""The users file: who may log in to a BMC when it starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

from microdc.errors import InputError
from microdc.lab.redfish.resources.account_service import PRIVILEGES

Login: TypeAlias = tuple[str, str, str]
"""Name, password and role."""


def load(file: Path) -> list[Login]:
    """The logins of a users file: JSON, {name: password} or {name: {"password":…, "role":…}}.

    InputError where others than its owner may read it, or it is not of that form.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise InputError(
                "the users file can be read by others", where=str(file), hint=f"chmod 600 {file}"
            )
        told = json.loads(file.read_bytes())
        users = []
        for name, what in told.items():
            password, role = (
                (what, "Administrator") if isinstance(what, str) else (what["password"], what["role"])
            )
            if role not in PRIVILEGES:
                raise InputError(
                    f"there is no role {role!r}", where=str(file), hint="one of " + ", ".join(PRIVILEGES)
                )
            users.append((str(name), str(password), str(role)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InputError(f"the users file cannot be used: {problem!r}", where=str(file)) from problem
    return users
