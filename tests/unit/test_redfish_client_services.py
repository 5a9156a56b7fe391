"""The Redfish client against services that others wrote: the lab's own with its faults, and sushy-tools' emulator."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest
from redfish_hostile import CALM, Certified, certified

from microdc.bmc import logins
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Login, Target
from microdc.bmc.redfish import sessions
from microdc.bmc.redfish.client import Client
from microdc.bmc.trust import certificate
from redfishservice import ADMIN, RESET, SESSIONS, SYSTEM, Rig, describe, running, self_signed

LOGIN = Login(*ADMIN)
SYSTEMS = "/redfish/v1/Systems"


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "runtime_dir", lambda: tmp_path / "run")
    monkeypatch.setattr(logins, "_refused", {})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Rig]:
    (tmp_path / "tls").mkdir()
    pair = self_signed(tmp_path / "tls")
    with running(describe(tmp_path / "bcn-c1"), certificate=pair, log=True) as rig:
        yield rig


def _target(lab: Rig, tmp_path: Path) -> Target:
    cafile = str(tmp_path / "tls" / "certificate.pem")
    return Target("bcn-c1", redfish=f"https://127.0.0.1:{lab.client.port}", login=LOGIN, cafile=cafile)


def _open_sessions(lab: Rig) -> int:
    return int(lab.client.get(SESSIONS).json["Members@odata.count"])


def test_the_labs_service_is_read_and_left_without_a_session(lab: Rig, tmp_path: Path) -> None:
    with Client(_target(lab, tmp_path), CALM) as client:
        assert client.get(SYSTEM)["SerialNumber"] == "VR0001"
        before = client.requests
        assert client.read(SYSTEM).headers["etag"]
        expanded = client.expand(SYSTEMS)
        assert client.requests - before == 2
        assert [member["SerialNumber"] for member in expanded["Members"]] == ["VR0001"]
        assert _open_sessions(lab) == 1
        assert client.notes == ()
    assert _open_sessions(lab) == 0


def test_what_did_not_change_costs_no_content(lab: Rig, tmp_path: Path) -> None:
    with Client(_target(lab, tmp_path), CALM) as client:
        assert client.get(SYSTEM) == client.get(SYSTEM)
    log = (lab.directory / "requests.log").read_text().splitlines()
    assert [line.split()[2] for line in log if line.split()[:2] == ["GET", SYSTEM]] == ["200", "304"]


def test_an_act_and_a_change_with_its_etag(lab: Rig, tmp_path: Path) -> None:
    with Client(_target(lab, tmp_path), CALM) as client:
        client.send("POST", RESET, {"ResetType": "On"})
        assert client.get(SYSTEM)["PowerState"] in {"On", "PoweringOn"}
        lab.plant(etag_required=True)
        wish = {"Boot": {"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"}}
        with pytest.raises(BmcRefusedError) as caught:
            client.send("PATCH", SYSTEM, wish)
        assert caught.value.status == 428
        with pytest.raises(BmcRefusedError) as caught:
            client.send("PATCH", SYSTEM, wish, if_match='"another"')
        assert caught.value.status == 412
        client.send("PATCH", SYSTEM, wish, if_match=client.read(SYSTEM).headers["etag"])
        assert client.get(SYSTEM)["Boot"]["BootSourceOverrideTarget"] == "Pxe"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"dead": True}, Cause.TIMEOUT),
        ({"html": True}, Cause.NOT_REDFISH),
        ({"huge": True}, Cause.TOO_LARGE),
        ({"half": True}, Cause.TIMEOUT),
        ({"redirect_loop": True}, Cause.BROKEN_ANSWER),
        ({"starting": 60}, Cause.STARTING),
        ({"busy": 60}, Cause.BUSY),
    ],
)
def test_a_fault_has_its_cause(lab: Rig, tmp_path: Path, fault: dict[str, object], cause: Cause) -> None:
    lab.plant(**fault)
    limits = replace(CALM, attempts=1, answer=1 if cause is Cause.TIMEOUT else CALM.answer)
    with pytest.raises(BmcError) as caught, Client(_target(lab, tmp_path), limits):
        pass
    assert caught.value.cause is cause


def test_refused_credentials_are_tried_once(lab: Rig, tmp_path: Path) -> None:
    lab.plant(login_401=True)
    for _ in range(3):
        with pytest.raises(BmcError) as caught, Client(_target(lab, tmp_path), CALM):
            pass
        assert caught.value.cause is Cause.LOGIN
    log = (lab.directory / "requests.log").read_text().splitlines()
    assert sum(line.startswith("POST ") for line in log) == 1


@pytest.mark.parametrize("fault", [{"sessions": True}, {"basic_only": True}])
def test_without_sessions_basic_authentication_is_used_and_noted(
    lab: Rig, tmp_path: Path, fault: dict[str, object]
) -> None:
    lab.plant(**fault)
    with Client(_target(lab, tmp_path), CALM) as client:
        assert client.get(SYSTEM)["SerialNumber"] == "VR0001"
        assert "Basic authentication" in client.notes[0]


@pytest.mark.parametrize("fault", [{"trailing_slash": 307}, {"trailing_slash": 308}, {"no_location": True}])
def test_odd_logins_leave_no_session(lab: Rig, tmp_path: Path, fault: dict[str, object]) -> None:
    lab.plant(**fault)
    with Client(_target(lab, tmp_path), CALM) as client:
        assert client.get(SYSTEM)["SerialNumber"] == "VR0001"
        assert client.notes == ()
    lab.plant()
    assert _open_sessions(lab) == 0


def test_sessions_that_expire_are_renewed(lab: Rig, tmp_path: Path) -> None:
    lab.plant(expired={"requests": 3})
    with Client(_target(lab, tmp_path), CALM) as client:
        for _ in range(12):
            assert client.get(SYSTEM)["SerialNumber"] == "VR0001"
    lab.plant()
    assert _open_sessions(lab) == 0


def test_events_come_as_they_happen_until_they_are_no_longer_wanted(lab: Rig, tmp_path: Path) -> None:
    stop = threading.Event()
    with Client(_target(lab, tmp_path), CALM) as client:
        path = client.get("/redfish/v1/EventService")["ServerSentEventUri"]
        late = threading.Timer(20, stop.set)  # fails the test rather than hanging it
        late.start()
        events = client.stream(path, stop)
        acting = threading.Thread(target=_reset_until, args=(lab, stop))
        acting.start()
        try:
            event = next(events)
            assert not stop.is_set()
            assert event["Events"][0]["MessageId"]
        finally:
            stop.set()
            late.cancel()
            acting.join(20)
        assert not list(events)[5:]  # what was on its way already, then the end
        assert client.get(SYSTEM)["SerialNumber"] == "VR0001"
        with pytest.raises(BmcRefusedError) as caught:
            next(client.stream(SYSTEM, threading.Event()))
        assert caught.value.status == 406
    assert _open_sessions(lab) == 0


def _reset_until(lab: Rig, stop: threading.Event) -> None:
    """Makes something happen, again and again: nobody can tell from outside when a stream has begun."""
    kinds = ("On", "ForceOff")
    client = lab.as_user(ADMIN)
    for at in range(1000):
        client.reset(kinds[at % 2])
        if stop.wait(0.1):
            break
    client.close()


# -- sushy-tools

SUSHY = """
SUSHY_EMULATOR_LISTEN_IP = "127.0.0.1"
SUSHY_EMULATOR_LISTEN_PORT = {port}
SUSHY_EMULATOR_SSL_CERT = "{directory}/bmc.pem"
SUSHY_EMULATOR_SSL_KEY = "{directory}/bmc.key"
SUSHY_EMULATOR_AUTH_FILE = "{directory}/users"
SUSHY_EMULATOR_STATE_DIR = "{directory}"
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_FAKE_SYSTEMS = [
    {{"uuid": "da69abcc-dae0-4913-9a7b-d344043097c0", "name": "r1-s1", "power_state": "Off", "nics": []}}
]
"""


@contextmanager
def _sushy(directory: Path) -> Iterator[tuple[str, Certified]]:
    """The emulator over TLS with Basic authentication; it has no sessions."""
    made = certified(directory)
    users = directory / "users"
    users.write_bytes(b"admin:" + bcrypt.hashpw(b"sushy-pass", bcrypt.gensalt(4)) + b"\n")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]  # the emulator cannot be told to choose one
    config = directory / "emulator.py"
    config.write_text(SUSHY.format(port=port, directory=directory))
    program = Path(sys.executable).with_name("sushy-emulator")
    with (directory / "log").open("w") as log:
        emulator = subprocess.Popen(
            [program, "--config", config], stdout=log, stderr=log, start_new_session=True
        )
    try:
        end = time.monotonic() + 60
        while True:
            assert emulator.poll() is None, (directory / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end, (directory / "log").read_text()
                time.sleep(0.05)
        yield f"https://127.0.0.1:{port}", made
    finally:
        os.killpg(emulator.pid, signal.SIGKILL)
        emulator.wait(20)


@pytest.mark.skipif(
    not Path(sys.executable).with_name("sushy-emulator").is_file(), reason="needs sushy-tools"
)
def test_sushys_emulator_over_tls_with_basic_authentication(tmp_path: Path) -> None:
    with _sushy(tmp_path / "sushy") as (url, made):
        target = Target(
            "r1-s1", redfish=url, login=Login("admin", "sushy-pass"), fingerprint=made.fingerprint
        )
        assert certificate(target).fingerprint == made.fingerprint
        with Client(target, CALM) as client:
            assert "no sessions" in client.notes[0]
            (system,) = client.expand(SYSTEMS)["Members"]
            assert system["PowerState"] == "Off"
            path = system["@odata.id"]
            client.send("PATCH", path, {"Boot": {"BootSourceOverrideTarget": "Pxe"}})
            assert client.get(path)["Boot"]["BootSourceOverrideTarget"] == "Pxe"
            with pytest.raises(BmcRefusedError) as caught:
                client.get(f"{path}/Processors")
            assert caught.value.status == 501
        wrong = replace(target, login=Login("admin", "mistaken"))
        for _ in range(2):
            with pytest.raises(BmcError) as failed, Client(wrong, CALM):
                pass
            assert failed.value.cause is Cause.LOGIN
        refused = [line for line in (tmp_path / "sushy" / "log").read_text().splitlines() if " 401 " in line]
        assert len(refused) == 1


def test_the_root_is_read_once_to_open_the_service_and_again_when_it_is_asked_for_again(
    lab: Rig, tmp_path: Path
) -> None:
    with Client(_target(lab, tmp_path), CALM) as client:
        before = client.requests
        assert client.get("/redfish/v1/") == client.get("/redfish/v1/") == client.root
        assert client.requests - before == 1
