"""What the runner asks of the parts that act on the world: the boot services of a site, a server's power, and another engine.

Each is met by one room (`station`, `powering.py`, `ironic`), and by the simulated world of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Protocol, Self

from microdc.bmc.model import Boot, Power
from microdc.deploy.model import Action, Evidence, Failure, ImageRef, NodeSpec, Phase, Progress
from microdc.errors import RefusedError
from microdc.events import Step

# -- files that a site needs


@dataclass(frozen=True, slots=True)
class Payload:
    """A file that is brought to a site once and served there by its digest. digest: SHA-256 in hex; size: bytes; path: here."""

    digest: str
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class Ramdisk:
    """What a node boots that has something to do. options: of the kernel, such as console=ttyS0."""

    kernel: Payload
    initrd: Payload
    options: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A disk image and what is known of it."""

    ref: ImageRef
    file: Payload


# -- boot services of a site


class StaleError(RefusedError):
    """A configuration of a station that is older than the one there: another controller was there meanwhile. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class StationNode:
    """A node as the boot services know it.

    mac: of the NIC that it boots from; macs: all of its own. armed: whether it is given the ramdisk's script; the order and the home
    token hold also while it is not, so that a ramdisk at work, or a system at its first boot, is heard. move: what is seen of it on these tokens bears this
    number as `data["move"]`. Tokens and order are empty where nothing is to be done with it.
    """

    node: str
    mac: str
    macs: tuple[str, ...]
    address: IPv4Interface
    armed: bool = False
    move: int = 0
    boot_token: str = field(default="", repr=False)
    home_token: str = field(default="", repr=False)
    order: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class StationConfig:
    """All that the boot services of a site are to do. revision: grows; one that is older than the one there is refused with StaleError.

    What the site document says (interface, address, network, gateway, dns, port) the station's own side adds.
    """

    site: str
    revision: int
    nodes: tuple[StationNode, ...]
    ramdisk: Ramdisk | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a station told. log: names the log whose numbers count, another one where its directory was made anew; evidence: by number, without gaps.

    more: there is more than was told at once. Otherwise all is told that was noted before it was asked.
    """

    log: str
    evidence: tuple[Evidence, ...]
    more: bool = False


class Station(Protocol):
    """The boot services of one site, as the controller reaches them. A context manager.

    Every call may raise MicrodcError: UnreachableError for what may go away by itself, which is tried again; any other
    (RefusedError: another DHCP server answers; InputError: its host lacks dnsmasq) ends what needs the station, with its words.
    Evidence of the sources http, ramdisk and node that goes back to a token or a session bears its `move`. A node that is made to wait for
    its image (503) is not noted: its ramdisk reports meanwhile.
    `push` may run in another thread while the others are called.
    """

    def url(self) -> str:
        """Where nodes reach it: http://ADDRESS:PORT, without a slash at its end."""

    def ensure(self, config: StationConfig) -> None:
        """Has the program run and the configuration hold, and returns when it does: from then on an armed node is served.

        Idempotent, and called every half minute: nothing is restarted and no transfer is cut where all is as asked; a program that died is
        started again. The files that are named need not be there yet. The sessions of a node end whose `move` is another one now, or that has no tokens.
        """

    def push(self, file: Payload, tell: Callable[[int], None]) -> None:
        """Brings a file to the site unless it is there, whole and with its digest; goes on where an earlier try was cut. tell: bytes there so far."""

    def evidence(self, log: str, after: int) -> Told:
        """What was noted after that number of that log; all that is kept where the log is another ("" for: none is known).

        Works, too, where the program does not run: what it noted is read.
        """

    def stop(self) -> None:
        """Ends the program there. What it noted and the files stay."""

    def close(self) -> None:
        """Lets go of the connection; the program goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


# -- a server's power


@dataclass(frozen=True, slots=True)
class Reading:
    """What a BMC told of its server just now. boot: None where it could not be read."""

    power: Power
    boot: Boot | None = None


class Server(Protocol):
    """One server through its BMC. Each call opens it and logs out; each may raise MicrodcError, and is made by one thread at a time."""

    def read(self) -> Reading:
        """The state of its power and its boot override."""

    def start(self, firmware: str, *, kindly: bool) -> str:
        """Has it boot from the network, once, and begins a boot from whatever state it is in; what was done, in a sentence.

        firmware: bios, uefi, or "" for whatever it is set to. kindly: a system that runs has its time to shut down.
        """

    def on(self) -> str:
        """Turns it on, to boot as its firmware is set up; what was done."""

    def off(self, *, kindly: bool) -> str:
        """Turns it off; what was done."""

    def clear_boot(self) -> Boot:
        """Takes the boot override away, and returns what is read then."""


# -- the system that was installed


@dataclass(frozen=True, slots=True)
class Checked:
    """What was seen of a system over SSH. problem: "" where all is as it should be; how: what was compared, in words."""

    problem: str = ""
    how: str = ""
    cause: str = ""


class System(Protocol):
    """A node's installed system, seen from its site."""

    def check(self, spec: NodeSpec, host_keys: Sequence[str]) -> Checked:
        """Whether its SSH server answers with one of these keys. Raises UnreachableError while nothing answers."""


# -- another engine in the place of all that


@dataclass(frozen=True, slots=True)
class Job:
    """What another engine is to do with a node. move: names this job, so that the same is never begun twice."""

    spec: NodeSpec
    move: int
    action: Action
    image: Image | None
    wipe: bool = False


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How far another engine is with a node. phase: None before it began; done: the move ended well; failure: it ended badly.

    evidence: what was seen since the last look, `number` 0.
    """

    phase: Phase | None
    done: bool = False
    failure: Failure | None = None
    progress: Progress | None = None
    text: str = ""
    host_keys: tuple[str, ...] = ()
    hardware: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


class Backend(Protocol):
    """An engine that takes servers through their moves by itself (OpenStack Ironic). A context manager; calls are idempotent and may raise MicrodcError."""

    def begin(self, job: Job) -> None:
        """Has a job begun, unless it has: also after a crash in the middle of this very call."""

    def look(self, job: Job) -> Glimpse:
        """How far it is: asked every few seconds, so it never waits; takes the next step where the engine waits for one."""

    def abort(self, job: Job) -> str:
        """Ends it as far as that can be; what was done."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


# -- how the parts are come by


class World(Protocol):
    """All of the parts for one testbed: `opening.py` makes it of the real ones.

    Expected of the rooms: `station.client.open_station(testbed, site) -> Station`; `ramdisk.image.build() -> Generator[Step, None, Ramdisk]`;
    `ramdisk.order.order(...)`; `images.disk.operate.find(name)`; `ironic.operate.open_backend(testbed, site) -> Backend`.
    """

    def station(self, site: str) -> Station:
        """The boot services of a site, opened. Raises MicrodcError."""

    def server(self, node: str) -> Server:
        """A server's BMC, not opened yet."""

    def system(self, node: str) -> System:
        """A node's system."""

    def backend(self, site: str) -> Backend | None:
        """The engine of a site that has another one."""

    def ramdisk(self) -> Generator[Step, None, Ramdisk]:
        """The ramdisk, built where it is not there yet."""

    def order(
        self,
        spec: NodeSpec,
        action: Action,
        image: ImageRef | None,
        *,
        move: int,
        wipe: bool,
        url: str,
        home_token: str,
    ) -> Mapping[str, Any]:
        """What the ramdisk is told to do."""
