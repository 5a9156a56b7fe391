"""A station on a machine that is reached over SSH."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from ssh_server import NEEDED, Server, serving

from microdc.deploy.ports import Payload, StationConfig, StationNode
from microdc.deploy.specs import SiteSpec
from microdc.deploy.station import loaders
from microdc.deploy.station.client import SiteStation
from microdc.deploy.station.config import Watchfulness
from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.ssh import SshHost
from microdc.testbed.nodes import Deploy
from microdc.testbed.reach import Reach

pytestmark = NEEDED
MAC = "52:54:00:96:00:01"
NAMESPACE = f"test-station-ssh-{os.getpid()}"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Server]:
    """A machine with a bridge of its own."""
    with serving(tmp_path, NAMESPACE) as server:
        for words in (
            "link add br0 type bridge",
            "addr add 10.96.0.1/24 dev br0",
            "link set br0 up",
        ):
            subprocess.run([*namespaces.inside(NAMESPACE), "ip", *words.split()], check=True)
        yield server


def open_far(server: Server) -> SiteStation:
    deploy = Deploy(Reach("ssh://root@127.0.0.1"), "br0", directory=str(server.directory / "boot"))
    spec = SiteSpec("far", "far.yaml:2", deploy, IPv4Network("10.96.0.0/24"))
    return SiteStation(spec, SshHost(server.address), Watchfulness(probe=0.3))


def test_over_ssh(far: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "find", dict)
    data = os.urandom(2 << 20)
    (tmp_path / "image").write_bytes(data)
    file = Payload(hashlib.sha256(data).hexdigest(), len(data), tmp_path / "image")
    node = StationNode("n1", MAC, (MAC,), IPv4Interface("10.96.0.11/24"))
    wanted = StationConfig("far", 1, (node,))
    told: list[int] = []
    with open_far(far) as station:
        assert station.url() == "http://10.96.0.1:8080"
        station.ensure(wanted)
        station.push(file, told.append)
        assert told[-1] == len(data)
    assert (tmp_path / "boot" / "far" / "images" / file.digest).read_bytes() == data
    with open_far(far) as again:
        status = again.status()
        assert status["state"] == "answering"
        again.ensure(wanted)
        assert again.status()["pid"] == status["pid"]
        assert [one.kind for one in again.evidence("", 0).evidence] == ["started", "applied"]
        again.stop()
        assert again.status() == {"state": "none"}


def test_cut_over_ssh(far: Server, tmp_path: Path) -> None:
    """What arrived before the connection was lost is not sent again."""
    data = os.urandom(8 << 20)
    (tmp_path / "image").write_bytes(data)
    file = Payload(hashlib.sha256(data).hexdigest(), len(data), tmp_path / "image")
    told: list[int] = []

    def lose(done: int) -> None:
        told.append(done)
        if len(told) == 16:
            for pid in namespaces.pids(NAMESPACE):
                if pid != int((far.directory / "pid").read_text()):
                    os.kill(pid, signal.SIGKILL)

    with open_far(far) as station, pytest.raises(UnreachableError):
        station.push(file, lose)
    told.clear()
    with open_far(far) as station:
        station.push(file, told.append)
    assert 0 < told[0] < told[-1] == len(data)
    assert (tmp_path / "boot" / "far" / "images" / file.digest).read_bytes() == data
