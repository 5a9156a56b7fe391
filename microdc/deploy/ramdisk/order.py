"""What a ramdisk is told to do, as the JSON that the station hands to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any

from microdc.deploy.model import Action, ImageRef, NodeSpec
from microdc.testbed.nodes import DiskHints

IMAGE_FORMAT = "raw.zst"


@dataclass(frozen=True, slots=True)
class Network:
    """A NIC of the installed system. name: what the system calls it."""

    mac: str
    name: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...] = ()
    gateway: str = ""
    dns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A file of the installed system besides those that identity gives it. path: absolute; content: text."""

    path: str
    content: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a system of an image this node. home: the URL and token by which it phones home."""

    hostname: str
    home_url: str
    home_token: str = field(repr=False)
    domain: str = ""
    authorized_keys: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    files: tuple[ExtraFile, ...] = ()


def order(
    spec: NodeSpec,
    *,
    move: int,
    action: Action,
    testbed: str = "",
    image: ImageRef | None = None,
    identity: Identity | None = None,
    wipe: bool = False,
    time: datetime | None = None,
) -> dict[str, Any]:
    """The order of one move. image and identity: of a deployment, which needs both. wipe: disks with foreign data may be overwritten.

    testbed: its name, since another one may have a node of this name, whose disks are a stranger's here. time: now, by which the ramdisk sets its clock; the station puts its own in its place when it hands the order out. Raises ValueError
    for a deployment that lacks its image or its identity.
    """
    made: dict[str, Any] = {"node": spec.name, "move": move, "action": action.value}
    made["owner"] = f"{testbed}/{spec.site}/{spec.name}"
    made |= {"disk": hints(spec.disk), "wipe": wipe, "firmware": spec.firmware}
    if time is not None:
        made["time"] = time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if action is Action.DEPLOY:
        if image is None or identity is None:
            raise ValueError("a deployment needs an image and an identity")
        made |= {"image": image_of(image), "identity": identity_of(identity)}
    return made


def hints(disk: DiskHints) -> dict[str, Any]:
    """What must hold for the disk; None where nothing is said."""
    said = {"serial": disk.serial, "wwn": disk.wwn, "model": disk.model, "path": disk.path, "kind": disk.kind}
    return {name: value or None for name, value in said.items()} | {"least": disk.least, "most": disk.most}


def image_of(image: ImageRef) -> dict[str, Any]:
    return {
        "path": f"/images/{image.digest}",
        "digest": image.digest,
        "size": image.size,
        "raw_digest": image.raw_digest,
        "raw": image.raw,
        "format": IMAGE_FORMAT,
        "root_partition": image.root_partition,
        "efi_partition": image.efi_partition,
    }


def identity_of(identity: Identity) -> dict[str, Any]:
    return {
        "hostname": identity.hostname,
        "domain": identity.domain,
        "authorized_keys": list(identity.authorized_keys),
        "networks": _networks(identity.networks),
        "home": {"url": identity.home_url, "token": identity.home_token},
        "files": [
            {"path": file.path, "mode": f"{file.mode:04o}", "content": file.content}
            for file in identity.files
        ],
    }


def _networks(networks: Sequence[Network]) -> list[Mapping[str, Any]]:
    return [
        {
            "mac": network.mac,
            "name": network.name,
            "addresses": [str(address) for address in network.addresses],
            "gateway": network.gateway,
            "dns": list(network.dns),
        }
        for network in networks
    ]
