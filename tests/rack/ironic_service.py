"""A real Ironic for tests: Debian's ironic-api and ironic-conductor on the loopback, over JSON-RPC and SQLite, with its own fake hardware.

Its processes end with the thread that started them, also when that is killed; all of its files are in one directory.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import pytest

from microdc import requirements
from microdc.deploy.ironic.api import Api
from microdc.deploy.ironic.wire import Wire
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

USER, PASSWORD = "microdc", "an-ironic-secret"
BMC_PASSWORD = "a-bmc-secret"
PYTHON = "/usr/bin/python3"
"""Debian's, for which its packages are."""
_START = 120.0
_INTERFACES = {
    "bios": "fake,no-bios",
    "boot": "fake",
    "console": "fake,no-console",
    "deploy": "fake,direct",
    "inspect": "fake,no-inspect",
    "management": "fake",
    "network": "noop",
    "power": "fake",
    "raid": "fake",
    "rescue": "fake",
    "storage": "noop",
    "vendor": "fake",
}


@dataclass
class IronicService:
    """url: of the API. Both parts log into `directory`."""

    directory: Path
    url: str
    api_process: subprocess.Popen[bytes] | None = None
    conductor: subprocess.Popen[bytes] | None = None
    environment: Mapping[str, str] = field(
        default_factory=lambda: {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    )

    def start_api(self) -> None:
        self.api_process = self._start("ironic-api")
        wait(lambda: _answers(f"{self.url}/v1"), "the API answers", self)

    def start_conductor(self) -> None:
        """Returns when it serves."""
        before = len(self.log("ironic-conductor"))
        self.conductor = self._start("ironic-conductor")
        wait(
            lambda: "Successfully started conductor" in self.log("ironic-conductor")[before:],
            "the conductor serves",
            self,
        )

    def stop_api(self) -> None:
        _kill(self.api_process)
        self.api_process = None

    def kill_conductor(self) -> None:
        _kill(self.conductor)
        self.conductor = None

    def stop(self) -> None:
        self.kill_conductor()
        self.stop_api()

    def api(self, login: tuple[str, str] | None = (USER, PASSWORD)) -> Api:
        return Api(Wire(self.url, login))

    def log(self, program: str) -> str:
        path = self.directory / f"{program}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def entered(self, uuid: str, state: str) -> int:
        """How often a node came into a provision state, as the conductor noted it."""
        return len(
            re.findall(f'Node {uuid} moved to provision state "{state}"', self.log("ironic-conductor"))
        )

    def _start(self, program: str) -> subprocess.Popen[bytes]:
        path = requirements.find(program)
        assert path is not None
        with (self.directory / f"{program}.log").open("ab") as log:
            return subprocess.Popen(
                [
                    "setpriv",
                    "--pdeathsig",
                    "KILL",
                    "--",
                    path,
                    "--config-file",
                    str(self.directory / "ironic.conf"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=dict(self.environment),
                start_new_session=True,
            )


def wait(condition: object, what: str, service: IronicService, seconds: float = _START) -> None:
    """Polls until it holds; fails with the logs where it does not in time, or where a part has ended."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        ended = [
            p for p in (service.api_process, service.conductor) if p is not None and p.poll() is not None
        ]
        logs = "\n".join(service.log(name)[-3000:] for name in ("ironic-api", "ironic-conductor"))
        assert not ended, f"a part of Ironic ended\n{logs}"
        assert time.monotonic() < end, f"not in {seconds:g} s: {what}\n{logs}"
        time.sleep(0.1)


def skip_without() -> None:
    """What a test calls that needs an Ironic, or its libraries."""
    if requirements.find("ironic-api") is None:
        pytest.skip("no OpenStack Ironic is installed")


@contextmanager
def ironic(
    directory: Path, options: Mapping[str, Mapping[str, str]], *, conductor: bool = True
) -> Iterator[IronicService]:
    """options: more of its configuration, by section. conductor: whether one is started."""
    skip_without()
    api, rpc = _free_ports(2)
    (directory / "users").write_text(
        f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n", "utf-8"
    )
    (directory / "ironic.conf").write_text(_configuration(directory, api, rpc, options), "utf-8")
    made = subprocess.run(
        [
            requirements.find("ironic-dbsync") or "",
            "--config-file",
            str(directory / "ironic.conf"),
            "create_schema",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    service = IronicService(directory, f"http://127.0.0.1:{api}")
    try:
        service.start_api()
        if conductor:
            service.start_conductor()
        yield service
    finally:
        service.stop()


def _configuration(directory: Path, api: int, rpc: int, options: Mapping[str, Mapping[str, str]]) -> str:
    sections: dict[str, dict[str, str]] = {
        "DEFAULT": {
            "auth_strategy": "http_basic",
            "http_basic_auth_user_file": str(directory / "users"),
            "my_ip": "127.0.0.1",
            "host": "127.0.0.1",  # where the API finds the conductor
            "state_path": str(directory),
            "tempdir": str(directory),
            "rpc_transport": "json-rpc",
            "enabled_hardware_types": "fake-hardware",
            "default_deploy_interface": "fake",
            "default_inspect_interface": "fake",
            **{f"enabled_{name}_interfaces": values for name, values in _INTERFACES.items()},
        },
        "api": {"host_ip": "127.0.0.1", "port": str(api), "api_workers": "1"},
        "json_rpc": {"auth_strategy": "noauth", "host_ip": "127.0.0.1", "port": str(rpc)},
        "conductor": {
            "workers_pool_size": "8",
            "heartbeat_interval": "2",
            "heartbeat_timeout": "10",
            "sync_power_state_interval": "0",
        },
        "database": {"connection": f"sqlite:///{directory}/ironic.db"},
        "oslo_concurrency": {"lock_path": str(directory)},
        "service_catalog": {"auth_type": "none", "endpoint_override": f"http://127.0.0.1:{api}"},
    }
    for section, values in options.items():
        sections.setdefault(section, {}).update(values)
    return "".join(
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
        for section, values in sections.items()
    )


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        os.killpg(process.pid, signal.SIGKILL)  # the API has a worker
        process.wait()


# -- an inventory whose site it deploys

_SITE = """
site: here
networks: {{data: [10.77.0.0/24]}}
deploy:
  host: local
  interface: lo
  address: 10.77.0.2
  gateway: 10.77.0.1
  dns: [10.77.0.3]
  image: base
  authorized_keys: [keys.pub]
  ironic: {{url: "{url}", credentials: "file:ironic", images: "{images}", driver: {driver}}}
racks:
  r1:
    servers:
"""
_SERVER = """
      {name}:
        bmc: {{redfish: "https://10.77.1.{number}", credentials: "file:bmc", verify: false}}
        nics:
          eno1: {{mac: "52:54:00:77:00:{number:02x}"}}
          eno2: {{mac: "52:54:00:77:01:{number:02x}"}}
        deploy: {{address: 10.77.0.{number}, nic: eno2, firmware: uefi, disk: {{least: 4GiB}}}}
"""
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJDmtmWmMCyZe3tBeXYnq6AMNdsRzmkgGg1a8d1fBtLm someone@here"


def inventory(
    directory: Path,
    url: str,
    *names: str,
    images: str = "http://127.0.0.1:9",
    driver: str = "fake-hardware",
    title: str = "bench",
) -> Testbed:
    """A testbed whose servers have these names; the number in a name is that of its addresses."""
    (directory / "sites").mkdir(parents=True)
    (directory / "images").mkdir()
    (directory / "images" / "base.yaml").write_text("image: base\n", "utf-8")
    (directory / "testbed.yaml").write_text(f"testbed: {title}\n", "utf-8")
    site = _SITE.format(url=url, images=images, driver=driver)
    numbers = {name: int(re.sub(r"[^0-9]", "", name)) for name in names}
    servers = "".join(_SERVER.format(name=name, number=number) for name, number in numbers.items())
    (directory / "sites" / "here.yaml").write_text(site + servers, "utf-8")
    for name, text in (
        ("ironic", f"{USER}:{PASSWORD}"),
        ("bmc", f"admin:{BMC_PASSWORD}"),
        ("keys.pub", _KEY),
    ):
        (directory / "sites" / name).write_text(f"{text}\n", "utf-8")
    return load(directory)
