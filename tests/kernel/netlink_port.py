"""An interface in a namespace of its own, changed and read through an agent as the WAN does it."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.agent.client import Agent, open_agent
from microdc.agent.model import Commit, Layer, State, Value
from microdc.agent.model import Port as AgentPort
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.netlink.classify import Network, classify
from microdc.netlink.diff import Operation, diff
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Htb,
    HtbClass,
    Observed,
    Qdisc,
    QdiscTree,
)


@dataclass(slots=True)
class Port:
    """One end `a` of a cable whose other end `b` is in the same namespace."""

    host: NamespaceHost
    agent: Agent
    directory: str
    name: str = "a"
    index: int = field(init=False)

    def __post_init__(self) -> None:
        self.index = self.agent.read({}).hello.interfaces[self.name].index

    def look(self) -> Observed:
        found = self.agent.read({self.name: dump_requests(self.index)})
        return decode(self.index, found.dumps[self.name])

    @property
    def state(self) -> State:
        return self.agent.read({}).state

    @property
    def tree(self) -> QdiscTree:
        return self.look().tree

    def operations(self, desired: QdiscTree, **more: Any) -> list[Operation]:
        return diff(desired, self.tree, **more)

    def commit(self, operations: Sequence[Operation], **more: Any) -> int:
        """Has the agent carry operations out; gives the new generation."""
        return self.send([(self.encoded(o.verb, o.item), self._inverse(o)) for o in operations], **more)

    def send(self, batch: Sequence[tuple[bytes, Sequence[bytes]]], **more: Any) -> int:
        return self.agent.commit(Commit(self.state.generation, batch, **more)).state.generation

    def encoded(self, verb: Any, item: Any) -> bytes:
        return encode(verb, item, self.index)

    def _inverse(self, operation: Operation) -> list[bytes]:
        return [self.encoded(verb, item) for verb, item in operation.inverse]

    def lay(self, desired: QdiscTree) -> None:
        """Brings the interface to a tree, and holds what is there then against it."""
        self.commit(self.operations(desired))
        wrong = [f"{o.verb} {type(o.item).__name__}: {o.reason}" for o in self.operations(desired)]
        assert not wrong, wrong
        assert self.tree == desired

    def layer(self, ident: str, classes: Mapping[str, HtbClass], seconds: float | None = None) -> Layer:
        """A layer that sets classes, by slot."""
        values = {
            f"{self.name}/{slot}": Value([self.encoded("change", cls)], {}) for slot, cls in classes.items()
        }
        return Layer(ident, "test", "a test", values, seconds)

    def given_back(self, clean: Mapping[str, HtbClass]) -> dict[str, AgentPort]:
        root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
        messages = {f"{self.name}/{slot}": [self.encoded("change", cls)] for slot, cls in clean.items()}
        return {self.name: AgentPort(self.index, messages, [self.encoded("delete", root)])}

    def run(self, *words: str) -> str:
        """Runs a program in the namespace; it has to succeed."""
        done = self.host.run(words)
        assert done.ok, done.stderr.decode()
        return done.stdout.decode()

    def batch(self, lines: Iterable[str]) -> None:
        """Has tc do what lines such as `tc qdisc add ...` say."""
        text = "".join(line.removeprefix("tc ") + "\n" for line in lines)
        done = self.host.run(["tc", "-batch", "-"], stdin=text.encode())
        assert done.ok, done.stderr.decode() + text

    def kill(self) -> None:
        """kill -9 of the agent, and before it of its standby, which would take its place."""
        for role in ("stand-by", "serve"):
            for entry in Path("/proc").glob("[0-9]*"):
                words = _words(entry)
                if self.directory in words and role in words:
                    handle = os.pidfd_open(int(entry.name))
                    os.kill(int(entry.name), signal.SIGKILL)
                    select.select([handle], [], [])
                    os.close(handle)

    def restart(self) -> None:
        """The agent that was ended is started again."""
        self.agent.close()
        self.agent = open_agent(self.host, directory=self.directory)

    def clear(self) -> None:
        """Forgets layers and ports, and takes every qdisc off."""
        self.send([], drop=[layer.id for layer in self.state.layers], bare=[self.name])
        for name in (self.name, "b"):
            self.host.run(["tc", "qdisc", "del", "dev", name, "root"])


def _words(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


@contextmanager
def open_port() -> Iterator[Port]:
    name = f"test-port-{os.getpid()}"
    directory = tempfile.mkdtemp(prefix="microdc-port-")  # short: a unix socket's name has at most 107 bytes
    try:
        namespaces.create(name)
        subprocess.run(
            ["ip", "-n", name, "link", "add", "name", "a", "type", "veth", "peer", "name", "b"], check=True
        )
        for interface in ("a", "b"):
            subprocess.run(["ip", "-n", name, "link", "set", "dev", interface, "up"], check=True)
        host = NamespaceHost(name)
        port = Port(host, open_agent(host, directory=directory), directory)
        try:
            yield port
        finally:
            port.agent.close()
    finally:
        namespaces.delete(name)
        shutil.rmtree(directory)


def shaped(leaves: Mapping[int, tuple[int, int]], places: Mapping[Network, int]) -> QdiscTree:
    """A tree without netem: for each minor number a class of a rate (bit/s) with a bfifo (bytes); networks by minor."""
    classes, qdiscs = {}, {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}
    for minor, (rate, buffer) in leaves.items():
        handle = ROOT_HANDLE | minor
        classes[handle] = HtbClass(handle, ROOT_HANDLE, rate // 8, rate // 8, 40_000, 50_000, 1514)
        qdiscs[minor << 16] = Qdisc(minor << 16, handle, Fifo(buffer))
    tables, rules = classify(((n, ROOT_HANDLE | minor) for n, minor in places.items()), "src")
    return QdiscTree(qdiscs, classes, {t.ident: t for t in tables}, {r.key: r for r in rules})
