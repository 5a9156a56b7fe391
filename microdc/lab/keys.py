"""The keys of one lab: made when it comes up, gone with it. Guests know the client's, the client knows the guests'."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_ALGORITHM = b"ssh-ed25519"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An Ed25519 key for SSH."""

    private: Ed25519PrivateKey

    @classmethod
    def new(cls) -> KeyPair:
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> str:
        """As it stands in authorized_keys and known_hosts."""
        return self.private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")

    @property
    def openssh(self) -> bytes:
        """As SSH clients keep it."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())

    @property
    def dropbear(self) -> bytes:
        """As dropbear keeps it: the algorithm's name, then private and public part as one string (its ed25519.c)."""
        seed = self.private.private_bytes_raw()
        both = seed + self.private.public_key().public_bytes_raw()
        return b"".join(struct.pack(">I", len(part)) + part for part in (_ALGORITHM, both))


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The client's side on disk."""

    identity: Path
    known_hosts: Path

    @classmethod
    def write(cls, directory: Path, client: KeyPair, hosts: Iterable[tuple[str, KeyPair]]) -> KeyFiles:
        """Writes the client's key and what it trusts: pairs of an address and the key of the guest there."""
        directory.mkdir(mode=0o700)
        files = cls(directory / "id_ed25519", directory / "known_hosts")
        files.identity.touch(mode=0o600)
        files.identity.write_bytes(client.openssh)
        files.known_hosts.write_text("".join(f"{address} {key.public}\n" for address, key in hosts), "ascii")
        return files
