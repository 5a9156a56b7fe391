"""The lab's Redfish service on the wire: HTTP as DSP0266 wants it."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.lab.redfish.connection import LARGEST_BODY
from redfishservice import ADMIN, RESET, SESSIONS, SYSTEM, Rig, describe, running, self_signed, until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m"), log=True) as made:
        yield made


def raw(rig: Rig, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", rig.client.port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while data := connection.recv(65_536):
            found += data
    return found


def test_what_needs_no_login(rig: Rig) -> None:
    nobody = rig.as_user(None)
    assert nobody.get("/redfish").json == {"v1": "/redfish/v1/"}
    assert nobody.get("/redfish/v1").json == nobody.get("/redfish/v1/").json
    assert nobody.get("/redfish/v1/odata").json["@odata.context"] == "/redfish/v1/$metadata"
    assert nobody.get("/redfish/v1/$metadata").headers["Content-Type"].startswith("application/xml")
    assert nobody.get("/").status == 404
    refused = nobody.get(SYSTEM)
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused.message == "ResourceAtUriUnauthorized"


def test_headers_of_an_answer(rig: Rig) -> None:
    answer = rig.client.get(SYSTEM)
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Allow"] == "GET, HEAD, PATCH"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["ETag"] == answer.json["@odata.etag"]
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert "rel=describedby" in answer.headers["Link"]


@pytest.mark.parametrize(
    ("request_", "headers", "status", "message"),
    [
        (("GET", "/redfish/v1/Nothing", None), {}, 404, "ResourceMissingAtURI"),
        (("GET", "/redfish/v1/Systems/2", None), {}, 404, "ResourceMissingAtURI"),
        (("PATCH", "/redfish/v1/Nothing", {}), {}, 404, "ResourceMissingAtURI"),
        (("DELETE", SYSTEM, None), {}, 405, "OperationNotAllowed"),
        (("POST", "/redfish/v1", {}), {}, 405, "OperationNotAllowed"),
        (("GET", RESET, None), {}, 405, "OperationNotAllowed"),
        (("BREW", SYSTEM, None), {}, 501, "OperationNotAllowed"),
        (("PATCH", SYSTEM, b"{"), {"Content-Type": "application/json"}, 400, "MalformedJSON"),
        (("PATCH", SYSTEM, b"[1]"), {"Content-Type": "application/json"}, 400, "UnrecognizedRequestBody"),
        (("PATCH", SYSTEM, b"[" * 100_000), {"Content-Type": "application/json"}, 400, "MalformedJSON"),
        (("PATCH", SYSTEM, b"AssetTag=1"), {"Content-Type": "text/plain"}, 415, "HeaderInvalid"),
        (("PATCH", SYSTEM, {}), {}, 400, "EmptyJSON"),
        (("PATCH", SYSTEM, {"@odata.id": "x"}), {}, 400, "NoOperation"),
        (("PATCH", SYSTEM, {"SerialNumber": "x"}), {}, 400, "PropertyNotWritable"),
        (("PATCH", SYSTEM, {"Serial": "x"}), {}, 400, "PropertyUnknown"),
        (("PATCH", SYSTEM, {"AssetTag": 1}), {}, 400, "PropertyValueTypeError"),
        (("PATCH", SYSTEM, {"IndicatorLED": "Pink"}), {}, 400, "PropertyValueNotInList"),
        (("GET", SYSTEM, None), {"Accept": "application/xml"}, 406, "HeaderInvalid"),
        (("GET", SYSTEM, None), {"OData-Version": "4.1"}, 412, "HeaderInvalid"),
        (("GET", f"{SYSTEM}?$filter=Name", None), {}, 501, "QueryParameterUnsupported"),
    ],
)
def test_what_is_refused(
    rig: Rig, request_: tuple[str, str, object], headers: dict[str, str], status: int, message: str
) -> None:
    answer = rig.client.request(*request_, **headers)
    assert (answer.status, answer.message) == (status, message)
    if status == 405:
        assert answer.headers["Allow"]


def test_head_and_options(rig: Rig) -> None:
    head, got = rig.client.request("HEAD", SYSTEM), rig.client.get(SYSTEM)
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(got.body))
    assert head.headers["ETag"] == got.headers["ETag"]
    options = rig.client.request("OPTIONS", SYSTEM)
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, PATCH")


def test_a_connection_stays_open(rig: Rig) -> None:
    rig.client.get(SYSTEM)
    first = rig.client.connection
    assert rig.client.get("/redfish/v1/Nothing").status == 404
    assert rig.client.get(SYSTEM).status == 200
    assert rig.client.connection is first


def test_a_body_that_is_too_large(rig: Rig) -> None:
    head = f"POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"
    answer = raw(rig, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"PayloadTooLarge" in answer
    assert rig.client.get(SYSTEM).status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"POST /redfish/v1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST /redfish/v1 HTTP/1.1\r\nContent-Length: -4\r\n\r\n", b"411"),
    ],
)
def test_what_is_no_http(rig: Rig, sent: bytes, status: bytes) -> None:
    answer = raw(rig, sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert json.loads(body)["error"]["code"]


def test_tls_and_what_comes_without(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with running(describe(tmp_path / "m"), certificate=certificate) as rig:
        assert rig.client.get(SYSTEM).json["SerialNumber"] == "VR0001"
        plain = rig.as_user(ADMIN)
        plain.tls = None
        answer = plain.get(f"{SYSTEM}?only")
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://127.0.0.1:{rig.client.port}{SYSTEM}?only"
        untrusting = rig.as_user(ADMIN)
        untrusting.tls = ssl.create_default_context()
        with pytest.raises(ssl.SSLError):
            untrusting.get(SYSTEM)
        assert rig.client.get(SYSTEM).status == 200


def test_requests_are_noted_without_secrets(rig: Rig) -> None:
    rig.client.log_in()
    rig.client.get(SYSTEM)
    log = rig.directory / "requests.log"
    lines = until(
        lambda: log.exists() and len(log.read_text().splitlines()) == 2 and log.read_text().splitlines()
    )
    assert [line.split()[:3] for line in lines] == [["POST", SESSIONS, "201"], ["GET", SYSTEM, "200"]]
    assert ADMIN[1] not in log.read_text()
