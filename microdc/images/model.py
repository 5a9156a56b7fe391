"""Guests as values: an image, what is connected to a guest, and what it does when it is up."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GuestKernel:
    """A kernel that is not installed. image: its bzImage; modules: the directory that holds its `.ko` files."""

    release: str
    image: Path
    modules: Path


@dataclass(frozen=True, slots=True)
class GuestImage:
    """What a guest boots: a kernel, and an initramfs that is all of its file system. digest: of all that went in."""

    kernel: Path
    initrd: Path
    digest: str


@dataclass(frozen=True, slots=True)
class GuestNic:
    """A NIC of a guest, and the tap interface of this machine at the other end of its cable.

    name, mac, addresses: in the guest. tap: the interface's name; namespace: where it is made ("": here). It is up when
    the guest starts and vanishes with it. mtu: of both ends, in bytes.
    """

    name: str
    mac: str
    tap: str
    namespace: str = ""
    addresses: tuple[IPv4Interface | IPv6Interface, ...] = ()
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class SshAccess:
    """The guest's SSH server: its private key as dropbear keeps it, and the public keys that may log in as root."""

    host_key: bytes
    authorized_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuestSettings:
    """What makes one guest of an image.

    forwarding: it routes between its NICs. ssh: None for no server. command: run when the guest is up, after which
    the guest powers off; () for a guest that stays. environment: of the command.
    """

    hostname: str = "guest"
    nics: tuple[GuestNic, ...] = ()
    forwarding: bool = False
    ssh: SshAccess | None = None
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """How a guest is emulated.

    memory: MiB. icount: its time is virtual, one nanosecond-exact tick for every instruction, so that the load of this
    machine does not show in what it measures; it then has one processor, and nothing outside takes part in its time.
    channel: whether it has a port through which it writes to a file of this machine.
    """

    processors: int = 2
    memory: int = 512
    icount: bool = False
    channel: bool = False
