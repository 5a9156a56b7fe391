"""Which emulator a lab gets, and the keys with which a guest is reached."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from microdc.errors import UnreachableError
from microdc.host.abilities import Ability
from microdc.lab.emulator import choose
from microdc.lab.keys import KeyFiles, KeyPair


def kernel(*, works: bool | None) -> Callable[[str], Ability]:
    return lambda name: Ability(name, works, "" if works else "unknown qdisc")


def test_a_namespace_where_the_kernel_has_netem_and_a_guest_elsewhere() -> None:
    assert choose("auto", kernel(works=True))[0] == "namespace"
    kind, step = choose("auto", kernel(works=False))
    assert kind == "guest"
    assert "unknown qdisc" in step.detail
    assert choose("auto", kernel(works=None))[0] == "guest"


def test_the_choice_can_be_forced() -> None:
    assert choose("guest", kernel(works=True))[0] == "guest"
    assert choose("namespace", kernel(works=True))[0] == "namespace"


def test_a_namespace_without_netem_is_refused_with_a_way_out() -> None:
    with pytest.raises(UnreachableError, match="sch_netem") as refused:
        choose("namespace", kernel(works=False))
    assert "--emulator" in refused.value.hint


def test_an_ssh_client_reads_the_key() -> None:
    key = KeyPair.new()
    read = paramiko.Ed25519Key.from_private_key(io.StringIO(key.openssh.decode()))
    assert f"{read.get_name()} {read.get_base64()}" == key.public


def test_dropbears_form_holds_the_same_key() -> None:
    key = KeyPair.new()
    name, rest = key.dropbear[4:15], key.dropbear[15:]
    assert name == b"ssh-ed25519"
    assert struct.unpack(">I", rest[:4]) == (64,)
    public = paramiko.Message(paramiko.PKey.from_type_string(*_split(key.public)).asbytes())
    public.get_text()
    assert rest[36:] == public.get_binary()


def _split(line: str) -> tuple[str, bytes]:
    from base64 import b64decode

    kind, text = line.split()
    return kind, b64decode(text)


def test_the_private_key_is_the_owners_alone(tmp_path: Path) -> None:
    client, guest = KeyPair.new(), KeyPair.new()
    files = KeyFiles.write(tmp_path / "keys", client, [("169.254.77.11", guest)])
    assert files.identity.stat().st_mode & 0o777 == 0o600
    assert files.known_hosts.read_text() == f"169.254.77.11 {guest.public}\n"
    trusted = paramiko.HostKeys(str(files.known_hosts))
    assert trusted.check("169.254.77.11", paramiko.PKey.from_type_string(*_split(guest.public)))
