"""Nodes on their way from bare metal to a running system, as values.

A node is a server in its deployed life. What is known of it lies in the store (NodeRecord), what is seen of it comes in as Evidence,
from the site's boot services, its BMC, its console and itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Interface
from typing import Any, Literal

from microdc.testbed.nodes import DiskHints


class State(StrEnum):
    """Where a node is in its life."""

    ENROLLED = "enrolled"  # declared; nothing was done with it
    INSPECTING = "inspecting"
    INSPECTED = "inspected"
    DEPLOYING = "deploying"
    ACTIVE = "active"
    CLEANING = "cleaning"
    FAILED = "failed"
    MAINTENANCE = "maintenance"  # somebody's hands are in it: nothing is done until it is taken back

    @property
    def moving(self) -> bool:
        """Whether something is going on that has to be driven, and to be resumed after a crash."""
        return self in {State.INSPECTING, State.DEPLOYING, State.CLEANING}


class Phase(StrEnum):
    """The steps of a move, in order. An inspection and a cleaning end after RAMDISK and WORK."""

    PREPARE = "prepare"  # the boot services run, images are at the site, the node is armed
    POWER = "power"  # network boot for once is asked of the BMC, and the server is started
    FIRMWARE = "firmware"  # until its first DHCP packet
    DHCP = "dhcp"  # until it has an address and asks for its loader or script
    LOADER = "loader"  # until it has its script (TFTP, HTTP)
    KERNEL = "kernel"  # until kernel and ramdisk are fetched
    RAMDISK = "ramdisk"  # until the ramdisk says hello
    WORK = "work"  # the ramdisk looks, wipes or writes the image
    CONFIGURE = "configure"  # identity, loader, boot order
    FIRST_BOOT = "first-boot"  # until the system phones home
    VERIFY = "verify"  # SSH answers with the right key, the boot order is the disk's again


class Action(StrEnum):
    """What the ramdisk is to do."""

    INSPECT = "inspect"
    DEPLOY = "deploy"
    CLEAN = "clean"


Source = Literal[
    "station", "dhcp", "tftp", "http", "ramdisk", "node", "bmc", "console", "controller", "ironic"
]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that was seen of a node, or on its segment.

    number: of the source that counts it (0: none does). node: "" where it is nobody's that is known; mac: "" where none was seen.
    kind: see docs/deploy.md, and `microdc.deploy.kinds`. data: plain values.
    """

    at: datetime
    source: Source
    kind: str
    node: str = ""
    mac: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image that nodes are given. digest: SHA-256 of the file that is sent; size: its bytes; raw: those of the disk that comes of it."""

    name: str
    digest: str
    size: int
    raw_digest: str
    raw: int
    root_partition: int
    efi_partition: int | None = None
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What a server is to become, all of it worked out of the inventory.

    where: its place in the documents. mac, nic: what it boots from. address: in the site's boot network. disk: hints, None of which is said where
    it has one disk. firmware: "" where it may be either.
    """

    name: str
    site: str
    rack: str
    where: str
    role: str
    mac: str
    nic: str
    address: IPv4Interface
    image: str
    disk: DiskHints = field(default_factory=DiskHints)
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a move ended. phase: in which; cause: a word of `explaining`; text: for people; advice: what to try next."""

    phase: Phase
    cause: str
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work of a phase has come, in bytes. rate: bytes/s, None where it is not known yet."""

    done: int
    total: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """What the store holds of a node.

    move: a number of the move that goes on or ended last, which every token and message of it bears: each attempt has a new one; attempt: from 1
    in what was asked for, of `attempts`. began: when this attempt did. since: when it came into its phase; deadline: when the phase is given up, None
    where nothing moves. action: of the move. image: what it runs, or is to run. wipe: whether disks with foreign data may be overwritten. mark: the id of
    the last evidence before it was armed, None while it is not: what came later is of this move. asked: the act that is being asked of its BMC in
    this phase, written before it is sent. before: the state that an abort goes back to, and so does the end of a maintenance. ran, ran_keys: the image and the host
    keys of the system that it had when the move began, while that may still be there. host_keys: public, as
    known_hosts has them; empty before they are known. hardware: what the ramdisk found. version: grows with each change, so that two
    writers notice each other.
    """

    testbed: str
    name: str
    site: str
    state: State = State.ENROLLED
    phase: Phase | None = None
    move: int = 0
    attempt: int = 0
    attempts: int = 1
    action: Action | None = None
    began: datetime | None = None
    since: datetime | None = None
    deadline: datetime | None = None
    image: ImageRef | None = None
    wipe: bool = False
    mark: int | None = None
    asked: str = ""
    before: State | None = None
    ran: ImageRef | None = None
    ran_keys: tuple[str, ...] = ()
    failure: Failure | None = None
    progress: Progress | None = None
    host_keys: tuple[str, ...] = ()
    hardware: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    version: int = 0
