"""Keys for guests: made anew for each, in the forms that dropbear, OpenSSH and known_hosts files want."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TYPE = b"ssh-ed25519"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An Ed25519 key. public: `ssh-ed25519 BASE64`, as authorized_keys and known_hosts files hold it."""

    public: str
    openssh: bytes
    dropbear: bytes


def new_key() -> KeyPair:
    """A fresh key pair."""
    private = Ed25519PrivateKey.generate()
    public_raw, private_raw = private.public_key().public_bytes_raw(), private.private_bytes_raw()
    openssh = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = base64.b64encode(_string(_TYPE) + _string(public_raw)).decode()
    # dropbear's own form: the type, then private and public part in one string (its buf_put_ed25519_priv_key)
    return KeyPair(f"{_TYPE.decode()} {public}", openssh, _string(_TYPE) + _string(private_raw + public_raw))


def _string(data: bytes) -> bytes:
    """A string of RFC 4251, section 5."""
    return struct.pack(">I", len(data)) + data
