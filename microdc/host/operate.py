"""Opening hosts: what everybody outside this room calls."""

from __future__ import annotations

from microdc.errors import InputError
from microdc.host.local import LocalHost, NamespaceHost
from microdc.host.model import Address, Host


def connect(address: Address) -> Host:
    """The host at an address, ready to run programs; a context manager. Raises UnreachableError where there is none."""
    if address.kind == "local":
        return LocalHost()
    if address.kind == "netns":
        return NamespaceHost(address.name)
    if address.kind == "ssh":
        from microdc.host.ssh import SshHost  # noqa: PLC0415 - paramiko costs 0.2 s, and most calls need none

        return SshHost(address)
    raise InputError(f"{address.kind!r} is no kind of host", hint="local, netns or ssh")
