import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import LocalHost, NamespaceHost
from microdc.host.model import Address
from microdc.host.operate import connect

pytestmark = pytest.mark.root


@pytest.fixture
def name() -> Iterator[str]:
    name = f"test-host-{os.getpid()}"
    namespaces.create(name)
    yield name
    namespaces.delete(name)


def _current() -> int:
    return Path("/proc/thread-self/ns/net").stat().st_ino


def test_programs_see_the_namespace_and_not_ours(name: str) -> None:
    with connect(Address("netns", name)) as host:
        links = host.run(["ip", "-o", "link"]).stdout
        assert links.count(b"\n") <= 2  # lo, and sit0 where the kernel adds it
        assert (
            host.run(["readlink", "/proc/self/ns/net"]).stdout
            != LocalHost().run(["readlink", "/proc/self/ns/net"]).stdout
        )
        assert host.run(["sh", "-c", "exit 5"]).status == 5


def test_a_process_is_found_and_ended_with_its_namespace(name: str) -> None:
    process = NamespaceHost(name).start(["sh", "-c", "echo up; exec sleep 1000"])
    assert process.stdout.readline() == b"up\n"
    assert len(namespaces.pids(name)) == 1
    namespaces.delete(name)
    assert process.wait(10) < 0
    assert name not in namespaces.names()


def test_names_are_listed_by_prefix_and_deletion_may_be_repeated(name: str) -> None:
    assert namespaces.names("test-host-") == [name]
    namespaces.delete(name)
    namespaces.delete(name)
    assert namespaces.names("test-host-") == []
    assert namespaces.pids(name) == []


def test_a_name_is_given_once(name: str) -> None:
    with pytest.raises(UnreachableError, match="exists"):
        namespaces.create(name)


def test_the_thread_comes_back_also_from_a_failure(name: str) -> None:
    home = _current()
    with namespaces.enter(name):
        assert _current() != home
    with pytest.raises(ZeroDivisionError), namespaces.enter(name):
        _ = 1 // 0
    assert _current() == home


def test_a_call_moves_only_its_own_thread(name: str) -> None:
    home = _current()
    assert namespaces.call(name, _current) == namespaces.path(name).stat().st_ino
    assert _current() == home
    assert namespaces.call("", _current) == home
    with pytest.raises(ZeroDivisionError):
        namespaces.call(name, lambda: 1 // 0)


def test_a_connection_is_made_from_inside(name: str) -> None:
    server = namespaces.call(name, lambda: socket.create_server(("127.0.0.1", 0)))
    with server:
        with namespaces.socket_from(name, server.getsockname()) as ours:
            ours.sendall(b"hello")
            theirs, _ = server.accept()
            with theirs:
                assert theirs.recv(5) == b"hello"
        with pytest.raises(ConnectionRefusedError):
            namespaces.socket_from("", server.getsockname())


def test_a_missing_namespace_is_named(name: str) -> None:
    with pytest.raises(UnreachableError, match="netns:no-such"):
        NamespaceHost("no-such")
    host = NamespaceHost(name)
    namespaces.delete(name)
    with pytest.raises(UnreachableError, match=f"netns:{name}"):
        host.run(["true"])
