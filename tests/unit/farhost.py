"""An emulator over SSH whose agent is the real one; only the way to it and the kernel's socket are stood in for."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from microdc.agent.resident import change, dumps, keeper
from microdc.host.model import Address
from microdc.netlink.attributes import TCMSG
from microdc.netlink.rtnetlink import NLM_F_DUMP, RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC
from microdc.wan import operate


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


def far_host(directory: Path, monkeypatch: pytest.MonkeyPatch, ports: Mapping[str, Any]) -> FarHost:
    """What every connection of a WAN leads to. ports: the interfaces that it has, as the agent lists them."""
    monkeypatch.setattr(keeper, "Kernel", Kernel)
    for module in (keeper, dumps):
        monkeypatch.setattr(module, "interfaces", lambda: ports)
    for module in (keeper, change):
        monkeypatch.setattr(module, "offload", lambda *_args, **_more: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    kept = keeper.Keeper(directory)
    assert isinstance(kept.kernel, Kernel)
    made = FarHost(kept, kept.kernel)
    monkeypatch.setattr(operate, "connect", lambda _address: made)
    return made
