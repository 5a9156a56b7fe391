"""The controller's side of an agent: brings it to its host, starts it and talks to it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from zipfile import ZipFile, ZipInfo

from microdc.agent.model import Commit, Committed, Hello, Interface, LaidLayer, Layer, Port, State
from microdc.errors import ApplyError, MicrodcError, RefusedError, UnreachableError
from microdc.host.model import Host, Process

PROTOCOL = 1
NEEDS_ROOT = "root is needed here"
REPLY_SECONDS = 60.0
ATTEMPTS = 3
_RUNTIME = "/run/microdc"


class ChangedError(RefusedError):
    """Somebody else changed what is laid since it was read. Nothing was changed by us."""


class RejectedError(ApplyError):
    """The kernel refused a message of a batch; the batch was taken back.

    index: which message. errno: the kernel's code. left: what could not be taken back. interfaces: names there now.
    """

    def __init__(self, reply: Mapping[str, Any], where: str) -> None:
        super().__init__(f"the kernel refused a change: {reply['error']}", where=where)
        self.errno: int = reply["errno"]
        self.index: int = reply["index"]
        self.left: Sequence[str] = reply["not_rolled_back"]
        self.interfaces = frozenset(reply["interfaces"])


@cache
def source() -> bytes:
    """The agent's program: the package `resident` as a zip file that any python3 runs; same sources, same bytes.

    Beside each module lies its bytecode, which a Python of the same version starts from at once and any other ignores.
    """
    archive = BytesIO()
    with ZipFile(archive, "w") as bundle:
        for file in sorted(files("microdc.agent").joinpath("resident").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                text, name = file.read_bytes(), f"resident/{file.name}"
                bundle.writestr(ZipInfo(name), text)
                bundle.writestr(ZipInfo(name + "c"), _bytecode(text, name))
        bundle.writestr(ZipInfo("__main__.py"), "from resident.start import main\n\nmain()\n")
    return archive.getvalue()


def _bytecode(text: bytes, name: str) -> bytes:
    """A .pyc that is not checked against its source (PEP 552): magic number, flags, source hash, code."""
    code = marshal.dumps(compile(text, name, "exec", dont_inherit=True))
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(text) + code


@dataclass(slots=True)
class Agent:
    """An open conversation with the agent at a host. Not for several threads at once."""

    host: Host
    _process: Process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    @property
    def where(self) -> str:
        return str(self.host.address)

    def close(self) -> None:
        """Ends the conversation; the agent stays as long as it keeps something."""
        self._process.kill()

    def hello(self) -> Hello:
        reply = self._ask("hello")
        if reply.get("protocol") != PROTOCOL:
            raise RefusedError(
                f"the agent there speaks protocol {reply.get('protocol')}, this microdc speaks {PROTOCOL}",
                where=self.where,
                hint="end what it keeps with the microdc that laid it",
            )
        return Hello(
            reply["pid"],
            reply["kernel"],
            reply["boot"],
            reply["uid"],
            {n: Interface(n, index, mtu, mac) for n, (index, mtu, mac) in reply["interfaces"].items()},
        )

    def state(self) -> State:
        reply = self._ask("state")
        layers = tuple(LaidLayer(**layer) for layer in reply["layers"])
        return State(reply["generation"], layers, tuple((n["at"], n["text"]) for n in reply["notes"]))

    def dump(self, requests: Mapping[str, Mapping[str, bytes]]) -> dict[str, dict[str, bytes]]:
        """Raw dumps by interface name and kind, for requests of the same shape."""
        return _decoded(self._ask("dump", requests=_encoded(requests))["dumps"])

    def commit(self, commit: Commit) -> Committed:
        """Applies a change whole or not at all. Raises ChangedError or RejectedError; then nothing was changed."""
        reply = self._ask(
            "commit",
            generation=commit.generation,
            batch=[[_text(message), [_text(m) for m in inverse]] for message, inverse in commit.batch],
            layers={"put": [_layer(layer) for layer in commit.put], "drop": list(commit.drop)},
            ports={name: _port(port) for name, port in commit.ports.items()},
            bare=list(commit.bare),
            read_back=_encoded(commit.read_back),
        )
        return Committed(reply["generation"], _decoded(reply["dumps"]))

    def revert(self, generation: int) -> list[str]:
        """Takes the last commit back; gives what could not be taken back."""
        return list(self._ask("revert", generation=generation)["not_rolled_back"])

    def _ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        line = json.dumps({"verb": verb, **arguments}).encode() + b"\n"
        watchdog = threading.Timer(REPLY_SECONDS, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except (
            OSError,
            ValueError,
        ) as problem:  # ValueError: we have closed it, when an earlier answer did not come
            raise self._lost(f"the connection to the agent broke: {problem}") from problem
        finally:
            watchdog.cancel()
        if not answer.endswith(b"\n"):
            raise self._lost("the agent does not answer")
        try:
            reply: dict[str, Any] = json.loads(answer)
        except ValueError:
            raise self._lost(f"what answers is not the agent: {answer[:80]!r}") from None
        if "error" in reply:
            raise self._failure(reply)
        return reply

    def _lost(self, what: str) -> UnreachableError:
        self._process.kill()  # an answer that comes late must not be taken for that to the next question
        said = self._process.stderr_tail()
        return UnreachableError(
            what, where=self.where, hint=said or "run the command again: it reads what is there"
        )

    def _failure(self, reply: Mapping[str, Any]) -> MicrodcError:
        if reply["error"] == "changed":
            return ChangedError(
                "somebody else changed the WAN in the meantime; nothing was changed by this command",
                where=self.where,
                hint="run it again",
            )
        if "index" in reply:
            return RejectedError(reply, self.where)
        return ApplyError(f"the agent failed: {reply['error']}", where=self.where)


def open_agent(host: Host, *, directory: str | None = None) -> Agent:
    """Talks to the agent at a host, which is started where none runs; its file is sent once per version.

    One that ends just then, having had nothing to do, is started again.
    directory: where the agent keeps its program, socket and state. Raises UnreachableError.
    """
    if host.address.kind != "ssh" and os.geteuid() != 0:
        raise UnreachableError(
            "changing the WAN needs root on this machine", where=str(host.address), hint="sudo"
        )
    program = source()
    place = directory or f"{_RUNTIME}/agents/{host.address.name if host.address.kind == 'netns' else 'main'}"
    path = f"{place}/agent-{hashlib.sha256(program).hexdigest()[:12]}.pyz"
    python = "python3" if host.address.kind == "ssh" else sys.executable
    argv = [python, "-I", "-S", path, "connect", place]
    for attempt in range(ATTEMPTS):
        agent = Agent(host, host.start(argv))
        try:
            agent.hello()
        except UnreachableError as problem:
            agent.close()
            if attempt == ATTEMPTS - 1 or NEEDS_ROOT in problem.hint:
                raise
            if "can't open file" in problem.hint:
                host.run(["mkdir", "-p", place])
                host.put(program, path)
        except BaseException:
            agent.close()
            raise
        else:
            return agent
    raise AssertionError("unreachable: the last attempt returns or raises")


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _encoded(requests: Mapping[str, Mapping[str, bytes]]) -> dict[str, dict[str, str]]:
    return {name: {kind: _text(data) for kind, data in kinds.items()} for name, kinds in requests.items()}


def _decoded(dumps: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, bytes]]:
    return {name: {kind: b64decode(data) for kind, data in kinds.items()} for name, kinds in dumps.items()}


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "id": layer.id,
        "owner": layer.owner,
        "reason": layer.reason,
        "seconds": layer.seconds,
        "made": layer.made,
        "bottom": layer.bottom,
        "data": dict(layer.data),
        "values": {
            slot: {"messages": [_text(m) for m in value.messages], "data": dict(value.data)}
            for slot, value in layer.values.items()
        },
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "clean": {slot: [_text(m) for m in messages] for slot, messages in port.clean.items()},
        "bare": [_text(m) for m in port.bare],
    }
