"""Tells the site's boot services that this system runs from its disk: once, until it is answered.

Reads /etc/microdc/home.json ({"url", "token"}), which whoever wrote this disk left there, and removes it, with its token, when the services
have answered. Denied, it ends, and tries again at the next boot.
"""
# ruff: noqa: INP001 - it is laid into images, and imported by nobody

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ORDER = Path("/etc/microdc/home.json")
TOLD = (Path("/etc/microdc/node.json"), Path("/etc/microdc/image.json"))
PATIENCE = 10  # s for one answer
PAUSES = (1, 2, 4, 8, 15, 30)  # s between two attempts; the last one again and again
DENIED = (401, 403, 404, 409, 410)


def main() -> int:
    """The exit status: 0 when it was answered."""
    order = json.loads(ORDER.read_text("utf-8"))
    attempt = 0
    while True:
        try:
            post(order["url"], order["token"], report())
        except urllib.error.HTTPError as error:
            tell(f"{order['url']}: {error.code} {error.reason}")
            if error.code in DENIED:
                return 1
        except (OSError, ValueError) as error:
            tell(f"{order['url']}: {error}")
        else:
            ORDER.unlink()
            tell(f"{order['url']}: answered")
            return 0
        time.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        attempt += 1


def post(url: str, token: str, data: dict[str, Any]) -> None:
    """Sends it; an answer that is no success raises."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    # the address comes from who wrote this disk
    request = urllib.request.Request(url, json.dumps(data).encode(), headers, method="POST")  # noqa: S310
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=PATIENCE) as answer:
        answer.read()


def report() -> dict[str, Any]:
    """What this system is, as seen from inside."""
    keys = sorted(Path("/etc/ssh").glob("ssh_host_*_key.pub"))
    return {
        "hostname": socket.gethostname(),
        "boot_id": read(Path("/proc/sys/kernel/random/boot_id")),
        "uptime": float(read(Path("/proc/uptime")).split()[0]),
        "addresses": addresses(),
        "host_keys": [" ".join(read(path).split()[:2]) for path in keys],
        "image": image(),
        "root": root(),
    }


def read(path: Path) -> str:
    return path.read_text("utf-8").strip()


def addresses() -> list[str]:
    """Of all interfaces but the loopback, with their prefix lengths."""
    argv = ["ip", "-json", "address", "show", "scope", "global"]
    told = subprocess.run(argv, capture_output=True, check=False)
    links = json.loads(told.stdout or b"[]")
    every = [found for link in links for found in link.get("addr_info", [])]
    return [
        f"{found['local']}/{found['prefixlen']}" for found in every if "local" in found
    ]  # others are empty


def image() -> Any:
    """What was written to this disk: by the order, or else by the image itself."""
    for path in TOLD:
        try:
            told = json.loads(read(path)).get("image")
        except (OSError, ValueError):
            continue
        if told:
            return told
    return ""


def root() -> str:
    """The device of the root file system, such as /dev/vda3."""
    status = Path("/").stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    try:
        return "/dev/" + Path("/sys/dev/block", number).readlink().name
    except OSError:
        return number


def tell(text: str) -> None:
    """To the journal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
