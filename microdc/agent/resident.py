"""The part of microdc that lives on an emulator: one file, standard library only, Python 3.8 or newer.

It sends to the kernel the netlink messages that the controller encoded, gives back what the kernel dumps, and
keeps what is laid there now: an ordered list of layers, each with messages per slot (a class and its leaf). When
a layer ends, each of its slots gets the messages of the layer on top of what remains. It compiles nothing and
understands no message; so one version serves many controllers.

    python3 resident.py connect DIR    speaks lines of JSON on standard input and output, with the agent in DIR;
                                       starts the agent if there is none
    python3 resident.py serve DIR      the agent itself
"""

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
import sys
import time

PROTOCOL = 1
IDLE_SECONDS = 30.0
"""How long an agent that has nothing to keep waits for the next controller."""
REPLY_SECONDS = 20.0
NLMSG_ERROR, NLMSG_DONE, RTM_NEWLINK, RTM_GETLINK = 2, 3, 16, 18
NLM_F_REQUEST_DUMP = 0x301
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
NLMSGERR_ATTR_MSG, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE = 1, 1, 3, 4, 16
SIOCETHTOOL = 0x8946
# (get, set, mask) of linux/ethtool.h for what makes super-packets out of packets on the way in
OFFLOADS = {"gro": (0x2B, 0x2C, 1), "lro": (0x25, 0x26, 1 << 15)}
GONE = (errno.ENOENT, errno.EINVAL, errno.ENODEV)


