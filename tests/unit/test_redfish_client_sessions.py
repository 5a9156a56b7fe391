"""No session is leaked: counted at the service after a normal end, an exception, a kill, and a BMC that was away meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from redfish_hostile import (
    CALM,
    QUICK,
    SESSIONS,
    SYSTEM,
    Certified,
    Hostile,
    certified,
    ending,
    error,
    reply,
    silence,
)

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target
from microdc.bmc.redfish import reaping, sessions
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.reaping import reap_all
from microdc.bmc.redfish.sessions import Session, directory, orphans

PROGRAM = """
import sys, time
from pathlib import Path
from microdc.bmc.model import Login, Target
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client

run, url, cafile, user, password = sys.stdin.readline().rstrip("\\n").split("\\t")
sessions.runtime_dir = lambda: Path(run)
with Client(Target("r1-s1", redfish=url, cafile=cafile, login=Login(user, password))) as client:
    client.get("/redfish/v1/Systems/1")
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaping, "_BUDGET", 20.0)
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "run")


@pytest.fixture
def bmc() -> Iterator[Hostile]:
    with Hostile(None) as server:
        yield server


def _files() -> list[Path]:
    return [path for path in sorted(directory().rglob("*")) if path.is_file()]


def _killed(bmc: Hostile, tmp_path: Path, cafile: str = "") -> None:
    """Another process logs in and is killed before it can log out."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdin is not None
            assert other.stdout is not None
            login = bmc.target().login
            assert login is not None
            words = (str(tmp_path / "run"), bmc.url, cafile, login.user, login.password)
            other.stdin.write("\t".join(words) + "\n")
            other.stdin.flush()
            assert other.stdout.readline() == "ready\n"
        finally:
            other.send_signal(signal.SIGKILL)


def test_while_a_session_is_open_its_file_is_for_its_owner_only(bmc: Hostile) -> None:
    with Client(bmc.target(), CALM):
        (file,) = _files()
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        written = json.loads(file.read_text())
        assert {written["token"]: written["path"]} == bmc.sessions
        assert orphans() == []
        assert written["token"] not in repr(Session(**written))
    assert not _files()
    assert not bmc.sessions
    assert not directory().exists()


def test_after_an_exception_no_session_is_left(bmc: Hostile) -> None:
    def fail() -> None:
        with Client(bmc.target(), CALM) as client:
            client.get(SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not bmc.sessions
    assert not _files()


@pytest.mark.parametrize("answer", [reply(401), error(404, "Base.1.12.ResourceMissingAtURI", "gone")])
def test_a_session_that_has_ended_already_is_no_failure_of_the_logout(bmc: Hostile, answer: bytes) -> None:
    client = Client(bmc.target(), CALM)
    client.open()
    path = next(iter(bmc.sessions.values()))
    bmc.rules[("DELETE", path)] = lambda _: answer
    client.close()
    client.close()
    assert bmc.seen("DELETE", path) == 1
    assert not _files()


@pytest.mark.parametrize("answer", [reply(500), ending(), silence()])
def test_a_logout_that_fails_raises_nothing_and_leaves_the_file(bmc: Hostile, answer: bytes) -> None:
    with Client(bmc.target(), QUICK):
        path = next(iter(bmc.sessions.values()))
        bmc.rules[("DELETE", path)] = lambda _: answer
    assert len(_files()) == 1
    assert bmc.seen("DELETE", path) in {1, 2}  # once more where the kept connection had ended


def test_the_next_client_ends_what_a_killed_process_left(bmc: Hostile, tmp_path: Path) -> None:
    _killed(bmc, tmp_path)
    (left,) = bmc.sessions.values()
    assert len(_files()) == 1
    with Client(bmc.target(), CALM):
        assert len(bmc.sessions) == 1
        assert left not in bmc.sessions.values()
    assert not bmc.sessions
    assert not _files()


def test_where_sessions_are_full_of_leftovers_there_is_room_afterwards(bmc: Hostile, tmp_path: Path) -> None:
    _killed(bmc, tmp_path)
    bmc.rules[("POST", SESSIONS)] = lambda request: (
        error(503, "IDRAC.2.4.RAC0218", "maximum number of user sessions")
        if bmc.sessions
        else bmc.log_in(request)
    )
    with Client(bmc.target(), CALM) as client:
        assert not any("too many" in note for note in client.notes)
    assert not bmc.sessions


def test_a_client_of_another_bmc_leaves_them_alone(bmc: Hostile, tmp_path: Path) -> None:
    _killed(bmc, tmp_path)
    with Hostile(None) as other, Client(other.target(), CALM):
        assert len(bmc.sessions) == 1
    assert len(_files()) == 1


def test_all_are_ended_at_once_over_verified_tls(proof: Certified, tmp_path: Path) -> None:
    with Hostile(proof.context) as first, Hostile(proof.context) as second:
        for bmc in (first, second):
            _killed(bmc, tmp_path, str(proof.authority))
        reaped = reap_all()
        assert sorted(one.base for one in reaped) == sorted([first.url, second.url])
        assert all(one.ended for one in reaped)
        assert not first.sessions
        assert not second.sessions
    assert not _files()


def test_a_token_is_not_told_to_whoever_has_the_address_now(proof: Certified, tmp_path: Path) -> None:
    with Hostile(proof.context) as bmc:
        _killed(bmc, tmp_path, str(proof.authority))
        bmc.context = certified(tmp_path / "other").context
        before = len(bmc.requests)
        (reaped,) = reap_all()
        assert not reaped.ended
        assert Cause.UNTRUSTED in reaped.why
        assert len(bmc.requests) == before
    assert len(_files()) == 1


def test_a_bmc_that_is_away_keeps_its_file_for_later(
    bmc: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaping, "_BUDGET", 0.3)
    _killed(bmc, tmp_path)
    (path,) = bmc.sessions.values()
    bmc.rules[("DELETE", path)] = lambda _: silence()
    (reaped,) = reap_all()
    assert not reaped.ended
    with Client(bmc.target(), CALM):  # and it costs a client no more than that
        assert len(_files()) == 2
    del bmc.rules[("DELETE", path)]
    monkeypatch.setattr(reaping, "_BUDGET", 20.0)
    (reaped,) = reap_all()
    assert reaped.ended
    assert reap_all() == ()
    assert not bmc.sessions


def test_files_that_are_no_sessions_or_too_old_are_removed(bmc: Hostile, tmp_path: Path) -> None:
    _killed(bmc, tmp_path)
    (file,) = _files()
    written = json.loads(file.read_text())
    file.write_text(json.dumps({**written, "opened": time.time() - 100_000}))
    for name, text in {"a": "", "b": "[]", "c": '{"base": 5}', "d": "\x00"}.items():
        (file.parent / f"{name}.json").write_text(text)
    assert orphans() == []
    assert not _files()


def test_a_running_owner_is_no_orphan_however_old(bmc: Hostile) -> None:
    with Client(bmc.target(), CALM):
        (file,) = _files()
        written = json.loads(file.read_text())
        assert int(written["owner"].partition(":")[0]) == os.getpid()
        file.write_text(json.dumps({**written, "opened": 0}))
        assert orphans() == []
        assert _files() == [file]
        # the same process number with another start is another process
        file.write_text(json.dumps({**written, "owner": f"{os.getpid()}:1"}))
        assert len(orphans()) == 1


def test_a_place_that_cannot_be_written_is_noted(
    bmc: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "file")
    with Client(bmc.target(), CALM) as client:
        assert "not written down" in client.notes[-1]
    assert not bmc.sessions


def test_a_failed_opening_leaves_no_session(bmc: Hostile) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda request: (
        bmc.log_in(request) and reply(201, {"@odata.id": f"{SESSIONS}/9"})
    )
    with pytest.raises(BmcError) as caught, Client(replace(bmc.target()), CALM):
        pass
    assert caught.value.cause is Cause.BROKEN_ANSWER
    assert "token" in caught.value.what
    assert not _files()


def test_sessions_are_written_down_and_erased_by_many_at_once() -> None:
    target = Target("r1-s1", redfish="https://192.0.2.1")

    def often(thread: int) -> None:
        for at in range(50):
            base = f"https://192.0.2.{(thread + at) % 2}"
            sessions.erase(sessions.record(Session.of(target, base, "/1", "t")))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(often, thread) for thread in range(8)]:
            done.result(60)
    assert not directory().exists()
