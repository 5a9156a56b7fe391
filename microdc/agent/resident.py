"""The part of microdc that lives on an emulator: one file, standard library only, Python 3.8 or newer.

It sends to the kernel the netlink messages that the controller encoded, gives back what the kernel dumps, and
keeps what is laid there now: an ordered list of layers, each with messages per slot (a class and its leaf). When
a layer ends, each of its slots gets the messages of the layer on top of what remains. It compiles nothing and
understands no message; so one version serves many controllers.

    python3 resident.py connect DIR    speaks lines of JSON on standard input and output, with the agent in DIR;
                                       starts the agent if there is none
    python3 resident.py serve DIR      the agent itself
"""

from __future__ import annotations

import array
import base64
import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROTOCOL = 1
VERBS = ("hello", "state", "dump", "commit", "revert")
IDLE_SECONDS = 30.0
"""How long an agent that has nothing to keep waits for the next controller."""
KERNEL_SECONDS = 20.0
"""How long the kernel may take to answer; it takes milliseconds."""
START_SECONDS = 5.0
MAX_REQUEST = 1 << 27
"""Bytes of one request: ten times what a thousand sites need."""
MAX_CONNECTIONS, MAX_NOTES, DUMP_ATTEMPTS = 64, 50, 8
NLMSG_ERROR, NLMSG_DONE, NLM_F_DUMP_INTR, NLMSGERR_ATTR_MSG = 2, 3, 0x10, 1
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
SO_NETNS_COOKIE, SIOCGIFMTU, SIOCGIFHWADDR, SIOCETHTOOL = 71, 0x8921, 0x8927, 0x8946
# (get, set, mask) of linux/ethtool.h for what makes super-packets out of packets on the way in
OFFLOADS = {"gro": (0x2B, 0x2C, 1), "lro": (0x25, 0x26, 1 << 15)}
ABSENT = (errno.ENOENT, errno.EINVAL, errno.ENODEV)
"""What the kernel says of an object that is not there."""
UNDONE = (*ABSENT, errno.EEXIST, errno.ENOSPC)
"""What the kernel says when a message is taken back that was not carried out."""


