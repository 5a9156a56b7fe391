"""Labs come up whole, work, and go away whole; the emulator is a namespace."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from builtlab import EXAMPLE, Lab

from microdc import locations
from microdc.errors import InputError, MicrodcError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.lab import inventory, lock, names, operate
from microdc.lab.plan import plan
from microdc.testbed.load import load

pytestmark = [pytest.mark.root, pytest.mark.lab]

Build = Callable[[], Lab]
NewName = Callable[[], str]


def left_of(name: str) -> list[str]:
    """What there still is of a lab, by all the names that it uses."""
    current = locations.current_lab_file()
    files = [names.lab_dir(name), names.labs_dir() / f"{name}.lock", *names.agent_dirs(name)]
    found = [str(path) for path in files if path.exists()]
    if current.exists() and f"/{name}/" in current.read_text():
        found.append(str(current))
    return names.namespaces_of(name) + found


def run(operation: Iterable[Step]) -> list[Step]:
    return list(operation)


def test_hosts_of_all_sites_reach_each_other(build: Build) -> None:
    lab = build()
    for target in (lab.host("east", 2), lab.host("west", 1), lab.host("west", 2)):
        assert lab.unreachable(lab.host("east"), target) == set()
    assert lab.unreachable(lab.host("west", 2), lab.host("east")) == set()


def test_packets_of_the_sites_mtu_pass_inside_and_no_larger_ones(build: Build) -> None:
    lab = build()
    with NamespaceHost(lab.host("west").namespace) as host:
        full = ["ping", "-c1", "-W2", "-Mdo", "-s", str(9000 - 28), str(lab.host("west", 2).addresses[0])]
        assert host.run(full).ok
        larger = [*full[:5], str(9000 - 27), full[6]]
        assert not host.run(larger).ok


def test_the_wire_carries_single_packets(build: Build) -> None:
    lab = build()
    for namespace, interface in (
        (lab.host("east").namespace, "eth0"),
        ("mdc-" + lab.name + "-east", "uplink"),
    ):
        with NamespaceHost(namespace) as host:
            features = host.run(["ethtool", "-k", interface]).stdout.decode()
        for name in ("tcp-segmentation-offload", "generic-segmentation-offload", "generic-receive-offload"):
            assert f"{name}: off" in features
        assert "tx-udp-segmentation: on" not in features


def test_the_inventory_that_it_writes_is_an_ordinary_one(build: Build) -> None:
    lab = build()
    written = load(lab.inventory)
    assert written.emulators["wan1"].reach.host == f"netns:mdc-{lab.name}-wan1"
    for site in written.sites.values():
        assert namespaces.path(site.probe.removeprefix("netns:")).exists()
    assert locations.current_lab_file().read_text().strip() == str(lab.inventory)


def test_status_tells_what_answers(build: Build) -> None:
    lab = build()
    found = operate.status(lab.name)
    assert found.state == "up"
    assert all(site.works for site in found.sites)
    with NamespaceHost(f"mdc-{lab.name}-wan1") as host:
        assert host.run(["ip", "link", "set", "east0", "down"]).ok
    found = operate.status(lab.name)
    assert found.state == "partly up"
    assert {site.name: site.works for site in found.sites} == {"east": False, "west": True}


def test_down_leaves_nothing_and_can_be_repeated(build: Build) -> None:
    lab = build()
    ours = {port.mac for link in lab.plan.links for port in (link.port, link.nic)}
    assert ours.isdisjoint(file.read_text().strip() for file in Path("/sys/class/net").glob("*/address"))
    agent = names.agents_dir() / f"mdc-{lab.name}-wan1"
    agent.mkdir(parents=True)
    assert lab.name in operate.list_labs()
    run(operate.down(lab.name))
    assert left_of(lab.name) == []
    assert lab.name not in operate.list_labs()
    assert [step.state for step in run(operate.down(lab.name))] == ["skipped"]
    assert operate.status(lab.name).state == "down"


def test_down_ends_what_runs_inside_also_what_does_not_want_to(build: Build) -> None:
    lab = build()
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('x', flush=True); time.sleep(600)"
    )
    argv = [*namespaces.inside(lab.host("east").namespace), sys.executable, "-c", stubborn]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as inside:
        assert inside.stdout is not None
        inside.stdout.readline()
        run(operate.down(lab.name))
        assert inside.wait(10) == -signal.SIGKILL
    assert left_of(lab.name) == []


def test_two_labs_live_side_by_side(build: Build) -> None:
    one, other = build(), build()
    assert one.unreachable(one.host("east"), one.host("west")) == set()
    run(operate.down(one.name))
    assert left_of(one.name) == []
    assert other.unreachable(other.host("east"), other.host("west")) == set()
    assert operate.status(other.name).state == "up"


def test_up_changes_nothing_where_the_lab_is_up(build: Build) -> None:
    lab = build()
    before = {name: namespaces.path(name).stat().st_ino for name in lab.plan.namespaces}
    steps = run(operate.up(lab.name, EXAMPLE))
    assert [step.state for step in steps] == ["skipped"]
    assert {name: namespaces.path(name).stat().st_ino for name in lab.plan.namespaces} == before


KILLED = """
import os, signal, sys
from pathlib import Path
from microdc.lab import operate
from microdc.lab.plan import plan
from microdc.lab.plan import plan
from microdc.testbed.load import load
name, source, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
for number, step in enumerate(operate.bring_up(plan(load(source), name, "namespace"), source, 2), start=1):
    if number == last:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_at(name: str, step: int) -> int:
    argv = [sys.executable, "-c", KILLED, name, str(EXAMPLE), str(step)]
    return subprocess.run(argv, check=False, timeout=60).returncode


