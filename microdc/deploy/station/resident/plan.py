"""What a station is to do: its JSON document as values. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_address
from typing import Any

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{0,128}")
_OPTIONS = re.compile(r"[ -~]{0,1500}")
OWN, PROXY = "own", "proxy"
"""Who gives nodes their addresses: we, or another server, and we tell what to boot (proxyDHCP, PXE 2.1)."""
REFUSE, TELL = "refuse", "tell"
"""What is done where another DHCP server answers, or with proxyDHCP where none does: ours is silent, or it is only told."""


class PlanError(ValueError):
    """A document that cannot be followed: says which part and why."""


@dataclass(frozen=True)
class Node:
    """One that is known. boot: the token of its boot, home: SHA-256 of that of its first report; "" where there is none."""

    name: str
    mac: str
    macs: tuple[str, ...]
    address: IPv4Address
    armed: bool = False
    move: int = 0
    boot: str = ""
    home: str = ""
    order: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """All of it. proxy: another server gives the addresses. loaders: "bios", "x86_64", "arm64" -> digest. probe: seconds that an answer to our own
    DHCPDISCOVER is waited for; probe_every: seconds between them. streams: images that are sent at once.
    """

    site: str
    revision: int
    interface: str
    address: IPv4Address
    network: IPv4Network
    port: int
    nodes: tuple[Node, ...]
    gateway: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()
    repository: str = ""
    kernel: str = ""
    initrd: str = ""
    options: str = ""
    loaders: Mapping[str, str] = field(default_factory=dict)
    streams: int = 4
    proxy: bool = False
    other_dhcp: str = REFUSE
    probe: float = 4.0
    probe_every: float = 300.0
    by_mac: dict[str, Node] = field(default_factory=dict, compare=False)
    by_address: dict[str, Node] = field(default_factory=dict, compare=False)

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def digests(self) -> set[str]:
        """Of the files that it names."""
        named = {self.kernel, self.initrd, *self.loaders.values()}
        return named | {str((node.order.get("image") or {}).get("digest", "")) for node in self.nodes}


def parse(data: bytes) -> Plan:
    """The document as values. Raises PlanError."""
    try:
        document = json.loads(data)
        return _plan(document)
    except PlanError:
        raise
    except KeyError as error:
        raise PlanError(f"{error.args[0]!r} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise PlanError(str(error)) from None


def _plan(document: Mapping[str, Any]) -> Plan:
    network = IPv4Network(document["network"])
    nodes = tuple(_node(one, network) for one in document["nodes"])
    ramdisk = document.get("ramdisk") or {}
    loaders = {
        str(kind): _matching(_DIGEST, digest, "digest")
        for kind, digest in document.get("loaders", {}).items()
    }
    return Plan(
        site=_matching(_NAME, document["site"], "site"),
        revision=int(document["revision"]),
        interface=_matching(_INTERFACE, document["interface"], "interface"),
        address=IPv4Address(document["address"]),
        network=network,
        port=_within(document["port"], 1, 65535, "port"),
        nodes=nodes,
        gateway=IPv4Address(document["gateway"]) if document.get("gateway") else None,
        dns=tuple(a for a in map(ip_address, document.get("dns", ())) if isinstance(a, IPv4Address)),
        repository=document.get("repository") or "",
        kernel=_matching(_DIGEST, ramdisk["kernel"], "digest") if ramdisk else "",
        initrd=_matching(_DIGEST, ramdisk["initrd"], "digest") if ramdisk else "",
        options=_matching(_OPTIONS, ramdisk.get("options", ""), "options"),
        loaders=loaders,
        streams=_within(document.get("streams", 4), 1, 1000, "streams"),
        proxy=_one_of((OWN, PROXY), document.get("dhcp", OWN), "dhcp") == PROXY,
        other_dhcp=_one_of((REFUSE, TELL), document.get("other_dhcp", REFUSE), "other_dhcp"),
        probe=float(document.get("probe", 4.0)),
        probe_every=float(document.get("probe_every", 300.0)),
        by_mac=_unique("MAC address", ((mac, node) for node in nodes for mac in node.macs)),
        by_address=_unique("address", ((str(node.address), node) for node in nodes)),
    )


def _node(document: Mapping[str, Any], network: IPv4Network) -> Node:
    name = _matching(_NAME, document["node"], "node")
    mac = _matching(_MAC, document["mac"], "mac")
    macs: list[str] = [_matching(_MAC, one, "mac") for one in document.get("macs", ())]
    address = IPv4Interface(document["address"]).ip
    if address not in network:
        raise PlanError(f"the address {address} of {name} is not in {network}")
    return Node(
        name=name,
        mac=mac,
        macs=tuple(dict.fromkeys((mac, *macs))),
        address=address,
        armed=document.get("armed", False) is True,
        move=int(document.get("move", 0)),
        boot=_matching(_TOKEN, document.get("boot_token", ""), "boot_token"),
        home=document.get("home_token_sha256", ""),
        order=dict(document.get("order", {})),
    )


def _unique(what: str, pairs: Any) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key, node in pairs:
        if found.setdefault(key, node) is not node:
            raise PlanError(f"the {what} {key} is of two nodes, {found[key].name} and {node.name}")
    return found


def _matching(pattern: Any, value: Any, what: str) -> str:
    """These words go into configurations and scripts: none may bring a line or a word of its own."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise PlanError(f"{what} cannot be {str(value)[:80]!r}")
    return value


def _one_of(words: tuple[str, str], value: Any, what: str) -> str:
    if value not in words:
        raise PlanError(f"{what} is {str(value)[:80]!r}, and not {words[0]!r} or {words[1]!r}")
    return str(value)


def _within(value: Any, least: int, most: int, what: str) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise PlanError(f"{what} is {value!r}, and not {least} to {most}")
    return value
