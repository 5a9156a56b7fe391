"""snmpsim on loopback: recorded walks of devices over real UDP, by community."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import snmp_agent

from microdc.snmp.client import Client
from microdc.snmp.errors import SnmpError
from microdc.snmp.model import Agent, Community, Limits

RESPONDER = shutil.which("snmpsim-command-responder", path=str(Path(sys.executable).parent))
_PROBE = "1.3.6.1.2.1.1.3.0"


@contextlib.contextmanager
def serving(directory: Path, records: Mapping[str, bytes]) -> Iterator[int]:
    """The port of a responder for records by community; the test is skipped where there is no snmpsim."""
    if RESPONDER is None:
        pytest.skip("snmpsim is not installed")
    data = directory / "records"
    data.mkdir()
    for community, record in records.items():
        (data / f"{community}.snmprec").write_bytes(record)
    for _ in range(3):  # somebody else may take the port in between
        port = snmp_agent.free_port()
        with _responder(RESPONDER, directory, port) as process:
            if _answers(process, Agent("replayed", "127.0.0.1", Community(next(iter(records))), port)):
                yield port
                return
    raise AssertionError((directory / "responder.log").read_text())


@contextlib.contextmanager
def _responder(program: str, directory: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    argv = [program, f"--data-dir={directory / 'records'}", f"--cache-dir={directory / 'index'}"]
    argv += [f"--agent-udpv4-endpoint=127.0.0.1:{port}", "--logging-method=stderr"]
    if os.geteuid() == 0:  # it would become nobody, who may not read where Python is
        argv += ["--process-user=root", "--process-group=root"]
    with (directory / "responder.log").open("ab") as said:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(process: subprocess.Popen[bytes], agent: Agent) -> bool:
    """Whether it answers before it ends, or a deadline: it makes an index of its records first."""
    end = time.monotonic() + 60
    with Client(agent, Limits(seconds=0.5, attempts=1)) as client:
        while process.poll() is None and time.monotonic() < end:
            try:
                client.get([_PROBE])
            except SnmpError:
                time.sleep(0.05)
            else:
                return True
    return False
