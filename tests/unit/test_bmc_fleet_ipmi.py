"""Control over a real IPMI endpoint, chosen where Redfish cannot be used."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ipmi_simulator
import pytest
from ipmi_simulator import Simulator
from scripted_bmc import FakeClock, ended

from microdc.bmc.booting import override
from microdc.bmc.control import bring
from microdc.bmc.judging import Patience, Wish
from microdc.bmc.model import Act, Boot, BootTarget, Limits, Power, Target
from microdc.bmc.opening import open_bmc

LIMITS = Limits(connect=3.0, answer=10.0, attempts=1, busy=0.0)
QUICK = Patience(graceful=10.0, settle=10.0, observe=0.5, poll=0.05, longest=0.2, boot=0.5, refused=0.3)

pytestmark = pytest.mark.skipif(ipmi_simulator.MISSING, reason="ipmi_sim or ipmitool is not installed")


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with Simulator(tmp_path / "sim") as running:
        yield running


@pytest.fixture
def target(simulator: Simulator) -> Target:
    """A server that names a Redfish service at which nobody listens, and IPMI."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return replace(simulator.target(), redfish=f"https://127.0.0.1:{port}")


def test_power_by_ipmi_where_redfish_is_refused(simulator: Simulator, target: Target) -> None:
    with open_bmc(target, LIMITS) as bmc:
        assert bmc.driver == "ipmi"
        assert bmc.notes[0].startswith("by IPMI, since Redfish failed: ")
        on, _ = ended(bring(bmc, Wish.ON, patience=QUICK))
        assert (on.came, on.before, on.after, on.acts) == ("done", Power.OFF, Power.ON, (Act.ON,))
        assert (simulator.directory / "power").read_text().strip() == "1"
        again, _ = ended(bring(bmc, Wish.ON, patience=QUICK))
        assert again.came == "nothing"
        cycled, _ = ended(bring(bmc, Wish.CYCLE, patience=QUICK))
        assert (cycled.came, cycled.acts) == ("done", (Act.SHUTDOWN, Act.ON))
        off, _ = ended(bring(bmc, Wish.OFF, patience=QUICK))
        assert (off.came, off.after, off.acts) == ("done", Power.OFF, (Act.SHUTDOWN,))
    assert simulator.sessions() == 0


def test_a_boot_override_is_judged_by_what_ipmi_reads_back(simulator: Simulator) -> None:
    """This simulator keeps no valid bit: what is asked reads back as none, which is told and not taken for done."""
    with open_bmc(simulator.target(), LIMITS) as bmc:
        result, _ = ended(override(bmc, Boot(BootTarget.PXE), patience=QUICK, clock=FakeClock()))
        read = bmc.boot()
    if read.target is BootTarget.PXE:
        assert result.came == "done"
    else:
        assert result.came == "failed"
        assert "it reads" in result.what
