"""`microdc exporter` on BMCs that run, over TLS: what it serves of them, and that it logs out."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from microdc.errors import Exit
from redfishservice import until

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]
PATIENCE = 30.0


def test_real_bmcs_are_told_of_and_no_session_is_left(racks: Racks) -> None:
    (racks.directory / "testbed.yaml").write_text("testbed: t\n", "utf-8")
    for name in ("a", "b"):  # no site is behind an emulator: none is started on this machine
        file = racks.directory / f"sites/{name}.yaml"
        kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("uplink")]
        file.write_text("\n".join([*kept, ""]), "utf-8")
    racks.rigs["a1"].client.reset("On")
    argv = [sys.executable, "-m", "microdc.cli", "exporter", "--every", "1s", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as child:
        end = threading.Timer(2 * PATIENCE, child.kill)
        end.start()
        try:
            told, port = _port(child)
            assert "a4" in told
            until(
                lambda: 'microdc_server_power_state{rack="r1",server="a1",site="a"} 1.0' in scrape(port),
                PATIENCE,
            )
            down = 'microdc_device_state{device="a3",kind="server",site="a",state="down"} 1.0'
            until(lambda: down in scrape(port), PATIENCE)
            assert racks.sessions() > 0
            assert 'microdc_poll_troubles_total{kind="server",trouble="unreachable"}' in scrape(port)
            assert re.search(r"^microdc_inventory_problems [1-9]", scrape(port), re.MULTILINE)
            racks.rigs["a1"].client.reset("ForceOff")
            off = 'microdc_server_power_state{rack="r1",server="a1",site="a"} 0.0'
            until(lambda: off in scrape(port), PATIENCE)
            child.send_signal(signal.SIGTERM)
            assert child.wait(PATIENCE) == Exit.INTERRUPTED
        finally:
            end.cancel()
            child.kill()
    assert racks.sessions() == 0


def _port(child: subprocess.Popen[str]) -> tuple[str, int]:
    """What it said before it served, and where it serves."""
    assert child.stderr is not None
    told = ""
    for line in child.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", line)
        if found:
            return told, int(found[1])
        told += line
    raise AssertionError(told)


def scrape(port: int) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode("utf-8")
