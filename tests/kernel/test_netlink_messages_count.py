"""What a change costs on a real kernel: the kernel itself tells of every object that is changed, and is counted."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from microdc.agent.client import Agent
from microdc.host import namespaces
from microdc.impairment import Impairment
from microdc.netlink.attributes import attributes
from microdc.testbed.load import load
from microdc.testbed.model import Testbed
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.model import Asked, Direction
from microdc.wan.operate import Wan, open_wan

pytestmark = [pytest.mark.root, pytest.mark.netem]

NAMESPACE = f"test-count-{os.getpid()}"
SITES = ("east", "north", "west")
TESTBED = f"""\
testbed: count
emulators: {{wan1: {{host: "netns:{NAMESPACE}"}}}}
"""
SITE = """\
site: {name}
uplink: {{emulator: wan1, interface: {name}}}
networks: {{data: [10.{number}.0.0/16, "fd00:{number}::/32"]}}
"""
RTNLGRP_TC, TCA_OPTIONS = 4, 2
QDISC, CLASS = 36, 40  # RTM_NEWQDISC, RTM_NEWTCLASS
THERE = Direction("east", "west")
SET = Impairment(Delay(50_000_000), rate=Rate(10_000_000), buffer=Size(100_000), limit=5000)


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testbed]:
    """Three sites behind an emulator that is a namespace."""
    source = tmp_path_factory.mktemp("count")
    (source / "sites").mkdir()
    (source / "testbed.yaml").write_text(TESTBED)
    try:
        namespaces.create(NAMESPACE)
        for number, name in enumerate(SITES, 1):
            (source / "sites" / f"{name}.yaml").write_text(SITE.format(name=name, number=number))
            inside = ["ip", "-n", NAMESPACE, "link"]
            subprocess.run([*inside, "add", "name", name, "type", "dummy"], check=True)
            subprocess.run([*inside, "set", "dev", name, "up"], check=True)
        yield load(source)
    finally:
        namespaces.delete(NAMESPACE)
        shutil.rmtree(f"/run/microdc/agents/{NAMESPACE}", ignore_errors=True)
        for directory in (Path("/run/microdc/agents"), Path("/run/microdc")):
            with contextlib.suppress(OSError):  # others' agents are there
                directory.rmdir()


@pytest.fixture
def told(testbed: Testbed) -> Iterator[socket.socket]:
    """What the kernel tells of changes in the namespace, from now on."""

    def listening() -> socket.socket:
        made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        made.bind((0, 1 << RTNLGRP_TC - 1))
        return made

    with open_wan(testbed) as wan:
        lay(wan, {THERE: SET, THERE.reverse: SET, Direction("north", "west"): SET})
    with namespaces.call(NAMESPACE, listening) as made:
        yield made
    with open_wan(testbed) as wan:
        for _ in wan.apply(wan.plan_removal([overlay.id for overlay in wan.overlays])):
            pass


def lay(wan: Wan, values: dict[Direction, Impairment], **more: Any) -> None:
    asked = {direction: Asked(impairment, "test") for direction, impairment in values.items()}
    for _ in wan.apply(wan.plan_overlay(asked, "test", "test"), **more):
        pass


def kinds(told: socket.socket) -> list[int]:
    """The kinds of all objects that the kernel has told of. It tells before it answers, so nothing is still to come.

    An older one (6.1) also tells everybody what somebody asks for: the same once more, which counts once.
    """
    found = set()
    while True:
        try:
            data = told.recv(1 << 16)
        except BlockingIOError:
            return sorted(kind for kind, _ in found)
        at = 0
        while at < len(data):
            length, kind = struct.unpack_from("=IH", data, at)
            attrs = dict(attributes(data[at + 36 : at + length]))
            found.add((kind, data[at + 16 : at + 28] + attrs[TCA_OPTIONS]))
            at += (length + 3) & ~3


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ({"owd": Delay(20_000_000)}, [QDISC]),
        ({"loss": Percent(1.0), "jitter": Delay(1_000_000)}, [QDISC]),
        ({"buffer": Size(50_000)}, [QDISC]),
        ({"rate": Rate(5_000_000)}, [CLASS]),
        ({"rate": Rate(5_000_000), "owd": Delay(20_000_000), "buffer": Size(50_000)}, [QDISC, QDISC, CLASS]),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_the_kernel_changes_only_the_objects_of_a_direction_that_differ(
    testbed: Testbed, told: socket.socket, what: dict[str, Any], wanted: list[int]
) -> None:
    with open_wan(testbed) as wan:
        lay(wan, {THERE: replace(SET, **what)})
    assert kinds(told) == wanted


def test_an_agent_that_runs_is_asked_three_times(
    testbed: Testbed, told: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = Agent._ask

    def counted(agent: Agent, verb: str, **arguments: Any) -> dict[str, Any]:
        asked.append(verb)
        return ask(agent, verb, **arguments)

    monkeypatch.setattr(Agent, "_ask", counted)
    with open_wan(testbed) as wan:
        lay(wan, {THERE: replace(SET, owd=Delay(20_000_000))}, confirm_within=30)
    assert asked == ["read", "commit", "confirm"]
    assert kinds(told) == [QDISC]
