"""Firmware's part of DHCP, spoken packet by packet on a machine's NIC: everybody is asked, and what each answers is told.

Run inside the machine's namespace, as root: `python dhcp_speaker.py NIC ARCH VENDOR SECONDS [ipxe]`; without ARCH (`-`) as a system that is no firmware.
Prints one JSON object: `offers` and `acks`, each answer as {server, sender, address, next, file, vendor, arrived}, and `redirected`: what was answered on port 4011, where an
offer without an address names no file, as UEFI goes on then (PXE 2.1, 2.2.3). The address that was offered first is taken, and set at the NIC.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from typing import Any

COOKIE = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
MESSAGE, WANTED, SERVER, VENDOR, FILE = 53, 50, 54, 60, 67


class Speaker:
    """One boot of one NIC: its packets bear one number."""

    def __init__(self, nic: str, options: bytes, seconds: float) -> None:
        self.nic, self.options, self.seconds = nic, options, seconds
        self.xid = os.urandom(4)
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.raw.bind((nic, 0x0800))
        self.mac: bytes = self.raw.getsockname()[4]

    def boot(self) -> dict[str, Any]:
        offers = self.broadcast(DISCOVER)
        told: dict[str, Any] = {"offers": offers, "acks": [], "redirected": []}
        first = next((one for one in offers if one["address"]), None)
        if first is None:
            return told
        chosen = option(WANTED, socket.inet_aton(first["address"]))
        chosen += option(SERVER, socket.inet_aton(first["server"]))
        told["acks"] = self.broadcast(REQUEST, chosen)
        subprocess.run(["ip", "addr", "flush", "dev", self.nic], check=True)
        subprocess.run(["ip", "addr", "add", f"{first['address']}/24", "dev", self.nic], check=True)
        for offer in offers:
            if not offer["address"] and not offer["file"]:
                told["redirected"] += self.ask_boot_server(first["address"], offer["next"] or offer["server"])
        return told

    def message(self, kind: int, more: bytes = b"", own: str = "0.0.0.0", flags: int = 0x8000) -> bytes:
        head = struct.pack("!BBBB4sHH", 1, 1, 6, 0, self.xid, 0, flags) + socket.inet_aton(own)
        body = head + bytes(12) + self.mac.ljust(16, b"\0") + bytes(192) + COOKIE
        asked = option(55, bytes((1, 3, 6, 43, 60, 66, 67, 128, 129)))
        return (body + option(MESSAGE, bytes((kind,))) + more + asked + self.options + b"\xff").ljust(
            548, b"\0"
        )

    def broadcast(self, kind: int, more: bytes = b"") -> list[dict[str, Any]]:
        payload = self.message(kind, more)
        datagram = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
        total = sum(struct.unpack("!10H", ip))
        total = (total & 0xFFFF) + (total >> 16)
        ip = ip[:10] + struct.pack("!H", ~total & 0xFFFF) + ip[12:]
        self.raw.send(b"\xff" * 6 + self.mac + b"\x08\x00" + ip + datagram)
        return self.heard(OFFER if kind == DISCOVER else ACK)

    def heard(self, kind: int) -> list[dict[str, Any]]:
        """All that is answered within the time."""
        found: list[dict[str, Any]] = []
        begun = time.monotonic()
        while (left := begun + self.seconds - time.monotonic()) > 0:
            self.raw.settimeout(left)
            try:
                frame, (_, _, how, *_) = self.raw.recvfrom(4096)
            except TimeoutError:
                break
            begin = 14 + 4 * (frame[14] & 0xF) + 8
            message = frame[begin:]
            ours = message[:1] == b"\x02" and message[4:8] == self.xid and how != socket.PACKET_OUTGOING
            if ours and options_of(message).get(MESSAGE, b"")[:1] == bytes((kind,)):
                found.append(
                    {**answer(message), "sender": frame[6:12].hex(":"), "arrived": time.monotonic() - begun}
                )
        return found

    def ask_boot_server(self, own: str, server: str) -> list[dict[str, Any]]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((own, 68))
            sock.settimeout(self.seconds)
            sock.sendto(self.message(REQUEST, own=own, flags=0), (server, 4011))
            try:
                return [answer(sock.recv(4096))]
            except TimeoutError:
                return []


def option(number: int, value: bytes) -> bytes:
    return bytes((number, len(value))) + value


def options_of(message: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 240
    while at + 1 < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


def answer(message: bytes) -> dict[str, Any]:
    options = options_of(message)
    named = options.get(SERVER, b"")
    file = options.get(FILE) or message[108:236]
    return {
        "server": socket.inet_ntoa(named) if len(named) == 4 else "",
        "address": socket.inet_ntoa(message[16:20]) if any(message[16:20]) else "",
        "next": socket.inet_ntoa(message[20:24]) if any(message[20:24]) else "",
        "file": file.partition(b"\0")[0].decode(),
        "vendor": options.get(VENDOR, b"").decode(),
        "encapsulated": options.get(43, b"").hex(),
    }


def firmware(arch: str, vendor: str, *, ipxe: bool) -> bytes:
    """The options by which a server knows what asks."""
    if arch == "-":
        return b""
    number = int(arch)
    told = option(VENDOR, f"{vendor}:Arch:{number:05}:UNDI:003016".encode())
    told += option(93, struct.pack("!H", number)) + option(94, b"\x01\x03\x10") + option(97, bytes(17))
    return told + (option(77, b"iPXE") + option(175, b"\xb1\x05\x01\x10\xec\x81\x39") if ipxe else b"")


if __name__ == "__main__":
    nic, arch, vendor, seconds, *rest = sys.argv[1:]
    options = firmware(arch, vendor, ipxe="ipxe" in rest)
    json.dump(Speaker(nic, options, float(seconds)).boot(), sys.stdout)
