"""How fast the ramdisk's program brings an image onto a disk, beside a pipeline of the shell that does the same.

One server (a process of its own that sends the file with sendfile) on the loopback, one file as disk. In each round, in turn: the
ramdisk's own code, and `curl | tee >(sha256sum) | dd`; for an image that is packed `zstd -dc` stands before dd, and the ramdisk's code
hashes what comes out of it as well, which the pipeline does not. Told are medians of the rates, in bytes of the disk, and of the
ratios of each round. Wanted: 0.9 of the pipeline.

    python benchmarks/bench_ramdisk_stream.py [--mib 1024] [--rounds 7] [--target /dev/shm/disk] [--json FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from report import machine, table, write

from microdc.deploy.ramdisk.resident import device, imaging
from microdc.deploy.ramdisk.resident.promise import RAW, RAW_ZSTD, Promise
from microdc.deploy.ramdisk.resident.station import Station
from microdc.deploy.ramdisk.resident.wire import Place

BLOCK = 1 << 20
SERVER = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    connection = listening.accept()[0]
    with connection:
        path = connection.recv(65536).split()[1].decode()
        size = os.path.getsize(path)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % size)
        try:
            with open(path, "rb") as file:
                connection.sendfile(file)
        except OSError:
            pass
"""


@contextmanager
def served() -> Iterator[int]:
    """The port of a server of all files."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


def made_image(directory: Path, mib: int) -> tuple[Path, Path]:
    """A disk of which a third is empty, a third packs well and a third not at all, as systems are; as it is, and packed."""
    raw, packed = directory / "disk.raw", directory / "disk.raw.zst"
    with raw.open("wb") as out:
        for index in range(mib):
            match index // 16 % 3:
                case 0:
                    out.write(os.urandom(BLOCK))
                case 1:
                    out.write((b"%08d some text that repeats itself\n" % index * (BLOCK // 40 + 1))[:BLOCK])
                case _:
                    out.write(bytes(BLOCK))
    subprocess.run(["zstd", "-q", "-f", "-T0", str(raw), "-o", str(packed)], check=True)
    return raw, packed


def promise(raw: Path, sent: Path) -> Promise:
    def digest(path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    form = RAW if sent == raw else RAW_ZSTD
    return Promise(digest(sent), sent.stat().st_size, digest(raw), raw.stat().st_size, form)


def ours(port: int, sent: Path, promised: Promise, target: Path) -> float:
    """s that it takes."""
    ask = partial(Station(Place("127.0.0.1", port), "session").image, str(sent), stall=30.0)
    begun = time.monotonic()
    with device.writing(target) as opened:
        written = imaging.write(ask, promised, opened)
        opened.write_bytes(0, written.first)
        opened.sync()
    return time.monotonic() - begun


def shell(port: int, sent: Path, promised: Promise, target: Path) -> float:
    unpack = "" if promised.form == RAW else "| zstd -dcq "
    dd = f"dd of={target} bs=1M conv=notrunc,fsync iflag=fullblock status=none"
    # a named pipe in the place of >(sha256sum), so that the end of sha256sum can be waited for
    line = f"rm -f {target}.pipe; mkfifo {target}.pipe; sha256sum <{target}.pipe >{target}.sum & set -o pipefail; "
    line += f"curl -s http://127.0.0.1:{port}{sent} | tee {target}.pipe {unpack}| {dd} && wait"
    begun = time.monotonic()
    subprocess.run(["bash", "-c", line], check=True)
    took = time.monotonic() - begun
    found = Path(f"{target}.sum").read_text().split()[0]
    if found != promised.digest:
        sys.exit(f"the pipeline got {found}")
    return took


def check(target: Path, promised: Promise) -> None:
    with target.open("rb") as disk:
        if hashlib.file_digest(disk, "sha256").hexdigest() != promised.raw_digest:
            sys.exit("the disk does not hold the image")


def measured(
    arguments: argparse.Namespace, directory: Path, target: Path
) -> dict[str, dict[str, list[float]]]:
    """MB/s by form and way, of each round."""
    raw, packed = made_image(directory, arguments.mib)
    found: dict[str, dict[str, list[float]]] = {}
    with served() as port:
        for sent in (raw, packed):
            promised = promise(raw, sent)
            target.write_bytes(b"")
            with target.open("r+b") as disk:
                disk.truncate(promised.raw)
            rates: dict[str, list[float]] = {"ramdisk": [], "shell": []}
            for number in range(arguments.rounds + 1):
                for name, way in (("ramdisk", ours), ("shell", shell)):
                    took = way(port, sent, promised, target)
                    check(target, promised)
                    if number:  # the first round warms the caches up
                        rates[name].append(promised.raw / took / 1e6)
            found[promised.form] = rates
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--target", type=Path, default=None, help="a file; by default one in /dev/shm")
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    arguments = parser.parse_args()
    facts = machine()
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="microdc-stream-") as place:
        target = arguments.target or Path(place) / "target"
        found = measured(arguments, Path(place), target)
    rows = []
    for form, rates in found.items():
        medians = {name: statistics.median(values) for name, values in rates.items()}
        ratios = [ours / theirs for ours, theirs in zip(rates["ramdisk"], rates["shell"], strict=True)]
        ratio = statistics.median(ratios)
        rows.append([form, f"{medians['ramdisk']:.0f}", f"{medians['shell']:.0f}", f"{ratio:.2f}"])
    print(table(["image", "ramdisk, MB/s", "shell, MB/s", "ratio"], rows))
    write(arguments.json, json.dumps({"machine": facts, "mib": arguments.mib, "images": found}))


if __name__ == "__main__":
    main()
