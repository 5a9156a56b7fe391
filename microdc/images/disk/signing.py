"""The key that images are signed with, and what its signatures hold."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from microdc import locations
from microdc.errors import InputError


def key_file() -> Path:
    return locations.state_dir() / "image-key.pem"


def sign(data: bytes) -> bytes:
    """An Ed25519 signature, 64 bytes, by the key of this controller, which is made on first use."""
    return _key().sign(data)


def public() -> bytes:
    """The public key of this controller, 32 bytes, by which others know its images."""
    return _key().public_key().public_bytes_raw()


def verified(data: bytes, signature: bytes, signer: bytes | None = None) -> bool:
    """Whether this controller signed the data, or the one with the public key `signer`. False where it has no key yet."""
    if signer is None and not key_file().exists():
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public() if signer is None else signer).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key() -> Ed25519PrivateKey:
    file = key_file()
    try:
        pem = file.read_bytes()
    except FileNotFoundError:
        pem = _make(file)
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        hint = "remove it, and build the images again"
        raise InputError("this is no Ed25519 key", where=str(file), hint=hint)
    return key


def _make(file: Path) -> bytes:
    """A key that nobody else can read; of two that make one at once, the first one's holds for both."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with open(part, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(pem)
        os.fsync(stream.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        return file.read_bytes()
    finally:
        part.unlink()
    return pem
