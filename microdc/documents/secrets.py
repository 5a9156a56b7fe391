"""References to secrets. A document holds `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`, never the secret itself.

No message of this module repeats the text that it was given: what is not a reference may be a password.
"""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from microdc.documents.model import Where
from microdc.errors import InputError

_FORMS = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"\S(.*\S)?"),
    "keyring": re.compile(r"[^/\s]+/[^/\s]+"),
}
FORMS = "env:NAME, file:PATH or keyring:SERVICE/USER"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is kept. kind: "env", "file" or "keyring"; name: what follows the colon."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def parse_reference(text: str) -> Reference:
    """Text such as `env:BCN_BMC` to a Reference. Raises ValueError, which does not repeat the text."""
    kind, colon, name = text.partition(":")
    form = _FORMS.get(kind)
    if not colon or form is None:
        raise ValueError(f"must be a reference to a secret, not the secret itself: write {FORMS}")
    if not form.fullmatch(name):
        raise ValueError(f"does not name a secret after `{kind}:`: write {FORMS}")
    return Reference(kind, name)


def check_no_password(url: str) -> None:
    """Raises ValueError, which does not repeat the URL, where it carries a password."""
    user, at, _ = url.partition("://")[2].rpartition("@")
    if at and ":" in user:
        raise ValueError(f"holds a password: leave it out of the URL and write `credentials:` as {FORMS}")


def resolve(reference: Reference, *, base: Path) -> str:
    """The secret itself, without its final line end. `file:` is relative to `base`. Raises InputError."""
    if reference.kind == "env":
        value = os.environ.get(reference.name)
        if value is None:
            raise InputError("the environment variable of a secret is not set", where=str(reference))
        return value
    if reference.kind == "file":
        try:
            return (base / reference.name).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            raise InputError(f"the file of a secret cannot be read: {reason}", where=str(reference)) from None
    return _from_keyring(reference)


def resolve_at(text: str, at: Where) -> str:
    """The secret that a reference in a document stands for; `file:` is relative to the document.

    Raises InputError, with the file and line of the reference, where it cannot be read.
    """
    try:
        return resolve(parse_reference(text), base=at.file.parent)
    except InputError as problem:
        what = f"{problem.what}: {problem.where}" if problem.where else problem.what
        raise InputError(what, where=str(at), hint=problem.hint) from None


def user_and_password(secret: str, reference: str, *, where: str = "") -> tuple[str, str]:
    """The two parts of `user:password`. reference: where the secret is kept, which is what a message names.

    Raises InputError, which does not repeat the secret.
    """
    user, colon, password = secret.partition(":")
    if not colon or not user:
        what = f"what {reference} holds is not user:password"
        raise InputError(what, where=where, hint="write the user, a colon and the password")
    return user, password


def _from_keyring(reference: Reference) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        hint = "install the Python package keyring, or use env: or file:"
        raise InputError("no keyring can be read here", where=str(reference), hint=hint) from None
    service, _, user = reference.name.partition("/")
    value = keyring.get_password(service, user)
    if value is None:
        raise InputError("the keyring does not hold this secret", where=str(reference))
    return str(value)
