"""An image sent to 16 nodes at once: by a station, and by what others there is, on the loopback of this machine.

The station is the program's own HTTP server with its rights, tokens and notes. Beside it stand a server that does nothing but sendfile(2) (what
this machine's loopback carries, and hardly a protocol), BusyBox's httpd, and Python's own http.server. What
comes is thrown away by the clients' kernel. Told are the median of the rounds in MB/s over all clients, the ratio to sendfile alone, and the processor time of the server for
each GB. The file is in the page cache: a disk or a link slower than this is what limits instead. Needs no root.

    python benchmarks/bench_images_http.py [--clients 16] [--mib 128] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import math
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from report import machine, table, write

from microdc.deploy.station.resident.kept import Kept
from microdc.deploy.station.resident.log import Log
from microdc.deploy.station.resident.plan import parse
from microdc.deploy.station.resident.routes import Routes
from microdc.deploy.station.resident.serving import Server

REFERENCE = "sendfile alone"
TICK = os.sysconf("SC_CLK_TCK")


def address(number: int) -> str:
    return f"127.0.0.{11 + number}"


def plan(clients: int, digest: str) -> dict[str, Any]:
    nodes = [
        {
            "node": f"n{number}",
            "mac": f"52:54:00:00:00:{number:02x}",
            "address": f"{address(number)}/8",
            "armed": True,
            "boot_token": f"boot{number}",
            "order": {"image": {"digest": digest}},
        }
        for number in range(clients)
    ]
    network = {"interface": "lo", "address": "127.0.0.1", "network": "127.0.0.0/8", "port": 8080}
    return {"site": "bench", "revision": 1, **network, "streams": clients, "nodes": nodes}


def serve_station(_directory: Path) -> None:
    what = parse(Path("station.json").read_bytes())
    server = Server("127.0.0.1", 0, Routes(lambda: what, Log(), Kept(), lambda _: None, lambda *_: None))
    sys.stdout.write(f"{server.bound}\n")
    sys.stdout.flush()
    threading.Event().wait()


def serve_bare(_directory: Path) -> None:
    """Sends the file to whoever connects, with a head of HTTP."""
    path = next(Path("images").iterdir())
    size = path.stat().st_size
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()

    def send(sock: socket.socket) -> None:
        with sock, path.open("rb") as file:
            sock.recv(65536)
            sock.sendall(f"HTTP/1.0 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            sock.sendfile(file)

    while True:
        threading.Thread(target=send, args=(listener.accept()[0],), daemon=True).start()


SERVERS: dict[str, Callable[[Path], None]] = {"station": serve_station, "bare": serve_bare}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(name: str, directory: Path) -> Iterator[tuple[int, int]]:
    """A server's process and its port."""
    if name in SERVERS:
        argv, port = [sys.executable, __file__, "--serve", name, "--directory", str(directory)], 0
    elif name == "busybox":
        port = free_port()
        argv = ["busybox", "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", str(directory)]
    else:
        port = free_port()
        argv = [
            sys.executable,
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            "--directory",
            str(directory),
            str(port),
        ]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=directory)
    try:
        assert process.stdout is not None
        port = port or int(process.stdout.readline())
        wait_until_it_listens(port)
        yield process.pid, port
    finally:
        process.kill()
        process.wait()


def wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def session(port: int, number: int) -> str:
    """What a ramdisk gets for its token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, source_address=(address(number), 0))
    body = json.dumps({"nonce": "bench", "hardware": {}})
    connection.request("POST", "/node/hello", body, {"Authorization": f"Bearer boot{number}"})
    return str(json.loads(connection.getresponse().read())["session"])


def processor(pid: int) -> float:
    """Seconds of it and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def fetched(port: int, clients: int, digest: str, size: int, tokens: list[str]) -> float:
    """Seconds until all have all of it. What comes is thrown away by the kernel (MSG_TRUNC), so that the clients cost little."""
    got = [0] * clients
    ready = threading.Barrier(clients + 1)

    def fetch(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), source_address=(address(number), 0)) as sock:
            token = f"Authorization: Bearer {tokens[number]}\r\n" if tokens else ""
            ready.wait()
            sock.sendall(
                f"GET /images/{digest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}\r\n".encode()
            )
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(4096)
            got[number] = len(head.partition(b"\r\n\r\n")[2])
            space = bytearray(1 << 20)  # not written to
            while count := sock.recv_into(space, 0, socket.MSG_TRUNC):
                got[number] += count

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    assert got == [size] * clients, got
    return took


def measured(
    directory: Path, clients: int, digest: str, size: int, rounds: int
) -> dict[str, dict[str, list[float]]]:
    names = {
        REFERENCE: "bare",
        "station": "station",
        "busybox httpd": "busybox",
        "python http.server": "python",
    }
    if not shutil.which("busybox"):
        del names["busybox httpd"]
    found: dict[str, dict[str, list[float]]] = {name: {"rate": [], "processor": []} for name in names}
    for _ in range(rounds):
        for name, kind in names.items():
            for kept in ("kept.json", "events.jsonl"):
                (directory / kept).unlink(missing_ok=True)
            with running(kind, directory) as (pid, port):
                tokens = [session(port, number) for number in range(clients)] if kind == "station" else []
                before = processor(pid)
                took = fetched(port, clients, digest, size, tokens)
                total = clients * size
                found[name]["rate"].append(total / took / 1e6)
                found[name]["processor"].append((processor(pid) - before) / (total / 1e9))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--mib", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="file, or - for the last line of the output")
    parser.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        SERVERS[words.serve](words.directory)
        return
    with tempfile.TemporaryDirectory(prefix="microdc-bench-") as name:
        directory = Path(name)
        data = os.urandom(1 << 20) * words.mib
        digest = hashlib.sha256(data).hexdigest()
        (directory / "images").mkdir()
        (directory / "images" / digest).write_bytes(data)
        (directory / "station.json").write_text(json.dumps(plan(words.clients, digest)))
        found = measured(directory, words.clients, digest, len(data), words.rounds)
    told = {
        name: {what: statistics.median(values) for what, values in both.items()}
        for name, both in found.items()
    }
    base = told[REFERENCE]["rate"]
    if "busybox httpd" in told:
        told["busybox httpd"]["processor"] = (
            math.nan
        )  # it does not wait for its children, so theirs is not known
    rows = [
        [name, f"{one['rate']:.0f}", f"{one['rate'] / base:.2f}", f"{one['processor']:.2f}"]
        for name, one in told.items()
    ]
    print(f"{words.clients} clients at once, {words.mib} MiB each\n")
    print(table(["server", "MB/s", "ratio", "processor s/GB"], rows))
    if words.json:
        about = {"machine": machine(), "clients": words.clients, "mib": words.mib, "servers": told}
        write(words.json, json.dumps(about))


if __name__ == "__main__":
    main()
