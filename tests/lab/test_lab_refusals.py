"""What stands in the way of a WAN is named, and nothing is changed by it. No netem is needed for that."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builtlab import Lab

from microdc.errors import ApplyError, Exit
from microdc.host.abilities import try_kernel
from microdc.host.local import NamespaceHost
from microdc.impairment import Impairment
from microdc.testbed.load import load
from microdc.units import Delay
from microdc.wan.model import Asked, Direction
from microdc.wan.operate import open_wan

pytestmark = [pytest.mark.root, pytest.mark.lab]

Build = Callable[[], Lab]


def inside(lab: Lab, *words: str) -> str:
    with NamespaceHost(f"mdc-{lab.name}-wan1") as host:
        done = host.run(words)
    assert done.ok, done.stderr
    return done.stdout.decode()


def microdc(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "microdc.cli", "-i", str(lab.inventory), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.skipif(bool(try_kernel("sch_netem").works), reason="the running kernel has sch_netem")
def test_a_kernel_without_netem_is_named_and_all_is_taken_back(build: Build) -> None:
    lab = build()
    before = inside(lab, "tc", "qdisc", "show")
    done = microdc(lab, "apply")
    assert done.returncode == Exit.FAILED
    for said in ("netem", "all was taken back", "microdc doctor"):
        assert said in done.stderr
    assert inside(lab, "tc", "qdisc", "show") == before


def test_an_interface_that_vanishes_between_plan_and_apply(build: Build) -> None:
    lab = build()
    testbed = load(lab.inventory)
    with open_wan(testbed) as wan:
        values = {Direction("east", "west"): Asked(Impairment(owd=Delay(10_000_000)), "test")}
        plan = wan.plan_overlay(values, "test", "test")
        inside(lab, "ip", "link", "delete", "west0")
        with pytest.raises(ApplyError, match=r"wan1:west0: the interface vanished"):
            for _ in wan.apply(plan):
                pass
    assert "7dc0" not in inside(lab, "tc", "qdisc", "show")


def test_an_interface_that_is_not_there_is_named_with_those_that_are(build: Build) -> None:
    lab = build()
    inside(lab, "ip", "link", "set", "west0", "name", "other0")
    done = microdc(lab, "plan")
    assert done.returncode == Exit.UNREACHABLE
    for said in ("west.yaml:", "'west0'", "other0"):
        assert said in done.stderr


def test_an_emulator_port_smaller_than_its_site(build: Build) -> None:
    lab = build()
    inside(lab, "ip", "link", "set", "west0", "mtu", "1400")
    done = microdc(lab, "apply")
    assert done.returncode == Exit.USAGE
    for said in ("west.yaml:", "9000", "1400"):
        assert said in done.stderr


@pytest.mark.parametrize("kind", ["htb", "tbf"])
def test_a_foreign_qdisc_is_named_and_left(build: Build, kind: str) -> None:
    lab = build()
    options = {"htb": [], "tbf": ["rate", "1mbit", "burst", "10kb", "limit", "10kb"]}[kind]
    inside(lab, "tc", "qdisc", "add", "dev", "west0", "root", "handle", "5:", kind, *options)
    done = microdc(lab, "apply")
    assert done.returncode == Exit.LOCKED
    for said in ("west0", f"{kind} 5:", "--take-over"):
        assert said in done.stderr
    after = inside(lab, "tc", "qdisc", "show")
    assert f"qdisc {kind} 5: dev west0 root" in after
    assert "7dc0" not in after


def test_without_root_it_says_so(tmp_path: Path) -> None:
    """As another user, in a process of its own, with this process's program already loaded."""
    program = """
import os, sys
from pathlib import Path
from microdc.agent.client import open_agent
from microdc.errors import UnreachableError
from microdc.host.local import LocalHost
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_agent(LocalHost())
except UnreachableError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "needs root" in done.stdout
    assert "sudo" in done.stdout
    assert os.geteuid() == 0
