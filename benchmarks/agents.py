"""Many SNMP agents on loopback: net-snmp's snmpd, each with the counters of 48 ports that never move, and 240 rows in a subtree of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from apart import apart

from microdc.snmp.client import Client
from microdc.snmp.errors import SnmpError
from microdc.snmp.model import Agent, Community, Credentials, Limits, User

SNMPD = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
COMMUNITY = Community("public")
USER = User("watcher", "watcher-auth", "watcher-priv")
ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999)
PORTS = 48
_COLUMNS = range(1, 6)
ROWS = len(_COLUMNS) * PORTS
"""Below ROOT."""
_OPER = "1.3.6.1.2.1.2.2.1.8"
_COUNTERS = [
    "1.3.6.1.2.1.31.1.1.1.6",
    "1.3.6.1.2.1.31.1.1.1.10",
    *(f"1.3.6.1.2.1.2.2.1.{n}" for n in (13, 14, 19, 20)),
]
_MODULES = "system_mib,snmpMPDStats,vacm_conf,usmConf,usmUser,override,snmpEngine"
"""Without its own tables of interfaces, in the place of which these stand."""


@contextlib.contextmanager
def agents(count: int) -> Iterator[list[int]]:
    """The ports at which so many answer, both of v2c and of v3."""
    if SNMPD is None:
        raise SystemExit("skipped: there is no snmpd here")
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [stack.enter_context(_agent(SNMPD, directory / str(number))) for number in range(count)]
        apart(_wait, ports)  # here no thread may have begun, for the turns are forked from here
        yield ports


def agent(port: int, login: Credentials = COMMUNITY) -> Agent:
    return Agent(f"agent-{port}", "127.0.0.1", login, port)


@contextlib.contextmanager
def _agent(program: str, directory: Path) -> Iterator[int]:
    directory.mkdir()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        port = int(udp.getsockname()[1])
    config = directory / "snmpd.conf"
    config.write_text("\n".join(_lines(port)) + "\n")
    kept = {"SNMP_PERSISTENT_DIR": str(directory), "SNMPCONFPATH": str(directory), "MIBS": ""}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-f", "-C", "-c", str(config), "-Lo", "-r", "-I", _MODULES],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **kept},
            start_new_session=True,
        )
    try:
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _lines(port: int) -> Iterator[str]:
    yield f"agentaddress udp:127.0.0.1:{port}"
    yield "dontLogTCPWrappersConnects yes"
    yield f"rocommunity {COMMUNITY.name} 127.0.0.1"
    yield f"createUser {USER.name} SHA-256 {USER.authentication} AES {USER.privacy}"
    yield f"rouser {USER.name} authPriv"
    root = ".".join(map(str, ROOT))
    for column in _COLUMNS:
        for row in range(1, PORTS + 1):
            yield f"override .{root}.{column}.{row} counter {1_000_000 * column + row}"
    for row in range(1, PORTS + 1):
        yield f"override .{_OPER}.{row} integer 1"
        yield from (f"override .{oid}.{row} counter {123_456_789 + row}" for oid in _COUNTERS)


def _wait(ports: Sequence[int]) -> None:
    """Until all answer."""
    end = time.monotonic() + 60
    for port in ports:
        with Client(agent(port), Limits(seconds=0.5, attempts=1)) as client:
            while True:
                try:
                    client.get(["1.3.6.1.2.1.1.3.0"])
                except SnmpError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.05)
                else:
                    break