class Kernel:
    """One rtnetlink socket: encoded messages in, acknowledgements and raw dumps out."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.bind((0, 0))
        self.socket.settimeout(KERNEL_SECONDS)
        self.sequence = 0

    def request(self, message: bytes) -> tuple[int, str]:
        """One message and its acknowledgement: 0 or an errno, and what the kernel says about it."""
        wanted = self._send(message)
        while True:
            for kind, _flags, sequence, body in self._receive():
                if kind == NLMSG_ERROR and sequence == wanted:
                    code = -struct.unpack_from("=i", body)[0]
                    words = dict(attributes(body[20:])).get(NLMSGERR_ATTR_MSG, b"")
                    return code, words.rstrip(b"\0").decode("utf-8", "replace") or os.strerror(code)

    def dump(self, message: bytes) -> bytes:
        """All messages of a dump as they came, without the closing one; none under an object that is not there.

        A dump into which a change came, or that overran the socket's buffer, is asked for again.
        """
        for _ in range(DUMP_ATTEMPTS):
            parts = self._dump(message)
            if parts is not None:
                return b"".join(parts)
        raise OSError(errno.EAGAIN, "what is there changes too fast to be read")

    def _dump(self, message: bytes) -> list[bytes] | None:
        wanted = self._send(message)
        interface = message[20:24]  # the kernel dumps qdiscs of all interfaces, whichever is asked for
        parts: list[bytes] = []
        whole = True
        while True:
            try:
                received = list(self._receive())
            except OSError as problem:
                if problem.errno != errno.ENOBUFS:
                    raise
                whole, received = False, []
            for kind, flags, sequence, body in received:
                if sequence != wanted:
                    continue
                whole = whole and not flags & NLM_F_DUMP_INTR
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if code not in (0, *ABSENT):
                        raise OSError(code, os.strerror(code))
                    return parts if whole else None
                if interface not in (b"\0\0\0\0", body[4:8]):
                    continue
                padding = b"\0" * (-len(body) % 4)
                parts.append(struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body + padding)

    def _send(self, message: bytes) -> int:
        self.sequence += 1
        self.socket.send(message[:8] + struct.pack("=I", self.sequence) + message[12:])
        return self.sequence

    def _receive(self) -> Iterator[tuple[int, int, int, bytes]]:
        data = self.socket.recv(1 << 17)
        at = 0
        while at + 16 <= len(data):
            length, kind, flags, sequence, _pid = struct.unpack_from("=IHHII", data, at)
            if length < 16:
                break
            yield kind, flags, sequence, data[at + 16 : at + length]
            at += length + (-length % 4)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The netlink attributes in data: (type, payload)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += length + (-length % 4)


def interfaces() -> dict[str, list[Any]]:
    """[index, MTU, MAC] of every interface in this network namespace, by name."""
    found: dict[str, list[Any]] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for index, name in socket.if_nameindex():
            request = struct.pack("16s24x", name.encode())
            with contextlib.suppress(OSError):  # it went away meanwhile
                mtu = struct.unpack_from("=i", fcntl.ioctl(sock, SIOCGIFMTU, request), 16)[0]
                mac = fcntl.ioctl(sock, SIOCGIFHWADDR, request)[18:24]
                found[name] = [index, mtu, ":".join(f"{byte:02x}" for byte in mac)]
    return found


def offload(interface: str, name: str, *, on: bool | None = None) -> bool | None:
    """Reads (on None) or sets one receive offload; None where the device does not have it."""
    get, put, mask = OFFLOADS[name]

    def call(sock: socket.socket, command: int, data: int) -> int:
        buffer = array.array("I", (command, data))
        request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(sock, SIOCETHTOOL, request)
        return buffer[1]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            flags = call(sock, get, 0)
            if on is not None:
                call(sock, put, flags | mask if on else flags & ~mask)
            return bool(flags & mask)
        except OSError:
            return None


def boottime() -> float:
    """Seconds since boot, suspend included: a stepped wall clock changes no deadline."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def identity() -> str:
    """Of this boot and this network namespace: an agent and a state of another one are not ours."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            namespace = struct.unpack("=Q", sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]
        except OSError:  # before Linux 5.14; an inode's number may be given out again
            namespace = Path("/proc/self/ns/net").stat().st_ino
    return f"{boot}-{namespace}"


class Agent:
    """What is laid on this host, and the few things that a controller can ask.

    A change is saved before the kernel hears of it, {"inverse": [[message, ...], ...], "switches": [[interface,
    offload, was], ...]}: an agent that was killed in it takes it back when it is started again. undo: the last
    change, with the layers and ports before it.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "state.json"
        self.kernel = Kernel()
        self.generation = 0
        self.layers: list[dict[str, Any]] = []
        self.ports: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.undo: tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, Any]]] | None = None
        self._load()

    @property
    def keeps(self) -> bool:
        return bool(self.layers or self.ports)

    # -- what is kept over a kill -9 of this process; a reboot takes it, as it takes the qdiscs

    def _load(self) -> None:
        try:
            state = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return
        if state["protocol"] != PROTOCOL:
            return
        self.generation, self.notes = state["generation"], state["notes"]
        self.layers, self.ports = state["layers"], state["ports"]
        if state["pending"]:
            left = self._take_back(state["pending"], *UNDONE)
            self._note("; ".join(["the agent died in a change, which was taken back", *left]))
            self._save()

    def _save(self, pending: dict[str, Any] | None = None) -> None:
        state = {
            "protocol": PROTOCOL,
            "generation": self.generation,
            "layers": self.layers,
            "ports": self.ports,
            "notes": self.notes,
            "pending": pending,
        }
        partial = self.path.with_suffix(".part")
        partial.write_text(json.dumps(state), "utf-8")
        partial.replace(self.path)

    def _note(self, text: str) -> None:
        self.notes = [*self.notes, {"at": time.time(), "text": text}][-MAX_NOTES:]

    # -- requests

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        verb = request["verb"]
        if verb not in VERBS:
            return {"error": f"unknown verb {verb!r}"}
        try:
            answer: dict[str, Any] = getattr(self, verb)(request)
        except OSError as problem:
            return {"error": str(problem), "errno": problem.errno}
        return answer

    def hello(self, _request: dict[str, Any]) -> dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "kernel": os.uname().release,
            "boot": identity(),
            "uid": os.geteuid(),
            "interfaces": interfaces(),
        }

    def state(self, _request: dict[str, Any]) -> dict[str, Any]:
        now = boottime()
        layers = [
            {
                **{k: layer[k] for k in ("id", "owner", "reason", "made", "data")},
                "remaining": None if layer["ends"] is None else max(0.0, layer["ends"] - now),
                "values": {slot: value["data"] for slot, value in layer["values"].items()},
            }
            for layer in self.layers
        ]
        return {"generation": self.generation, "layers": layers, "notes": self.notes}

    def dump(self, request: dict[str, Any]) -> dict[str, Any]:
        def encoded(message: str) -> str:
            return base64.b64encode(self.kernel.dump(base64.b64decode(message))).decode()

        requests = request["requests"].items()
        return {"dumps": {name: {k: encoded(m) for k, m in kinds.items()} for name, kinds in requests}}

    def commit(self, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a change whole or not at all, with the layers that belong to it.

        batch: [[message, [inverse message, ...]], ...]; layers: {"put": [...], "drop": [ids]}; ports: what is needed
        to give an interface back; bare: interfaces that the batch gives back. Refused as "changed" if another change
        came in between.
        """
        if request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        batch = [base64.b64decode(message) for message, _ in request["batch"]]
        switches = self._switches(request["ports"], request["bare"])
        change = {"inverse": [inverse for _, inverse in request["batch"]], "switches": switches}
        layers, ports = self._after(request, switches)
        before = (self.generation, self.layers, self.ports)
        self._save(change)
        try:
            refused = self._carry_out(batch, change)
            if refused is not None:
                return refused
            read_back = self.dump({"requests": request["read_back"]})
            self.generation, self.layers, self.ports = self.generation + 1, layers, ports
            self._save()
        except Exception as problem:
            self.generation, self.layers, self.ports = before
            left = self._take_back(change, *UNDONE)
            self._note("; ".join([f"a change failed and was taken back: {problem}", *left]))
            raise
        self.undo = (change, *before[1:])
        return {"generation": self.generation, **read_back}

    def _carry_out(self, batch: list[bytes], change: dict[str, Any]) -> dict[str, Any] | None:
        """Sends a batch; what the kernel refused of it, once the part before was taken back."""
        for index, message in enumerate(batch):
            code, words = self.kernel.request(message)
            if code:
                left = self._take_back({"inverse": change["inverse"][:index], "switches": []})
                told = {"error": words, "errno": code, "index": index, "not_rolled_back": left}
                return {**told, "interfaces": list(interfaces())}
        for name, what, was in change["switches"]:
            offload(name, what, on=not was)
        return None

    def _switches(self, ports: dict[str, Any], bare: list[str]) -> list[list[Any]]:
        """The offloads that a change turns: off where packets must come singly, on where a port is given back."""
        off = [[name, what, True] for name in ports for what in OFFLOADS if offload(name, what)]
        return off + [[name, what, False] for name in bare for what in self._turned_off(name)]

    def _turned_off(self, name: str) -> list[str]:
        return list(self.ports.get(name, {}).get("offloads", ()))

    def _after(
        self, request: dict[str, Any], switches: list[list[Any]]
    ) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        """The layers and ports as they are after a change."""
        put, now = request["layers"]["put"], boottime()
        gone = {*request["layers"]["drop"], *(layer["id"] for layer in put)}
        layers = [layer for layer in self.layers if layer["id"] not in gone]
        for layer in put:
            ends = None if layer["seconds"] is None else now + layer["seconds"]
            at = 0 if layer["bottom"] else len(layers)
            layers.insert(at, {**layer, "ends": ends, "made": time.time()})
        ports = {name: port for name, port in self.ports.items() if name not in request["bare"]}
        for name, port in request["ports"].items():
            off = {*self._turned_off(name), *(what for at, what, _ in switches if at == name)}
            ports[name] = {**port, "offloads": sorted(off)}
        return layers, ports

    def revert(self, request: dict[str, Any]) -> dict[str, Any]:
        """Takes the last change back: what a controller asks for when the read-back is not what it sent."""
        if self.undo is None or request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        change, self.layers, self.ports = self.undo
        self.undo = None
        self.generation += 1
        self._save(change)
        return {"generation": self.generation, "not_rolled_back": self._take_back(change)}

    def _take_back(self, change: dict[str, Any], *ignored: int) -> list[str]:
        """Takes a change back, last message first; gives what could not be. ignored: errnos that mean no harm."""
        left = []
        for message in (m for inverse in reversed(change["inverse"]) for m in inverse):
            code, words = self._try(message)
            if code not in (0, errno.ENODEV, *ignored):
                left.append(words)
        for name, what, was in change["switches"]:
            offload(name, what, on=was)
        with contextlib.suppress(OSError):
            self._save()
        return left

    def _try(self, message: str) -> tuple[int, str]:
        try:
            return self.kernel.request(base64.b64decode(message))
        except OSError as problem:
            return problem.errno or errno.EIO, str(problem)

    # -- time

    def next_end(self) -> float | None:
        """Seconds until a layer ends; None if none does."""
        ends = [layer["ends"] for layer in self.layers if layer["ends"] is not None]
        return max(0.0, min(ends) - boottime()) if ends else None

    def expire(self) -> None:
        """Removes the layers whose time is over; what lies below shows again, or the interface is given back."""
        now = boottime()
        ended = [layer for layer in self.layers if layer["ends"] is not None and layer["ends"] <= now]
        if not ended:
            return
        self.layers = [layer for layer in self.layers if layer not in ended]
        covered = {interface_of(slot) for layer in self.layers for slot in layer["values"]}
        slots = sorted({slot for layer in ended for slot in layer["values"]})
        for name in sorted({interface_of(slot) for slot in slots}):
            if name in covered:
                self._tell(name, [m for slot in slots if interface_of(slot) == name for m in self._top(slot)])
            elif name in self.ports:
                self._tell(name, self.ports[name]["bare"])
                for what in self._turned_off(name):
                    offload(name, what, on=True)
                del self.ports[name]
        for layer in ended:
            self._note(f"layer {layer['id']} of {layer['owner']} ended")
        self.generation += 1
        self.undo = None
        with contextlib.suppress(OSError):  # a restarted agent would end the same layers again
            self._save()

    def _top(self, slot: str) -> list[str]:
        """The messages of the topmost layer that has the slot; those of no impairment where none has."""
        for layer in reversed(self.layers):
            if slot in layer["values"]:
                return list(layer["values"][slot]["messages"])
        return list(self.ports.get(interface_of(slot), {}).get("clean", {}).get(slot, ()))

    def _tell(self, name: str, wanted: list[str]) -> None:
        refusals = {words for code, words in map(self._try, wanted) if code}
        if refusals:
            self._note(f"{name}: could not show what lies below: {', '.join(sorted(refusals))}")


def interface_of(slot: str) -> str:
    return slot.partition("/")[0]


class Connection:
    """A controller's end: what has come of its request, what has not yet gone of its answer."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket, self.inbox, self.outbox = sock, bytearray(), bytearray()

    def fileno(self) -> int:
        return self.socket.fileno()


class Server:
    """Lines of JSON on a unix socket, one request at a time: nothing can come between two steps of a commit.

    Nothing waits for a controller: one that does not read its answer keeps nobody from theirs, nor a layer from its
    end.
    """

    def __init__(self, place: Path) -> None:
        self.path = place / "agent.sock"
        self.agent = Agent(place)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.path))
        self.listener.listen(16)
        self.connections: list[Connection] = []

    def run(self) -> None:
        """Serves until there has been nothing to keep and nobody to serve for a while."""
        quiet_since = boottime()
        while True:
            if self.agent.keeps or self.connections:
                quiet_since = boottime()
            idle = quiet_since + IDLE_SECONDS - boottime()
            if idle <= 0:
                return
            end = self.agent.next_end()
            reading, writing = self._ready(idle if end is None else min(end, idle))
            self.agent.expire()
            for connection in writing:
                self._write(connection)
            for connection in reading:
                self._read(connection)

    def _ready(self, seconds: float) -> tuple[list[Connection], list[Connection]]:
        """Waits for what can be read and written. The process may be ended here, and not within a change."""
        readers: list[Any] = [self.listener, *(c for c in self.connections if not c.outbox)]
        writers = [c for c in self.connections if c.outbox]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
        readable, writable, _ = select.select(readers, writers, [], seconds)
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        if self.listener in readable:
            readable.remove(self.listener)
            new = self.listener.accept()[0]
            if len(self.connections) < MAX_CONNECTIONS:
                self.connections.append(Connection(new))
        return readable, writable

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        while data:
            head, newline, data = data.partition(b"\n")
            connection.inbox += head[: MAX_REQUEST + 1 - len(connection.inbox)]
            if newline:
                connection.outbox += json.dumps(self._answer(bytes(connection.inbox))).encode() + b"\n"
                connection.inbox.clear()

    def _answer(self, line: bytes) -> dict[str, Any]:
        if len(line) > MAX_REQUEST:
            return {"error": f"a request of more than {MAX_REQUEST} bytes"}
        try:
            return self.agent.answer(json.loads(line))
        except Exception as problem:  # noqa: BLE001 - whatever is asked, the agent lives on and keeps its layers
            traceback.print_exc()
            return {"error": f"malformed request: {problem!r}"}

    def _write(self, connection: Connection) -> None:
        try:
            sent = connection.socket.send(connection.outbox)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
            return
        del connection.outbox[:sent]

    def _drop(self, connection: Connection) -> None:
        self.connections.remove(connection)
        connection.socket.close()

    def close(self) -> None:
        for path in (self.path, *(() if self.agent.keeps else (self.agent.path,))):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def serve(place: Path) -> None:
    """The agent itself. Tells on standard output that it listens; exits at once where another one does."""
    lock = os.open(place / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.write(1, b"listening already\n")
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Server(place)
    os.write(1, b"listening\n")
    try:
        server.run()
    finally:
        server.close()


def spawn(place: Path) -> None:
    """Starts the agent apart from this process and waits until it listens."""
    log = place / "agent.log"
    argv = [sys.executable, "-I", "-S", __file__, "serve", str(place.parent)]
    with log.open("ab") as told:
        agent = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,
            cwd="/",
        )
    assert agent.stdout is not None
    if not agent.stdout.readline():
        sys.exit("the agent did not start: " + log.read_text("utf-8", "replace")[-2000:])


def reach(place: Path) -> socket.socket:
    """A connection to the agent, which is started if there is none; one that is starting or ending is waited for."""
    deadline = boottime() + START_SECONDS
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(place / "agent.sock"))
        except OSError:
            sock.close()
            if boottime() > deadline:
                raise
            spawn(place)
            time.sleep(0.01)
        else:
            return sock


def relay(sock: socket.socket) -> None:
    """Carries standard input to the agent and what it says to standard output, until one of the two ends."""
    agent = sock.fileno()
    while True:
        for source in select.select([0, agent], [], [])[0]:
            data = os.read(source, 1 << 16)
            if not data:
                return
            while data:
                data = data[os.write(1 if source == agent else agent, data) :]


def main(verb: str, directory: str) -> None:
    place = Path(directory, identity()).absolute()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if verb == "serve":
        serve(place)
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        relay(reach(place))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("connect", "serve"):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
