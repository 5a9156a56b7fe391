"""The controller's side of an agent: brings it to its host, starts it and talks to it."""

from __future__ import annotations

import json
import os
import sys
import threading
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from microdc.agent import program, starting, wire
from microdc.agent.model import Commit, Committed, Dumps, Hello, Probe, Reading, State
from microdc.agent.resident import PROTOCOL
from microdc.errors import ApplyError, MicrodcError, RefusedError, UnreachableError
from microdc.host.model import Host, Process

REPLY_SECONDS = 60.0
ATTEMPTS = 3
_RUNTIME = "/run/microdc"


class ChangedError(RefusedError):
    """Somebody else changed what is laid since it was read. Nothing was changed by us."""


class UnconfirmedError(RefusedError):
    """Another change there waits to be confirmed. Nothing was changed by us."""


class SilentError(UnreachableError):
    """Nothing was answered for so long that waiting again would not help."""


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


@dataclass(slots=True)
class Agent:
    """An open conversation with the agent at a host. Not for several threads at once. hello: how it greeted."""

    host: Host
    hello: Hello
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

    def read(self, dumps: Dumps) -> Reading:
        """Who answers, what is laid, and dumps: by interface name, requests of any interface's number."""
        reply = self._ask("read", dumps=wire.encoded(dumps))
        return Reading(wire.hello(reply["hello"]), wire.state(reply["state"]), wire.decoded(reply["dumps"]))

    def commit(self, commit: Commit) -> Committed:
        """Applies a change whole or not at all. Raises ChangedError, UnconfirmedError or RejectedError; then nothing was changed."""
        reply = self._ask("commit", **wire.commit(commit))
        return Committed(wire.state(reply["state"]), wire.decoded(reply["dumps"]))

    def confirm(self, generation: int, change: str, read_back: Dumps) -> Committed:
        """A change that waits for it stays. Raises ChangedError if it was taken back meanwhile."""
        reply = self._ask("confirm", generation=generation, change=change, read_back=wire.encoded(read_back))
        return Committed(wire.state(reply["state"]), wire.decoded(reply["dumps"]))

    def revert(self, generation: int, change: str) -> list[str]:
        """Takes the last commit back; gives what could not be taken back. Raises ChangedError if the last is another."""
        return list(self._ask("revert", generation=generation, change=change)["not_rolled_back"])

    def release(self, interfaces: Sequence[str]) -> State:
        """Gives interfaces back that nobody wants any more, with all that is laid on them."""
        return wire.state(self._ask("release", interfaces=list(interfaces))["state"])

    def probe(self, batch: Sequence[bytes], dumps: Mapping[str, bytes]) -> Probe:
        """What the kernel there says to messages, tried in a namespace made for it in which there is only `lo` (index 1)."""
        requests = wire.encoded({"lo": dumps})["lo"]
        reply = self._ask("probe", batch=[wire.text(m) for m in batch], dumps=requests)
        codes = tuple((code, words) for code, words in reply["codes"])
        return Probe(codes, {kind: b64decode(data) for kind, data in reply["dumps"].items()})

    def _ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        line = json.dumps({"verb": verb, **arguments}).encode() + b"\n"
        reply = _answer(self.host, self._process, line)
        if "error" in reply:
            raise self._failure(reply)
        return reply

    def _failure(self, reply: Mapping[str, Any]) -> MicrodcError:
        match reply["error"]:
            case "changed":
                return ChangedError(
                    "somebody else changed the WAN in the meantime; nothing was changed by this command",
                    where=self.where,
                    hint="run it again",
                )
            case "unconfirmed":
                return UnconfirmedError(
                    f"a change by {reply['by']} waits to be confirmed; nothing was changed by this command",
                    where=self.where,
                    hint=f"unless it is confirmed it is taken back in {reply['remaining']:.0f} s; then run this again",
                )
            case words if "index" not in reply:
                return ApplyError(f"the agent failed: {words}", where=self.where)
        return RejectedError(reply, self.where)


def _answer(host: Host, process: Process, line: bytes) -> dict[str, Any]:
    """Sends a line and waits for one of JSON. Raises UnreachableError; then nothing more comes of this conversation."""

    def lost(what: str) -> UnreachableError:
        process.kill()  # an answer that comes late must not be taken for that to the next question
        hint = starting.telling(process.stderr_tail()) or "run the command again: it reads what is there"
        return UnreachableError(what, where=str(host.address), hint=hint)

    late = threading.Event()

    def expire() -> None:
        late.set()
        process.kill()

    watchdog = threading.Timer(REPLY_SECONDS, expire)
    watchdog.start()
    try:
        if line:
            process.stdin.write(line)
            process.stdin.flush()
        answer = process.stdout.readline()
    except (
        OSError,
        ValueError,
    ) as problem:  # ValueError: we have closed it, when an earlier answer did not come
        raise lost(f"the connection to the agent broke: {problem}") from problem
    finally:
        watchdog.cancel()
    if not answer.endswith(b"\n"):
        if late.is_set():
            raise SilentError(
                f"the agent does not answer: nothing came within {REPLY_SECONDS:g} s",
                where=str(host.address),
                hint="is that machine overloaded?",
            )
        raise lost("the agent does not answer")
    try:
        reply = json.loads(answer)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise lost(f"what answers is not the agent: {answer[:80]!r}")
    return reply


def greet(host: Host, process: Process) -> Agent:
    """The conversation with an agent that begins with its greeting. Raises UnreachableError, RefusedError."""
    reply = _answer(host, process, b"")
    if "protocol" not in reply:
        process.kill()
        raise UnreachableError(f"what answers is not the agent: {reply}", where=str(host.address))
    if reply["protocol"] != PROTOCOL:
        process.kill()
        raise RefusedError(
            f"the agent there speaks protocol {reply['protocol']}, this microdc speaks {PROTOCOL}",
            where=str(host.address),
            hint="take away what it keeps with the microdc that laid it (microdc wan reset), or end it there with "
            f"`kill {reply.get('pid', 'PID')}`: then its overlays are forgotten, and microdc apply lays the WAN anew",
        )
    return Agent(host, wire.hello(reply), process)


def open_agent(host: Host, *, directory: str | None = None) -> Agent:
    """Talks to the agent at a host, which is started where none runs; its file is sent once per version.

    One that ends just then, having had nothing to do, is started again.
    directory: where the agent keeps its program, socket and state. Raises UnreachableError, RefusedError.
    """
    if host.address.kind != "ssh" and os.geteuid() != 0:
        raise UnreachableError(
            "changing the WAN needs root on this machine", where=str(host.address), hint="sudo"
        )
    place = directory or f"{_RUNTIME}/agents/{host.address.name if host.address.kind == 'netns' else 'main'}"
    path = f"{place}/{program.file_name()}"
    python = "python3" if host.address.kind == "ssh" else sys.executable
    argv = [python, "-I", "-S", path, "connect", place]
    for attempt in range(ATTEMPTS):
        process = host.start(argv)
        try:
            return greet(host, process)
        except UnreachableError as problem:
            process.kill()
            explained = starting.explained(problem, python)
            if explained is not None:
                raise explained from problem
            if attempt == ATTEMPTS - 1 or isinstance(problem, SilentError):
                raise starting.looked_into(problem, host, python) from problem
            if "can't open file" in problem.hint:
                starting.bring(host, place, path)
        except BaseException:
            process.kill()
            raise
    raise AssertionError("unreachable: the last attempt returns or raises")
