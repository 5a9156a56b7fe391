"""The public SSH keys that may log in to nodes: read when nodes are deployed, from where the inventory is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from microdc.errors import InputError

_KEY = re.compile(
    r"(?:.*\s)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-\S+@openssh\.com)\s+AAAA[0-9A-Za-z+/]+=*(?:\s.*)?"
)
"""A line as sshd(8), "AUTHORIZED_KEYS FILE FORMAT", has it; options may stand in front of the key's type."""
_LARGEST = 1 << 20


def authorized_keys(files: Iterable[str]) -> tuple[str, ...]:
    """The keys of all files, each once, in their order. Raises InputError with file and line for what is no public key.

    `~` is the home of whoever runs this. A private key is refused by name and not shown.
    """
    return tuple(dict.fromkeys(key for name in files for key in _keys(Path(name).expanduser())))


def nobody(files: Sequence[str]) -> str:
    """Why nobody could log in to nodes that are given these files' keys; "" where somebody can."""
    try:
        if authorized_keys(files):
            return ""
    except InputError as problem:
        return str(problem)
    return f"there is no key in {', '.join(files)}" if files else "no `authorized_keys` are declared"


def _keys(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("this is too large for a file of public keys", where=str(path))
        text = path.read_text("utf-8")
    except OSError as error:
        hint = "`authorized_keys` of the site's `deploy` names it: files with public keys, relative to the document"
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), hint=hint) from None
    except UnicodeDecodeError:
        raise InputError("this is no text, so no file of public keys", where=str(path)) from None
    if "PRIVATE KEY-----" in text:
        hint = "name its public half, which ssh-keygen wrote beside it with .pub at the end"
        raise InputError("this is a private key, and stays here", where=str(path), hint=hint)
    for number, line in enumerate(text.splitlines(), 1):
        key = line.strip()
        if not key or key.startswith("#"):
            continue
        if _KEY.fullmatch(key) is None:
            hint = "a line is such as: ssh-ed25519 AAAA... somebody@somewhere"
            raise InputError("this line holds no public SSH key", where=f"{path}:{number}", hint=hint)
        yield key
