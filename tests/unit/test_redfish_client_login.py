"""How the Redfish client logs in: once, by a session where there is one, and never again after a refusal."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from redfish_hostile import (
    CALM,
    PASSWORD,
    ROOT,
    SESSIONS,
    SYSTEM,
    USER,
    Hostile,
    Request,
    ending,
    error,
    reply,
)

from microdc.bmc import logins
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Limits, Login, Target
from microdc.bmc.opening import GOES_ON
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "run")
    monkeypatch.setattr(logins, "_refused", {})


@pytest.fixture
def bmc() -> Iterator[Hostile]:
    with Hostile(None) as server:
        yield server


def _open(target: Target, limits: Limits = CALM) -> None:
    with Client(target, limits):
        pass


def _cause(target: Target) -> Cause:
    with pytest.raises(BmcError) as caught:
        _open(target)
    assert PASSWORD not in str(caught.value)
    return caught.value.cause


def test_a_session_is_opened_used_and_closed(bmc: Hostile) -> None:
    with Client(bmc.target(), CALM) as client:
        client.get(SYSTEM)
        assert len(bmc.sessions) == 1
    assert not bmc.sessions
    last = bmc.requests[-1]
    assert (last.method, last.path.rpartition("/")[0]) == ("DELETE", SESSIONS)


# -- refused


@pytest.mark.parametrize(
    "refusal",
    [
        error(401, "Base.1.12.ResourceAtUriUnauthorized", "no"),
        error(403, "Base.1.12.InsufficientPrivilege", "no"),
        error(400, "iLO.0.10.UnauthorizedLoginAttempt", "no"),
        reply(401),
    ],
)
def test_a_wrong_password_is_tried_once_by_whoever_asks(bmc: Hostile, refusal: bytes) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: refusal
    with ThreadPoolExecutor(20) as pool:
        causes = list(pool.map(_cause, [bmc.target()] * 20))
    assert set(causes) == {Cause.LOGIN}
    assert bmc.seen("POST", SESSIONS) == 1
    assert not any("authorization" in one.headers for one in bmc.requests)


def test_ipmi_does_not_try_what_redfish_was_refused(bmc: Hostile) -> None:
    target = bmc.target(ipmi="192.0.2.9", login=Login(USER, "mistaken"))
    assert _cause(target) is Cause.LOGIN
    with pytest.raises(BmcError) as caught, logins.one_try(replace(target, redfish="", ipmi="192.0.2.9:623")):
        pytest.fail("it was tried")
    assert caught.value.cause is Cause.LOGIN
    assert "mistaken" not in str(caught.value)


def test_another_password_user_or_bmc_is_another_login(bmc: Hostile) -> None:
    wrong = bmc.target(login=Login(USER, "wrong"))
    assert _cause(wrong) is Cause.LOGIN
    _open(bmc.target(), CALM)
    with logins.one_try(replace(wrong, login=Login("admin", "wrong"))):
        pass
    with logins.one_try(replace(wrong, redfish="https://192.0.2.77")):
        pass
    logins.forget(wrong)
    assert _cause(wrong) is Cause.LOGIN
    assert bmc.seen("POST", SESSIONS) == 3


def test_a_password_that_must_be_changed_is_told_and_leaves_no_session(bmc: Hostile) -> None:
    def must_change(request: Request) -> bytes:
        answer = bmc.log_in(request)
        path = next(iter(bmc.sessions.values()))
        info = {"@Message.ExtendedInfo": [{"MessageId": "Base.1.12.PasswordChangeRequired"}]}
        token = next(iter(bmc.sessions))
        assert answer
        return reply(201, info, headers={"X-Auth-Token": token, "Location": path})

    bmc.rules[("POST", SESSIONS)] = must_change
    with pytest.raises(BmcError) as caught:
        _open(bmc.target())
    assert caught.value.cause is Cause.LOGIN
    assert "changed" in caught.value.what
    assert not bmc.sessions


# -- other ways in


@pytest.mark.parametrize("status", [301, 307, 308])
def test_sessions_that_are_elsewhere_by_a_slash_are_found(bmc: Hostile, status: int) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: reply(status, headers={"Location": f"{SESSIONS}/"})
    bmc.rules[("POST", f"{SESSIONS}/")] = bmc.log_in
    _open(bmc.target(), CALM)
    assert bmc.seen("POST", f"{SESSIONS}/") == 1
    assert not bmc.sessions


@pytest.mark.parametrize("place", ["header", "body", "id", "whole URL"])
def test_the_session_is_found_however_the_service_names_it(bmc: Hostile, place: str) -> None:
    def log_in(request: Request) -> bytes:
        bmc.log_in(request)
        token, path = next(iter(bmc.sessions.items()))
        body = {"body": {"@odata.id": path}, "id": {"Id": path.rpartition("/")[2]}}.get(place, {})
        headers = {"header": {"Location": path}, "whole URL": {"Location": bmc.url + path}}.get(place, {})
        return reply(201, body, headers={"X-Auth-Token": token, **headers})

    bmc.rules[("POST", SESSIONS)] = log_in
    with Client(bmc.target(), CALM) as client:
        assert len(client.notes) == 1  # that it is not encrypted
    assert not bmc.sessions


def test_a_session_without_a_name_is_used_and_noted(bmc: Hostile) -> None:
    def log_in(request: Request) -> bytes:
        bmc.log_in(request)
        return reply(201, headers={"X-Auth-Token": next(iter(bmc.sessions))})

    bmc.rules[("POST", SESSIONS)] = log_in
    with Client(bmc.target(), CALM) as client:
        client.get(SYSTEM)
        assert "does not say which session" in client.notes[-1]


def test_a_service_without_sessions_gets_basic_authentication_and_a_note(bmc: Hostile) -> None:
    bmc.root = {key: value for key, value in ROOT.items() if key not in {"SessionService", "Links"}}
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        assert "Basic authentication" in client.notes[-1]
    assert bmc.seen("POST", SESSIONS) == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_sessions_that_are_announced_and_not_there(bmc: Hostile, status: int) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: error(status, "Base.1.12.GeneralError", "no")
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        assert "Basic authentication" in client.notes[-1]


def test_a_wrong_password_by_basic_authentication_is_tried_once(bmc: Hostile) -> None:
    bmc.root = {"RedfishVersion": "1.0.0", "Systems": {"@odata.id": "/redfish/v1/Systems"}}
    wrong = bmc.target(login=Login(USER, "wrong"))
    assert [_cause(wrong) for _ in range(3)] == [Cause.LOGIN] * 3
    assert sum("authorization" in one.headers for one in bmc.requests) == 1


def test_a_root_that_asks_for_a_login_is_a_service_all_the_same(bmc: Hostile) -> None:
    bmc.rules[("GET", "/redfish/v1/")] = lambda request: (
        reply(200, ROOT) if bmc.allowed(request) else error(401, "Base.1.12.NoValidSession", "no")
    )
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"


# -- not now


@pytest.mark.parametrize(
    "refusal",
    [
        error(503, "IDRAC.2.4.RAC0218", "The maximum number of user sessions is reached."),
        error(503, "Base.1.12.GeneralError", "Maximum number of sessions reached"),
        error(400, "Base.1.12.SessionLimitExceeded", "The session establishment failed."),
        error(400, "Base.1.12.CreateLimitReachedForResource", "No more resources can be created."),
    ],
)
def test_where_sessions_are_full_basic_authentication_takes_their_place(bmc: Hostile, refusal: bytes) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: refusal
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        assert "too many sessions" in client.notes[-1]
    assert bmc.seen("POST", SESSIONS) == 1
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert bmc.requests[-1].headers["authorization"] == f"Basic {pair}"


def test_full_sessions_and_no_basic_authentication(bmc: Hostile) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: error(
        503, "IDRAC.2.4.RAC0218", "maximum number of user sessions"
    )
    bmc.rules[("GET", "/redfish/v1/Systems")] = lambda _: error(401, "Base.1.12.NoValidSession", "no")
    assert [_cause(bmc.target()) for _ in range(3)] == [Cause.SESSIONS] * 3
    assert sum("authorization" in one.headers for one in bmc.requests) == 1
    del bmc.rules[("POST", SESSIONS)]  # the others have logged out
    _open(bmc.target(), CALM)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            error(503, "Base.1.12.ServiceTemporarilyUnavailable", "The service is still initializing."),
            Cause.STARTING,
        ),
        (error(503, "IDRAC.2.8.SWC0700", "Try later."), Cause.STARTING),
        (reply(503, b"<html>503 Service Unavailable</html>", kind="text/html"), Cause.STARTING),
        (reply(503), Cause.STARTING),
        (error(503, "Base.1.12.ServiceTemporarilyUnavailable", "Retry in 5 seconds."), Cause.BUSY),
        (error(503, "Base.1.12.ResourceInUse", "In use."), Cause.BUSY),
        (reply(429), Cause.BUSY),
        (error(503, "IDRAC.2.4.RAC0218", "The maximum number of user sessions is reached."), Cause.SESSIONS),
    ],
)
def test_the_kinds_of_503_are_told_apart(bmc: Hostile, answer: bytes, cause: Cause) -> None:
    bmc.rules[("GET", SYSTEM)] = lambda _: answer
    with Client(bmc.target(), replace(CALM, busy=0.05)) as client, pytest.raises(BmcError) as caught:
        client.get(SYSTEM)
    assert caught.value.cause is cause


@pytest.mark.parametrize("what", [("GET", "/redfish/v1/"), ("POST", SESSIONS), ("GET", SYSTEM)])
def test_a_bmc_that_is_starting_is_waited_for(bmc: Hostile, what: tuple[str, str]) -> None:
    left = [error(503, "Base.1.12.GeneralError", "The BMC is still starting.")] * 3
    bmc.rules[what] = lambda request: left.pop() if left else bmc.plainly(request)
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
    assert bmc.seen(*what) == 4


def test_a_wait_that_would_be_too_long_is_not_begun(bmc: Hostile) -> None:
    bmc.rules[("GET", SYSTEM)] = lambda _: error(503, "Base.1.1.X", "Retry.", headers={"Retry-After": "3600"})
    with Client(bmc.target(), CALM) as client, pytest.raises(BmcError) as caught:
        client.get(SYSTEM)
    assert caught.value.cause is Cause.BUSY
    assert bmc.seen("GET", SYSTEM) == 1


def test_an_act_is_not_sent_again_to_a_busy_bmc(bmc: Hostile) -> None:
    bmc.rules[("PATCH", SYSTEM)] = lambda _: error(
        503, "Base.1.1.ServiceTemporarilyUnavailable", "Retry in 1 s."
    )
    with Client(bmc.target(), CALM) as client, pytest.raises(BmcError) as caught:
        client.send("PATCH", SYSTEM, {})
    assert (caught.value.cause, caught.value.sent) == (Cause.BUSY, False)
    assert bmc.seen("PATCH", SYSTEM) == 1


def test_a_login_without_an_answer_is_not_sent_again(bmc: Hostile) -> None:
    bmc.rules[("POST", SESSIONS)] = lambda _: ending()
    assert _cause(bmc.target()) is Cause.ENDED
    assert bmc.seen("POST", SESSIONS) == 1


# -- expiry and privileges


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize(
    "answer", [reply(401), reply(440), error(403, "Base.1.12.NoValidSession", "Expired.")]
)
def test_an_expired_session_is_renewed_once(bmc: Hostile, method: str, answer: bytes) -> None:
    bmc.rules[(method, SYSTEM)] = lambda request: bmc.plainly(request) if bmc.allowed(request) else answer
    with Client(bmc.target(), CALM) as client:
        client.get("/redfish/v1/Systems")
        bmc.sessions.clear()
        client.get(SYSTEM) if method == "GET" else client.send(method, SYSTEM, {"AssetTag": "7"})
        assert len(bmc.sessions) == 1
    assert bmc.seen("POST", SESSIONS) == 2
    assert bmc.seen(method, SYSTEM) == 2
    assert not bmc.sessions


def test_a_password_changed_meanwhile_ends_the_login_after_one_try(bmc: Hostile) -> None:
    with Client(bmc.target(), CALM) as client:
        bmc.sessions.clear()
        bmc.password = "another"
        for _ in range(3):
            with pytest.raises(BmcError) as caught:
                client.get(SYSTEM)
            assert caught.value.cause is Cause.LOGIN
    assert bmc.seen("POST", SESSIONS) == 2


def test_what_the_user_may_not_read_is_a_refusal_and_no_wrong_password(bmc: Hostile) -> None:
    bmc.rules[("GET", SYSTEM)] = lambda _: error(401, "Base.1.12.InsufficientPrivilege", "Not allowed.")
    with Client(bmc.target(), CALM) as client:
        with pytest.raises(BmcRefusedError) as caught:
            client.get(SYSTEM)
        assert "privilege" in caught.value.hint
        client.get("/redfish/v1/Systems")
    assert bmc.seen("POST", SESSIONS) == 1
    assert not bmc.sessions


def test_where_nothing_can_be_read_the_login_is_renewed_once_and_leaks_no_session(bmc: Hostile) -> None:
    for path in (SYSTEM, "/redfish/v1/Systems", "/redfish/v1/Managers"):
        bmc.rules[("GET", path)] = lambda _: reply(401)
    with Client(bmc.target(), CALM) as client, pytest.raises(BmcError) as caught:
        client.get(SYSTEM)
    assert caught.value.cause is Cause.LOGIN
    assert bmc.seen("POST", SESSIONS) == 2
    assert not bmc.sessions


def test_one_thread_at_a_time_tries_a_login() -> None:
    target = Target("r1-s1", redfish="https://192.0.2.1", login=Login(USER, "wrong"))
    inside, most, guard = 0, 0, threading.Lock()
    started = threading.Barrier(8)

    def attempt() -> None:
        nonlocal inside, most
        started.wait(20)
        with logins.one_try(target):
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(attempt) for _ in range(8)]:
            done.result(20)
    assert most == 1


def test_a_service_that_fails_at_the_login_says_nothing_against_the_password(bmc: Hostile) -> None:
    """So that IPMI may take its place: see `opening.GOES_ON`."""
    bmc.rules[("POST", SESSIONS)] = lambda _: error(500, "Base.1.12.InternalError", "a crash")
    assert _cause(bmc.target()) is Cause.BROKEN_ANSWER
    assert Cause.BROKEN_ANSWER in GOES_ON
    assert bmc.seen("POST", SESSIONS) == 1
    with logins.one_try(bmc.target()):
        pass  # and it may be tried again
