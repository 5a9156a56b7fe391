"""Addresses of hosts as text: `local`, `netns:NAME`, `ssh://[user@]host[:port]`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from microdc.errors import InputError
from microdc.host.model import Address
from microdc.testbed.model import Reach

_FORMS = "write local, netns:NAME or ssh://[user@]host[:port]"
_NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")  # a file name in /run/netns
_SSH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9a-fA-F:]+(%[A-Za-z0-9_.-]+)?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def address_of(reach: Reach) -> Address:
    """Where a host of the inventory is reached. Raises InputError on text that is no address.

    The namespace `via` is where the first connection is opened from: with a jump host, that to the jump host.
    """
    jump = address_of(replace(reach.jump, via=reach.jump.via or reach.via)) if reach.jump else None
    return parse_address(
        reach.host,
        via="" if jump else reach.via,
        identity=Path(reach.identity).expanduser() if reach.identity else None,
        known_hosts=Path(reach.known_hosts).expanduser() if reach.known_hosts else None,
        host_key=reach.host_key,
        jump=jump,
    )


def parse_address(
    text: str,
    *,
    via: str = "",
    identity: Path | None = None,
    known_hosts: Path | None = None,
    host_key: str = "",
    jump: Address | None = None,
) -> Address:
    """The address that `text` names, with what an ssh connection to it needs (see Address).

    Raises InputError on text that is no address.
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
        return Address("ssh", name, user, port, via, identity, known_hosts, host_key, jump)
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
