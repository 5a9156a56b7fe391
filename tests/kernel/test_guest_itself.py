"""The place where the other tests of the kernel run: it has netem, and keeps time."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from microdc.host import namespaces
from microdc.host.local import NamespaceHost

pytestmark = pytest.mark.netem

A, B = "kernel-a", "kernel-b"


@pytest.fixture
def pair() -> Iterator[tuple[NamespaceHost, NamespaceHost]]:
    """Two namespaces joined by a cable."""
    try:
        for name in (A, B):
            namespaces.create(name)
        _ip(f"-n {A} link add eth0 type veth peer name eth0 netns {B}")
        for number, name in enumerate((A, B), 1):
            _ip(f"-n {name} address add 10.0.0.{number}/24 dev eth0")
            _ip(f"-n {name} link set eth0 up")
        yield NamespaceHost(A), NamespaceHost(B)
    finally:
        for name in (A, B):
            namespaces.delete(name)


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


@pytest.mark.parametrize("delay", [2.0, 50.0, 300.0])
def test_netem_delays_a_ping_by_what_was_asked(
    pair: tuple[NamespaceHost, NamespaceHost], delay: float
) -> None:
    """Within 0.2 ms from 2 to 300 ms; without netem a ping here takes less than that."""
    here, there = pair
    for host in pair:
        assert host.run(["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", f"{delay / 2}ms"]).ok
    assert here.run(
        ["ping", "-c", "1", "10.0.0.2"]
    ).ok  # finds the neighbour, which takes a round trip of its own
    done = here.run(["ping", "-q", "-i", "0.02", "-c", "50", "10.0.0.2"])
    assert done.ok, done.stdout
    found = re.search(r"min/avg/max/mdev = ([0-9.]+)/([0-9.]+)/([0-9.]+)/", done.stdout.decode())
    assert found, done.stdout
    least, mean, most = map(float, found.groups())
    assert delay <= least <= mean <= most <= delay + 0.2, done.stdout
    assert there.run(["tc", "-s", "qdisc", "show", "dev", "eth0"]).stdout.startswith(b"qdisc netem")


@pytest.mark.skipif(not os.environ.get("MICRODC_INSIDE_TEST_GUEST"), reason="the kernel here has netem")
def test_time_is_virtual() -> None:
    """What nobody works in is over at once, and no limit of the host's on the run's length is met."""
    assert subprocess.run(["sleep", "250"], check=False).returncode == 0
