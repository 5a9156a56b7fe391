"""Private key files: what is read of them, and what is said of those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from microdc.errors import InputError
from microdc.host.identity import read_key

RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
ECDSA = ec.generate_private_key(ec.SECP384R1())
SECRET = BestAvailableEncryption(b"secret")


def written(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.touch(mode=mode)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("key", [RSA, ED25519, ECDSA], ids=["rsa", "ed25519", "ecdsa"])
@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
def test_an_unlocked_key_can_be_offered(tmp_path: Path, key: rsa.RSAPrivateKey, form: PrivateFormat) -> None:
    path = written(tmp_path / "id", key.private_bytes(Encoding.PEM, form, NoEncryption()))
    file = read_key(path)
    (offered,) = file.keys
    line = f"{offered.get_name()} {offered.get_base64()}".encode()
    assert line == key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    assert (file.public, file.locked) == (offered.asbytes(), False)


def test_the_public_half_of_a_locked_openssh_key_is_known(tmp_path: Path) -> None:
    path = written(tmp_path / "id", ED25519.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, SECRET))
    plain = written(
        tmp_path / "plain", ED25519.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    file = read_key(path)
    assert (file.public, file.keys, file.locked) == (read_key(plain).public, (), True)


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_the_public_half_of_a_locked_pem_lies_beside_it(tmp_path: Path, form: PrivateFormat) -> None:
    path = written(tmp_path / "id", RSA.private_bytes(Encoding.PEM, form, SECRET))
    assert read_key(path).public == b""
    public = RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    written(tmp_path / "id.pub", public + b" me@here\n", 0o644)
    file = read_key(path)
    assert (file.public[4:11], file.keys, file.locked) == (b"ssh-rsa", (), True)


def test_a_public_key_is_one_without_a_private_half(tmp_path: Path) -> None:
    public = ED25519.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    file = read_key(written(tmp_path / "id.pub", public, 0o644))
    assert (file.public[4:15], file.keys, file.locked) == (b"ssh-ed25519", (), False)


def unsupported() -> bytes:
    return ed448.Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def outdated() -> bytes:
    return dsa.generate_private_key(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


BAD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "text": (lambda: b"hello\n", "holds no private key", "OpenSSH or PEM"),
    "nothing": (lambda: b"", "holds no private key", "OpenSSH or PEM"),
    "bytes": (lambda: bytes(range(256)), "holds no private key", "OpenSSH or PEM"),
    "a damaged key": (
        lambda: b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        "holds no private key",
        "OpenSSH or PEM",
    ),
    "PuTTY's": (lambda: b"PuTTY-User-Key-File-3: ssh-ed25519\n", "holds no private key", "puttygen"),
    "a kind that SSH does not know": (unsupported, "not supported", "ssh-agent"),
    "DSA": (outdated, "not supported", "ssh-agent"),
}


@pytest.mark.parametrize(("data", "what", "hint"), BAD.values(), ids=BAD)
def test_a_file_that_holds_no_usable_key_is_told(
    tmp_path: Path, data: Callable[[], bytes], what: str, hint: str
) -> None:
    path = written(tmp_path / "id", data())
    with pytest.raises(InputError, match=what) as refused:
        read_key(path)
    assert refused.value.where == str(path)
    assert hint in refused.value.hint


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no key file .*nowhere"):
        read_key(tmp_path / "nowhere")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_key(tmp_path)


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    data = ED25519.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path = written(tmp_path / "id", data)
    path.chmod(0o640)
    with pytest.raises(InputError, match="mode 0640") as refused:
        read_key(path)
    assert refused.value.hint == f"chmod 600 {path}"
