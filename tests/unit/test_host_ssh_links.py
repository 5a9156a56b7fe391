"""SshHost over jump hosts, and over links on which packets vanish: every wait ends, and names the machine that is gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ssh_server import NEEDED, Server, authorize, new_key, serving_in

from microdc.errors import InputError, UnreachableError
from microdc.host import line, namespaces
from microdc.host.local import NamespaceHost
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.host.ssh import SshHost

pytestmark = NEEDED

BOUND = 60.0
"""Seconds after which a wait counts as one without end. With what is patched below, each takes some 3 s."""


@dataclass
class Chain:
    """A gate in a namespace of its own, and behind it a server that only the gate can reach."""

    gate: Server
    inner: Server

    @property
    def address(self) -> Address:
        """The inner server through the gate, whose own key and known hosts differ."""
        return replace(self.inner.address, via="", jump=self.gate.address)

    def cut(self) -> None:
        """The link between the two carries nothing any more; the gate itself stays reachable."""
        ip(self.gate.address.via, "link", "set", "inside", "down")

    def cut_gate(self) -> None:
        ip(self.gate.address.via, "link", "set", "lo", "down")


def ip(namespace: str, *words: str) -> None:
    assert NamespaceHost(namespace).run(["ip", *words]).ok


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    names = [f"test-ssh-{place}-{os.getpid()}" for place in ("gate", "inner")]
    with ExitStack() as stack:
        for name in names:
            namespaces.create(name)
            stack.callback(namespaces.delete, name)
        gate, inner = names
        ip(gate, "link", "add", "inside", "type", "veth", "peer", "name", "outside", "netns", inner)
        for name, link, address in ((gate, "inside", "10.77.0.1/24"), (inner, "outside", "10.77.0.2/24")):
            ip(name, "address", "add", address, "dev", link)
            ip(name, "link", "set", link, "up")
        directories = [tmp_path / "gate", tmp_path / "inner"]
        for directory in directories:
            directory.mkdir()
        yield Chain(
            stack.enter_context(serving_in(directories[0], gate)),
            stack.enter_context(serving_in(directories[1], inner, ip="10.77.0.2")),
        )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "KEEPALIVE", 0.4)
    monkeypatch.setattr(line, "LOST_AFTER", 3.0)


def test_the_bound_is_kept_for_people() -> None:
    assert 2 * line.KEEPALIVE < line.LOST_AFTER <= 20


# -- jump hosts


def test_a_host_is_reached_through_another_each_with_its_own_key(chain: Chain) -> None:
    with connect(chain.address) as host:
        assert host.run(["ip", "-o", "address"]).stdout.count(b"10.77.0.2/24") == 1
        host.put(b"data" * 100_000, str(chain.inner.directory / "file"))
    assert (chain.inner.directory / "file").stat().st_size == 400_000


def test_a_jump_host_may_have_a_jump_host(chain: Chain) -> None:
    authorize(chain.inner.directory, chain.gate.directory / "id")
    known = chain.inner.directory / "all"
    known.write_text(chain.gate.known_line + chain.inner.known_line)
    first = replace(chain.gate.address, known_hosts=known)
    second = replace(chain.address, identity=first.identity, known_hosts=known, jump=first)
    third = replace(second, jump=second)
    with connect(third) as host:
        assert host.run(["true"]).ok


def test_a_jump_host_that_is_not_known_is_named(chain: Chain) -> None:
    known = chain.gate.directory / "nobody"
    known.touch()
    address = replace(chain.address, jump=replace(chain.gate.address, known_hosts=known))
    with pytest.raises(UnreachableError, match="not known") as refused:
        connect(address)
    assert refused.value.where == "ssh://root@127.0.0.1, the jump host of ssh://root@10.77.0.2"


def test_an_inner_host_that_is_not_known_is_named(chain: Chain) -> None:
    with pytest.raises(UnreachableError, match=r"^ssh://root@10\.77\.0\.2: .*not known"):
        connect(replace(chain.address, known_hosts=chain.gate.address.known_hosts))


def test_the_key_for_the_jump_host_is_not_offered_inside(chain: Chain) -> None:
    with pytest.raises(UnreachableError, match=r"^ssh://root@10\.77\.0\.2: login as root was refused"):
        connect(replace(chain.address, identity=chain.gate.address.identity))
    jump = replace(chain.gate.address, identity=chain.inner.address.identity)
    with pytest.raises(UnreachableError, match=r"^ssh://root@127\.0\.0\.1, the jump host of .*was refused"):
        connect(replace(chain.address, jump=jump))


def test_nobody_listening_behind_the_jump_host_is_said_with_the_way(chain: Chain) -> None:
    with pytest.raises(UnreachableError, match=r"cannot connect via ssh://root@127\.0\.0\.1") as refused:
        connect(replace(chain.address, port=23))
    assert refused.value.where == "ssh://root@10.77.0.2:23"


def test_a_missing_key_of_the_jump_host_is_an_input_error(chain: Chain) -> None:
    jump = replace(chain.gate.address, identity=chain.gate.directory / "nothing")
    with pytest.raises(InputError, match="no key file"):
        connect(replace(chain.address, jump=jump))


# -- packets that vanish


@pytest.mark.usefixtures("impatient")
def test_a_quiet_program_on_a_live_link_is_waited_for(chain: Chain) -> None:
    with connect(chain.address) as host:
        assert host.run(["sleep", "4"]).ok


def ends(action: Callable[[], object], cut: Callable[[], None]) -> UnreachableError:
    """What an action raises that is under way while the link is cut."""
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(action)
        cut()
        problem = pending.exception(BOUND)
    assert isinstance(problem, UnreachableError), repr(problem)
    return problem


WAITS: dict[str, Callable[[SshHost], Callable[[], object]]] = {
    "run": lambda host: lambda: host.run(["sleep", "1000"], timeout=900),
    "readline": lambda host: host.start(["sleep", "1000"]).stdout.readline,
    "wait": lambda host: host.start(["sleep", "1000"]).wait,
    "write": lambda host: lambda: host.start(["sleep", "1000"]).stdin.write(bytes(50_000_000)),
    "run with input": lambda host: lambda: host.run(["sh", "-c", "cat; sleep 1000"], stdin=bytes(50_000_000), timeout=900),
    "start": lambda host: lambda: [host.start(["true"]) for _ in range(100_000)],
}  # fmt: skip


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_every_wait_ends_when_packets_vanish(
    chain: Chain, wait: Callable[[SshHost], Callable[[], object]]
) -> None:
    with SshHost(chain.gate.address) as host:
        problem = ends(wait(host), chain.cut_gate)
        assert problem.where == "ssh://root@127.0.0.1"
        assert "connection was lost" in problem.what


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("wait", [WAITS["readline"], WAITS["write"]], ids=["readline", "write"])
def test_every_wait_ends_when_packets_vanish_behind_the_jump_host(
    chain: Chain, wait: Callable[[SshHost], Callable[[], object]]
) -> None:
    with SshHost(chain.address) as host:
        problem = ends(wait(host), chain.cut)
        assert problem.where == "ssh://root@10.77.0.2"
        assert "nothing was heard for 3 s" in problem.what
    with connect(chain.gate.address) as gate:
        assert gate.run(["true"]).ok


@pytest.mark.usefixtures("impatient")
def test_a_jump_host_that_is_gone_is_the_one_that_is_named(chain: Chain) -> None:
    with SshHost(chain.address) as host:
        problem = ends(lambda: host.run(["sleep", "1000"], timeout=900), chain.cut_gate)
    assert problem.where == "ssh://root@127.0.0.1"


def test_a_host_on_a_dead_link_is_killed_and_closed_at_once(chain: Chain) -> None:
    """With the true bounds: what is waited for is less than they are."""
    host = SshHost(chain.gate.address)
    process = host.start(["sleep", "1000"])
    chain.cut_gate()
    ended = threading.Event()

    def end() -> None:
        process.kill()
        host.close()
        ended.set()

    threading.Thread(target=end, daemon=True).start()
    assert ended.wait(BOUND)
    with pytest.raises(UnreachableError, match="connection was lost"):
        host.run(["true"])


def test_other_keys_may_lie_in_the_file_of_a_jump_host(chain: Chain) -> None:
    """Keys of other kinds and hosts, and a port noted: what is not about this host does no harm."""
    known = chain.gate.directory / "mixed"
    other = " ".join(new_key(chain.gate.directory / "other").split()[:2])
    known.write_text(
        f"# comment\n[127.0.0.1]:2222 {other}\n@cert-authority * {other}\n" + chain.gate.known_line
    )
    with connect(replace(chain.gate.address, known_hosts=known)) as host:
        assert host.run(["true"]).ok
