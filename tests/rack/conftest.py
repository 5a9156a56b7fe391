"""The virtual rack's fixtures. One segment with its boot server serves all tests of a module."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import netboot
import pytest
import racklab
import switchlab

from microdc.lab.inventory import directory_of
from microdc.lab.teardown import clear


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[netboot.Segment]:
    """A switch, DHCP and TFTP in a namespace; machines that tests plug in end with it."""
    with netboot.segment(tmp_path_factory.mktemp("segment")) as made:
        yield made


@pytest.fixture(scope="package", autouse=True)
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Labs, open sessions and journals of these tests are not among the user's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
            place = home / variable.lower()
            place.mkdir(mode=0o700)
            patch.setenv(variable, str(place))
        patch.setenv("MICRODC_STORE", str(home / "store.db"))
        yield


@pytest.fixture(scope="package")
def rack_lab(_homes: None) -> Iterator[racklab.RackLab]:
    """One lab with a rack for all tests of a run that need one. They leave it calm."""
    name = f"t{os.getpid()}rack"
    try:
        done = subprocess.run(racklab.up(name), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        yield racklab.RackLab(name, directory_of(name))
    finally:
        for _ in clear(name):
            pass


@pytest.fixture
def rack(rack_lab: racklab.RackLab) -> Iterator[racklab.RackLab]:
    """The lab, with all servers off and no faults before and after."""
    yield rack_lab
    rack_lab.calm()


@pytest.fixture(scope="module")
def switch_lab(_homes: None) -> Iterator[switchlab.SwitchLab]:
    name = f"t{os.getpid()}switch"
    try:
        done = subprocess.run(switchlab.up(name), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        yield switchlab.SwitchLab(racklab.RackLab(name, directory_of(name)))
    finally:
        for _ in clear(name):
            pass


@pytest.fixture
def lab(switch_lab: switchlab.SwitchLab) -> Iterator[switchlab.SwitchLab]:
    """The lab without faults and with all servers off, before and after."""
    yield switch_lab
    switch_lab.calm()
