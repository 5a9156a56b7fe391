"""Looking for BMCs in a network where other things answer too: what is found, what is not, and that nothing holds the look up."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from microdc.events import Step
from microdc.host import namespaces
from microdc.survey.discover import Discovery, discover
from microdc.survey.ranges import Candidate
from redfishservice import describe, self_signed

pytestmark = [pytest.mark.root, pytest.mark.lab]

NAMESPACE = f"mdcsurvey-{os.getpid()}"
BMC, PAGE, PLAIN, SILENT, DRIP, NOBODY = (f"10.98.0.{number}" for number in range(1, 7))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A namespace with a BMC, a web server, one without TLS, one that takes connections and is silent, one that sends a byte now and then."""
    directory = tmp_path_factory.mktemp("survey")
    namespaces.create(NAMESPACE)
    stop = threading.Event()
    try:
        for address in (BMC, PAGE, PLAIN, SILENT, DRIP):
            words = [*namespaces.inside(NAMESPACE), "ip", "address", "add", f"{address}/32", "dev", "lo"]
            subprocess.run(words, check=True)
        certificate, key = self_signed(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        _serve(
            PAGE,
            stop,
            lambda plain: _answer(context.wrap_socket(plain, server_side=True), b"<html>a page</html>"),
        )
        _serve(PLAIN, stop, lambda plain: _answer(plain, b"400 plain HTTP was sent"))
        _serve(SILENT, stop, lambda plain: _hold(plain, stop))
        _serve(DRIP, stop, lambda plain: _drip(context.wrap_socket(plain, server_side=True), stop))
        with _bmc(directory, certificate, key):
            yield directory
    finally:
        stop.set()
        namespaces.delete(NAMESPACE)


def _bmc(directory: Path, certificate: Path, key: Path) -> subprocess.Popen[str]:
    """microdc's own service, in a process of its own; it ends with the namespace."""
    users = directory / "users.json"
    users.write_text(json.dumps({"admin": "secret-lab-1"}))
    users.chmod(0o600)
    words = [*namespaces.inside(NAMESPACE), sys.executable, "-m", "microdc.lab.redfish", "--in-memory"]
    words += [
        "--directory",
        str(describe(directory / "bmc")),
        "--listen",
        f"{BMC}:443",
        "--users",
        str(users),
    ]
    words += ["--certificate", str(certificate), "--key", str(key)]
    process = _Ended(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().startswith("listening")
    return process


class _Ended(subprocess.Popen[str]):
    """A process that ends with its block."""

    def __exit__(self, *failure: object) -> None:
        self.terminate()
        super().__exit__(None, None, None)


def _serve(address: str, stop: threading.Event, speak: Callable[[socket.socket], object]) -> None:
    listener = namespaces.call(NAMESPACE, lambda: socket.create_server((address, 443)))
    listener.settimeout(0.2)

    def run() -> None:
        with listener:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    threading.Thread(target=_speak, args=(connection, speak), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()


def _speak(connection: socket.socket, speak: Callable[[socket.socket], object]) -> None:
    with suppress(OSError):
        speak(connection)


def _answer(connection: socket.socket, body: bytes) -> None:
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _hold(connection: socket.socket, stop: threading.Event) -> None:
    with connection:
        stop.wait(30)


def _drip(connection: socket.socket, stop: threading.Event) -> None:
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        while not stop.wait(0.1):
            connection.sendall(b" ")


def _look(*addresses: str) -> tuple[Discovery, list[Step]]:
    wanted = [Candidate(ip_address(address), "a", via=NAMESPACE) for address in addresses]
    steps = []
    operation = discover(wanted, timeout=1.5)
    while True:
        try:
            steps.append(next(operation))
        except StopIteration as end:
            return end.value, steps


@pytest.mark.usefixtures("network")
def test_a_bmc_is_told_with_what_its_service_root_says(network: Path) -> None:
    found, _ = _look(BMC)
    (one,) = found.found
    assert (str(one.candidate.address), one.redfish, one.ipmi) == (BMC, f"https://{BMC}", "")
    assert (one.vendor, one.uuid) == ("microdc", "6c1f0e5a-4b7e-4c34-9d0a-0d1b8f6f2b11")
    certificate = ssl.PEM_cert_to_DER_cert((network / "certificate.pem").read_text())
    digest = subprocess.run(["sha256sum"], input=certificate, capture_output=True, check=True).stdout
    assert one.fingerprint == digest.split()[0].decode()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("address", [PAGE, PLAIN, SILENT, DRIP, NOBODY])
def test_what_is_no_bmc_is_not_found(address: str) -> None:
    found, _ = _look(address)
    assert found == Discovery((), (), 1)


@pytest.mark.usefixtures("network")
def test_those_that_are_silent_do_not_hide_the_others() -> None:
    found, steps = _look(SILENT, DRIP, PAGE, BMC, NOBODY)
    assert [str(one.candidate.address) for one in found.found] == [BMC]
    told = [step for step in steps if step.detail.startswith(BMC)]
    assert told
    assert told[0].done is not None
    assert told[0].done < 5  # it was told before those that do not answer


@pytest.mark.usefixtures("network")
def test_a_declared_bmc_that_does_not_answer_is_named() -> None:
    wanted = [
        Candidate(ip_address(NOBODY), "a", "c1", NAMESPACE),
        Candidate(ip_address(BMC), "a", "c2", NAMESPACE),
    ]
    operation = discover(wanted, timeout=1.5)
    try:
        while True:
            next(operation)
    except StopIteration as end:
        found = end.value
    assert [one.server for one in found.silent] == ["c1"]
    assert found.strangers == ()
