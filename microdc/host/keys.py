"""Which host keys are trusted: those in a known_hosts file, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import paramiko

from microdc.errors import InputError, UnreachableError

_SYSTEM_FILE = Path("/etc/ssh/ssh_known_hosts")


class KnownHosts(paramiko.MissingHostKeyPolicy):
    """The keys of one file (None: the user's own and the system's). A key that is not there is refused, never added.

    Raises InputError where a file that was named is missing or cannot be read.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file or Path("~/.ssh/known_hosts").expanduser()
        self._files = [file] if file else [own for own in (self.file, _SYSTEM_FILE) if own.is_file()]

    def install(self, client: paramiko.SSHClient) -> None:
        """Makes the client check against these keys."""
        for file in self._files:
            try:
                client.load_system_host_keys(str(file))
            except (OSError, ValueError, paramiko.SSHException) as error:
                raise InputError(f"the known_hosts file cannot be read: {error}", where=str(file)) from None
        client.set_missing_host_key_policy(self)

    def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        raise UnreachableError(
            f"the host offers the key {named(key)}, which is not known",
            where=hostname,
            hint=f"compare it at the machine, then add it to {self.file}, e.g. with ssh-keyscan",
        )

    def mismatch(self, where: str, error: paramiko.BadHostKeyException) -> UnreachableError:
        """What to say of a host whose key is not the one known."""
        return UnreachableError(
            f"the host offers the key {named(error.key)}, but {named(error.expected_key)} is known",
            where=where,
            hint=f"another machine answers, or this one was installed anew: then remove the old key from {self.file}",
        )


def named(key: paramiko.PKey) -> str:
    """A key as people compare it: type and SHA-256 fingerprint."""
    return f"{key.get_name()} {key.fingerprint}"
