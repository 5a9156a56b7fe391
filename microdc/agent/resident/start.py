"""How the agent is started and reached.

python3 FILE connect DIR    speaks lines of JSON on standard input and output, with the agent in DIR;
                            starts the agent if there is none
python3 FILE serve DIR      the agent itself
python3 FILE stand-by DIR N waits for the death of the agent at the other end of descriptor N, and takes its place
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
import sys
import time
from os.path import relpath
from pathlib import Path

from .place import boottime, identity

START_SECONDS = 5.0
"""How long an agent that is starting or ending is waited for."""


def serve(place: Path) -> None:
    """The agent itself. Tells on standard output that it listens; exits at once where another one does."""
    lock = os.open(place / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.write(1, b"listening already\n")
        return
    from .server import Server  # noqa: PLC0415 - a relay to an agent that runs needs none of it
    from .standby import Standby  # noqa: PLC0415

    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Server(place, Standby(place))
    os.write(1, b"listening\n")
    try:
        server.run()
    except SystemExit:
        server.keeper.give_up()
        server.close()
        raise
    server.close()  # any other end is like a kill: the standby takes over


def spawn(place: Path) -> None:
    """Starts the agent apart from this process and waits until it listens."""
    import subprocess  # noqa: PLC0415 - nor this

    log = place / "agent.log"
    argv = [sys.executable, "-I", "-S", sys.argv[0], "serve", str(place.parent)]
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
        why = log.read_text("utf-8", "replace").splitlines()[-1:]
        sys.exit(f"the agent did not start: {' '.join(why)} ({log} has more)")


def reach(place: Path) -> socket.socket:
    """A connection to the agent, which is started if there is none; one that is starting or ending is waited for."""
    deadline = boottime() + START_SECONDS
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(relpath(place / "agent.sock"))
        except OSError as problem:
            sock.close()
            if boottime() > deadline:
                sys.exit(f"the agent cannot be reached: {problem}")
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


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] not in ("connect", "serve", "stand-by"):
        sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("root is needed here: qdiscs are root's to change")
    if sys.argv[1] == "stand-by":
        from .standby import stand_by  # noqa: PLC0415

        stand_by(int(sys.argv[3]), ["serve", sys.argv[2]])
        return
    place = Path(sys.argv[2], identity()).absolute()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chdir(
        place
    )  # from here the socket's name is short: it may have 107 bytes, and a namespace's name has up to 255
    if sys.argv[1] == "serve":
        serve(place)
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        relay(reach(place))
