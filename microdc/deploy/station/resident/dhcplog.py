"""What dnsmasq says on its standard error, as what was seen. Pure but for the order in which lines come.

An exchange is several lines that bear one number (xid). What belongs to an answer, such as the name of the file, comes after the line
that tells of it, so an answer is held back until the next thing begins or `flush` is called.

With proxyDHCP one line stands for question and answer: `PXE(br0) MAC proxy`. The answer to a DISCOVER is an OFFER, that to a REQUEST on port 4011 an ACK, as the options tell that are sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import words
from .dnsmasq import FIRST_UEFI

_LINE = re.compile(r"dnsmasq(-dhcp|-tftp)?\[\d+\]: (.*)")
_EXCHANGE = re.compile(r"(\d+) (.*)")
_MESSAGE = re.compile(
    r"DHCP(DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE)\([^)]*\) (?:(\d+\.\d+\.\d+\.\d+) )?((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s*(.*)"
)
_PROXY = re.compile(
    r"PXE\([^)]*\) (?:(\d+\.\d+\.\d+\.\d+) )?((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) (proxy(?:-ignored)?)"
)
_SENT_KIND = re.compile(r"sent size:\s*\d+ option:\s*53 message-type\s+(\d+)")
_ACK_NUMBER = "5"
_ARCH_TAG = re.compile(r"arch-(\d+)")
_ARCH_CLASS = re.compile(r"(?:PXE|HTTP)Client:Arch:(\d{5})")
_SENT_FILE = re.compile(r"sent size:\s*\d+ option:\s*67 bootfile-name\s+(\S+)")
_SENT = re.compile(r"sent (\S+) to (\S+)")
_TFTP_FAILURES = (
    re.compile(r"file (?P<file>\S+) (?P<reason>not found) for (?P<address>\S+)"),
    re.compile(r"(?P<reason>failed sending) (?P<file>\S+) to (?P<address>\S+)"),
    re.compile(r"error (?P<reason>.*) received from (?P<address>\S+)"),
    re.compile(r"(?P<reason>cannot access) (?P<file>\S+):.*"),
)
_KINDS = {
    "DISCOVER": words.DISCOVER,
    "OFFER": words.OFFER,
    "REQUEST": words.REQUEST,
    "ACK": words.ACK,
    "NAK": words.NAK,
    "DECLINE": words.DECLINE,
}
_MOST_EXCHANGES = 256


@dataclass
class Seen:
    """Something dnsmasq told. address: that a node has or is given; "" where none is told."""

    source: str
    kind: str
    mac: str = ""
    address: str = ""
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Takes line by line. ready: whether the hosts file was read since `expect` was called."""

    def __init__(self) -> None:
        self.ready = False
        self._exchanges: dict[str, dict[str, Any]] = {}
        self._held: Seen | None = None
        self._held_exchange = ""

    def expect(self) -> None:
        """The hosts file is to be read anew."""
        self.ready = False

    def line(self, text: str) -> Iterator[Seen]:
        """What becomes known with this line."""
        found = _LINE.search(text)
        if not found:
            return
        part, rest = found.groups()
        if part == "-tftp":
            yield from _tftp(rest)
            return
        if part != "-dhcp":
            return
        if rest.startswith("read ") and rest.endswith("hosts"):
            self.ready = True
        exchange = _EXCHANGE.fullmatch(rest)
        if exchange:
            yield from self._exchange(*exchange.groups())

    def flush(self) -> Iterator[Seen]:
        """What was held back."""
        held, self._held = self._held, None
        if held is None:
            return
        first = held.data.pop("again", None) is False
        if first:
            asked = {key: value for key, value in held.data.items() if key not in ("file", "proxy")}
            yield Seen("dhcp", words.DISCOVER, held.mac, data=asked)
        yield held
        if _lacks_loader(held) and not (first and _asks_again(held)):
            arch = held.data["arch"]
            text = f"there is no loader for its architecture ({arch})"
            yield Seen("dhcp", words.NO_LOADER, held.mac, held.address, text, dict(held.data))

    def _exchange(self, number: str, rest: str) -> Iterator[Seen]:
        message = _MESSAGE.fullmatch(rest)
        if message:
            yield from self.flush()
            yield from self._message(number, *message.groups(default=""))
            return
        proxied = _PROXY.fullmatch(rest)
        if proxied:
            yield from self.flush()
            yield from self._proxied(number, *proxied.groups(default=""))
            return
        name, _, value = rest.partition(": ")
        if name in ("vendor class", "user class"):
            self._facts(number)[name.replace(" ", "_")] = value
            if found := _ARCH_CLASS.match(value):
                self._facts(number)["arch"] = int(found.group(1))
        if name == "tags":  # comes before the answer, but for proxyDHCP
            self._tags(number, value.split(", "))
        if self._held is not None and self._held_exchange == number:
            self._complete(self._held, number, rest)

    def _complete(self, held: Seen, number: str, rest: str) -> None:
        """What comes after the line that tells of an answer, and belongs to it."""
        if held.data.get("proxy"):
            held.data.update(self._facts(number))
            if found := _SENT_KIND.fullmatch(rest):
                held.data["again"] = found.group(1) == _ACK_NUMBER
        name, _, value = rest.partition(": ")
        if name == "bootfile name":
            held.data["file"] = value
        elif found := _SENT_FILE.fullmatch(
            rest
        ):  # so where the client asked for the option, as firmware does
            held.data["file"] = found.group(1)

    def _tags(self, number: str, tags: list[str]) -> None:
        facts = self._facts(number)
        for found in filter(None, map(_ARCH_TAG.fullmatch, tags)):
            facts["arch"] = int(found.group(1))
        facts["ipxe"], facts["looping"] = "ipxe" in tags, "looping" in tags

    def _message(self, number: str, kind: str, address: str, mac: str, rest: str) -> Iterator[Seen]:
        facts = {**self._facts(number), "xid": int(number)}
        seen = Seen("dhcp", _KINDS[kind], mac, address, rest, facts)
        if address:
            facts["address"] = address
        if kind == "DISCOVER" and rest in ("ignored", "no address available"):
            seen.kind = words.IGNORED
            seen.text = "its MAC is not known" if rest == "ignored" else rest
            yield seen
        elif kind in ("OFFER", "ACK"):
            seen.text = ""  # the name that we gave it
            self._held, self._held_exchange = seen, number
            if kind == "ACK":
                self._exchanges.pop(number, None)
        else:
            yield seen

    def _proxied(self, number: str, address: str, mac: str, what: str) -> Iterator[Seen]:
        facts = {**self._facts(number), "xid": int(number)}
        if what == "proxy-ignored":
            yield Seen("dhcp", words.IGNORED, mac, address, "its MAC is not known", facts)
            return
        self._held = Seen("dhcp", words.OFFER, mac, address, "", {**facts, "proxy": True, "again": False})
        self._held_exchange = number

    def _facts(self, number: str) -> dict[str, Any]:
        if number not in self._exchanges and len(self._exchanges) >= _MOST_EXCHANGES:
            self._exchanges.pop(next(iter(self._exchanges)))
        return self._exchanges.setdefault(number, {})


