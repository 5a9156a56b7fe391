"""A site with servers in memory: machines that boot, a station that serves them, BMCs; and a clock that moves when it is waited for.

A model of what the real parts do, not of our code: it knows tokens, powers, boots and disks, and notes what nobody may ever do to it.
"""

# ruff: noqa: ARG002  it has the signatures of the real parts
from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Self

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Boot, BootTarget, Power
from microdc.deploy import kinds
from microdc.deploy.arming import Declared
from microdc.deploy.model import Action, Evidence, ImageRef, NodeSpec
from microdc.deploy.ports import (
    Backend,
    Checked,
    Image,
    Payload,
    Ramdisk,
    Reading,
    StaleError,
    StationConfig,
    StationNode,
    Told,
)
from microdc.deploy.working import Happened, Key, Work, outcome
from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.store.clocks import Reading as ClockReading

SITE = "here"
FILE = Payload("d" * 64, 200, Path("base.raw.zst"))
IMAGE = Image(ImageRef("base", FILE.digest, FILE.size, "e" * 64, 1000, 3), FILE)
RAMDISK = Ramdisk(
    Payload("a" * 64, 10, Path("vmlinuz")), Payload("b" * 64, 20, Path("initrd")), "console=ttyS0"
)
NONE = Boot(BootTarget.NONE, "disabled")
ONCE = Boot(BootTarget.PXE, "once")


class Killed(BaseException):
    """The controller is gone, in the middle of what it did."""


def declared(name: str, number: int) -> Declared:
    mac = f"52:54:00:00:00:{number:02x}"
    address = IPv4Interface(f"10.20.1.{number}/16")
    spec = NodeSpec(name, SITE, "r1", f"here.yaml:{number}", "compute", mac, "eno1", address, "base")
    return Declared(spec, frozenset({mac}))


