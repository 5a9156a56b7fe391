"""What a change costs: messages to the kernel, and questions to an agent that runs. Counts, not times.

The controller's side and the agent's are the real ones; only the way between them and the kernel's socket are stood in for.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest
from test_wan_planning import BACK, THERE, a_testbed

from microdc.agent.resident import change, dumps, keeper
from microdc.host.model import Address
from microdc.impairment import Impairment
from microdc.netlink import rtnetlink
from microdc.netlink.attributes import TCMSG
from microdc.netlink.messages import encode
from microdc.netlink.rtnetlink import NLM_F_DUMP, RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan import operate
from microdc.wan.compile import compile_leaf
from microdc.wan.model import Asked
from microdc.wan.operate import Wan, open_wan

PORTS: dict[str, Any] = {"par": [2, 1500, ""], "bcn": [3, 1500, ""], "bos": [4, 1500, ""]}
SET = Impairment(Delay(50_000_000), rate=Rate(10_000_000), buffer=Size(100_000), limit=5000)


class Kernel:
    """The kernel's socket, which keeps what it is told and shows it again. told: since it was last emptied."""

    def __init__(self) -> None:
        self.number = 1
        self.told: list[bytes] = []
        self.held: dict[tuple[int, int, int, int], bytes] = {}

    def request(self, message: bytes) -> tuple[int, str]:
        self.told.append(message)
        kind = struct.unpack_from("=H", message, 4)[0]
        _family, index, handle, _parent, info = TCMSG.unpack_from(message, 16)
        if kind == RTM_DELQDISC:
            self.held = {key: kept for key, kept in self.held.items() if key[1] != index}
        else:
            self.held[kind, index, handle, info] = message
        return 0, ""

    def burst(self, messages: list[bytes]) -> dict[int, tuple[int, str]]:
        for message in messages:
            self.request(message)
        return {}

    def dump(self, message: bytes) -> bytes:
        """Kinds come in fours, NEW before DEL before GET."""
        kind, flags = struct.unpack_from("=HH", message, 4)
        wanted, only = kind - (RTM_GETQDISC - RTM_NEWQDISC), TCMSG.unpack_from(message, 16)[2]
        shown = [
            held
            for (kind, _, handle, _), held in self.held.items()
            if kind == wanted and (flags & NLM_F_DUMP or handle == only)
        ]
        return b"".join(shown)


@dataclass
class FarHost:
    """A host over SSH with an agent that runs. asked: the verbs of all questions; talks: conversations begun."""

    keeper: keeper.Keeper
    kernel: Kernel
    address: Address = field(default_factory=lambda: Address("ssh", "wan1"))
    asked: list[str] = field(default_factory=list)
    talks: int = 0

    def start(self, _argv: Any) -> Talk:
        self.talks += 1
        return Talk(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def forget(self) -> None:
        self.asked, self.talks, self.kernel.told = [], 0, []


class Talk:
    """A conversation: lines written are questions, and the agent greets first."""

    def __init__(self, far: FarHost) -> None:
        self.far = far
        self.stdin = self.stdout = self
        self.answers = [far.keeper.answer({"verb": "hello"})]

    def write(self, line: bytes) -> None:
        question = json.loads(line)
        self.far.asked.append(question["verb"])
        self.answers.append(self.far.keeper.answer(question))

    def flush(self) -> None: ...

    def readline(self) -> bytes:
        return json.dumps(self.answers.pop(0)).encode() + b"\n"

    def kill(self) -> None: ...


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarHost:
    monkeypatch.setattr(keeper, "Kernel", Kernel)
    for module in (keeper, dumps):
        monkeypatch.setattr(module, "interfaces", lambda: PORTS)
    for module in (keeper, change):
        monkeypatch.setattr(module, "offload", lambda *_args, **_more: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    kept = keeper.Keeper(tmp_path)
    assert isinstance(kept.kernel, Kernel)
    made = FarHost(kept, kept.kernel)
    monkeypatch.setattr(operate, "connect", lambda _address: made)
    return made


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
