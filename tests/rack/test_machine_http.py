"""UEFI boots over HTTP where it is asked to, and not over TFTP."""

from __future__ import annotations

import sys

import pytest
from netboot import GATEWAY, Segment, console, wait_for

from microdc.host.local import NamespaceHost
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]


@pytest.mark.long
def test_http_once(segment: Segment) -> None:
    """Firmware that asks as an HTTPClient is given a URL, and fetches it itself."""
    machine = segment.machine("http", firmware="uefi")
    log = segment.directory / "http.log"
    served = segment.directory / "tftp"
    (served / "boot.efi").write_bytes(b"MZ".ljust(4096, b"\0"))
    with NamespaceHost(segment.namespace) as host:
        words = [
            sys.executable,
            "-u",
            "-m",
            "http.server",
            "--bind",
            GATEWAY,
            "--directory",
            str(served),
            "80",
        ]
        host.start_daemon(words, log=log, outlive=False)
        machine.set_boot(BootRequest("http", "once", "uefi"))
        machine.on()
        wait_for(
            lambda: "GET /boot.efi" in log.read_text(),
            150,
            "the firmware fetches it",
            lambda: console(machine),
        )
    assert machine.boot() == BootRequest("none", "disabled", "uefi")
    mac = machine.description().nics[0].mac
    assert f"{mac}" in segment.log
    assert "PXEClient:Arch" not in segment.log