class Kernel:
    """One rtnetlink socket: encoded messages in, acknowledgements and raw dumps out."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.bind((0, 0))
        self.socket.settimeout(REPLY_SECONDS)
        self.sequence = 0

    def request(self, message):
        """One message and its acknowledgement: (0 or an errno, the kernel's own words)."""
        wanted = self._send(message)
        while True:
            for kind, sequence, body in self._receive():
                if kind == NLMSG_ERROR and sequence == wanted:
                    code = -struct.unpack_from("=i", body)[0]
                    words = dict(attributes(body[20:])).get(NLMSGERR_ATTR_MSG, b"")
                    return code, words.rstrip(b"\0").decode("utf-8", "replace")

    def dump(self, message):
        """All messages of a dump as they came, without the closing one; OSError where the kernel refuses."""
        wanted = self._send(message)
        parts = []
        while True:
            for kind, sequence, body in self._receive():
                if sequence != wanted:
                    continue
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if code:
                        raise OSError(code, os.strerror(code))
                    return b"".join(parts)
                padding = b"\0" * (-len(body) % 4)
                parts.append(struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body + padding)

    def _send(self, message):
        self.sequence += 1
        self.socket.send(message[:8] + struct.pack("=I", self.sequence) + message[12:])
        return self.sequence

    def _receive(self):
        data = self.socket.recv(1 << 20)
        at = 0
        while at + 16 <= len(data):
            length, kind, _flags, sequence, _pid = struct.unpack_from("=IHHII", data, at)
            if length < 16:
                break
            yield kind, sequence, data[at + 16 : at + length]
            at += length + (-length % 4)


def attributes(data):
    """The netlink attributes in data: (type, payload)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += length + (-length % 4)


def messages(data):
    """The netlink messages in a dump: (type, body)."""
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        yield kind, data[at + 16 : at + length]
        at += length + (-length % 4)


def offload(interface, name, value=None):
    """Reads (value None) or sets one receive offload; None where the device does not have it."""
    get, put, mask = OFFLOADS[name]

    def call(sock, command, data):
        buffer = array.array("I", (command, data))
        request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(sock, SIOCETHTOOL, request)
        return buffer[1]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            flags = call(sock, get, 0)
            if value is not None:
                call(sock, put, flags | mask if value else flags & ~mask)
            return bool(flags & mask)
        except OSError:
            return None


def boottime():
    """Seconds since boot, suspend included: a stepped wall clock changes no deadline."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Agent:
    """What is laid on this host, and the few things that a controller can ask."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "state.json")
        self.kernel = Kernel()
        self.generation = 0
        self.layers = []
        self.ports = {}
        self.notes = []
        self.undo = None
        self._load()

    # -- what is kept over a kill -9 of this process; a reboot takes it, as it takes the qdiscs

    def _load(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                state = json.load(file)
        except (OSError, ValueError):
            return
        if state.get("boot") == boot_id():
            self.generation = state["generation"]
            self.layers = state["layers"]
            self.ports = state["ports"]
            self.notes = state["notes"]

    def _save(self):
        state = {
            "boot": boot_id(),
            "generation": self.generation,
            "layers": self.layers,
            "ports": self.ports,
            "notes": self.notes[-50:],
        }
        partial = self.path + ".part"
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path)

    # -- requests

    def answer(self, request):
        verbs = {
            "hello": self.hello,
            "state": self.state,
            "dump": self.dump,
            "commit": self.commit,
            "revert": self.revert,
        }
        verb = verbs.get(request.get("verb"))
        if verb is None:
            return {"error": "unknown verb {!r}".format(request.get("verb"))}
        try:
            return verb(request)
        except OSError as problem:
            return {"error": "{}".format(problem), "errno": problem.errno}

    def hello(self, _request):
        return {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "kernel": os.uname().release,
            "boot": boot_id(),
            "uid": os.geteuid(),
            "interfaces": self.interfaces(),
        }

    def state(self, _request):
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

    def interfaces(self):
        """name -> [index, mtu, mac, operational state] of every interface in this network namespace."""
        found = {}
        body = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
        request = struct.pack("=IHHII", 16 + len(body), RTM_GETLINK, NLM_F_REQUEST_DUMP, 0, 0) + body
        for kind, answer in messages(self.kernel.dump(request)):
            if kind != RTM_NEWLINK:
                continue
            have = dict(attributes(answer[16:]))
            mac = ":".join("{:02x}".format(b) for b in have.get(IFLA_ADDRESS, b""))
            mtu = struct.unpack("=I", have[IFLA_MTU])[0] if IFLA_MTU in have else 0
            index = struct.unpack_from("=BxHi", answer)[2]
            name = have[IFLA_IFNAME].rstrip(b"\0").decode("utf-8", "replace")
            found[name] = [index, mtu, mac, have.get(IFLA_OPERSTATE, b"\0")[0]]
        return found

    def _note(self, text):
        self.notes.append({"at": time.time(), "text": text})

    def dump(self, request):
        return {
            "dumps": {
                name: {
                    what: base64.b64encode(self._dump(base64.b64decode(message))).decode()
                    for what, message in wanted.items()
                }
                for name, wanted in request["requests"].items()
            }
        }

    def _dump(self, message):
        try:
            return self.kernel.dump(message)
        except OSError as problem:
            if problem.errno in GONE:  # a filter dump under a root that is not there
                return b""
            raise

    def commit(self, request):
        """Applies a batch or nothing, then takes over the layers that belong to it.

        batch: [[message, [inverse messages]], ...]; layers: {"put": [...], "drop": [ids]}; ports: what is needed
        to give an interface back. Fails with "changed" if another commit came in between.
        """
        if request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        before = (json.dumps(self.layers), json.dumps(self.ports))
        done = []
        offloads = self._single_packets(request.get("ports", {}))
        for index, (message, inverse) in enumerate(request["batch"]):
            code, words = self.kernel.request(base64.b64decode(message))
            if code:
                left = self._take_back(done)
                self._restore_offloads(offloads)
                return {
                    "error": words or os.strerror(code),
                    "errno": code,
                    "index": index,
                    "not_rolled_back": left,
                    "interfaces": self.interfaces(),
                }
            done.append(inverse)
        self._keep(request, offloads)
        self.generation += 1
        self.undo = {"inverse": done, "before": before, "offloads": offloads}
        self._save()
        return {"generation": self.generation, **self.dump({"requests": request.get("read_back", {})})}

    def _keep(self, request, offloads):
        dropped = set(request["layers"].get("drop", ()))
        self.layers = [layer for layer in self.layers if layer["id"] not in dropped]
        now = boottime()
        for layer in request["layers"].get("put", ()):
            seconds = layer.pop("seconds", None)
            layer["ends"] = None if seconds is None else now + seconds
            layer["made"] = time.time()
            self.layers = [old for old in self.layers if old["id"] != layer["id"]]
            at = 0 if layer.get("bottom") else len(self.layers)
            self.layers.insert(at, layer)
        for name, port in request.get("ports", {}).items():
            known = self.ports.get(name, {})
            self.ports[name] = {**port, "offloads": known.get("offloads", offloads.get(name, {}))}
        self._give_back_bare(request.get("bare", ()))

    def _give_back_bare(self, names):
        for name in names:
            port = self.ports.pop(name, None)
            if port:
                self._restore_offloads({name: port["offloads"]})

    def revert(self, request):
        """Takes the last commit back: what a controller asks for when the read-back is not what it sent."""
        if self.undo is None or request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        left = self._take_back(self.undo["inverse"])
        self._restore_offloads(self.undo["offloads"])
        self.layers, self.ports = (json.loads(text) for text in self.undo["before"])
        self.undo = None
        self.generation += 1
        self._save()
        return {"generation": self.generation, "not_rolled_back": left}

    def _take_back(self, inverses):
        left = []
        for inverse in reversed(inverses):
            for message in inverse:
                code, words = self.kernel.request(base64.b64decode(message))
                if code and code not in GONE:
                    left.append(words or os.strerror(code))
        return left

    def _single_packets(self, ports):
        changed = {}
        for name in ports:
            if name in self.ports:
                continue
            changed[name] = {}
            for what in OFFLOADS:
                if offload(name, what):
                    offload(name, what, False)
                    changed[name][what] = True
        return changed

    @staticmethod
    def _restore_offloads(changed):
        for name, values in changed.items():
            for what, value in values.items():
                offload(name, what, value)

    # -- time

    def next_end(self):
        """Seconds until a layer ends; None if none does."""
        ends = [layer["ends"] for layer in self.layers if layer["ends"] is not None]
        return max(0.0, min(ends) - boottime()) if ends else None

    def expire(self):
        now = boottime()
        ended = [layer for layer in self.layers if layer["ends"] is not None and layer["ends"] <= now]
        if not ended:
            return
        self.layers = [layer for layer in self.layers if layer not in ended]
        for slot in {slot for layer in ended for slot in layer["values"]}:
            self._show_top(slot)
        for name in [n for n in self.ports if not self._covered(n)]:
            self._bare(name)
        self.generation += 1
        self.undo = None
        for layer in ended:
            self._note("layer {} of {} ended".format(layer["id"], layer["owner"]))
        self._save()

    def _show_top(self, slot):
        name = slot.split("/")[0]
        for layer in reversed(self.layers):
            if slot in layer["values"]:
                messages = layer["values"][slot]["messages"]
                break
        else:
            messages = self.ports.get(name, {}).get("clean", {}).get(slot, [])
        for message in messages:
            code, words = self.kernel.request(base64.b64decode(message))
            if code:
                self._note("{}: could not show what lies below: {}".format(slot, words or os.strerror(code)))

    def _covered(self, name):
        return any(slot.split("/")[0] == name for layer in self.layers for slot in layer["values"])

    def _bare(self, name):
        for message in self.ports[name].get("bare", []):
            self.kernel.request(base64.b64decode(message))
        self._give_back_bare([name])


def boot_id():
    """This boot of this network namespace: the state of another is not ours."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return "{}/{}".format(file.read().strip(), os.stat("/proc/self/ns/net").st_ino)


class Server:
    """Lines of JSON on a unix socket, one request at a time: nothing can come between two steps of a commit."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "agent.sock")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.connections = {}
        self.agent = Agent(directory)

    def run(self):
        quiet_since = boottime()
        while True:
            end = self.agent.next_end()
            keeping = bool(self.agent.layers or self.connections)
            idle = None if keeping else max(0.0, quiet_since + IDLE_SECONDS - boottime())
            wait = min((t for t in (end, idle) if t is not None), default=None)
            ready = select.select([self.listener, *self.connections], [], [], wait)[0]
            self.agent.expire()
            for sock in ready:
                if sock is self.listener:
                    connection = sock.accept()[0]
                    connection.settimeout(REPLY_SECONDS)
                    self.connections[connection] = bytearray()
                else:
                    self._read(sock)
            if ready or keeping:
                quiet_since = boottime()
            elif boottime() - quiet_since >= IDLE_SECONDS:
                return

    def _read(self, sock):
        try:
            data = sock.recv(1 << 20)
        except OSError:
            data = b""
        buffer = self.connections[sock]
        buffer += data
        try:
            while b"\n" in buffer:
                line, _, rest = bytes(buffer).partition(b"\n")
                buffer[:] = rest
                sock.sendall(json.dumps(self._answer(line)).encode() + b"\n")
        except OSError:
            data = b""
        if not data:
            del self.connections[sock]
            sock.close()

    def _answer(self, line):
        try:
            return self.agent.answer(json.loads(line))
        except (ValueError, KeyError, TypeError, struct.error) as problem:
            return {"error": "malformed request: {!r}".format(problem)}

    def close(self):
        for path in (self.path, *(() if self.agent.layers else (self.agent.path,))):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def serve(directory, ready):
    """The agent itself. Writes one byte to `ready` when it listens; exits at once where another one does."""
    lock = os.open(os.path.join(directory, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.write(ready, b"+")
        return
    server = Server(directory)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.write(ready, b"+")
    os.close(ready)
    try:
        server.run()
    finally:
        server.close()


def spawn(directory):
    """Starts the agent apart from this process and waits until it listens."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(reading)
            null = os.open(os.devnull, os.O_RDWR)
            log = os.open(os.path.join(directory, "agent.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            for number, target in ((0, null), (1, null), (2, log)):
                os.dup2(target, number)
            os.chdir("/")
            serve(directory, writing)
        os._exit(0)
    os.wait()
    os.close(writing)
    if os.read(reading, 1) != b"+":
        with open(os.path.join(directory, "agent.log"), encoding="utf-8") as file:
            sys.exit("the agent did not start: " + file.read()[-2000:])
    os.close(reading)


def connect(directory):
    """Relays standard input and output to the agent in `directory`, which is started if need be."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = os.path.join(directory, "agent.sock")
    try:
        sock.connect(path)
    except OSError:
        spawn(directory)
        sock.connect(path)
    while True:
        for source in select.select([0, sock], [], [])[0]:
            data = os.read(0, 1 << 16) if source == 0 else sock.recv(1 << 16)
            if not data:
                return
            if source == 0:
                sock.sendall(data)
            else:
                at = 0
                while at < len(data):
                    at += os.write(1, data[at:])


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("connect", "serve"):
        sys.exit(__doc__)
    if sys.argv[1] == "connect":
        connect(sys.argv[2])
    else:
        os.makedirs(sys.argv[2], mode=0o700, exist_ok=True)
        serve(sys.argv[2], os.dup(1))
