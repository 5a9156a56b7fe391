"""The user's keys: those that ssh-agent holds, and private key files, OpenSSH's or PEM. No passphrase is ever asked for."""

from __future__ import annotations

import base64
import binascii
import io
import os
from dataclasses import dataclass
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from microdc.errors import InputError

DEFAULT_FILES = ("id_ed25519", "id_ecdsa", "id_rsa")
"""In ~/.ssh, tried where no `identity` is named."""
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_PUBLIC = (b"ssh-", b"ecdsa-", b"sk-", b"---- BEGIN SSH2 PUBLIC", b"-----BEGIN PUBLIC")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file. public: the public half as it goes over the wire, b"" where it cannot be told without the passphrase.

    keys: what can be offered to a server, first with its certificate (FILE-cert.pub) where it has one. There are none
    where the file is `locked` by a passphrase, or is itself a public key; ssh-agent may hold the private one of either.
    """

    path: Path
    public: bytes
    keys: tuple[paramiko.PKey, ...] = ()
    locked: bool = False


def read_key(path: Path) -> KeyFile:
    """Raises InputError for a file that is missing, not readable, open to other users, or no key."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no key file {path}", hint="ssh-keygen makes one") from None
    except OSError as error:
        raise InputError(f"the key file cannot be read: {error.strerror}", where=str(path)) from None
    if data.startswith(_PUBLIC):
        return KeyFile(path, _public_line(data))
    _check_mode(path)
    try:
        private = _load(data)
    except TypeError:  # what cryptography raises for a passphrase that it was not given
        return KeyFile(path, _public_half(data) or _public_beside(path), locked=True)
    except UnsupportedAlgorithm as error:
        hint = "ssh-agent may know it: ssh-add"
        raise InputError(
            f"keys of this kind are not supported: {error}", where=str(path), hint=hint
        ) from None
    except ValueError:
        hint = "name a private key in the form of OpenSSH or PEM"
        if data.startswith(b"PuTTY-User-Key-File"):
            hint = f"it is PuTTY's: convert it with `puttygen {path} -O private-openssh -o NEW`"
        raise InputError("the file holds no private key", where=str(path), hint=hint) from None
    return KeyFile(path, private.asbytes(), (*_certified(path, data), private))


def _load(data: bytes) -> paramiko.PKey:
    loader = serialization.load_ssh_private_key if _OPENSSH in data else serialization.load_pem_private_key
    key = loader(data, None)
    kinds: dict[type, type[paramiko.PKey]] = {
        rsa.RSAPrivateKey: paramiko.RSAKey,
        ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
        ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    }
    for kind, made in kinds.items():
        if isinstance(key, kind):
            # paramiko reads not every PEM, but all that OpenSSH writes
            text = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            ).decode()
            return made.from_private_key(io.StringIO(text))
    raise UnsupportedAlgorithm(type(key).__name__)


def _check_mode(path: Path) -> None:
    """As OpenSSH does: a private key of one's own that others may read is not used."""
    status = path.stat()
    if status.st_uid == os.getuid() and status.st_mode & 0o077:
        what = f"the private key is open to other users: mode {status.st_mode & 0o777:04o}"
        raise InputError(what, where=str(path), hint=f"chmod 600 {path}")


def _certified(path: Path, data: bytes) -> list[paramiko.PKey]:
    certificate = path.with_name(f"{path.name}-cert.pub")
    if not certificate.is_file():
        return []
    key = _load(data)
    try:
        key.load_certificate(str(certificate))
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise InputError(f"the certificate cannot be used: {error}", where=str(certificate)) from None
    return [key]


def _public_half(data: bytes) -> bytes:
    """The public half that an OpenSSH key file bears unencrypted (PROTOCOL.key in OpenSSH's sources); b"" in others."""
    if _OPENSSH not in data:
        return b""
    body = data.partition(_OPENSSH)[2].partition(b"-----END")[0]
    message = paramiko.Message(base64.b64decode(body).removeprefix(b"openssh-key-v1\0"))
    for _ in ("cipher", "kdf", "kdf options"):
        message.get_binary()
    message.get_int()  # the number of keys, always 1
    return message.get_binary()


def _public_beside(path: Path) -> bytes:
    beside = path.with_name(f"{path.name}.pub")
    return _public_line(beside.read_bytes()) if beside.is_file() else b""


def _public_line(data: bytes) -> bytes:
    words = data.split()
    try:
        return base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error):
        return b""
