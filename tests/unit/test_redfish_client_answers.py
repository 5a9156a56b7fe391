"""What the Redfish client makes of a BMC that misbehaves: a cause, a place and a few words, in time, and never a flood of requests."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redfish_hostile import (
    CALM,
    PASSWORD,
    QUICK,
    ROOT,
    SYSTEM,
    Certified,
    Hostile,
    Raw,
    certified,
    dripping,
    ending,
    error,
    plain_web_server,
    reply,
    silence,
)

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Limits, Login, Target
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.root import ROOT as ROOT_PATH
from microdc.errors import InputError, MicrodcError


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "run")


@pytest.fixture
def bmc(proof: Certified) -> Iterator[Hostile]:
    with Hostile(proof.context) as server:
        yield server


def _target(bmc: Hostile, proof: Certified) -> Target:
    return bmc.target(cafile=str(proof.authority))


def _failure(target: Target, path: str = SYSTEM, limits: Limits = CALM) -> BmcError:
    with pytest.raises(BmcError) as caught, Client(target, limits) as client:
        client.get(path)
    assert PASSWORD not in str(caught.value) + repr(caught.value)
    assert "r1-s1" in caught.value.where
    assert all(letter.isprintable() for letter in str(caught.value))
    return caught.value


def test_resources_are_read_over_one_connection(bmc: Hostile, proof: Certified) -> None:
    with Client(_target(bmc, proof), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        answer = client.read(f"{SYSTEM}#/Boot")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert client.get(f"{bmc.url}{SYSTEM}")["@odata.id"] == SYSTEM
        assert client.notes == ()
        assert client.root["RedfishVersion"] == ROOT["RedfishVersion"]
    assert bmc.connections == 2  # the login has one of its own
    assert client.requests == len(bmc.requests) == 6  # root, login, three reads, logout


# -- no connection


def test_nobody_has_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        for _ in range(4):  # a listener whose queue is full answers no further connection
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        caught = _failure(Target("r1-s1", redfish=f"https://127.0.0.1:{port}"), limits=QUICK)
        for one in waiting:
            one.close()
    assert caught.cause is Cause.NO_ROUTE
    assert "1 s" in caught.what
    assert not caught.sent


def test_nobody_listens_at_the_port() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        caught = _failure(Target("r1-s1", redfish=f"https://127.0.0.1:{held.getsockname()[1]}"))
    assert caught.cause is Cause.REFUSED


def test_a_host_name_without_an_address_is_told_as_such() -> None:
    caught = _failure(Target("r1-s1", redfish="https://no-such-host.invalid"))
    assert caught.cause is Cause.NO_ROUTE
    assert "host name" in caught.what


@pytest.mark.parametrize("url", ["", "10.0.0.1", "ftp://10.0.0.1", "https://", "https://10.0.0.1:99999"])
def test_a_base_url_that_is_none_is_an_error_of_the_document(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Client(Target("r1-s1", where="sites/a.yaml:7", redfish=url))
    assert caught.value.where == "sites/a.yaml:7"


def test_an_address_that_accepts_and_says_nothing_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caught = _failure(
            Target("r1-s1", redfish=f"https://127.0.0.1:{listener.getsockname()[1]}"), limits=QUICK
        )
    assert caught.cause is Cause.TIMEOUT
    assert "TLS" in caught.what


# -- no TLS, no Redfish


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"])
def test_http_where_https_is_asked_for(after: bytes) -> None:
    with plain_web_server(after or reply(200, b"<html>It works</html>", kind="text/html")) as server:
        caught = _failure(replace(server.target(), redfish=server.url.replace("http:", "https:")))
        assert caught.cause is Cause.NOT_TLS
        assert server.connections == 2  # nothing was tried again


def test_the_words_of_a_server_without_tls_are_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        served, _ = listener.accept()
        with served:
            served.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            from microdc.bmc.redfish.failures import handshake_failure

            context = ssl.create_default_context()
            with pytest.raises(ssl.SSLError) as caught:
                context.wrap_socket(client, server_hostname="127.0.0.1")
    assert handshake_failure(caught.value, "r1-s1", 1).cause is Cause.NOT_TLS


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<html><body>\x1b[2J<h1>Router</h1></body></html>", kind="text/html"),
        reply(404, b"<html>Not Found</html>", kind="text/html"),
        reply(200, {"name": "some other API"}),
        reply(200, [1, 2, 3]),
        reply(200, b"\xff\xfe\x00\x01binary"),
        reply(200, b""),
        reply(204),
    ],
)
def test_a_web_server_that_is_no_redfish_service(answer: bytes) -> None:
    with plain_web_server(answer) as server:
        caught = _failure(server.target())
        assert caught.cause is Cause.NOT_REDFISH
        assert len(server.requests) == 1  # and no password was sent to it


def test_a_login_page_in_place_of_redfish() -> None:
    page = reply(200, b"<html>Please log in</html>", kind="text/html")
    with plain_web_server(page) as server:
        server.rules[("GET", "/redfish/v1/")] = lambda _: reply(302, headers={"Location": "/login.html"})
        caught = _failure(server.target())
    assert caught.cause is Cause.NOT_REDFISH
    assert "HTML" in caught.what


# -- answers that are none


def _answering(bmc: Hostile, proof: Certified, answer: bytes | Raw) -> BmcError:
    bmc.rules[("GET", SYSTEM)] = lambda _: answer
    return _failure(_target(bmc, proof))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<html><h1>\x1b]0;owned\x07Service error</h1></html>", "HTML"),
        (b'{"PowerState": "O', "half"),
        (b"[]", "list"),
        (b"null", "null"),
        (b"", "empty"),
        (b"[" * 100_000, "half"),
        (b"power is on", "no JSON"),
    ],
)
def test_content_that_is_no_resource(bmc: Hostile, proof: Certified, content: bytes, word: str) -> None:
    caught = _answering(bmc, proof, reply(200, content, kind="text/html"))
    assert caught.cause is Cause.BROKEN_ANSWER
    assert word in caught.what
    assert SYSTEM in caught.where
    assert len(caught.what) < 200


def test_half_an_answer_and_the_end(bmc: Hostile, proof: Certified) -> None:
    whole = reply(200, {"PowerState": "On"})
    caught = _answering(bmc, proof, ending(whole[:-5]))
    assert caught.cause is Cause.BROKEN_ANSWER
    assert caught.what == "half an answer: it announced 20 bytes and ended the connection"
    assert bmc.seen("GET", SYSTEM) == CALM.attempts


def _waiting(answer: Raw) -> BmcError:
    """What becomes of an answer that does not come in time, or not whole."""
    with Hostile(None, rules={("GET", SYSTEM): lambda _: answer}) as server:
        caught = _failure(server.target(), limits=QUICK)
        assert server.seen("GET", SYSTEM) == 1
    return caught


def test_half_an_answer_and_then_silence() -> None:
    caught = _waiting(silence(reply(200, {"PowerState": "On"})[:-5]))
    assert caught.cause is Cause.TIMEOUT
    assert caught.what == "no whole answer in 1 s: it announced 20 bytes"


@pytest.mark.parametrize("body", [{"PowerState": "On" * 200}, {}])
def test_an_answer_that_drips_ends_in_time(body: dict[str, str]) -> None:
    caught = _waiting(dripping(reply(200, body, headers={"X-Long": "x" * 400}), every=0.05))
    assert caught.cause is Cause.TIMEOUT


def test_no_answer_at_all() -> None:
    caught = _waiting(silence())
    assert caught.cause is Cause.TIMEOUT
    assert caught.what == "no answer in 1 s"


def test_the_end_of_the_connection_in_place_of_an_answer(bmc: Hostile, proof: Certified) -> None:
    assert _answering(bmc, proof, ending()).cause is Cause.ENDED


def test_what_is_no_http(bmc: Hostile, proof: Certified) -> None:
    caught = _answering(bmc, proof, ending(b"SSH-2.0-\x1b[31mdropbear\r\n\r\n"))
    assert caught.cause is Cause.BROKEN_ANSWER


def test_an_answer_of_20_mb_is_not_read(bmc: Hostile, proof: Certified) -> None:
    sent = 0

    def flood(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(320):
            connection.sendall(b" " * 65536)
            sent += 65536

    bmc.rules[("GET", SYSTEM)] = lambda _: flood
    caught = _failure(_target(bmc, proof), limits=CALM)
    assert caught.cause is Cause.TOO_LARGE
    assert bmc.seen("GET", SYSTEM) == 1
    assert sent < 20 * 2**20


def test_an_announced_answer_of_20_mb_is_not_begun(bmc: Hostile, proof: Certified) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 20971520\r\n\r\n"
    caught = _answering(bmc, proof, silence(head))
    assert caught.cause is Cause.TOO_LARGE


# -- redirects


def test_a_redirect_loop_ends(bmc: Hostile, proof: Certified) -> None:
    other = f"{SYSTEM}/"
    bmc.rules[("GET", SYSTEM)] = lambda _: reply(308, headers={"Location": other})
    bmc.rules[("GET", other)] = lambda _: reply(308, headers={"Location": SYSTEM})
    caught = _failure(_target(bmc, proof))
    assert caught.cause is Cause.BROKEN_ANSWER
    assert "redirects" in caught.what
    assert bmc.seen("GET", SYSTEM) + bmc.seen("GET", other) == 4 * CALM.attempts


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_service_is_followed(bmc: Hostile, proof: Certified, status: int) -> None:
    bmc.rules[("GET", "/redfish/v1/Systems/Self")] = lambda _: reply(status, headers={"Location": SYSTEM})
    with Client(_target(bmc, proof), CALM) as client:
        assert client.get("/redfish/v1/Systems/Self")["@odata.id"] == SYSTEM


@pytest.mark.parametrize("place", ["https://192.0.2.1/", "http://127.0.0.1/redfish/v1/", "//192.0.2.1/x"])
def test_a_redirect_to_another_service_is_not_followed(bmc: Hostile, proof: Certified, place: str) -> None:
    caught = _answering(bmc, proof, reply(307, headers={"Location": place}))
    assert caught.cause is Cause.BROKEN_ANSWER
    assert place in caught.what


@pytest.mark.parametrize(
    "path", ["https://192.0.2.1/redfish/v1/Systems", "", "//192.0.2.1/redfish", "http://[oops"]
)
def test_a_link_to_another_service_is_not_followed(bmc: Hostile, proof: Certified, path: str) -> None:
    caught = _failure(_target(bmc, proof), path)
    assert caught.cause is Cause.BROKEN_ANSWER
    assert "leads nowhere" in caught.what


# -- refusals


def test_a_refusal_carries_its_messages(bmc: Hostile, proof: Certified) -> None:
    said = "The property\x1b[1m AssetTag\r\nis read only."
    bmc.rules[("PATCH", SYSTEM)] = lambda _: error(400, "Base.1.12.PropertyReadOnly", said)
    with Client(_target(bmc, proof), CALM) as client, pytest.raises(BmcRefusedError) as caught:
        client.send("PATCH", SYSTEM, {"AssetTag": "7"})
    assert (caught.value.status, caught.value.codes) == (400, ("Base.1.12.PropertyReadOnly",))
    assert caught.value.what == "refused with 400: The property [1m AssetTag is read only."
    assert caught.value.where == f"r1-s1: {bmc.url}: PATCH {SYSTEM}"


def test_what_is_not_there_is_a_refusal_asked_for_once(bmc: Hostile, proof: Certified) -> None:
    with Client(_target(bmc, proof), CALM) as client, pytest.raises(BmcRefusedError) as caught:
        client.get("/redfish/v1/Nothing")
    assert caught.value.status == 404
    assert bmc.seen("GET", "/redfish/v1/Nothing") == 1


def test_a_resource_with_odd_characters_is_read_as_far_as_it_goes(bmc: Hostile, proof: Certified) -> None:
    content = b'\xef\xbb\xbf{"SerialNumber": "A\x01B\xff", "Reading": NaN, "Peak": Infinity}'
    bmc.rules[("GET", SYSTEM)] = lambda _: reply(200, content)
    with Client(_target(bmc, proof), CALM) as client:
        assert client.get(SYSTEM) == {"SerialNumber": "A\x01B\ufffd", "Reading": None, "Peak": None}


def test_compressed_answers_are_bounded_by_their_whole_size(bmc: Hostile, proof: Certified) -> None:
    import gzip

    small = gzip.compress(json.dumps({"PowerState": "On"}).encode())
    bomb = gzip.compress(b" " * (4 * 2**20))
    zipped = {"Content-Encoding": "gzip"}
    bmc.rules[("GET", SYSTEM)] = lambda _: reply(200, small, headers=zipped)
    bmc.rules[("GET", "/redfish/v1/Bomb")] = lambda _: reply(200, bomb, headers=zipped)
    with Client(_target(bmc, proof), replace(CALM, answer_bytes=2**20)) as client:
        assert client.get(SYSTEM) == {"PowerState": "On"}
        with pytest.raises(BmcError) as caught:
            client.get("/redfish/v1/Bomb")
    assert len(bomb) < 2**20
    assert caught.value.cause is Cause.TOO_LARGE


def test_plain_http_is_used_where_the_document_says_so_and_is_noted() -> None:
    with Hostile(None) as server, Client(server.target(), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        assert client.notes == ("not encrypted: its address begins with http://",)


def test_without_a_login_what_is_open_is_read(bmc: Hostile, proof: Certified) -> None:
    target = replace(_target(bmc, proof), login=None)
    with Client(target, CALM) as client:
        assert client.get("/redfish/v1/")["RedfishVersion"] == ROOT["RedfishVersion"]
        with pytest.raises(BmcRefusedError) as caught:
            client.get(SYSTEM)
    assert caught.value.status == 401
    assert bmc.seen("POST", "/redfish/v1/SessionService/Sessions") == 0


def test_the_environment_changes_nothing(
    bmc: Hostile, proof: Certified, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with Client(_target(bmc, proof), CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
    assert not any("authorization" in one.headers for one in bmc.requests)


def test_no_password_is_in_any_text_of_a_client(
    bmc: Hostile, proof: Certified, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = 'quoted"secret'
    bmc.password = secret
    target = replace(_target(bmc, proof), login=Login("operator", secret))
    with Client(target, CALM) as client:
        client.get(SYSTEM)
        token = next(iter(bmc.sessions))
        assert token not in repr(client._access._granted)
    assert "secret" not in caplog.text
    assert token not in caplog.text


# -- whatever comes


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (SYSTEM, SYSTEM),
        (f"{SYSTEM}/", f"{SYSTEM}/"),
        (f"{SYSTEM}#/Boot/0", SYSTEM),
        ("Systems/1", "/redfish/v1/Systems/1"),
        ("?$skip=50", "/redfish/v1/?$skip=50"),
        ("/a?$filter=Name eq 'x'&only", "/a?$filter=Name%20eq%20'x'&only"),
        ("/Disk.Bay.0:Enclosure|A/ä%20b", "/Disk.Bay.0:Enclosure%7CA/%C3%A4%20b"),
        ("/a\r\nX-Evil: 1", "/aX-Evil:%201"),
        ("https://bmc.example/a", "/a"),
        ("https://bmc.example:443/a", "/a"),
        ("https://bmc.example:444/a", ""),
        ("https://bmc.example@192.0.2.1/a", ""),
        ("http://bmc.example/a", ""),
        ("javascript:alert(1)", ""),
        ("//192.0.2.1/a", ""),
        ("http://[", ""),
    ],
)
def test_where_a_link_leads(link: str, path: str) -> None:
    assert Line.to(Target("x", redfish="https://bmc.example/"), 1).path_of(link, ROOT_PATH) == path


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = [
    HEAD + b'Content-Length: 20\r\n\r\n{"PowerState": "On"}',
    HEAD + b'Transfer-Encoding: chunked\r\nETag: "1"\r\n\r\nA\r\n{"PowerSta\r\nA\r\nte": "On"}\r\n0\r\n\r\n',
    HEAD + b'Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00{"PowerState": "On"}',
    b'HTTP/1.1 503 No\r\nRetry-After: 0\r\n\r\n{"error": {"@Message.ExtendedInfo": [{"MessageId": "x.y"}]}}',
    b"HTTP/1.1 307 No\r\nLocation: /redfish/v1/Systems/1\r\nContent-Length: 0\r\n\r\n",
]


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """An answer with some of its bytes replaced, lost or added."""
    whole = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(whole)))
        whole[start : start + draw(st.integers(0, 5))] = draw(st.binary(max_size=5))
    return bytes(whole)


def test_of_whatever_comes_only_a_resource_or_a_located_error_is_made() -> None:
    with Hostile(None) as server:
        target = replace(server.target(), login=None)
        with Client(target, replace(CALM, attempts=1, busy=0.0)) as client:

            @settings(max_examples=300)
            @given(answer=_damaged())
            def holds(answer: bytes) -> None:
                server.rules[("*", "*")] = lambda _: ending(answer)
                came: object
                try:
                    came = client.get(SYSTEM)
                except (BmcError, BmcRefusedError) as error:
                    came = error
                if isinstance(came, MicrodcError):
                    assert "r1-s1" in came.where
                    assert all(letter.isprintable() for letter in str(came))
                else:
                    assert isinstance(came, dict)

            holds()
