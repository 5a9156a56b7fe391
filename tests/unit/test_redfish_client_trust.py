"""Whose certificate is believed, and that nothing secret is told to anybody else."""

from __future__ import annotations

import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redfish_hostile import CALM, QUICK, ROOT, SYSTEM, Certified, Hostile, certified

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.tls import written_fingerprint
from microdc.bmc.trust import certificate, read_certificate
from microdc.errors import InputError
from microdc.host import namespaces

WEB_SERVER = """
import json, ssl, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = sys.argv[1].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


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


def _refused(bmc: Hostile, **changes: object) -> BmcError:
    with pytest.raises(BmcError) as caught, Client(bmc.target(**changes), CALM):
        pass
    assert not bmc.requests
    assert not caught.value.sent
    return caught.value


def _read(target: Target) -> tuple[str, ...]:
    with Client(target, CALM) as client:
        assert client.get(SYSTEM)["PowerState"] == "On"
        return client.notes


def test_an_authority_of_the_lab_is_believed(bmc: Hostile, proof: Certified) -> None:
    assert _read(bmc.target(cafile=str(proof.authority))) == ()


def test_by_default_only_the_systems_authorities_are(bmc: Hostile) -> None:
    caught = _refused(bmc)
    assert caught.cause is Cause.UNTRUSTED
    assert "microdc bmc trust" in caught.hint
    assert bmc.connections == 1


def test_a_pinned_fingerprint_is_believed_whatever_else_the_certificate_says(tmp_path: Path) -> None:
    expired = certified(tmp_path, names=("192.0.2.1",), days=-1)
    with Hostile(expired.context) as bmc:
        for written in (
            expired.fingerprint,
            written_fingerprint(expired.fingerprint),
            f"SHA256:{expired.fingerprint}",
        ):
            assert _read(bmc.target(fingerprint=written)) == ()


def test_a_certificate_that_changed_ends_it_before_anything_is_sent(bmc: Hostile, proof: Certified) -> None:
    pinned = "ab" * 32
    caught = _refused(bmc, fingerprint=pinned)
    assert caught.cause is Cause.CERTIFICATE_CHANGED
    assert written_fingerprint(pinned) in caught.what
    assert written_fingerprint(proof.fingerprint) in caught.what
    assert "microdc bmc trust r1-s1" in caught.hint
    assert bmc.connections == 1


def test_a_pin_counts_even_where_verification_is_switched_off(bmc: Hostile) -> None:
    assert _refused(bmc, fingerprint="ab" * 32, verify=False).cause is Cause.CERTIFICATE_CHANGED


@pytest.mark.parametrize(
    ("names", "days", "words"), [(("192.0.2.1",), 30, "127.0.0.1"), (("127.0.0.1",), -1, "expired")]
)
def test_a_certificate_for_another_or_no_longer_valid(
    tmp_path: Path, names: tuple[str, ...], days: int, words: str
) -> None:
    made = certified(tmp_path, names=names, days=days)
    with Hostile(made.context) as bmc:
        caught = _refused(bmc, cafile=str(made.authority))
    assert caught.cause is Cause.UNTRUSTED
    assert words in caught.what


def test_verification_is_off_only_where_the_document_says_so_and_that_is_noted(bmc: Hostile) -> None:
    assert _read(bmc.target(verify=False)) == ("its certificate is not verified",)


def test_the_certificate_is_checked_on_every_connection(
    bmc: Hostile, proof: Certified, tmp_path: Path
) -> None:
    with Client(bmc.target(cafile=str(proof.authority)), replace(CALM, attempts=1)) as client:
        client.get(SYSTEM)
        bmc.context = certified(tmp_path).context
        client._wire.close()  # as if the BMC had
        before = len(bmc.requests)
        with pytest.raises(BmcError) as caught:
            client.get(SYSTEM)
        assert caught.value.cause is Cause.UNTRUSTED
        assert len(bmc.requests) == before


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256"])
def test_ciphers_of_old_bmcs_are_spoken(tmp_path: Path, cipher: str) -> None:
    made = certified(tmp_path)
    made.context.maximum_version = ssl.TLSVersion.TLSv1_2
    made.context.set_ciphers(cipher)
    with Hostile(made.context) as bmc:
        assert _read(bmc.target(cafile=str(made.authority))) == ()


def test_tls_that_nobody_should_speak_is_told(tmp_path: Path) -> None:
    made = certified(tmp_path)
    made.context.maximum_version = ssl.TLSVersion.TLSv1_2
    made.context.set_ciphers("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")
    with Hostile(made.context) as bmc:
        caught = _refused(bmc, verify=False)
    assert caught.cause is Cause.NOT_TLS
    assert "cannot be agreed" in caught.what


@pytest.mark.parametrize("text", [None, "no certificate in here"])
def test_a_file_of_authorities_that_is_none_is_an_error_of_the_document(
    tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError) as caught:
        Client(Target("r1-s1", where="sites/a.yaml:7", redfish="https://127.0.0.1", cafile=str(file)))
    assert caught.value.where == "sites/a.yaml:7"
    assert str(file) in caught.value.what


def test_a_certificate_is_looked_at_without_telling_anything(bmc: Hostile, proof: Certified) -> None:
    seen = certificate(bmc.target(), CALM)
    assert seen.fingerprint == proof.fingerprint
    assert seen.written == written_fingerprint(proof.fingerprint)
    assert seen.subject == "CN=bmc"
    assert seen.issuer == "CN=a lab's own authority"
    assert seen.names == ("127.0.0.1",)
    assert not seen.self_signed
    assert seen.not_before is not None
    assert seen.not_after is not None
    assert seen.not_before < seen.not_after
    assert not bmc.requests
    assert _read(bmc.target(fingerprint=seen.fingerprint)) == ()


def test_a_certificate_that_cannot_be_read_has_a_fingerprint_all_the_same() -> None:
    assert read_certificate(b"oddly made").subject == ""
    assert len(read_certificate(b"oddly made").fingerprint) == 64


def test_what_a_stranger_wrote_into_a_certificate_moves_no_cursor() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2Ab\x07\u202ec\nd")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 5)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("x\x1b[2Jy")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    seen = read_certificate(made.public_bytes(serialization.Encoding.DER))
    assert (seen.subject, seen.issuer, seen.names) == ("CN=a [2Ab c d", "CN=a [2Ab c d", ("x [2Jy",))
    assert seen.self_signed


def test_what_shows_no_certificate() -> None:
    with Hostile(None) as plain, pytest.raises(InputError):
        certificate(plain.target())
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(BmcError) as caught:
        certificate(Target("", redfish=f"https://127.0.0.1:{mute.getsockname()[1]}"), QUICK)
    assert caught.value.cause is Cause.TIMEOUT


@pytest.mark.root
def test_connections_are_opened_from_the_namespace_that_the_document_names() -> None:
    import json

    name = f"mdc-bmc-{secrets.token_hex(3)}"
    namespaces.create(name)
    try:
        argv = [*namespaces.inside(name), sys.executable, "-c", WEB_SERVER, json.dumps(ROOT)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                assert server.stdout is not None
                url = f"http://127.0.0.1:{int(server.stdout.readline())}"
                with Client(Target("r1-s1", redfish=url, via=name), CALM) as client:
                    assert client.root["RedfishVersion"] == ROOT["RedfishVersion"]
                with pytest.raises(BmcError) as caught, Client(Target("r1-s1", redfish=url), CALM):
                    pass
                assert caught.value.cause is Cause.REFUSED
            finally:
                server.kill()
    finally:
        namespaces.delete(name)
    with (
        pytest.raises(BmcError) as caught,
        Client(Target("r1-s1", redfish="http://127.0.0.1", via=name), QUICK),
    ):
        pass
    assert caught.value.cause is Cause.NO_ROUTE
    assert "namespace" in caught.value.what
