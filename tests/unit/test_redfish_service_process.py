"""The lab's Redfish service as a process of its own: start, many BMCs, end."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from redfishservice import ADMIN, SYSTEM, Client, describe, self_signed

COMMAND = [sys.executable, "-m", "microdc.lab.redfish"]


@pytest.fixture
def users(tmp_path: Path) -> Path:
    file = tmp_path / "users"
    file.write_text(json.dumps(dict([ADMIN])))
    file.chmod(0o600)
    return file


@contextmanager
def started(*arguments: str, count: int = 1) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """The process and the ports at which it listens, once it says so."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        lines = [process.stdout.readline().split() for _ in range(count)]
        assert [line[:1] for line in lines] == [["listening"]] * count
        yield process, [int(line[1].rpartition(":")[2]) for line in lines]
    finally:
        process.kill()
        process.communicate()


def test_one_bmc_over_tls(tmp_path: Path, users: Path) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ["--certificate", str(certificate), "--key", str(key)]
    where = ["--directory", str(describe(tmp_path / "m")), "--listen", "127.0.0.1:0"]
    with started(*where, *tls, "--users", str(users), "--in-memory") as (process, [port]):
        client = Client(port)
        client.tls = ssl.create_default_context(cafile=str(certificate))
        assert client.reset("On").status == 204
        assert client.power() == "On"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_many_bmcs_in_one_process(tmp_path: Path, users: Path) -> None:
    places = [describe(tmp_path / f"m{number}", serial=f"S{number}") for number in range(20)]
    serve = [word for place in places for word in ("--serve", f"{place}@127.0.0.1:0")]
    with started(*serve, "--users", str(users), "--in-memory", count=20) as (process, ports):
        clients = [Client(port) for port in ports]
        assert clients[3].reset("On").status == 204
        told = [client.get(SYSTEM).json for client in clients]
        assert [one["SerialNumber"] for one in told] == [f"S{number}" for number in range(20)]
        assert [number for number, one in enumerate(told) if one["PowerState"] == "On"] == [3]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_each_of_many_has_a_certificate_of_its_own(tmp_path: Path, users: Path) -> None:
    places = [describe(tmp_path / f"m{number}") for number in range(2)]
    certificates = [self_signed(place)[0] for place in places]
    words = [word for place in places for word in ("--serve", f"{place}@127.0.0.1:0")]
    words += ["--certificate", "certificate.pem", "--key", "key.pem", "--users", str(users), "--in-memory"]
    with started(*words, count=2) as (_, ports):
        shown = [ssl.get_server_certificate(("127.0.0.1", port)) for port in ports]
    assert [one.strip() for one in shown] == [certificate.read_text().strip() for certificate in certificates]


def test_nothing_of_the_controller_is_loaded() -> None:
    code = "import sys, microdc.lab.redfish.__main__; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {name for name in loaded if name.startswith("microdc.") and not name.startswith("microdc.lab")}
    assert ours == {"microdc.errors"}
    assert not {"redfish", "requests", "pydantic", "pyroute2", "cryptography"} & set(loaded)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"directory": "missing"}, 2, "cannot be read|no Redfish service root"),
        ({"users": "missing"}, 2, "users file"),
        ({"certificate": "missing"}, 3, "certificate"),
        ({"listen": "192.0.2.1:0"}, 3, "cannot listen"),
        ({"listen": "here"}, 2, "names no BMC"),
    ],
)
def test_what_cannot_be_started(
    tmp_path: Path, users: Path, change: dict[str, str], code: int, said: str
) -> None:
    told = {
        "directory": str(describe(tmp_path / "m")),
        "users": str(users),
        "listen": "127.0.0.1:0",
        **change,
    }
    words = [word for name, value in told.items() for word in (f"--{name}", value)]
    ended = subprocess.run(
        [*COMMAND, *words, "--in-memory"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == code
    assert re.search(said, ended.stderr)
    assert "Traceback" not in ended.stderr
