"""A system is known by the host key that its SSH server offers, as seen from its site's host; nobody logs in to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from ssh_server import NEEDED, new_key, public_line, serving

from microdc.deploy.answering import SshSystem, way
from microdc.deploy.model import NodeSpec
from microdc.errors import UnreachableError
from microdc.testbed.reach import Reach

SPEC = NodeSpec("n1", "here", "r1", "here.yaml:1", "", "", "", IPv4Interface("127.0.0.1/8"), "base")
NAMESPACE = f"test-ans-{os.getpid()}"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The host key of a server that listens in the namespace."""
    with serving(tmp_path_factory.mktemp("answering"), NAMESPACE) as server:
        yield public_line(server.directory / "host_key")


class TestReal:
    """A real SSH server."""

    pytestmark = NEEDED

    def test_the_key_that_was_made_is_known(self, key: str) -> None:
        checked = SshSystem(Reach(f"netns:{NAMESPACE}")).check(SPEC, [f"ecdsa-sha2-nistp256 AAAA {key}", key])
        assert checked.problem == ""
        assert "ssh-ed25519" in checked.how

    def test_another_is_not(self, key: str, tmp_path: Path) -> None:
        other = new_key(tmp_path / "other")
        assert other.split()[1] != key.split()[1]
        checked = SshSystem(Reach(f"netns:{NAMESPACE}")).check(SPEC, [other])
        assert checked.cause == "host-key"
        assert key.split()[1] in checked.problem

    @pytest.mark.usefixtures("key")
    def test_one_without_a_known_key_is_not_believed(self) -> None:
        assert SshSystem(Reach(f"netns:{NAMESPACE}")).check(SPEC, []).cause == "host-key"

    @pytest.mark.usefixtures("key")
    def test_while_nothing_listens_it_cannot_be_reached(self) -> None:
        with pytest.raises(UnreachableError):
            SshSystem(Reach("netns:no-such-namespace")).check(SPEC, [])


def test_a_node_is_reached_through_its_sites_host() -> None:
    jump = way(Reach("ssh://root@station.example.net:2222", via="lab"), "10.0.0.1").jump
    assert jump is not None
    assert (jump.name, jump.port, jump.via) == ("station.example.net", 2222, "lab")
    assert way(Reach("netns:x"), "10.0.0.1").via == "x"
    assert way(Reach("local"), "10.0.0.1").jump is None
