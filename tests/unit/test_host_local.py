import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost
from microdc.host.model import Address
from microdc.host.operate import connect


@pytest.fixture
def host() -> LocalHost:
    return LocalHost()


def _gone(pid: int) -> bool:
    """Waits for the end of a process of which only the number is known."""
    try:
        return Daemon.of(pid).wait(10)
    except ProcessLookupError:
        return True


def test_a_program_runs_to_its_end(host: LocalHost) -> None:
    done = host.run(["sh", "-c", "cat; echo no >&2; exit 7"], stdin=b"\x00in")
    assert (done.status, done.ok, done.stdout, done.stderr) == (7, False, b"\x00in", b"no\n")


def test_more_than_a_pipe_holds_goes_through(host: LocalHost) -> None:
    data = os.urandom(1 << 21)
    assert host.run(["cat"], stdin=data).stdout == data


def test_a_program_that_ignores_its_input_does_no_harm(host: LocalHost) -> None:
    assert host.run(["true"], stdin=bytes(1 << 20)).ok


def test_words_reach_the_program_as_they_are(host: LocalHost) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "\n", "é"]
    assert host.run(["printf", "%s|", *words]).stdout.decode() == "".join(f"{word}|" for word in words)


def test_a_missing_program_is_named(host: LocalHost) -> None:
    with pytest.raises(UnreachableError, match="no-such-program"):
        host.run(["no-such-program"])
    with pytest.raises(UnreachableError, match="no-such-program"):
        host.start(["no-such-program"])


def test_a_program_that_does_not_end_is_ended_with_its_children(host: LocalHost, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 1000 & echo $! $$ > {pids}; wait"
    with pytest.raises(UnreachableError, match="did not end within"):
        host.run(["sh", "-c", script], timeout=0.5)
    assert all(_gone(int(pid)) for pid in pids.read_text().split())


def test_a_started_program_answers_while_it_runs(host: LocalHost) -> None:
    process = host.start(["cat"])
    for line in (b"one\n", b"two\n"):
        process.stdin.write(line)
        assert process.stdout.readline() == line
    process.stdin.close()
    assert process.wait(10) == 0
    assert process.stdout.read() == b""


def test_killing_ends_the_children_too_and_may_be_repeated(host: LocalHost) -> None:
    process = host.start(["sh", "-c", "sleep 1000 & echo $!; wait"])
    child = int(process.stdout.readline())
    process.kill()
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    assert _gone(child)


def test_killing_ends_what_a_finished_program_left_behind(host: LocalHost) -> None:
    process = host.start(["sh", "-c", "sleep 1000 & echo $!"])
    child = int(process.stdout.readline())
    assert process.wait(10) == 0
    process.kill()
    assert _gone(child)


def test_waiting_is_bounded(host: LocalHost) -> None:
    process = host.start(["sleep", "1000"])
    try:
        with pytest.raises(UnreachableError, match="sleep did not end"):
            process.wait(0.05)
    finally:
        process.kill()


def test_the_last_lines_of_the_errors_are_kept(host: LocalHost) -> None:
    process = host.start(["sh", "-c", "seq 1000 >&2; exit 3"])
    assert process.wait(10) == 3
    tail = process.stderr_tail().splitlines()
    assert (tail[-1], len(tail)) == ("1000", 20)


def test_programs_outlive_the_thread_that_started_them(host: LocalHost) -> None:
    processes = []
    thread = threading.Thread(target=lambda: processes.append(host.start(["cat"])))
    thread.start()
    thread.join()
    processes[0].stdin.write(b"still here\n")
    assert processes[0].stdout.readline() == b"still here\n"
    processes[0].kill()


def test_programs_end_with_us_even_if_we_are_killed() -> None:
    script = (
        "from microdc.host.local import LocalHost\n"
        "process = LocalHost().start(['sh', '-c', 'echo $$; exec sleep 1000'])\n"
        "print(int(process.stdout.readline()), flush=True)\n"
        "process.wait()\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert ours.stdout is not None
    child = Daemon.of(int(ours.stdout.readline()))
    assert child.alive()
    ours.kill()
    ours.communicate()
    assert child.wait(10)


def test_a_daemon_goes_on_without_us_and_is_found_again(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from microdc.host.local import LocalHost\n"
        "log = pathlib.Path(sys.argv[1])\n"
        "print(LocalHost().start_daemon(['sh', '-c', 'echo up; exec sleep 1000'], log=log))\n"
    )
    log = tmp_path / "log"
    done = subprocess.run([sys.executable, "-c", script, log], capture_output=True, text=True, check=True)
    daemon = Daemon.parse(done.stdout)
    try:
        assert daemon.alive()
        assert Daemon.of(daemon.pid) == daemon
    finally:
        daemon.kill()
    assert not daemon.alive()
    daemon.kill()
    assert log.read_text() == "up\n"


def test_a_number_taken_by_another_process_is_not_the_daemon() -> None:
    ours = Daemon.of(os.getpid())
    other = Daemon(ours.pid, ours.started - 1)
    assert not other.alive()
    other.kill()  # and we live


def test_a_file_is_written_whole_with_its_mode(host: LocalHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    host.put(b"new\x00", str(path), mode=0o640)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new\x00", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="nowhere/file"):
        host.put(b"", str(tmp_path / "nowhere" / "file"))
    (tmp_path / "directory").mkdir()
    with pytest.raises(UnreachableError, match="directory"):
        host.put(b"", str(tmp_path / "directory"))
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


def test_connecting_to_this_machine() -> None:
    with connect(Address("local")) as host:
        assert str(host.address) == "local"
        assert host.run(["true"]).ok
