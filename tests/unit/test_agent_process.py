"""The agent as a process of its own in a network namespace: what becomes of it when things go wrong."""

from __future__ import annotations

import errno
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from microdc.agent.client import Agent, ChangedError, RejectedError, open_agent
from microdc.agent.model import Commit, Confirm, Layer, Port, Value
from microdc.agent.resident.kernel import BURST_MESSAGES
from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.netlink.messages import decode, dump_requests, encode, get_request
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Foreign, Htb, HtbClass, Qdisc

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
    agent.commit(Commit(agent.read({}).state.generation, [], [layer]))


def laid(agent: Agent) -> list[str]:
    return [layer.id for layer in agent.read({}).state.layers]


def processes(directory: str) -> list[int]:
    """The agent of a directory, then its standby."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if directory in words and words[4] in ("serve", "stand-by"):
            found[words[4]] = int(entry.name)
    return [found[role] for role in ("serve", "stand-by") if role in found]


def state_file(directory: str) -> Path:
    (place,) = (entry for entry in Path(directory).iterdir() if entry.is_dir())
    return place / "state.json"


def wait_for(holds: Callable[[], object]) -> None:
    """Looks until it holds; what never comes fails the test by its time-out."""
    while not holds():
        time.sleep(0.01)


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
        first = agent.hello.pid
    with open_agent(host, directory=directory) as agent:
        assert agent.hello.pid == first
        assert list(agent.hello.interfaces) == ["lo"]


def test_many_controllers_at_once_start_one_agent(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:  # the program is there now
        kill(agent.hello.pid, signal.SIGKILL)

    def ask(_: int) -> int:
        with open_agent(host, directory=directory) as agent:
            return agent.hello.pid

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_agent_that_is_ended_is_told_and_what_it_kept_is_there_again(
    namespace: str, directory: str, number: signal.Signals
) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        pid = agent.hello.pid
        lay(agent, "o1")
        kill(pid, number)
        with pytest.raises(UnreachableError, match=f"netns:{namespace}"):
            agent.read({})
    with open_agent(host, directory=directory) as agent:
        assert agent.hello.pid != pid
        assert laid(agent) == ["o1"]


def test_a_namespace_may_have_a_long_name() -> None:
    name = f"test-{os.getpid()}-{'n' * 60}"
    directory = tempfile.mkdtemp(prefix=f"microdc-agent-{'d' * 60}")
    namespaces.create(name)
    try:
        with open_agent(NamespaceHost(name), directory=directory) as agent:
            lay(agent, "o1")
        with open_agent(NamespaceHost(name), directory=directory) as agent:
            assert laid(agent) == ["o1"]
    finally:
        namespaces.delete(name)
        shutil.rmtree(directory)


def test_a_killed_agent_has_a_successor_that_ends_layers_on_time(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        lay(agent, "stays")
        lay(agent, "ends", seconds=2.0)
        for _ in range(2):  # the successor has a successor
            (pid, _standby) = processes(directory)
            kill(pid, signal.SIGKILL)
            wait_for(lambda dead=pid: len(processes(directory)) == 2 and processes(directory)[0] != dead)
    wait_for(lambda: '"id": "ends"' not in state_file(directory).read_text())
    with open_agent(host, directory=directory) as agent:
        assert laid(agent) == ["stays"]


def test_a_killed_standby_is_replaced_and_none_outlives_an_agent_that_ends(
    namespace: str, directory: str
) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        lay(agent, "o1")
        wait_for(lambda: len(processes(directory)) == 2)
        (pid, standby) = processes(directory)
        kill(standby, signal.SIGKILL)
        wait_for(lambda: len(processes(directory)) == 2 and standby not in processes(directory))
        kill(pid, signal.SIGTERM)
        wait_for(lambda: not processes(directory))


def test_a_killed_agents_first_change_is_taken_back_though_nobody_comes(
    namespace: str, directory: str
) -> None:
    """Killed in the middle of its first change: half of it is in the kernel, and nothing was kept before."""
    add = encode("add", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 1)
    remove = encode("delete", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 1)
    classes = [
        encode("add", HtbClass(ROOT_HANDLE | n, ROOT_HANDLE, 1000, 1000, 1, 1, 1500), 1)
        for n in range(1, 9000)
    ]
    batch = [(add, [remove]), *((message, []) for message in classes)]

    def root() -> str:
        argv = ["nsenter", f"--net=/run/netns/{namespace}", "--", "tc", "qdisc", "show", "dev", "lo"]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    with open_agent(NamespaceHost(namespace), directory=directory) as agent, ThreadPoolExecutor(1) as pool:
        change = pool.submit(agent.commit, Commit(0, batch, [Layer("o1", "t", "", {})]))
        wait_for(lambda: "7dc0" in root())
        kill(agent.hello.pid, signal.SIGKILL)
        with pytest.raises(UnreachableError):
            change.result()
    wait_for(lambda: "7dc0" not in root())
    wait_for(lambda: "died in a change" in state_file(directory).read_text())


def test_an_unconfirmed_change_is_taken_back_when_the_agent_is_ended(namespace: str, directory: str) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        agent.commit(Commit(0, [], [Layer("o1", "test", "", {})], confirm=Confirm(500.0, "test")))
        kill(agent.hello.pid, signal.SIGTERM)
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        assert laid(agent) == []
        assert "ended before it was confirmed" in agent.read({}).state.notes[-1].text


def test_an_unconfirmed_change_is_taken_back_by_the_successor_of_a_killed_agent(
    namespace: str, directory: str
) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        agent.commit(Commit(0, [], [Layer("o1", "test", "", {})], confirm=Confirm(2.0, "test")))
        wait_for(lambda: len(processes(directory)) == 2)
        kill(processes(directory)[0], signal.SIGKILL)
    wait_for(lambda: "not confirmed within 2 s" in state_file(directory).read_text())
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        assert laid(agent) == []


def test_the_kernel_is_tried_where_it_harms_nobody(namespace: str, directory: str) -> None:
    add = encode("add", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 1)
    bad = encode("add", Qdisc(0x10000, ROOT_HANDLE | 5, Foreign("no-such-kind")), 1)
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        tried = agent.probe([add, bad], dump_requests(1))
        found = agent.read({"lo": dump_requests(0)})
    assert tried.codes[0] == (0, "Success")
    assert tried.codes[1][0] == errno.ENOENT
    root = decode(1, tried.dumps).tree.root
    assert root is not None
    assert root.handle == ROOT_HANDLE
    assert decode(1, found.dumps["lo"]).tree.empty


def a_tree(classes: int) -> list[tuple[bytes, list[bytes]]]:
    """A root with classes, in more bursts than one, as messages with what takes them back: the root alone has something."""
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    messages = [(encode("add", root, 1), [encode("delete", root, 1)])]
    return messages + [(encode("add", a_class(minor), 1), []) for minor in range(1, classes + 1)]


def a_class(minor: int, rate: int = 1_000_000) -> HtbClass:
    return HtbClass(ROOT_HANDLE | minor, ROOT_HANDLE, rate, rate, 25_000, 25_000, 1514)


def test_a_refusal_among_many_messages_is_found_and_all_is_taken_back(namespace: str, directory: str) -> None:
    messages = a_tree(3 * BURST_MESSAGES)
    bad = BURST_MESSAGES + BURST_MESSAGES // 2
    messages[bad] = encode("change", a_class(0xFFFF), 1), []
    messages[bad + 9] = messages[1]  # there already: refused as well, and not the first
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        with pytest.raises(RejectedError) as refusal:
            agent.commit(Commit(0, messages, [Layer("o1", "t", "", {})]))
        found = agent.read({"lo": dump_requests(0)})
    assert (refusal.value.index, refusal.value.errno, list(refusal.value.left)) == (bad, errno.ENOENT, [])
    assert decode(1, found.dumps["lo"]).tree.empty
    assert not found.state.layers


def test_what_a_refused_change_of_many_running_objects_changed_is_as_it_was(
    namespace: str, directory: str
) -> None:
    count = BURST_MESSAGES // 2
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        agent.commit(Commit(0, a_tree(count)))
        changes = [
            (encode("change", a_class(minor, 2_000_000), 1), [encode("change", a_class(minor), 1)])
            for minor in range(1, count + 1)
        ]
        changes[count // 2] = encode("change", a_class(0xFFFF), 1), []
        changes[count // 2 - 1] = changes[count // 2 - 1][0], [encode("change", a_class(count // 2), 1)]
        with pytest.raises(RejectedError) as refusal:
            agent.commit(Commit(1, changes))
        found = agent.read({"lo": dump_requests(0)})
    assert refusal.value.index == count // 2
    rates = {cls.rate for cls in decode(1, found.dumps["lo"]).tree.classes.values()}
    assert rates == {1_000_000}


def test_single_objects_are_read_back(namespace: str, directory: str) -> None:
    root, seventh = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), a_class(7)
    gone = a_class(99)
    wanted = {
        "qdiscs": get_request(root, 0),
        "classes": get_request(seventh, 0) + get_request(gone, 0) + get_request(a_class(8), 0),
    }
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        shown = agent.commit(Commit(0, a_tree(9), read_back={"lo": wanted})).dumps["lo"]
    tree = decode(1, {**shown, "filters": b""}).tree
    assert tree.qdiscs == {ROOT_HANDLE: root}
    assert tree.classes == {cls.handle: cls for cls in (seventh, a_class(8))}


def test_what_others_do_to_an_interface_is_seen_and_what_we_do_is_not(namespace: str, directory: str) -> None:
    add = encode("add", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 1)
    port = Port(1, {}, [encode("delete", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 1)])
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        agent.commit(
            Commit(0, [(add, [])], [Layer("o1", "t", "", {"lo/1": Value([], {})})], ports={"lo": port})
        )
        assert agent.read({}).state.touched == {}
        argv = ["nsenter", f"--net=/run/netns/{namespace}", "--", "tc", "qdisc", "del", "dev", "lo", "root"]
        subprocess.run(argv, check=True)
        wait_for(lambda: agent.read({}).state.touched)
        seen = agent.read({}).state.touched["lo"]
        assert seen.first <= seen.last
        agent.commit(Commit(1, [(add, [])], ports={"lo": port}))
        assert agent.read({}).state.touched == {}


def test_a_connection_that_is_lost_takes_nothing_along(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent, open_agent(host, directory=directory) as other:
        lay(agent, "o1")
        agent._process.kill()
        with pytest.raises(UnreachableError):
            agent.read({})
        with pytest.raises(UnreachableError):
            agent.revert(1, "")
        assert laid(other) == ["o1"]


def test_two_controllers_do_not_overwrite_each_other(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as one, open_agent(host, directory=directory) as other:
        generation = other.read({}).state.generation
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
        assert [note.text for note in agent.read({}).state.notes] == ["layer ends of test ended"]


def test_a_namespace_of_the_same_name_is_another_place(namespace: str, directory: str) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        lay(agent, "o1")
        before = agent.hello
    namespaces.delete(namespace)
    namespaces.create(namespace)
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        assert agent.hello.boot != before.boot
        assert laid(agent) == []


def test_an_agent_of_a_namespace_that_lost_its_name_does_not_answer_for_the_new_one(
    namespace: str, directory: str
) -> None:
    with open_agent(NamespaceHost(namespace), directory=directory) as agent:
        lay(agent, "o1")
        old = agent.hello.pid
    try:
        subprocess.run(["ip", "netns", "delete", namespace], check=True)
        namespaces.create(namespace)
        with open_agent(NamespaceHost(namespace), directory=directory) as agent:
            assert agent.hello.pid != old
            assert laid(agent) == []
    finally:
        kill(old, signal.SIGKILL)


def test_an_agent_that_cannot_start_says_why(namespace: str, directory: str) -> None:
    host = NamespaceHost(namespace)
    with open_agent(host, directory=directory) as agent:
        kill(agent.hello.pid, signal.SIGKILL)
    (place,) = (entry for entry in Path(directory).iterdir() if entry.is_dir())
    (place / "agent.sock").unlink()
    (place / "agent.sock").mkdir()  # nothing can listen there
    with pytest.raises(UnreachableError, match="did not start"):
        open_agent(host, directory=directory)
