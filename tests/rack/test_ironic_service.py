"""Ironic when parts of it are away, old or strange, and a controller that is killed between any two requests; and whether its own tables are ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import ironic_bench
import ironic_service
import pytest
from ironic_bench import Bench
from ironic_service import PYTHON, IronicService

from microdc.deploy.ironic import deciding, disks
from microdc.deploy.ironic.errors import IronicAwayError, IronicError
from microdc.deploy.ironic.instance import root_device
from microdc.deploy.ironic.provision import MEANINGS, Way
from microdc.deploy.model import Action
from microdc.testbed.nodes import DiskHints

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.extra, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IronicService]:
    with ironic_service.ironic(
        tmp_path_factory.mktemp("ironic"), {"fake": {"deploy_delay": "3"}}, conductor=False
    ) as made:
        yield made


def test_an_ironic_without_a_conductor_is_away_and_a_driver_that_none_serves_is_an_error(
    service: IronicService, tmp_path: Path
) -> None:
    """The first test of the module: no conductor runs yet."""
    bench = Bench(ironic_service.inventory(tmp_path / "one", service.url, "n11"))
    with bench.backend, pytest.raises(IronicAwayError, match="unavailable") as away:
        bench.backend.begin(bench.job("n11", 1, Action.INSPECT))
    assert "conductor" in away.value.hint
    service.start_conductor()
    odd = Bench(ironic_service.inventory(tmp_path / "two", service.url, "n11", driver="idrac"))
    with odd.backend, pytest.raises(IronicError, match="does not serve the driver idrac") as told:
        odd.backend.begin(odd.job("n11", 1, Action.INSPECT))
    assert "fake-hardware" in told.value.hint


def test_a_wrong_password_is_told_as_such(service: IronicService) -> None:
    with pytest.raises(IronicError, match="refuses the login"):
        service.api((ironic_service.USER, "wrong")).node("n11")


def test_a_conductor_that_dies_in_a_deployment(service: IronicService, tmp_path: Path) -> None:
    """Ironic cannot resume what its conductor was doing, and says so when that is back; a new job begins anew."""
    bench = Bench(ironic_service.inventory(tmp_path / "inventory", service.url, "n12"))
    with bench.backend:
        job = bench.job("n12", 1, wipe=True)
        bench.backend.begin(job)
        ironic_service.wait(lambda: "deploying" in bench.backend.look(job).text, "it is deploying", service)
        service.kill_conductor()
        assert bench.backend.look(job).failure is None  # the API tells what it knows
        with pytest.raises(IronicAwayError):
            bench.backend.api.power("n12", on=True)
        service.start_conductor()
        ended = bench.run(job)
        assert ended.failure is not None
        assert ended.failure.text.startswith("deploy failed: ")
        assert bench.run(bench.job("n12", 2)).done


def test_a_controller_that_is_killed_after_any_request_leaves_nothing_that_the_next_does_not_end(
    service: IronicService, tmp_path: Path
) -> None:
    place = tmp_path / "inventory"
    bench = Bench(ironic_service.inventory(place, service.url, "n13"))
    script, died = ironic_bench.__file__, 0
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for exchange in range(1, 60):
        killed = subprocess.run(
            [sys.executable, script, str(place), "n13", "1", str(exchange)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert killed.returncode in {0, -9}, killed.stderr
        died += killed.returncode == -9
        if killed.returncode == 0:
            break
    with bench.backend:
        node = bench.backend.api.node("n13")
        assert node is not None
        assert node.state == "active"
        assert bench.backend.look(bench.job("n13", 1, wipe=True)).done
        assert service.entered(node.uuid, "deploying") == 1
        assert len(bench.backend.api.ports(node)) == 2
    assert died > 10


def test_an_ironic_that_is_too_old_says_which_versions_it_speaks(
    service: IronicService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same Ironic, pinned to what the release Rocky spoke in 2018."""
    pinned = {"DEFAULT": {"pin_release_version": "11.1"}}
    with (
        ironic_service.ironic(tmp_path_factory.mktemp("old"), pinned, conductor=False) as old,
        pytest.raises(IronicError, match=r"speaks API 1\.1 to 1\.46; microdc needs one of 1\.56"),
    ):
        old.api().node("n11")
    assert service.api().wire.version == (1, 82)


