"""SshHost against dropbear in a namespace, with a home directory of the test's own laid over root's: programs and files."""

from __future__ import annotations

import errno
import functools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ssh_server import NEEDED, Server, client_key, new_key, serving

from microdc.errors import InputError, UnreachableError
from microdc.host import namespaces
from microdc.host.daemon import Daemon
from microdc.host.line import Line
from microdc.host.operate import connect
from microdc.host.ssh import SshHost

pytestmark = NEEDED


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ssh"), f"test-ssh-{os.getpid()}") as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, f"test-ssh-own-{os.getpid()}") as server:
        yield server


@pytest.fixture
def host(server: Server) -> Iterator[SshHost]:
    with SshHost(server.address) as host:
        yield host


def test_a_program_runs_to_its_end(host: SshHost) -> None:
    done = host.run(["sh", "-c", "cat; echo no >&2; exit 7"], stdin=b"\x00in")
    assert (done.status, done.stdout, done.stderr) == (7, b"\x00in", b"no\n")


def test_words_reach_the_program_as_they_are(host: SshHost) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "\n", "é", "-n"]
    assert host.run(["printf", "%s|", *words]).stdout.decode() == "".join(f"{word}|" for word in words)


def test_much_data_goes_both_ways_at_once(host: SshHost) -> None:
    data = os.urandom(5_000_000)
    assert host.run(["cat"], stdin=data).stdout == data


def test_a_program_that_ignores_its_input_does_no_harm(host: SshHost) -> None:
    assert host.run(["true"], stdin=bytes(5_000_000)).ok


def test_a_missing_program_is_named_with_its_host(host: SshHost) -> None:
    with pytest.raises(UnreachableError, match=r"ssh://root@127\.0\.0\.1: no program 'no-such-program'"):
        host.run(["no-such-program"])
    assert host.run(["sh", "-c", "exit 127"]).status == 127


def test_a_program_that_does_not_end_is_ended_with_its_children(host: SshHost, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(UnreachableError, match="did not end within"):
        host.run(["sh", "-c", f"sleep 1000 & echo $! $$ > {pids}; wait"], timeout=1)
    for pid in pids.read_text().split():
        try:
            assert Daemon.of(int(pid)).wait(10)
        except ProcessLookupError:
            continue
    assert host.run(["true"]).ok


def test_a_program_ended_by_a_signal_has_the_shells_status(host: SshHost) -> None:
    assert host.run(["sh", "-c", "kill -TERM $$"]).status == 128 + 15


def test_a_started_program_answers_while_it_runs(host: SshHost) -> None:
    process = host.start(["cat"])
    for line in (b"one\n", b"two\n"):
        process.stdin.write(line)
        assert process.stdout.readline() == line
    process.stdin.close()
    assert process.wait(10) == 0


def test_the_last_lines_of_the_errors_are_kept(host: SshHost) -> None:
    process = host.start(["sh", "-c", "seq 100 >&2; exit 3"])
    assert process.wait(10) == 3
    assert process.stderr_tail().splitlines()[-1] == "100"


def test_killing_ends_the_children_too_and_may_be_repeated(host: SshHost) -> None:
    process = host.start(["sh", "-c", "sleep 1000 & echo $!; wait"])
    child = Daemon.of(int(process.stdout.readline()))
    process.kill()
    process.kill()
    assert child.wait(10)


def test_a_file_is_written_whole_with_its_mode(host: SshHost, tmp_path: Path) -> None:
    data, path = os.urandom(300_000), tmp_path / "a file"
    host.put(data, str(path), mode=0o640)
    host.put(data[:-1], str(path), mode=0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (data[:-1], 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(host: SshHost, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="nowhere/file"):
        host.put(b"", str(tmp_path / "nowhere" / "file"))


def test_a_host_that_is_not_known_is_refused(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.touch()
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1.*not known.*known_hosts"):
        connect(replace(server.address, known_hosts=known))
    assert known.read_text() == ""


def test_a_host_with_another_key_is_refused(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("127.0.0.1 " + " ".join(new_key(tmp_path / "other").split()[:2]) + "\n")
    with pytest.raises(
        UnreachableError, match=r"127\.0\.0\.1.*offers the key ssh-ed25519 SHA256:.*is known"
    ) as refused:
        connect(replace(server.address, known_hosts=known))
    assert str(known) in refused.value.hint


def test_a_key_that_is_not_authorised_is_refused(server: Server, tmp_path: Path) -> None:
    identity = client_key(tmp_path / "stranger")
    with pytest.raises(UnreachableError, match="login as root was refused"):
        connect(replace(server.address, identity=identity))


def test_missing_files_are_named(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known_hosts file"):
        connect(replace(server.address, known_hosts=tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nobody"):
        connect(replace(server.address, identity=tmp_path / "nobody"))


def test_nobody_listening_is_said_with_the_place(server: Server) -> None:
    with pytest.raises(UnreachableError, match=f"from netns:{server.address.via}.*refused"):
        connect(replace(server.address, port=23))


def test_something_else_listening_is_said(server: Server) -> None:
    listener = namespaces.call(server.address.via, lambda: socket.create_server(("127.0.0.1", 2222)))
    with listener:

        def hang_up() -> None:
            listener.settimeout(10)
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(UnreachableError, match="cannot connect"):
            connect(replace(server.address, port=2222))
        thread.join()


def test_a_lost_connection_is_an_error_that_says_so(own_server: Server) -> None:
    with SshHost(own_server.address) as host:
        process = host.start(["sh", "-c", "echo up; exec sleep 1000"])
        assert process.stdout.readline() == b"up\n"
        namespaces.end_processes(own_server.address.via)  # the server and all its sessions
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1.*connection was lost"):
            process.wait(10)
        process.kill()
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1.*connection was lost"):
            host.run(["true"])
        with pytest.raises(UnreachableError, match="lost"):
            host.start(["true"])


def test_a_program_that_has_ended_takes_no_more(host: SshHost) -> None:
    process = host.start(["true"])
    assert process.wait(10) == 0
    with pytest.raises(BrokenPipeError):
        process.stdin.write(bytes(5_000_000))


@pytest.mark.parametrize(
    "act",
    [
        lambda host: lambda: host.run(["true"]),
        lambda host: lambda: host.start(["true"]),
        lambda host: functools.partial(host.start(["cat"]).stdin.write, b"more"),
        lambda host: functools.partial(host.start(["cat", "/dev/zero"]).stdout.read, 50_000_000),
        lambda host: functools.partial(host.put, b"data", "/tmp/never"),
    ],
    ids=["run", "start", "write", "read", "put"],
)
def test_a_line_that_takes_no_more_is_a_lost_connection_before_its_end_is_heard(
    own_server: Server, monkeypatch: pytest.MonkeyPatch, act: Callable[[SshHost], Callable[[], object]]
) -> None:
    """paramiko says EOFError then, from whatever call it was, and goes on waiting for packets for as long as it likes."""
    with SshHost(own_server.address) as host:
        process = host.start(["sleep", "1000"])
        attempt = act(host)

        def broken(_: Line, __: bytes) -> int:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

        monkeypatch.setattr(Line, "send", broken)
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1.*connection was lost"):
            attempt()
        process.feed(b"nobody reads it")
        process.kill()
