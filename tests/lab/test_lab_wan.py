"""The WAN of a lab whose emulator is a guest, through the command line: what an operator sees."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from builtlab import Lab
from commandline import data, microdc

from microdc.errors import Exit
from microdc.host.address import address_of
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.testbed.load import load
from microdc.wan.operate import Wan, open_wan
from microdc.wan.view import lines

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.alone]

PAIR = ("--pair", "east:west")


@pytest.fixture
def wan(guest_lab: Lab) -> Iterator[Wan]:
    """A second look at what the commands did."""
    with open_wan(load(guest_lab.inventory)) as opened:
        yield opened


def laid(wan: Wan) -> list[str]:
    wan.read()
    return [overlay.id for overlay in wan.overlays]


def delays(wan: Wan) -> dict[str, int]:
    """ms by direction, once the kernel is seen to hold what is laid."""
    wan.read()
    found = list(lines(wan.testbed, wan.situations, wan.overlays))
    assert all(line.as_asked for line in found)
    return {
        f"{line.direction.source}>{line.direction.target}": line.impairment.owd // 1_000_000 for line in found
    }


@pytest.fixture
def emulator(guest_lab: Lab) -> Iterator[Host]:
    with connect(address_of(load(guest_lab.inventory).emulators["wan1"].reach)) as host:
        yield host


def tc(host: Host, *words: str) -> str:
    done = host.run(["tc", *words])
    assert done.ok, done.stderr
    return done.stdout.decode()


def test_from_nothing_to_the_inventorys_wan_and_back(lab: Lab, emulator: Host, wan: Wan) -> None:
    before = tc(emulator, "qdisc", "show")
    pending = microdc(lab, "plan")
    assert pending.returncode == Exit.PENDING
    assert "7dc0:" in pending.stdout
    assert tc(emulator, "qdisc", "show") == before
    first = microdc(lab, "apply")
    assert first.returncode == 0, first.stderr
    assert microdc(lab, "plan").returncode == 0
    again = data(lab, "apply")
    assert (again["changes"], again["operations"]) == (False, [])
    assert delays(wan) == {"east>west": 10, "west>east": 10}
    assert microdc(lab, "wan", "reset").returncode == Exit.USAGE  # nobody can be asked, and --yes is missing
    assert microdc(lab, "wan", "reset", "--yes").returncode == 0
    assert tc(emulator, "qdisc", "show") == before


def test_an_overlay_lies_over_the_inventory_until_it_is_undone(lab: Lab, wan: Wan) -> None:
    microdc(lab, "apply")
    done = data(lab, "apply-profile", "openstack-owd-50", *PAIR)
    assert done["structural"] is False
    assert delays(wan) == {"east>west": 50, "west>east": 50}
    assert data(lab, "apply-profile", "openstack-owd-50", *PAIR)["changes"] is False
    one_way = data(lab, "apply-profile", "openstack-owd-25", *PAIR, "--direction", "west-to-east")
    assert delays(wan) == {"east>west": 50, "west>east": 25}
    assert laid(wan) == ["inventory", done["overlay"], one_way["overlay"]]
    assert microdc(lab, "wan", "undo", done["overlay"]).returncode == 0
    assert delays(wan) == {"east>west": 10, "west>east": 25}
    assert microdc(lab, "wan", "undo").returncode == 0
    assert delays(wan) == {"east>west": 10, "west>east": 10}


@pytest.mark.long
def test_a_link_is_cut_and_mended(lab: Lab, wan: Wan) -> None:
    link = "triangle/east:west"
    refused = microdc(lab, "wan", "cut", link)
    assert (refused.returncode, "microdc apply" in refused.stderr) == (Exit.USAGE, True)
    microdc(lab, "apply")
    planned = data(lab, "wan", "cut", link, "--dry-run")
    assert (planned["applied"], planned["structural"], len(planned["operations"])) == (False, False, 2)
    assert microdc(lab, "wan", "cut", link, "--for", "10m").returncode == 0
    assert delays(wan) == {"east>west": 30, "west>east": 30}
    overlay = data(lab, "wan", "show")["overlays"][-1]
    assert (overlay["cuts"], overlay["reason"]) == ([link], f"cut {link}")
    data(lab, "wan", "cut", "triangle/around:west")
    assert data(lab, "wan", "show")["overlays"][-1]["ends_in_seconds"] > 0  # still
    wan.read()
    assert {asked.impairment.loss for _, asked in wan.in_force.values()} == {100}
    assert microdc(lab, "wan", "mend", link).returncode == 0
    assert delays(wan) == {"east>west": 10, "west>east": 10}
    assert len(laid(wan)) == 2  # the other link stays cut, though it leads no pair another way now
    assert microdc(lab, "wan", "mend", "triangle/around:west").returncode == 0
    assert laid(wan) == ["inventory"]
    assert "is not cut by" in microdc(lab, "wan", "mend", link).stderr
    microdc(lab, "wan", "cut", link)
    assert microdc(lab, "wan", "undo").returncode == 0
    assert delays(wan) == {"east>west": 10, "west>east": 10}


def test_an_overlay_with_an_end_ends_without_a_controller(lab: Lab, emulator: Host, wan: Wan) -> None:
    microdc(lab, "apply")
    assert microdc(lab, "apply-profile", "openstack-owd-100", *PAIR, "--for", "3s").returncode == 0
    deadline = time.monotonic() + 60
    while "delay 100ms" in tc(emulator, "qdisc", "show"):
        assert time.monotonic() < deadline
    assert tc(emulator, "qdisc", "show").count("delay 10ms") == 2
    assert laid(wan) == ["inventory"]
    assert "ended" in " ".join(data(lab, "wan", "show")["notes"])


def test_a_dry_run_changes_nothing(lab: Lab, emulator: Host, wan: Wan) -> None:
    before = tc(emulator, "qdisc", "show")
    done = microdc(lab, "apply-profile", "lte", *PAIR, "--dry-run")
    assert done.returncode == 0
    assert "tc qdisc add dev" in done.stdout
    assert tc(emulator, "qdisc", "show") == before
    assert laid(wan) == []


def test_a_profile_from_standard_input(lab: Lab, wan: Wan) -> None:
    document = (
        'profile: mine\ndescription: d\nsource: "policy: test"\nboth: {rtt: 14ms, jitter: 1ms, loss: 0.5%}\n'
    )
    assert data(lab, "apply-profile", "-f", "-", *PAIR, stdin=document)["applied"] is True
    assert delays(wan) == {"east>west": 7, "west>east": 7}


def test_tc_on_the_emulator_shows_what_was_asked(lab: Lab, emulator: Host) -> None:
    document = (
        'profile: mine\ndescription: d\nsource: "policy: test"\n'
        "up: {owd: 30ms, jitter: 2ms, loss: 1%, rate: 20mbit, buffer: 64kB}\ndown: {owd: 5ms}\n"
    )
    microdc(lab, "apply-profile", "-f", "-", *PAIR, stdin=document)
    shown = json.loads(tc(emulator, "-j", "qdisc", "show", "dev", "west0"))
    netem = next(q["options"] for q in shown if q["kind"] == "netem")
    assert netem["delay"] == pytest.approx({"delay": 0.030, "jitter": 0.002, "correlation": 0})
    assert netem["loss-random"]["loss"] == pytest.approx(0.01)
    assert next(q["options"] for q in shown if q["kind"] == "bfifo")["limit"] == 64_000
    assert "rate 20Mbit ceil 20Mbit" in tc(emulator, "class", "show", "dev", "west0")


def test_a_foreign_qdisc_is_left_alone_unless_it_is_taken_over(lab: Lab, emulator: Host) -> None:
    try:
        tc(emulator, "qdisc", "replace", "dev", "west0", "root", "handle", "1:", "htb")
        refused = microdc(lab, "apply")
        assert refused.returncode == Exit.LOCKED
        assert "htb 1:" in refused.stderr
        assert "--take-over" in refused.stderr
        assert "qdisc htb 1: root" in tc(emulator, "qdisc", "show", "dev", "west0")
        assert "7dc0" not in tc(emulator, "qdisc", "show")
        assert microdc(lab, "apply", "--take-over").returncode == Exit.USAGE
        assert microdc(lab, "apply", "--take-over", "--yes").returncode == 0
        assert "qdisc htb 7dc0: root" in tc(emulator, "qdisc", "show", "dev", "west0")
    finally:
        emulator.run(["tc", "qdisc", "del", "dev", "west0", "root", "handle", "1:"])


def test_what_somebody_removed_shows_as_drift_and_apply_mends_it(lab: Lab, emulator: Host, wan: Wan) -> None:
    microdc(lab, "apply")
    tc(emulator, "qdisc", "del", "dev", "west0", "root")
    shown = data(lab, "wan", "show")["directions"]
    assert {line["to"]: line["as_asked"] for line in shown} == {"west": False, "east": True}
    assert microdc(lab, "apply").returncode == 0
    assert delays(wan) == {"east>west": 10, "west>east": 10}


def test_the_agent_killed_keeps_what_is_laid(lab: Lab, emulator: Host) -> None:
    microdc(lab, "apply")
    microdc(lab, "apply-profile", "openstack-owd-50", *PAIR)
    with open_wan(load(lab.inventory)) as before:
        agent = before.situations["wan1"].hello.pid
    assert emulator.run(["kill", "-9", str(agent)]).ok
    with open_wan(load(lab.inventory)) as after:
        assert after.situations["wan1"].hello.pid != agent
        assert delays(after) == {"east>west": 50, "west>east": 50}
        assert microdc(lab, "wan", "undo").returncode == 0
        assert delays(after) == {"east>west": 10, "west>east": 10}


@pytest.mark.parametrize(("profile", "rtt"), [("openstack-owd-10", 20), ("openstack-owd-150", 300)])
def test_verify_finds_what_was_asked(lab: Lab, profile: str, rtt: int) -> None:
    microdc(lab, "apply-profile", profile, *PAIR)
    found = data(lab, "wan", "verify", "--quick", *PAIR)["pairs"][0]
    verdicts = {(v["quantity"], v["direction"]): v for v in found["verdicts"]}
    measured = verdicts["rtt", "round-trip"]
    assert measured["outcome"] == "pass", measured
    assert measured["asked"] == rtt * 1_000_000
    assert abs(measured["measured"] - rtt * 1e6) <= max(3e6, 0.03 * rtt * 1e6)
    assert verdicts["loss", "a-to-b"]["outcome"] in {"pass", "unmeasured"}
    assert verdicts["reordering", "a-to-b"]["outcome"] == "pass"


def test_verify_tells_a_wan_that_is_not_what_was_asked(lab: Lab, emulator: Host) -> None:
    microdc(lab, "apply-profile", "openstack-owd-10", *PAIR)
    netem = next(
        line for line in tc(emulator, "qdisc", "show", "dev", "west0").splitlines() if "netem" in line
    )
    handle, parent = netem.split()[2], netem.split()[4]
    tc(
        emulator,
        "qdisc",
        "change",
        "dev",
        "west0",
        "parent",
        parent,
        "handle",
        handle,
        "netem",
        "delay",
        "60ms",
    )
    done = microdc(lab, "wan", "verify", "--quick", *PAIR, "-o", "json")
    assert done.returncode == Exit.FAILED
    rtt = next(v for v in json.loads(done.stdout)["pairs"][0]["verdicts"] if v["quantity"] == "rtt")
    assert rtt["outcome"] == "fail"
    assert rtt["measured"] == pytest.approx(70e6, abs=5e6)


def test_nothing_laid_cannot_be_verified(lab: Lab) -> None:
    done = microdc(lab, "wan", "verify")
    assert done.returncode == Exit.USAGE
    assert "microdc apply" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("apply-profile", "lte", "--pair", "east:wets"), "west"),
        (("apply-profile", "lta", *PAIR), "lte"),
        (("apply-profile", "lte", "--pair", "east:east"), "east:east"),
        (("apply-profile", "lte", *PAIR, "--for", "10"), "unit of time"),
        (("apply-profile", "lte", *PAIR, "--direction", "up"), "a-to-b"),
        (("apply-profile", *PAIR), "-f"),
        (("wan", "undo", "o99"), "o99"),
    ],
)
def test_bad_words_change_nothing_and_say_what_is_meant(
    lab: Lab, words: tuple[str, ...], said: str, wan: Wan
) -> None:
    done = microdc(lab, *words)
    assert done.returncode == Exit.USAGE
    assert said in done.stderr
    assert laid(wan) == []


def test_an_emulator_that_cannot_be_reached(lab: Lab, tmp_path: Path) -> None:
    copy = tmp_path / "inventory"
    subprocess.run(["cp", "-r", str(lab.inventory), str(copy)], check=True)
    document = copy / "testbed.yaml"
    document.write_text(document.read_text().replace("169.254.77.11", "169.254.77.99"))
    argv = [sys.executable, "-m", "microdc.cli", "-i", str(copy), "plan"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.UNREACHABLE
    assert "169.254.77.99" in done.stderr