_STATES = """
import json
from ironic.common import states
names = {value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)}
history = {"provisioning", "takeover", "introspection", "conductor", "transition", "startup failure", "unprovision",
           "adoption", "console", "monitoring", "verify", "allocating"}
power = {states.POWER_ON, states.POWER_OFF, states.REBOOT, states.SOFT_REBOOT, states.SOFT_POWER_OFF}
machine = states.machine
found = sorted(set(machine.states))
print(json.dumps({
    "named": sorted(names - history - power),
    "machine": found,
    "verbs": states.VERBS,
    "allowed": {state: sorted(machine._transitions.get(state, {})) for state in found},
    "stable": sorted(states.STABLE_STATES), "unstable": sorted(states.UNSTABLE_STATES), "failures": sorted(states.FAILURE_STATES),
}))
"""


def _asked_of_ironic(script: str, *arguments: str) -> object:
    ironic_service.skip_without()
    done = subprocess.run([PYTHON, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_state_that_the_installed_ironic_has_has_a_meaning_here() -> None:
    told = _asked_of_ironic(_STATES)
    assert isinstance(told, dict)
    assert len(told["machine"]) > 20
    assert not set(told["machine"]) - set(MEANINGS)
    assert not set(told["named"]) - set(MEANINGS)
    ways = {state: MEANINGS[state].way for state in told["machine"]}
    assert all(ways[state] is Way.FAILED for state in told["failures"])
    assert not [state for state in told["unstable"] if ways[state] in {Way.RESTS, Way.FAILED}]
    assert not [state for state in told["stable"] if ways[state] is Way.WORKS]


def test_whatever_is_asked_is_something_that_ironic_allows_from_there() -> None:
    told = _asked_of_ironic(_STATES)
    assert isinstance(told, dict)
    asked = [(state, verb) for ways in deciding._NEXT.values() for state, verb in ways.items()]
    wrong = [
        (state, verb) for state, verb in asked if told["verbs"].get(verb, verb) not in told["allowed"][state]
    ]
    assert not wrong


_HINTS = """
import json, sys
from ironic_lib import utils
disks, hints = json.loads(sys.argv[1])
print(json.dumps([[disk["name"] for disk in utils.find_devices_by_hints(disks, one)] for one in hints]))
"""


def test_disk_hints_mean_to_ironic_what_they_mean_here() -> None:
    gib = 1 << 30
    rows = [
        ("sda", "S1", "0x5000c5", "ATA PM883 a", 100 * gib, "ssd", "pci-0000:00:1f.2-ata-1"),
        ("sdb", "S 2/b", "0x5000c6", "ATA pm883", 200 * gib, "hdd", "pci-0000:00:1f.2-ata-2"),
        ("nvme0n1", "S3", "eui.00", "X", 50 * gib, "nvme", "pci-0000:00:02.0-nvme-1"),
    ]
    ours = [
        dict(zip(("name", "serial", "wwn", "model", "size", "kind", "path"), row, strict=True))
        for row in rows
    ]
    theirs = [
        {
            **{key: disk[key] for key in ("serial", "wwn", "model", "size")},
            "name": f"/dev/{disk['name']}",
            "rotational": disk["kind"] == "hdd",
            "by_path": f"/dev/disk/by-path/{disk['path']}",
        }
        for disk in ours
    ]
    hints = [
        DiskHints(serial="s1"), DiskHints(serial="S 2/b"), DiskHints(wwn="5000C6"), DiskHints(wwn="EUI.00"),
        DiskHints(model="pm883"), DiskHints(model="PM883 a"), DiskHints(path="pci-0000:00:1f.2-ata-2"),
        DiskHints(kind="hdd"), DiskHints(kind="ssd"), DiskHints(kind="nvme"), DiskHints(least=100 * gib),
        DiskHints(most=100 * gib), DiskHints(model="pm883", kind="ssd"), DiskHints(serial="S9"),
    ]  # fmt: skip
    told = _asked_of_ironic(_HINTS, json.dumps([theirs, [root_device(one) for one in hints]]))
    known = [{**disk, "paths": [disk["path"]]} for disk in ours]
    expected = [[f"/dev/{disk['name']}" for disk in known if disks._fits(one, disk)] for one in hints]
    assert told == expected
    assert {len(names) for names in expected} == {0, 1, 2}
