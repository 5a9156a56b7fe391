"""Host keys of switches, checked by the rules of `microdc.host.known_hosts` inside netmiko's connection."""

from __future__ import annotations

import paramiko

from microdc.errors import UnreachableError
from microdc.host.known_hosts import KnownHosts
from microdc.host.model import Address
from microdc.switch.cli.errors import Cause, SwitchError
from microdc.switch.cli.model import Target


class Trusted(paramiko.MissingHostKeyPolicy):
    """Takes no key but one that is known or pinned.

    netmiko is told of no host keys, so that paramiko asks here about every key. Its own way to check them would not do: it reads no pinned
    fingerprint, no revoked keys, and of a file that it cannot read it says nothing.
    """

    def __init__(self, target: Target) -> None:
        self._where = target.where
        self._known = KnownHosts(address_of(target))

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        try:
            self._known.check(key)
        except UnreachableError as problem:
            raise SwitchError(Cause.UNTRUSTED, problem.what, where=self._where, hint=problem.hint) from None

    def unwanted(self) -> list[str]:
        """The kinds of key that are not known of the switch while others are: it shall not show one of these."""
        known = self._known.kinds()
        return [kind for kind in paramiko.Transport._preferred_keys if kind not in known] if known else []  # type: ignore[attr-defined]  # noqa: SLF001


def address_of(target: Target) -> Address:
    """The switch as `microdc.host` names it."""
    return Address(
        "ssh",
        target.address,
        target.login.user,
        target.port,
        target.via,
        known_hosts=target.known_hosts,
        host_key=target.host_key,
    )