@pytest.mark.parametrize("step", [1, 2, 5, 8, 9, 11, 12])
def test_down_after_a_kill_leaves_nothing(lab_name: NewName, step: int) -> None:
    name = lab_name()
    assert kill_at(name, step) == -signal.SIGKILL
    assert left_of(name) != []
    run(operate.down(name))
    assert left_of(name) == []


def test_a_lab_that_a_kill_left_half_built_is_built_anew(lab_name: NewName) -> None:
    name = lab_name()
    kill_at(name, 9)
    assert operate.status(name).state == "partly up"
    made = plan(load(EXAMPLE), name, "namespace")
    steps = run(operate.bring_up(made, EXAMPLE, 2))
    assert any("built anew" in step.detail for step in steps)
    assert operate.status(name).state == "up"


def test_a_lock_that_a_kill_left_hinders_nobody(lab_name: NewName) -> None:
    name = lab_name()
    program = (
        "import os, sys; from microdc.lab import lock\nwith lock.held(sys.argv[1]): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, name], check=False, timeout=60)
    with lock.held(name):
        pass
    assert left_of(name) == []


def test_one_command_at_a_time(build: Build) -> None:
    lab = build()
    with lock.held(lab.name):
        for operation in (operate.up(lab.name, EXAMPLE), operate.down(lab.name)):
            with pytest.raises(RefusedError, match="another command"):
                run(operation)
    assert operate.status(lab.name).state == "up"


@pytest.mark.parametrize("failure", [UnreachableError("no space left"), KeyboardInterrupt()])
def test_a_failure_midway_takes_down_what_was_built(
    lab_name: NewName, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(inventory, "write", fail)
    name = lab_name()
    with pytest.raises(type(failure)) as raised:
        run(operate.bring_up(plan(load(EXAMPLE), name, "namespace"), EXAMPLE, 2))
    assert left_of(name) == []
    if isinstance(raised.value, MicrodcError):
        assert "taken down" in raised.value.hint


def test_a_build_that_is_given_up_leaves_nothing(lab_name: NewName) -> None:
    name = lab_name()
    building = operate.bring_up(plan(load(EXAMPLE), name, "namespace"), EXAMPLE, 2)
    for _ in range(6):
        next(building)
    assert left_of(name) != []
    building.close()
    assert left_of(name) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("testbed.yaml", "testbed: [\n"),
        ("testbed.yaml", ""),
        ("sites/east.yaml", "site: east\nmtu: 900000\n"),
        ("sites/east.yaml", "site: east\nnetworks: {data: [10.72.0.0/16]}\n"),
        ("sites/east.yaml", "site: east\nnetworks: {data: [10.71.0.0/31]}\n"),
    ],
)
def test_a_broken_inventory_is_refused_before_anything_is_built(
    lab_name: NewName, tmp_path: Path, file: str, text: str
) -> None:
    source = tmp_path / "inventory"
    shutil.copytree(EXAMPLE, source)
    (source / file).write_text(text)
    name = lab_name()
    with pytest.raises(InputError) as refused:
        run(operate.up(name, source))
    assert file in str(refused.value)
    assert left_of(name) == []


def test_a_lab_made_elsewhere_is_not_taken_for_a_wreck(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = build()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_STATE_HOME", str(tmp_path))
        with pytest.raises(RefusedError, match="another state directory"):
            run(operate.up(lab.name, EXAMPLE))
    assert operate.status(lab.name).state == "up"


def test_down_does_not_end_the_shell_it_runs_in(build: Build) -> None:
    lab = build()
    words = [sys.executable, "-m", "microdc.cli", "lab", "down", "--name", lab.name]
    argv = operate.command_at(lab.name, "east/h1", words)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == RefusedError.exit_code
    assert "inside the lab" in done.stderr
    assert operate.status(lab.name).state == "up"


def test_a_command_runs_at_a_host(build: Build) -> None:
    lab = build()
    argv = [sys.executable, "-m", "microdc.cli", "lab", "shell", "--name", lab.name, "west/h2", "--"]
    done = subprocess.run(
        [*argv, "ip", "-o", "addr"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "10.72.0.12" in done.stdout
    status = subprocess.run([*argv, "sh", "-c", "exit 7"], check=False, timeout=60)
    assert status.returncode == 7


def test_a_place_that_is_not_there_is_refused_with_those_that_are(build: Build) -> None:
    lab = build()
    with pytest.raises(InputError, match="no host north") as refused:
        operate.command_at(lab.name, "north/h1", ["true"])
    assert "west-h1" in refused.value.hint
