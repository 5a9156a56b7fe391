"""How a host is reached, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """How a host is reached.

    host: `local`, `netns:NAME` or `ssh://[user@]host[:port]`. For ssh: identity and known_hosts are files, resolved
    against the document that names them, `~` being the user's home ("": the user's own); host_key: the SHA-256 fingerprint of its host key, which
    then stands in for known_hosts; jump: the host through which it is reached; via: the namespace from which the first
    connection, to the jump host where there is one, is opened ("" for the caller's).
    """

    host: str
    identity: str = ""
    known_hosts: str = ""
    host_key: str = ""
    via: str = ""
    jump: Reach | None = None