@dataclass
class Clock:
    """Time that moves only when somebody waits."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def read(self) -> ClockReading:
        return ClockReading(self.at)


@dataclass
class Machine:
    """A server. pace: seconds of each step of its boot; disk: "empty", "half" or what is written; life: changes with each boot and loss of power.

    deaf: its BMC does not answer; drops: how many answers of its BMC to acts are lost after the act was done; broken: the ramdisk's failures, in turn;
    dies_at: a stage at which its power is lost, once; hangs_at: a stage at which it stops for good, each time, as often as `hangs`. sticks: a step of the
    writing from which on its disk takes nothing any more; waits: so many reports of the writing are of waiting for its turn.
    """

    world: SimulatedWorld
    one: Declared
    pace: float = 5.0
    power: Power = Power.OFF
    boot: Boot = NONE
    disk: str = "empty"
    stage: str = "off"
    life: int = 0
    starts: int = 0
    deaf: bool = False
    drops: int = 0
    broken: list[str] = field(default_factory=list)
    dies_at: str = ""
    hangs_at: str = ""
    hangs: int = 0
    sticks: int | None = None
    waits: int = 0
    home: tuple[int, str] | None = None
    order: Mapping[str, Any] = field(default_factory=dict)
    move: int = 0

    @property
    def name(self) -> str:
        return self.one.spec.name

    def later(self, steps: float, then: Callable[[], None]) -> None:
        """Something that happens unless the machine is turned off or booted before."""
        life = self.life

        def happen() -> None:
            if self.life == life and self.power is Power.ON:
                then()

        self.world.at(self.pace * steps, happen)

    def switch(self, power: Power) -> None:
        if self.stage == "writing" and power is not self.power:
            self.world.cut.append(self.name)
        self.life += 1
        self.power, self.stage = power, "off"
        if power is Power.ON:
            self.stage = "firmware"
            self.later(4, self.firmware)

    def reach(self, stage: str) -> bool:
        """Comes to a stage; False where it goes no further."""
        self.stage = stage
        if self.dies_at == stage:
            self.dies_at = ""
            self.life += 1
            self.power, self.stage = Power.OFF, "off"
            return False
        if self.hangs_at == stage and self.hangs:
            self.hangs -= 1
            return False
        return True

    def firmware(self) -> None:
        network = self.boot == ONCE
        self.boot = NONE
        if not network:
            self.boot_disk()
        elif self.reach("dhcp"):
            for kind in (kinds.DISCOVER, kinds.OFFER, kinds.REQUEST, kinds.ACK):
                self.world.station_.note("dhcp", kind, self.name)
            self.later(1, self.loader)

    def loader(self) -> None:
        node = self.world.station_.known(self.name)
        if node is None or not node.armed or node.boot_token in self.world.station_.spent:
            self.world.station_.note("http", kinds.HTTP_LOCAL, self.name)
            self.boot_disk()
            return
        self.world.station_.note("http", kinds.HTTP_SCRIPT, self.name, move=node.move)
        if self.reach("kernel"):
            self.later(1, lambda: self.kernel(node))

    def kernel(self, node: StationNode) -> None:
        self.world.station_.note("http", kinds.HTTP_KERNEL, self.name, move=node.move, bytes=10, of=10)
        self.world.station_.note("http", kinds.HTTP_RAMDISK, self.name, move=node.move, bytes=20, of=20)
        if self.reach("ramdisk"):
            self.later(2, lambda: self.hello(node.boot_token))

    def hello(self, token: str) -> None:
        node = self.world.station_.known(self.name)
        if node is None or node.boot_token != token or token in self.world.station_.spent:
            self.world.station_.note("http", kinds.HTTP_DENIED, self.name, reason="wrong-token")
            self.stage = "denied"
            return
        self.world.station_.spent.add(token)
        self.order, self.move = node.order, node.move
        self.report(kinds.HELLO, hardware={"serial": self.name})
        action = self.order["action"]
        if action == Action.INSPECT:
            self.later(1, lambda: self.report(kinds.INSPECTED, hardware={"serial": self.name}))
            self.later(2, lambda: self.switch(Power.OFF))
        elif action == Action.CLEAN:
            self.later(1, self.wipe)
        elif self.reach("writing"):
            self.disk = "half"
            self.later(1, lambda: self.write(0))

    def wipe(self) -> None:
        self.disk = "empty"
        self.report(kinds.WIPED, disks=["vda"])

    def write(self, done: int) -> None:
        if self.broken:
            self.report(kinds.RAMDISK_FAILED, code=self.broken.pop(0), text="it broke")
            self.stage = "failed"
            return
        if done < 5:
            waits, self.waits = self.waits > 0, max(0, self.waits - 1)
            self.report(kinds.WRITING, done=done * 200, total=1000, rate=40.0, waits=waits)
            self.later(1, lambda: self.write(done if waits or done == self.sticks else done + 1))
            return
        self.report(kinds.WRITTEN, digest=self.order["image"])
        if self.reach("configuring"):
            self.later(1, self.configure)

    def configure(self) -> None:
        self.disk = str(self.order["image"])
        self.home = (self.move, self.order["home_token"])
        self.report(kinds.CONFIGURED, host_keys=[f"ssh-ed25519 AAAA{self.name}{self.move}"])
        self.life += 1
        self.stage = "firmware"
        self.later(2, self.firmware)

    def boot_disk(self) -> None:
        if self.disk in {"empty", "half"}:
            self.stage = "no system"
        elif self.reach("booting"):
            self.later(3, self.phone_home)

    def phone_home(self) -> None:
        self.stage = "running"
        if self.home is None:
            return
        move, token = self.home
        node = self.world.station_.known(self.name)
        if node is None or node.home_token != token:
            self.later(2, self.phone_home)
            return
        self.home = None
        self.world.station_.note(
            "node",
            kinds.HOME,
            self.name,
            move=move,
            hostname=self.name,
            root="/dev/vda3",
            image=self.disk,
            host_keys=[f"ssh-ed25519 AAAA{self.name}{move} root@{self.name}"],
        )

    def report(self, kind: str, **data: Any) -> None:
        self.world.station_.note("ramdisk", kind, self.name, move=self.move, **data)


class SimulatedStation:
    """The boot services: a log with numbers, tokens that are spent, files. gone: until when it cannot be reached."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self.log: list[Evidence] = []
        self.config: StationConfig | None = None
        self.spent: set[str] = set()
        self.files: set[str] = set()
        self.gone: datetime | None = None
        self.ensured = 0
        self.tokens: dict[tuple[str, int], set[str]] = {}
        self.refuses: Exception | None = None

    def known(self, name: str) -> StationNode | None:
        nodes = self.config.nodes if self.config else ()
        return next((node for node in nodes if node.node == name), None)

    def note(self, source: Any, kind: str, node: str = "", **data: Any) -> None:
        mac = self.world.machines[node].one.spec.mac if node in self.world.machines else ""
        number = len(self.log) + 1
        years = timedelta(days=365 * 20)  # the site's clock is far off, too: nothing may compare it with ours
        at = self.world.clock.at - years
        self.log.append(Evidence(at, source, kind, node=node, mac=mac, data=data, number=number))

    def _reach(self) -> None:
        if self.gone is not None and self.world.clock.at < self.gone:
            raise UnreachableError("cannot connect", where="ssh://here")

    def url(self) -> str:
        self._reach()
        return "http://10.20.0.2:8080"

    def ensure(self, config: StationConfig) -> None:
        self._reach()
        if self.refuses is not None:
            raise self.refuses
        if self.config is not None and config.revision < self.config.revision:
            raise StaleError("older than the one there")
        self.world.point("before ensure")
        self.config = config
        self.ensured += 1
        for node in config.nodes:
            if node.boot_token:
                self.tokens.setdefault((node.node, node.move), set()).add(node.boot_token)
        self.world.point("after ensure")

    def push(self, file: Payload, tell: Callable[[int], None]) -> None:
        self._reach()
        tell(file.size // 2)
        self.world.point("before push")
        self.files.add(file.digest)
        self.world.point("after push")

    def evidence(self, log: str, after: int) -> Told:
        self._reach()
        new = self.log[after if log == "log" else 0 :]
        return Told("log", tuple(new[:7]), more=len(new) > 7)

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass
class SimulatedServer:
    """A BMC."""

    world: SimulatedWorld
    machine: Machine

    def _reach(self) -> None:
        if self.machine.deaf:
            raise BmcError(Cause.TIMEOUT, "no answer in time", sent=False)

    def _act(self, act: Callable[[], None]) -> str:
        self._reach()
        self.world.point("before act")
        act()
        self.world.point("after act")
        if self.machine.drops:
            self.machine.drops -= 1
            raise BmcError(Cause.ENDED, "connection lost", sent=True)
        return "done"

    def read(self) -> Reading:
        self._reach()
        return Reading(self.machine.power, self.machine.boot)

    def start(self, firmware: str, *, kindly: bool) -> str:
        def act() -> None:
            self.machine.starts += 1
            self.machine.boot = ONCE
            self.world.point("between acts")
            self.machine.switch(Power.ON)

        return self._act(act)

    def on(self) -> str:
        return self._act(lambda: self.machine.switch(Power.ON) if self.machine.power is Power.OFF else None)

    def off(self, *, kindly: bool) -> str:
        return self._act(lambda: self.machine.switch(Power.OFF))

    def clear_boot(self) -> Boot:
        self._reach()
        self.machine.boot = NONE
        return NONE


@dataclass
class SimulatedSystem:
    machine: Machine
    world: SimulatedWorld

    def check(self, spec: NodeSpec, host_keys: Sequence[str]) -> Checked:
        if self.machine.stage != "running":
            raise UnreachableError("connection refused")
        mine = f"ssh-ed25519 AAAA{self.machine.name}{self.machine.move}"
        fits = any(key.startswith(mine) for key in host_keys)
        return Checked("" if fits else "another key", cause="" if fits else "host-key")


class SimulatedWorld:
    """All of it. points: where the controller may be killed, counted; kill_at: the one at which it is. cut: whom somebody turned off at its writing."""

    def __init__(self, names: Sequence[str] = ("n1",)) -> None:
        self.clock = Clock()
        self.station_ = SimulatedStation(self)
        self.machines = {name: Machine(self, declared(name, number)) for number, name in enumerate(names, 16)}
        self.cut: list[str] = []
        self.points = 0
        self.kill_at: int | None = None
        self.killed_in = ""
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self.asked: Counter[str] = Counter()

    # -- time

    def at(self, seconds: float, then: Callable[[], None]) -> None:
        self._coming.append((self.clock.at + timedelta(seconds=seconds), next(self._count), then))

    def advance(self, seconds: float) -> None:
        """Lets time go by, with all that happens in it."""
        until = self.clock.at + timedelta(seconds=seconds)
        while self._coming and min(self._coming)[0] <= until:
            first = min(self._coming)
            self._coming.remove(first)
            self.clock.at = max(self.clock.at, first[0])
            first[2]()
        self.clock.at = until

    def point(self, where: str) -> None:
        """A place at which the controller may be killed."""
        self.points += 1
        if self.points == self.kill_at:
            self.killed_in = where
            raise Killed

    # -- the parts

    def station(self, site: str) -> SimulatedStation:
        self.asked["station"] += 1
        self.station_._reach()
        return self.station_

    def server(self, node: str) -> SimulatedServer:
        return SimulatedServer(self, self.machines[node])

    def system(self, node: str) -> SimulatedSystem:
        return SimulatedSystem(self.machines[node], self)

    def backend(self, site: str) -> Backend | None:
        return None

    def ramdisk(self) -> Generator[Step, None, Ramdisk]:
        yield Step("ramdisk", "done")
        return RAMDISK

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
        digest = image.digest if image else ""
        return {"action": action, "image": digest, "move": move, "home_token": home_token, "home": url}


@dataclass
class SimulatedHands:
    """Work that takes a moment, and is done one piece after the other. A controller that is killed takes what was not begun with it."""

    world: SimulatedWorld
    seconds: float = 0.3
    _given: list[tuple[datetime, Key, Work]] = field(default_factory=list)
    _told: list[Happened] = field(default_factory=list)

    def now(self) -> datetime:
        return self.world.clock.at

    def give(self, key: Key, work: Work) -> None:
        self._given.append((self.now() + timedelta(seconds=self.seconds), key, work))

    def take(self, seconds: float) -> Happened | None:
        if not self._told:
            due = [job for job in self._given if job[0] <= self.now()]
            if not due:
                self.world.advance(max(seconds, 0.05) if seconds else 0.0)
                due = [job for job in self._given if job[0] <= self.now()]
            if due:
                job = due[0]
                self._given.remove(job)
                _, key, work = job
                came = outcome(key, work, lambda told: self._told.append(Happened(key, False, told)))
                self._told.append(came)
        return self._told.pop(0) if self._told else None


def renamed(image: Image, name: str) -> Image:
    return replace(image, ref=replace(image.ref, name=name))
