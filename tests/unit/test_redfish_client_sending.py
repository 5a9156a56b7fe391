"""What the Redfish client sends: acts once, reads again with patience, and no more than needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redfish_hostile import (
    CALM,
    QUICK,
    RESET,
    ROOT,
    SYSTEM,
    Hostile,
    Raw,
    Request,
    ending,
    error,
    reply,
    silence,
)

from microdc.bmc.errors import RETRYABLE, BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Limits
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.etags import Etags
from microdc.bmc.redfish.expanding import expand_query
from microdc.bmc.redfish.patience import repeated
from microdc.bmc.redfish.refusals import NotNowError
from microdc.bmc.redfish.reply import Reply

SYSTEMS = "/redfish/v1/Systems"


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "run")


@pytest.fixture
def bmc() -> Iterator[Hostile]:
    with Hostile(None) as server:
        yield server


# -- once


@pytest.mark.parametrize("behaviour", [silence(), ending(), ending(b"HTTP/1.1 20")])
def test_a_reset_without_an_answer_reached_the_bmc_once(bmc: Hostile, behaviour: Raw) -> None:
    bmc.rules[("POST", RESET)] = lambda _: behaviour
    with Client(bmc.target(), QUICK) as client, pytest.raises(BmcError) as caught:
        client.send("POST", RESET, {"ResetType": "ForceRestart"})
    assert caught.value.sent
    assert bmc.seen("POST", RESET) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_an_act_that_failed_is_not_sent_again(bmc: Hostile, method: str, status: int) -> None:
    bmc.rules[(method, SYSTEM)] = lambda _: error(status, "Base.1.12.GeneralError", "Something failed.")
    with Client(bmc.target(), CALM) as client, pytest.raises((BmcError, BmcRefusedError)):
        client.send(method, SYSTEM, {})
    assert bmc.seen(method, SYSTEM) == 1


def test_an_act_to_a_bmc_that_is_gone_was_not_sent(bmc: Hostile) -> None:
    client = Client(bmc.target(), QUICK)
    client.open()
    bmc.__exit__()
    with pytest.raises(BmcError) as caught:
        client.send("POST", RESET, {"ResetType": "On"})
    assert not caught.value.sent
    client.close()
    bmc.__enter__()


@pytest.mark.parametrize("status", [302, 303, 307, 308])
def test_an_act_does_not_follow_a_redirect_to_something_else(bmc: Hostile, status: int) -> None:
    bmc.rules[("POST", RESET)] = lambda _: reply(status, headers={"Location": "/login"})
    with Client(bmc.target(), CALM) as client, pytest.raises(BmcError) as caught:
        client.send("POST", RESET, {"ResetType": "On"})
    assert caught.value.cause is Cause.BROKEN_ANSWER
    assert bmc.seen("POST", "/login") == 0
    assert caught.value.sent is (status in {302, 303})


def test_what_is_sent_arrives_as_it_is(bmc: Hostile) -> None:
    body = {"Boot": {"BootSourceOverrideTarget": "Pxe", "Note": "ä"}}
    bmc.rules[("PATCH", SYSTEM)] = lambda _: reply(200, {"Done": True})
    bmc.rules[("PUT", SYSTEM)] = lambda _: reply(204)
    with Client(bmc.target(), CALM) as client:
        assert client.send("PATCH", SYSTEM, body, if_match='W/"abc"').body == {"Done": True}
        assert client.send("PUT", SYSTEM, body).status == 204
        assert client.send("POST", RESET).body == {}
    patch, put, post = (one for one in bmc.requests if one.method in {"PATCH", "PUT"} or one.path == RESET)
    assert (patch.body, put.body, post.body) == (body, body, None)
    assert patch.headers["if-match"] == 'W/"abc"'
    assert "if-match" not in put.headers
    assert patch.headers["odata-version"] == "4.0"
    assert bmc.seen("GET", SYSTEM) == 0  # DMTF's library reads before it puts


def test_an_act_that_answers_with_a_page_may_have_been_done(bmc: Hostile) -> None:
    bmc.rules[("POST", RESET)] = lambda _: reply(200, b"<html>", kind="text/html")
    with Client(bmc.target(), CALM) as client, pytest.raises(BmcError) as caught:
        client.send("POST", RESET, {"ResetType": "On"})
    assert (caught.value.cause, caught.value.sent) == (Cause.BROKEN_ANSWER, True)


# -- again


def test_a_read_is_tried_again_over_a_new_connection(bmc: Hostile) -> None:
    left = [ending(), ending(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")]
    bmc.rules[("GET", SYSTEM)] = lambda request: left.pop() if left else bmc.plainly(request)
    with Client(bmc.target(), replace(CALM, attempts=3)) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
    assert bmc.seen("GET", SYSTEM) == 3


def test_a_connection_that_the_bmc_closed_meanwhile_is_opened_again(bmc: Hostile) -> None:
    bmc.rules[("GET", SYSTEM)] = lambda request: ending(bmc.plainly(request))
    bmc.rules[("PATCH", SYSTEM)] = lambda _: ending(reply(200, {}))
    with Client(bmc.target(), replace(CALM, attempts=1)) as client:
        for _ in range(3):
            assert client.get(SYSTEM)["PowerState"] == "On"
            client.send("PATCH", SYSTEM, {})
    assert bmc.seen("GET", SYSTEM) == bmc.seen("PATCH", SYSTEM) == 3


@pytest.mark.parametrize(("promise", "connections"), [({}, 3), ({"Connection": "Keep-Alive"}, 1)])
def test_an_act_uses_a_connection_that_is_sure_to_be_there(
    bmc: Hostile, promise: dict[str, str], connections: int
) -> None:
    for method, path in (("GET", "/redfish/v1/"), ("GET", SYSTEM)):
        bmc.rules[(method, path)] = lambda request: bmc.plainly(request).replace(
            b"Content-Type",
            b"".join(f"{name}: {value}\r\n".encode() for name, value in promise.items()) + b"Content-Type",
        )
    with Client(bmc.target(), CALM) as client:
        client.get(SYSTEM)
        client.send("POST", RESET, {"ResetType": "On"})
        client.get(SYSTEM)
        assert bmc.connections == connections


class _Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@given(
    failures=st.lists(
        st.sampled_from([*Cause]).map(lambda cause: BmcError(cause, "x"))
        | st.builds(
            lambda cause, after: NotNowError(cause, "x", where="", after=after),
            st.sampled_from([Cause.STARTING, Cause.BUSY]),
            st.none() | st.floats(0, 100),
        ),
        max_size=12,
    ),
    attempts=st.integers(1, 5),
    busy=st.floats(0, 60),
)
def test_what_is_tried_again_and_how_often(failures: list[BmcError], attempts: int, busy: float) -> None:
    time, calls, limits = _Time(), 0, Limits(attempts=attempts, pause=0.5, busy=busy)

    def ask() -> str:
        nonlocal calls
        calls += 1
        if calls <= len(failures):
            raise failures[calls - 1]
        return "answer"

    try:
        came = repeated(ask, limits, clock=time.clock, sleep=time.sleep)
    except BmcError as error:
        came = repr(error)
    after = failures[calls - 1 : calls]
    assert came == (repr(after[0]) if after else "answer")
    tried = failures[: calls - 1]  # those after which it went on
    assert all(failure.cause in RETRYABLE for failure in tried)
    assert sum(not isinstance(failure, NotNowError) for failure in tried) < attempts
    for failure, slept in zip(tried, time.slept, strict=True):
        if isinstance(failure, NotNowError):
            assert failure.after is None or slept >= failure.after
            assert slept <= busy
        assert 0.5 * 0.75 <= slept <= 100


# -- no more than needed


def _tagged(bmc: Hostile, path: str, state: dict[str, str], tag: list[str]) -> None:
    def answer(request: Request) -> bytes:
        headers = {"ETag": tag[0]}
        if request.headers.get("if-none-match") == tag[0]:
            return reply(304, headers=headers)
        return reply(200, {"@odata.id": path, **state}, headers=headers)

    bmc.rules[("GET", path)] = answer


def test_what_did_not_change_is_not_transferred_again(bmc: Hostile) -> None:
    state, tag = {"PowerState": "On"}, ['W/"1"']
    _tagged(bmc, SYSTEM, state, tag)
    with Client(bmc.target(), CALM) as client:
        first = client.read(SYSTEM)
        assert client.read(SYSTEM).body == first.body
        assert client.read(SYSTEM).status == 200
        state["PowerState"], tag[0] = "Off", 'W/"2"'
        assert client.get(SYSTEM)["PowerState"] == "Off"
        assert bmc.connections == 2  # one for the login; an answer without content keeps the connection too
    asked = [one.headers.get("if-none-match") for one in bmc.requests if one.path == SYSTEM]
    assert asked == [None, 'W/"1"', 'W/"1"', 'W/"1"']


def test_after_an_act_etags_are_not_relied_on(bmc: Hostile) -> None:
    state, tag = {"PowerState": "On"}, ['"stuck"']
    _tagged(bmc, SYSTEM, state, tag)
    with Client(bmc.target(), CALM) as client:
        client.get(SYSTEM)
        client.send("POST", RESET, {"ResetType": "ForceOff"})
        state["PowerState"] = "Off"
        assert client.get(SYSTEM)["PowerState"] == "Off"
        client._whole_until = 0.0  # long after
        state["PowerState"] = "On"
        assert client.get(SYSTEM)["PowerState"] == "On"  # the ETag was found to mean nothing


def test_what_is_kept_is_bounded() -> None:
    etags = Etags(most=3, most_bytes=100)
    for at in range(10):
        etags.keep(f"/{at}", Reply(200, "OK", {"etag": f'"{at}"'}, b"x" * 10), 0.0)
    assert [at for at in range(10) if etags.ask(f"/{at}", 1.0)] == [7, 8, 9]
    etags.keep("/big", Reply(200, "OK", {"etag": '"b"'}, b"x" * 95), 0.0)
    assert [path for path in ("/7", "/8", "/9", "/big") if etags.ask(path, 1.0)] == ["/big"]
    etags.keep("/bigger", Reply(200, "OK", {"etag": '"b"'}, b"x" * 101), 0.0)
    assert not etags.ask("/bigger", 1.0)
    assert not etags.ask("/big", 601.0)


@pytest.mark.parametrize(
    "etag", ["", "unimplemented", '"unimplemented"', 'W/"unimplemented"', "no-quotes", '""']
)
def test_an_etag_that_means_nothing_is_not_used(etag: str) -> None:
    etags = Etags()
    etags.keep("/1", Reply(200, "OK", {"etag": etag}, b"{}"), 0.0)
    assert not etags.ask("/1", 0.0)


# -- collections


def _collection(bmc: Hostile, *, can: object) -> None:
    bmc.root = {**ROOT, "ProtocolFeaturesSupported": {"ExpandQuery": can}}
    members = [{"@odata.id": f"{SYSTEMS}/{at}"} for at in range(3)]
    bmc.rules[("GET", SYSTEMS)] = lambda _: reply(200, {"Members": members})
    for at in range(3):
        bmc.rules[("GET", f"{SYSTEMS}/{at}")] = lambda _, at=at: reply(  # type: ignore[misc]
            200, {"@odata.id": f"{SYSTEMS}/{at}", "Id": str(at)}
        )


FULL = [{"@odata.id": f"{SYSTEMS}/{at}", "Id": str(at)} for at in range(3)]


@pytest.mark.parametrize(
    ("can", "query"),
    [
        ({"NoLinks": True, "Levels": True, "MaxLevels": 6, "ExpandAll": True}, "$expand=.($levels=1)"),
        ({"NoLinks": True, "Levels": False}, "$expand=."),
        ({"ExpandAll": True, "Levels": True}, "$expand=*($levels=1)"),
        ({"Links": True}, ""),
        ({"NoLinks": "yes"}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_members_come_in_one_request_where_the_service_can(bmc: Hostile, can: object, query: str) -> None:
    _collection(bmc, can=can)
    if query:
        bmc.rules[("GET", f"{SYSTEMS}?{query}")] = lambda _: reply(200, {"Members": FULL})
    with Client(bmc.target(), CALM) as client:
        before = client.requests
        assert client.expand(SYSTEMS)["Members"] == FULL
        assert client.requests - before == (1 if query else 4)


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "Base.1.1.QueryNotSupported", "no"),
        error(501, "x", "no"),
        ending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    ],
)
def test_an_expansion_that_fails_is_done_by_single_reads(bmc: Hostile, answer: bytes) -> None:
    _collection(bmc, can={"NoLinks": True, "Levels": True})
    bmc.rules[("GET", f"{SYSTEMS}?$expand=.($levels=1)")] = lambda _: answer
    with Client(bmc.target(), replace(CALM, attempts=1)) as client:
        assert client.expand(SYSTEMS)["Members"] == FULL
        assert client.expand(SYSTEMS)["Members"] == FULL
    assert bmc.seen("GET", f"{SYSTEMS}?$expand=.($levels=1)") == 1


def test_all_pages_and_members_that_cannot_be_read(bmc: Hostile) -> None:
    pages = {
        SYSTEMS: {
            "Members": [{"@odata.id": f"{SYSTEMS}/0"}, FULL[1]],
            "Members@odata.nextLink": f"{SYSTEMS}?$skip=2",
        },
        f"{SYSTEMS}?$skip=2": {
            "Members": [{"@odata.id": f"{SYSTEMS}/gone"}, 5],
            "Members@odata.nextLink": SYSTEMS,
        },
    }
    for path, page in pages.items():
        bmc.rules[("GET", path)] = lambda _, page=page: reply(200, page)  # type: ignore[misc]
    bmc.rules[("GET", f"{SYSTEMS}/0")] = lambda _: reply(200, FULL[0])
    with Client(bmc.target(), CALM) as client:
        whole = client.expand(SYSTEMS)
    assert whole["Members"] == [FULL[0], FULL[1], {"@odata.id": f"{SYSTEMS}/gone"}, 5]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["ExpandQuery", "ProtocolFeaturesSupported", "NoLinks"]), inner)
        ),
    )
)
def test_whatever_a_root_says_of_expansion_is_taken(value: object) -> None:
    assert isinstance(expand_query({"ProtocolFeaturesSupported": value}), str)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_failure_that_is_gone_the_next_moment_is_asked_again_once(bmc: Hostile, status: int) -> None:
    left = [error(status, "Base.1.12.GeneralError", "A general error has occurred.")]
    bmc.rules[("GET", SYSTEM)] = lambda request: left.pop() if left else bmc.plainly(request)
    with Client(bmc.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        bmc.rules[("GET", SYSTEM)] = lambda _: error(
            status, "Base.1.12.GeneralError", "A general error has occurred."
        )
        with pytest.raises(BmcRefusedError) as caught:
            client.get(SYSTEM)
    assert caught.value.status == status
    assert bmc.seen("GET", SYSTEM) == 4
