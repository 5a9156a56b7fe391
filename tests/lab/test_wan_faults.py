"""What is left when something breaks in the middle: the emulator is a guest with a real kernel, reached over SSH."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from builtlab import EXAMPLE, Lab
from commandline import argv, data, microdc

from microdc.errors import Exit
from microdc.host.address import address_of
from microdc.host.daemon import Daemon
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.lab import operate
from microdc.lab.inventory import directory_of
from microdc.lab.names import lab_dir
from microdc.lab.plan import plan
from microdc.lab.teardown import guest_processes
from microdc.testbed.load import load
from microdc.wan.operate import open_wan

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long]

PAIR = ("--pair", "east:west")
OVERLAY = ("apply-profile", "openstack-owd-50", *PAIR)


@pytest.fixture
def emulator(guest_lab: Lab) -> Iterator[Host]:
    with connected(guest_lab) as host:
        yield host


def connected(lab: Lab) -> Host:
    return connect(address_of(load(lab.inventory).emulators["wan1"].reach))


def qdiscs(lab: Lab) -> bytes:
    """What tc shows, over a connection of its own."""
    with connected(lab) as host:
        return host.run(["tc", "qdisc", "show"]).stdout


@contextmanager
def cut(lab: Lab) -> Iterator[None]:
    """Every packet between the controller and the emulator vanishes, in silence."""
    (way_in,) = [e.management for e in lab.plan.emulators if e.management]
    enter = ["nsenter", f"--net=/run/netns/{way_in.port.namespace}", "--", "ip", "link", "set"]
    subprocess.run([*enter, way_in.port.name, "down"], check=True)
    try:
        yield
    finally:
        subprocess.run([*enter, way_in.port.name, "up"], check=True)


def laid(lab: Lab) -> list[str]:
    """What is laid, once nothing waits for a confirmation any more."""
    with open_wan(load(lab.inventory)) as wan:
        while any(situation.state.unconfirmed for situation in wan.situations.values()):
            time.sleep(0.1)
            wan.read()
        shown = [overlay.id for overlay in wan.overlays]
        there = [name for name, found in wan.situations["wan1"].observed.items() if not found.tree.empty]
    assert bool(shown) == bool(there)
    return shown


def last_entry(lab: Lab) -> dict[str, Any]:
    """The newest change in the journal."""
    kinds = ("--kind", "apply-profile")
    entries = data(lab, "log", "--last", "1", *kinds)["items"]
    assert entries
    shown = data(lab, "log", "show", str(entries[-1]["id"]))
    return {**shown["entry"], "result": shown["result"]}


def test_a_controller_that_is_cut_off_leaves_the_emulator_as_it_was(lab: Lab) -> None:
    before = qdiscs(lab)
    with subprocess.Popen(
        argv(lab, *OVERLAY, "--confirm-within", "3s"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        said = []
        for line in running.stderr:
            said.append(line)
            if "read back" in line:
                break
        with cut(lab):
            rest = running.communicate()[1]
    assert running.returncode in (Exit.UNREACHABLE, Exit.FAILED), "".join(said) + rest
    assert "could not be confirmed" in rest
    assert "taken back" in rest
    assert laid(lab) == []
    assert qdiscs(lab) == before
    entry = last_entry(lab)
    assert entry["outcome"] == "failed"
    assert "confirmed" in entry["result"]["error"]
    assert (
        microdc(lab, "plan").returncode == Exit.PENDING
    )  # what the agent did alone comes in with the next reading
    told = json.dumps(data(lab, "log", "--kind", "agent"))
    assert "not confirmed within 3 s" in told


KILLED = """
import sys
sys.path.insert(0, {tests!r})
import killing
from microdc.cli.main import run
killing.at({step}, before={before})
run({words!r})
"""


@pytest.mark.parametrize(
    "step",
    [pytest.param(1, marks=pytest.mark.extra), pytest.param(2, marks=pytest.mark.extra), 3],
    ids=["read", "commit", "confirm"],
)
@pytest.mark.parametrize("before", [pytest.param(True, marks=pytest.mark.extra), False])
def test_a_controller_that_is_killed_leaves_all_or_nothing_and_the_journal_knows(
    lab: Lab, step: int, *, before: bool
) -> None:
    words = [
        "-i",
        str(lab.inventory),
        *OVERLAY,
        "--confirm-within",
        "8s",
        "--reason",
        f"killed at {step}{before}",
    ]
    script = KILLED.format(tests=str(Path(__file__).parents[1]), step=step, before=before, words=words)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    stays = step == 3 and not before
    assert len(laid(lab)) == int(stays)
    assert microdc(lab, "plan").returncode == Exit.PENDING  # whoever comes next settles what is open
    if step == 1:
        return  # nothing had begun
    entry = last_entry(lab)
    assert entry["summary"] == f"killed at {step}{before}"
    assert entry["outcome"] == ("done" if stays else "interrupted")


def test_a_killed_agent_ends_on_time_all_the_same(lab: Lab, emulator: Host) -> None:
    microdc(lab, "apply")
    assert microdc(lab, *OVERLAY, "--for", "8s").returncode == 0
    with open_wan(load(lab.inventory)) as wan:
        agent = wan.situations["wan1"].hello.pid
    assert emulator.run(["kill", "-9", str(agent)]).ok
    while b"delay 50ms" in emulator.run(["tc", "qdisc", "show"]).stdout:
        time.sleep(0.2)
    assert emulator.run(["tc", "qdisc", "show"]).stdout.count(b"delay 10ms") == 2


def test_two_controllers_at_once_do_not_mix(lab: Lab) -> None:
    microdc(lab, "apply")

    def lay(profile: str) -> subprocess.CompletedProcess[str]:
        return microdc(lab, "apply-profile", profile, *PAIR, "--owner", profile)

    profiles = ["openstack-owd-25", "openstack-owd-50", "openstack-owd-100"]
    with ThreadPoolExecutor(3) as pool:
        done = dict(zip(profiles, pool.map(lay, profiles), strict=True))
    assert {d.returncode for d in done.values()} <= {Exit.OK, Exit.LOCKED}
    for each in done.values():
        if each.returncode == Exit.LOCKED:
            assert "nothing was changed" in each.stderr
    made = [profile for profile, each in done.items() if each.returncode == 0]
    assert made
    assert len(laid(lab)) == 1 + len(made)
    outcomes = {
        e["summary"]: e["outcome"]
        for e in data(lab, "log", "--last", "3", "--kind", "apply-profile")["items"]
    }
    for profile, each in done.items():
        key = next((k for k in outcomes if profile in k), None)
        assert key is None or outcomes[key] == ("done" if each.returncode == 0 else "refused")


def test_a_clock_that_steps_moves_no_end(lab: Lab, emulator: Host) -> None:
    microdc(lab, *OVERLAY, "--for", "600s")
    now = int(emulator.run(["date", "+%s"]).stdout)
    try:
        for step in (3600, -3600):
            assert emulator.run(["date", "-s", f"@{now + step}"]).ok
            with open_wan(load(lab.inventory)) as wan:
                (overlay,) = wan.overlays
            assert overlay.seconds is not None
            assert 0 < overlay.seconds <= 600
    finally:
        emulator.run(["date", "-s", f"@{int(time.time())}"])


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    try:
        yield str(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_what_cannot_be_written_down_is_not_done(
    lab: Lab, small_disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICRODC_STORE", f"{small_disk}/microdc.db")
    assert microdc(lab, "log").returncode == 0
    with Path(small_disk, "full").open("wb", buffering=0) as rest, contextlib.suppress(OSError):
        while True:
            rest.write(b"x" * 4096)
    done = microdc(lab, *OVERLAY)
    assert done.returncode in (Exit.UNREACHABLE, Exit.FAILED)
    assert "Traceback" not in done.stderr
    assert "space" in done.stderr or "full" in done.stderr
    Path(small_disk, "full").unlink()
    assert laid(lab) == []
    assert microdc(lab, *OVERLAY).returncode == 0
    assert len(laid(lab)) == 1


def test_a_lease_of_somebody_else_keeps_the_wan_as_it_is(lab: Lab) -> None:
    taken = microdc(lab, "lease", "take", "wan", "--for", "1h", "--reason", "thesis", "--owner", "ann")
    assert taken.returncode == 0, taken.stderr
    try:
        for words in (("apply",), OVERLAY):
            refused = microdc(lab, *words, "--owner", "ben")
            assert refused.returncode == Exit.LOCKED
            assert "ann" in refused.stderr
            assert "thesis" in refused.stderr
        assert laid(lab) == []
        assert microdc(lab, *OVERLAY, "--owner", "ann").returncode == 0
    finally:
        microdc(lab, "lease", "release", "wan", "--owner", "ann")
    assert microdc(lab, "apply", "--owner", "ben").returncode == 0


@pytest.mark.extra
def test_an_emulator_that_was_rebooted_is_known_and_laid_anew(lab_name: Callable[[], str]) -> None:
    name = lab_name()

    def up() -> Lab:
        for _ in operate.up(name, EXAMPLE, emulator="guest"):
            pass
        return Lab(name, plan(load(EXAMPLE), name, "guest"), directory_of(name))

    lab = up()
    assert microdc(lab, "apply").returncode == 0
    assert microdc(lab, "wan", "drift").returncode == 0
    (guest,) = guest_processes(lab_dir(name) / "guests" / "wan1")
    Daemon.of(guest).kill()
    assert microdc(lab, "plan").returncode == Exit.UNREACHABLE
    lab = up()
    drifted = microdc(lab, "wan", "drift")
    assert drifted.returncode == Exit.FAILED
    assert "reboot" in drifted.stdout
    assert "inventory" in drifted.stdout
    assert microdc(lab, "apply").returncode == 0
    assert microdc(lab, "wan", "drift").returncode == 0
