"""How a station is started and asked.

python3 FILE ensure DIR               has it run and follow the plan on standard input; tells its state
python3 FILE status DIR               tells its state
python3 FILE stop DIR                 ends it, and waits for that
python3 FILE read DIR LOG NUMBER      what was noted after that number of that log; before it the name of the log, after it whether there is more
python3 FILE have DIR DIGEST          how much of a file is there
python3 FILE receive DIR DIGEST SIZE OFFSET   takes a file in from standard input
python3 FILE serve DIR                the station itself

Answers are lines of JSON. One with `error` has a word for it and a text, and the status is 1.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any, NoReturn

from .place import LOCK, PROGRAM_LOG, PROGRAM_PID, SOCKET, boottime, write_whole

START_SECONDS = 10.0
SETTLE_SECONDS = 60.0
"""How long `ensure` waits until it answers or says why not: longer than any probe."""
LOG_BYTES = 1 << 20


def tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def fail(code: str, text: str) -> NoReturn:
    tell({"error": code, "text": text})
    sys.exit(1)


def serve() -> None:
    """The station itself. Tells on standard output that it listens; ends at once where another one runs."""
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.write(1, b"runs already\n")
        return
    from .control import Control  # noqa: PLC0415 - who only asks needs none of it
    from .station import Station  # noqa: PLC0415

    station = Station(Path.cwd())
    control = Control(station)
    write_whole(PROGRAM_PID, f"{os.getpid()}\n".encode())
    station.resume()
    os.write(1, b"listens\n")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    control.run()
    PROGRAM_PID.unlink()


def spawn() -> None:
    """Starts the station apart from this process, and waits until it listens."""
    if PROGRAM_LOG.exists() and PROGRAM_LOG.stat().st_size > LOG_BYTES:
        PROGRAM_LOG.replace(PROGRAM_LOG.with_suffix(".old"))
    with PROGRAM_LOG.open("ab") as told:
        begin = told.tell()
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(sys.argv[0]).absolute()), "serve", str(Path.cwd())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,
        )
    assert child.stdout is not None
    if not child.stdout.readline():
        said = PROGRAM_LOG.read_bytes()[begin:].decode("utf-8", "replace").splitlines()
        fail(
            "cannot-start",
            f"the station did not start: {' '.join(said[-1:])} ({PROGRAM_LOG.absolute()} has more)",
        )


def ask(request: dict[str, Any]) -> dict[str, Any] | None:
    """What the station that runs answers; None where none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(START_SECONDS)
        try:
            sock.connect(str(SOCKET))
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as answers:
                line = answers.readline()
        except (FileNotFoundError, ConnectionError):
            return None
        except TimeoutError:
            fail("silent", f"the station does not answer within {START_SECONDS:g} s")
    answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
    return answer


def ensure(plan: bytes) -> None:
    """Has a station of this very version run, and follow the plan."""
    deadline = boottime() + START_SECONDS
    status = ask({"verb": "status"})
    if status is not None and status["program"] != Path(sys.argv[0]).name:
        stop("another version of it takes over")
        status = None
    while status is None:
        spawn()
        status = ask({"verb": "status"})
        if status is None and boottime() > deadline:
            fail("cannot-start", f"the station cannot be reached ({PROGRAM_LOG.absolute()} may tell why)")
    for old in Path().glob("station-*.pyz"):
        if old.name != Path(sys.argv[0]).name:
            old.unlink()
    answer = ask({"verb": "apply", "plan": b64encode(plan).decode()})
    deadline = boottime() + SETTLE_SECONDS
    while answer is not None and answer.get("state") == "starting" and boottime() < deadline:
        time.sleep(0.03)
        answer = ask({"verb": "status"})
    _conclude(answer)


def _conclude(answer: dict[str, Any] | None) -> None:
    if answer is None:
        fail("died", f"the station ended just now ({PROGRAM_LOG.absolute()} may tell why)")
    if "error" in answer:
        fail(answer["error"], answer["text"])
    if answer["state"] == "other-dhcp":
        rival = answer["rival"]
        mac = f" ({rival['mac']})" if rival["mac"] else ""
        fail("other-dhcp", f"another DHCP server answers there: {rival['server']}{mac}")
    if answer["state"] == "dhcp-missing":
        fail("dhcp-missing", "no other DHCP server answers there, and ours gives no addresses")
    if answer["state"] != "answering":
        fail("not-answering", answer["failure"] or f"the station is {answer['state']}")
    tell(answer)


def stop(why: str) -> None:
    """Ends the station that runs, and waits for that: until its lock is free."""
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        ask({"verb": "stop", "why": why})
        deadline = boottime() + START_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if boottime() > deadline:
                    fail("silent", f"the station does not end within {START_SECONDS:g} s")
                time.sleep(0.02)
            else:
                return
    finally:
        os.close(lock)


def read(log: str, after: int) -> None:
    from . import log as kept  # noqa: PLC0415

    here = kept.identity()
    tell({"log": here})
    lines, more = kept.read(after if log == here else 0) if here else ([], False)
    sys.stdout.buffer.write(b"".join(lines))
    sys.stdout.buffer.flush()
    tell({"more": more})


def have(digest: str) -> None:
    from . import images  # noqa: PLC0415

    try:
        whole = images.held(digest)
    except images.ReceiveError as problem:
        fail(problem.code, str(problem))
    tell({"whole": whole, "bytes": images.begun(digest)})


def take(digest: str, size: int, offset: int) -> None:
    from . import images  # noqa: PLC0415

    try:
        got = images.receive(digest, size, offset, sys.stdin.buffer)
    except images.ReceiveError as problem:
        fail(problem.code, str(problem))
    tell({"whole": got == size, "bytes": got})


def main() -> None:
    verb, words = (sys.argv[1], sys.argv[3:]) if len(sys.argv) > 2 else ("", [])
    place = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()
    if os.geteuid() != 0:
        fail("not-root", "DHCP and the ports below 1024 are root's to serve")
    if verb in ("read", "status", "stop") and not place.is_dir():
        for answer in ({"log": ""}, {"more": False}) if verb == "read" else ({"state": "none"},):
            tell(answer)
        return
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    sys.argv[0] = str(Path(sys.argv[0]).absolute())
    os.chdir(place)  # from here the socket's name is short: it may have 107 bytes
    _dispatch(verb, words)


def _dispatch(verb: str, words: list[str]) -> None:
    if verb == "serve":
        serve()
    elif verb == "ensure":
        ensure(sys.stdin.buffer.read())
    elif verb == "status":
        tell(ask({"verb": "status"}) or {"state": "none"})
    elif verb == "stop":
        stop("asked to")
        tell({"state": "none"})
    elif verb == "read" and len(words) == 2:
        read(words[0], int(words[1]))
    elif verb == "have" and len(words) == 1:
        have(words[0])
    elif verb == "receive" and len(words) == 3:
        take(words[0], int(words[1]), int(words[2]))
    else:
        sys.exit(__doc__)
