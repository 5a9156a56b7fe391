"""What a client saves its BMC: the signature of a second TLS handshake."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Login, Target
from microdc.bmc.redfish import transport
from microdc.bmc.redfish.client import Client
from redfishservice import ADMIN, SYSTEM, describe, running, self_signed


def _fingerprint(certificate: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text("utf-8"))).hexdigest()


@pytest.mark.parametrize("trust", ["pinned", "authority"])
def test_the_connection_of_an_act_resumes_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: str
) -> None:
    certificate = self_signed(tmp_path)
    resumed: list[bool | None] = []
    wrap = ssl.SSLContext.wrap_socket

    def noted(context: ssl.SSLContext, *args: object, **options: object) -> ssl.SSLSocket:
        made = wrap(context, *args, **options)  # type: ignore[arg-type]
        if not made.server_side:
            resumed.append(made.session_reused)
        return made

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", noted)
    monkeypatch.setattr(transport, "_PROMISE", -1.0)  # as of a BMC that promises nothing
    with running(describe(tmp_path / "m"), certificate=certificate) as rig:
        url = f"https://127.0.0.1:{rig.client.port}"
        target = Target("a1", redfish=url, login=Login(*ADMIN))
        if trust == "pinned":
            target = replace(target, fingerprint=_fingerprint(certificate[0]))
        else:
            target = replace(target, cafile=str(certificate[0]))
        with Client(target) as client:
            client.get(SYSTEM)
            client.send("PATCH", SYSTEM, {"AssetTag": "a"})
            client.send("PATCH", SYSTEM, {"AssetTag": "b"})
            assert client.get(SYSTEM)["AssetTag"] == "b"
    # the root, the login, and each act over a connection of its own
    assert resumed == [False, True, True, True]


def test_a_certificate_that_changes_between_two_connections_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_PROMISE", -1.0)
    first, second = tmp_path / "first", tmp_path / "second"
    for place in (first, second):
        place.mkdir()
    before, after = self_signed(first), self_signed(second)
    place = describe(tmp_path / "m")
    with running(place, certificate=before) as rig:
        url = f"https://127.0.0.1:{rig.client.port}"
        target = Target("a1", redfish=url, login=Login(*ADMIN), fingerprint=_fingerprint(before[0]))
        with Client(target) as client:
            client.get(SYSTEM)
            rig.listener.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            rig.listener.tls.load_cert_chain(*after)
            with pytest.raises(BmcError) as failure:
                client.send("PATCH", SYSTEM, {"AssetTag": "a"})
            assert failure.value.cause is Cause.CERTIFICATE_CHANGED
        rig.client.tls = ssl.create_default_context(cafile=str(after[0]))
        assert rig.client.get(SYSTEM).json.get("AssetTag") != "a"
