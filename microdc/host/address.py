"""Addresses of hosts as text: `local`, `netns:NAME`, `ssh://[user@]host[:port]`."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from microdc.errors import InputError
from microdc.host.model import Address

_FORMS = "write local, netns:NAME or ssh://[user@]host[:port]"
_NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")  # a file name in /run/netns
_SSH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9a-fA-F:]+(%[A-Za-z0-9_.-]+)?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def parse_address(
    text: str, *, via: str = "", identity: Path | None = None, known_hosts: Path | None = None
) -> Address:
    """The address that `text` names.

    via: the namespace from which an ssh connection is opened; identity: its private key file; known_hosts: the file
    that its host key is checked against. Raises InputError on text that is no address.
    """
    if text == "local":
        return Address("local")
    if text.startswith("netns:"):
        name = text.removeprefix("netns:")
        if _NAMESPACE.fullmatch(name) is None:
            raise InputError(
                f"{text!r} names no network namespace", hint="write netns:NAME, as shown by `ip netns list`"
            )
        return Address("netns", name)
    if text.startswith("ssh://"):
        user, name, port = _ssh_parts(text)
        return Address("ssh", name, user, port, via, identity, known_hosts)
    raise InputError(f"{text!r} is not the address of a host", hint=_FORMS)


def _ssh_parts(text: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(text)
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InputError(f"{text!r} is not an ssh address: {error}", hint=_FORMS) from None
    user = "root" if parts.username is None else parts.username
    if parts.password is not None:
        raise InputError(
            "an ssh address holds no password",
            where=_without_password(parts),
            hint="use `identity` or ssh-agent",
        )
    extra = parts.path or parts.query or parts.fragment
    if extra or not _SSH_NAME.fullmatch(name) or not _USER.fullmatch(user) or port == 0:
        raise InputError(f"{text!r} is not an ssh address", hint=_FORMS)
    return user, name, port or 22


def _without_password(parts: SplitResult) -> str:
    return f"ssh://{parts.username}:…@{parts.hostname}"
