"""The client's side of a lab's SSH keys: made when the lab comes up, gone with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from microdc.images.sshkeys import KeyPair, new_key


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """What an SSH client reads."""

    identity: Path
    known_hosts: Path

    @classmethod
    def write(cls, directory: Path, client: KeyPair, hosts: Iterable[tuple[str, str]]) -> KeyFiles:
        """Writes the client's key and what it trusts: pairs of an address and the public key of the guest there."""
        directory.mkdir(mode=0o700)
        files = cls(directory / "id_ed25519", directory / "known_hosts")
        files.identity.touch(mode=0o600)
        files.identity.write_bytes(client.openssh)
        files.known_hosts.write_text("".join(f"{address} {key}\n" for address, key in hosts), "ascii")
        return files


def node_keys(directory: Path) -> tuple[Path, Path]:
    """The key by which a lab's nodes are logged in to, made where there is none: its private and its public half."""
    identity = directory / "node_ed25519"
    public = identity.with_suffix(".pub")
    if not public.exists():
        made = new_key()
        identity.touch(mode=0o600)
        identity.write_bytes(made.openssh)
        public.write_text(f"{made.public} lab\n", "ascii")
    return identity, public
