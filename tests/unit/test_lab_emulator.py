"""Which kind of emulator a lab gets, and the keys with which a guest is reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from microdc.errors import UnreachableError
from microdc.host.abilities import Ability
from microdc.images.sshkeys import new_key
from microdc.lab.emulator import choose
from microdc.lab.keys import KeyFiles


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


def test_the_private_key_is_the_owners_alone(tmp_path: Path) -> None:
    client, guest = new_key(), new_key()
    files = KeyFiles.write(tmp_path / "keys", client, [("169.254.77.11", guest.public)])
    assert files.identity.stat().st_mode & 0o777 == 0o600
    assert files.identity.read_bytes() == client.openssh
    trusted = paramiko.HostKeys(str(files.known_hosts)).lookup("169.254.77.11")
    assert trusted is not None
    assert [f"{name} {trusted[name].get_base64()}" for name in trusted] == [guest.public]
