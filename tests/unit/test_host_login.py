"""Logging in at servers that want something else than a key, or have enough: paramiko's server, over a pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from microdc.errors import UnreachableError
from microdc.host.address import parse_address
from microdc.host.identity import read_key
from microdc.host.login import log_in


class Policy(paramiko.ServerInterface):
    """answer: to a key. allowed: what the server says it takes. tries: keys after which it hangs up."""

    def __init__(self, answer: int, allowed: str = "publickey", tries: int = 100) -> None:
        self.answer = answer
        self.allowed = allowed
        self.tries = tries
        self.offered: list[paramiko.PKey] = []
        self.transport: paramiko.Transport | None = None

    def get_allowed_auths(self, username: str) -> str:
        assert username == "root"
        return self.allowed

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        assert username == "root"
        self.offered.append(key)
        if len(self.offered) >= self.tries and self.transport is not None:
            self.transport.close()
        return self.answer


def new_key(path: Path) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir()
    return tmp_path / ".ssh"


@contextmanager
def greeted(policy: Policy, host_key: Path) -> Iterator[paramiko.Transport]:
    """The client's side of a connection on which nobody has logged in yet."""
    here, there = socket.socketpair()
    server, client = paramiko.Transport(there), paramiko.Transport(here)
    policy.transport = server
    try:
        server.add_server_key(read_key(host_key).keys[0])
        server.start_server(threading.Event(), policy)
        client.start_client(timeout=30)
        yield client
    finally:
        client.close()
        server.close()


def refusal(policy: Policy, home: Path, identity: Path | None) -> UnreachableError:
    with greeted(policy, new_key(home / "host")) as client, pytest.raises(UnreachableError) as refused:
        log_in(client, parse_address("ssh://wan1", identity=identity))
    assert refused.value.where == "ssh://root@wan1"
    return refused.value


def test_the_named_key_alone_is_offered(home: Path) -> None:
    new_key(home / "id_ed25519")
    named, policy = new_key(home / "named"), Policy(paramiko.AUTH_SUCCESSFUL)
    with greeted(policy, new_key(home / "host")) as client:
        log_in(client, parse_address("ssh://wan1", identity=named))
    assert {key.asbytes() for key in policy.offered} == {read_key(named).public}


def test_a_server_that_hangs_up_is_told_with_the_number_of_keys(home: Path) -> None:
    new_key(home / "id_ed25519")
    refused = refusal(Policy(paramiko.AUTH_FAILED, tries=1), home, None)
    assert refused.what == "the server hung up; keys of root that it had refused: 1"
    assert "`identity`" in refused.hint


def test_a_server_that_takes_no_keys_is_told(home: Path) -> None:
    refused = refusal(
        Policy(paramiko.AUTH_FAILED, "password,keyboard-interactive"), home, new_key(home / "id")
    )
    assert "takes no keys of root, only: password, keyboard-interactive" in refused.what


def test_a_server_that_asks_for_more_than_a_key_is_told(home: Path) -> None:
    refused = refusal(
        Policy(paramiko.AUTH_PARTIALLY_SUCCESSFUL, "publickey,password"), home, new_key(home / "id")
    )
    assert "took the key of root and asks for more: publickey, password" in refused.what
