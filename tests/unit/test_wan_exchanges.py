"""What a change costs: messages to the kernel, and questions to an agent that runs. Counts, not times.

The controller's side and the agent's are the real ones; only the way between them and the kernel's socket are stood in for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from farhost import FarHost, far_host
from test_wan_planning import BACK, THERE, a_testbed

from microdc.impairment import Impairment
from microdc.netlink import rtnetlink
from microdc.netlink.messages import encode
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compile import compile_leaf
from microdc.wan.model import Asked
from microdc.wan.operate import Wan, open_wan

PORTS: dict[str, Any] = {"par": [2, 1500, ""], "bcn": [3, 1500, ""], "bos": [4, 1500, ""]}
SET = Impairment(Delay(50_000_000), rate=Rate(10_000_000), buffer=Size(100_000), limit=5000)


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarHost:
    return far_host(tmp_path, monkeypatch, PORTS)


@pytest.fixture
def laid(far: FarHost) -> Iterator[FarHost]:
    """The host, on which SET lies on both directions of a pair."""
    with open_wan(a_testbed()) as wan:
        lay(wan, SET)
    far.forget()
    yield far
    assert far.keeper.unconfirmed is None


def lay(wan: Wan, there: Impairment, back: Impairment | None = None) -> None:
    values = {THERE: Asked(there, "test"), BACK: Asked(back or there, "test")}
    for _ in wan.apply(wan.plan_overlay(values, "test", "test", replace=True)):
        pass


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ({"owd": Delay(20_000_000)}, ["netem"]),
        ({"jitter": Delay(1_000_000)}, ["netem"]),
        ({"loss": Percent(1.0)}, ["netem"]),
        ({"buffer": Size(50_000)}, ["buffer"]),
        ({"rate": Rate(5_000_000)}, ["cls"]),
        ({"rate": Rate(5_000_000), "owd": Delay(20_000_000)}, ["cls", "netem"]),
        ({"rate": Rate(5_000_000), "loss": Percent(1.0), "buffer": Size(50_000)}, ["cls", "netem", "buffer"]),
    ],
    ids="+".join,
)
def test_a_change_of_one_direction_is_one_message_for_each_object_that_differs(
    laid: FarHost, what: dict[str, Any], changed: list[str]
) -> None:
    new = replace(SET, **what)
    with open_wan(a_testbed()) as wan:
        minor = next(
            leaf.cls.handle & 0xFFFF
            for port in wan.plan_removal([]).ports
            for direction, leaf in port.leaves.items()
            if direction == THERE
        )
        lay(wan, new, SET)
    leaf = compile_leaf(minor, new, 1500)
    wanted = [encode("change", getattr(leaf, name), PORTS["bcn"][0]) for name in changed]
    assert sorted(laid.kernel.told) == sorted(wanted)


def test_a_change_on_a_far_host_is_three_questions(laid: FarHost) -> None:
    with open_wan(a_testbed()) as wan:
        lay(wan, replace(SET, owd=Delay(20_000_000)), SET)
    assert laid.asked == ["read", "commit", "confirm"]
    assert laid.talks == 2, "confirmed over a new connection"


def test_so_is_an_undo_and_one_message_for_each_object(laid: FarHost) -> None:
    with open_wan(a_testbed()) as wan:
        over = {THERE: Asked(replace(SET, owd=Delay(20_000_000)), "test")}
        for _ in wan.apply(wan.plan_overlay(over, "test", "over it")):
            pass
    laid.forget()
    with open_wan(a_testbed()) as wan:
        for _ in wan.apply(wan.plan_removal([wan.overlays[-1].id])):
            pass
    assert laid.asked == ["read", "commit", "confirm"]
    assert len(laid.kernel.told) == 1


def test_the_same_again_is_one_question_and_no_message(laid: FarHost) -> None:
    with open_wan(a_testbed()) as wan:
        lay(wan, SET)
    assert laid.asked == ["read"]
    assert laid.kernel.told == []


def test_a_change_loads_no_pyroute2() -> None:
    """It would take longer than the change."""
    code = "import sys, microdc.wan.operate; sys.exit('pyroute2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_numbers_of_messages_are_those_of_pyroute2() -> None:
    from pyroute2 import netlink
    from pyroute2.netlink import rtnl

    ours = {name: value for name, value in vars(rtnetlink).items() if name.isupper()}
    theirs = {**vars(netlink), **vars(rtnl)}
    assert ours == {name: theirs[name] for name in ours}