def _lacks_loader(seen: Seen) -> bool:
    """An offer to firmware (which tells its architecture) that names no file."""
    data = seen.data
    waits = seen.kind == words.OFFER and "arch" in data and not data.get("ipxe") and not data.get("looping")
    return waits and not data.get("file")


def _asks_again(seen: Seen) -> bool:
    """Whether a first answer of proxyDHCP needs no file: UEFI's PXE is sent on to port 4011."""
    vendor = str(seen.data.get("vendor_class", ""))
    return seen.data["arch"] >= FIRST_UEFI and vendor.startswith("PXEClient")


def _tftp(rest: str) -> Iterator[Seen]:
    sent = _SENT.fullmatch(rest)
    if sent:
        file, address = sent.groups()
        yield Seen("tftp", words.TFTP_SENT, address=address, data={"file": _base(file), "address": address})
        return
    for pattern in _TFTP_FAILURES:
        found = pattern.fullmatch(rest)
        if (
            found and "abort" not in found.group("reason").lower()
        ):  # firmware asks for the size first, and hangs up
            data = {key: value for key, value in found.groupdict().items() if value}
            if "file" in data:
                data["file"] = _base(data["file"])
            yield Seen("tftp", words.TFTP_FAILED, address=data.get("address", ""), text=rest, data=data)
            return


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def reasons(lines: list[str]) -> str:
    """Of the last lines of a dnsmasq that ended, the one that tells why."""
    told = [line.partition("dnsmasq: ")[2] for line in lines if line.startswith("dnsmasq: ")]
    return (told or [line.strip() for line in lines if line.strip()] or ["it said nothing"])[-1]
