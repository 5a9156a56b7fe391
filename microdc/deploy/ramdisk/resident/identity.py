"""What makes a system of an image this one node, as files of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PREFIX = "10-microdc"
_NETWORKS = "/etc/systemd/network"
_SSH_MODES = {"/root/.ssh": 0o700, "/etc/microdc": 0o755}
DIRECTORY_MODES: Mapping[str, int] = _SSH_MODES
"""Of directories that are made where they are missing; others get 0755."""


@dataclass(frozen=True, slots=True)
class SystemFile:
    """A file of the installed system, root's. path: absolute there."""

    path: str
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class HostKey:
    """A key of the system's SSH server. kind: as in its file's name; public: as known_hosts has it, without a comment."""

    kind: str
    private: bytes
    public: str


def files(order: Mapping[str, Any], keys: Sequence[HostKey]) -> Iterator[SystemFile]:
    """All files that the order asks for; a later one of the same path wins."""
    identity, image = order["identity"], order["image"]
    hostname, domain = str(identity["hostname"]), str(identity.get("domain") or "")
    full = f"{hostname}.{domain} {hostname}" if domain else hostname
    yield _text("/etc/hostname", f"{hostname}\n")
    yield _text(
        "/etc/hosts",
        f"127.0.0.1 localhost\n127.0.1.1 {full}\n::1 localhost ip6-localhost ip6-loopback\n",
    )
    yield _text("/etc/machine-id", "uninitialized\n")  # machine-id(5): the first boot makes its own
    for key in keys:
        path = f"/etc/ssh/ssh_host_{key.kind}_key"
        yield SystemFile(path, key.private, 0o600)
        yield _text(f"{path}.pub", f"{key.public} root@{hostname}\n")
    authorized = "".join(f"{key.strip()}\n" for key in identity.get("authorized_keys", ()))
    yield _text("/root/.ssh/authorized_keys", authorized, 0o600)
    yield from _networks(identity.get("networks", ()), domain)
    home = {"node": order["node"], "image": image["digest"], **identity["home"]}
    yield _text("/etc/microdc/home.json", _json(home), 0o600)
    node = {
        "node": order["node"],
        "move": order["move"],
        "image": image["digest"],
        "deployed": order.get("time", ""),
    }
    yield _text("/etc/microdc/node.json", _json(node))
    for extra in identity.get("files", ()):
        yield SystemFile(str(extra["path"]), str(extra["content"]).encode(), _mode(extra.get("mode", 0o644)))


def _networks(networks: Sequence[Mapping[str, Any]], domain: str) -> Iterator[SystemFile]:
    servers: list[str] = []
    for network in networks:
        name, mac = str(network["name"]), str(network["mac"])
        # of Ethernet only: a bridge or a VLAN above it has the same address
        match = f"[Match]\nMACAddress={mac}\nType=ether\n\n"
        yield _text(f"{_NETWORKS}/{_PREFIX}-{name}.link", f"{match}[Link]\nName={name}\n")
        lines = [f"Address={address}" for address in network.get("addresses", ())]
        if network.get("gateway"):
            lines.append(f"Gateway={network['gateway']}")
        own = [str(server) for server in network.get("dns") or ()]
        lines += [f"DNS={server}" for server in own]
        servers += [server for server in own if server not in servers]
        if domain and own:
            lines.append(f"Domains={domain}")
        yield _text(
            f"{_NETWORKS}/{_PREFIX}-{name}.network",
            f"{match}[Network]\nDHCP=no\n" + "".join(f"{line}\n" for line in lines),
        )
    search = f"search {domain}\n" if domain else ""
    yield _text("/etc/resolv.conf", search + "".join(f"nameserver {server}\n" for server in servers))


def _mode(said: int | str) -> int:
    """A number, or its octal digits as text."""
    return int(said, 8) if isinstance(said, str) else said


def _text(path: str, text: str, mode: int = 0o644) -> SystemFile:
    return SystemFile(path, text.encode(), mode)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=1) + "\n"
