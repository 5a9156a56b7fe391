"""The agent as a process of its own in a network namespace: what becomes of it when things go wrong."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from microdc.agent.client import Agent, ChangedError, open_agent
from microdc.agent.model import Commit, Layer
from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import NamespaceHost

pytestmark = pytest.mark.root


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"test-agent-{os.getpid()}"
    namespaces.create(name)
    yield name
    namespaces.delete(name)


@pytest.fixture
def directory(namespace: str) -> Iterator[str]:
    made = tempfile.mkdtemp(prefix="microdc-agent-")  # short: the name of a unix socket has at most 107 bytes
    yield made
    namespaces.end_processes(namespace)
    shutil.rmtree(made)


def lay(agent: Agent, ident: str, seconds: float | None = None) -> None:
    layer = Layer(ident, "test", "to be kept", {}, seconds)
    agent.commit(Commit(agent.state().generation, [], [layer]))


def laid(agent: Agent) -> list[str]:
    return [layer.id for layer in agent.state().layers]


def kill(pid: int, number: signal.Signals) -> None:
    """Ends a process and waits until it is gone."""
    handle = os.pidfd_open(pid)
    try:
        os.kill(pid, number)
        assert select.select([handle], [], [], 30)[0]
    finally:
        os.close(handle)


def test_the_agent_stays_when_its_controller_goes(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        first = agent.hello().pid
    with open_agent(host, directory=directory) as agent:
        assert agent.hello().pid == first
        assert list(agent.hello().interfaces) == ["lo"]


def test_many_controllers_at_once_start_one_agent(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:  # the program is there now
        kill(agent.hello().pid, signal.SIGKILL)

    def ask(_: int) -> int:
        with open_agent(host, directory=directory) as agent:
            return agent.hello().pid

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_agent_that_is_ended_is_told_and_what_it_kept_is_there_again(
    namespace: str, directory: str, number: signal.Signals
) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        pid = agent.hello().pid
        lay(agent, "o1")
        kill(pid, number)
        with pytest.raises(UnreachableError, match=f"netns:{namespace}"):
            agent.state()
    with open_agent(host, directory=directory) as agent:
        assert agent.hello().pid != pid
        assert laid(agent) == ["o1"]


def test_a_connection_that_is_lost_takes_nothing_along(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent, open_agent(host, directory=directory) as other:
        lay(agent, "o1")
        agent._process.kill()
        with pytest.raises(UnreachableError):
            agent.state()
        with pytest.raises(UnreachableError):
            agent.revert(1)
        assert laid(other) == ["o1"]


def test_two_controllers_do_not_overwrite_each_other(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as one, open_agent(host, directory=directory) as other:
        generation = other.state().generation
        lay(one, "o1")
        with pytest.raises(ChangedError):
            other.commit(Commit(generation, []))


def test_a_layer_ends_while_nobody_is_connected(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        lay(agent, "stays")
        lay(agent, "ends", seconds=0.0)
    with open_agent(host, directory=directory) as agent:
        assert laid(agent) == ["stays"]
        assert [text for _, text in agent.state().notes] == ["layer ends of test ended"]


def test_a_namespace_of_the_same_name_is_another_place(namespace: str, directory: str) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        lay(agent, "o1")
        before = agent.hello()
    namespaces.delete(namespace)
    namespaces.create(namespace)
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        assert agent.hello().boot != before.boot
        assert laid(agent) == []


def test_an_agent_of_a_namespace_that_lost_its_name_does_not_answer_for_the_new_one(
    namespace: str, directory: str
) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        lay(agent, "o1")
        old = agent.hello().pid
    try:
        subprocess.run(["ip", "netns", "delete", namespace], check=True)
        namespaces.create(namespace)
        with open_agent(NamespaceHost(namespace), directory=directory) as agent:
            assert agent.hello().pid != old
            assert laid(agent) == []
    finally:
        kill(old, signal.SIGKILL)


def test_an_agent_that_cannot_start_says_why(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        kill(agent.hello().pid, signal.SIGKILL)
    (place,) = (entry for entry in Path(directory).iterdir() if entry.is_dir())
    (place / "agent.sock").unlink()
    (place / "agent.sock").mkdir()  # nothing can listen there
    with pytest.raises(UnreachableError, match="did not start"):
        open_agent(host, directory=directory)
