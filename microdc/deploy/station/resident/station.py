"""The station itself: one plan, and what follows from it for dnsmasq, the HTTP server and the watch for other DHCP servers."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from . import PROTOCOL, answering, dnsmasq, images, words
from .dhcplog import Seen
from .keeping import Keeper
from .kept import Kept
from .knowing import Knowing
from .limiter import Limiter
from .log import Log
from .loops import Loops
from .place import IMAGES, STATION, TFTP, boottime, write_whole
from .plan import TELL, Node, Plan, PlanError, parse
from .quiet import Quiet
from .rivals import Rival
from .routes import Routes
from .serving import Server


class RefuseError(Exception):
    """A plan that is not followed; the old one stays. code: a word for the controller."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Station:
    """All of it is called from the main thread but `plan`, and what Routes calls."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log, self.kept = Log(), Kept()
        self.knowing = Knowing(lambda: self.plan, self.log)
        self.quiet = Quiet(self._rival_seen, self._rival_missing, self._taken)
        self.loops = Loops()
        self.keeper = Keeper(directory, self.loops)
        self._plan: Plan | None = None
        self._document = b""
        self._server: Server | None = None
        self._ignored, self._leased = Limiter(), Limiter()
        for place in (IMAGES, TFTP):
            place.mkdir(mode=0o700, exist_ok=True)

    @property
    def plan(self) -> Plan:
        assert self._plan is not None  # the HTTP server runs only under a plan
        return self._plan

    def started(self) -> None:
        plan = self._plan
        data: dict[str, Any] = {"pid": os.getpid(), "revision": plan.revision if plan else 0}
        if plan:
            data.update(interface=plan.interface, address=str(plan.address))
        self.log.note("station", words.STARTED, "the boot services run", data=data, sync=True)

    def resume(self) -> None:
        """Takes up what an earlier program was told."""
        try:
            document = STATION.read_bytes()
        except FileNotFoundError:
            return
        try:
            self._follow(parse(document), document)
        except (PlanError, RefuseError, OSError) as problem:
            self.log.note(
                "station",
                words.REFUSED,
                f"what was kept cannot be followed: {problem}",
                data={"reason": str(problem)},
            )

    def apply(self, document: bytes) -> None:
        """A new plan. Raises RefuseError: then the old one holds, and nothing was changed."""
        try:
            plan = parse(document)
        except PlanError as problem:
            raise self._refused("bad-plan", str(problem), 0) from None
        if self._plan is not None:
            if document == self._document and self._server is not None:
                return
            if plan.revision < self._plan.revision or (
                plan.revision == self._plan.revision and plan != self._plan
            ):
                text = f"revision {self._plan.revision} holds here, and {plan.revision} is not newer"
                raise self._refused("older-revision", text, plan.revision)
        try:
            self._follow(plan, document)
        except OSError as problem:
            raise self._refused("cannot-follow", problem.strerror or str(problem), plan.revision) from problem
        except RefuseError as problem:
            raise self._refused(problem.code, str(problem), plan.revision) from None
        self.log.note(
            "station",
            words.APPLIED,
            f"revision {plan.revision} holds",
            data={"revision": plan.revision, "mac": self.quiet.mac},
            sync=True,
        )

    def _refused(self, code: str, text: str, revision: int) -> RefuseError:
        self.log.note("station", words.REFUSED, text, data={"revision": revision, "reason": text})
        return RefuseError(code, text)

    def _follow(self, plan: Plan, document: bytes) -> None:
        """What may fail comes first, so that a plan holds whole or not at all."""
        old = self._plan
        if answering.program() is None:
            raise RefuseError("no-dnsmasq", "dnsmasq is not installed on this machine")
        server = self._listening(plan)
        try:
            self.quiet.over(plan)
            if document != self._document:
                write_whole(STATION, document)
        except BaseException:
            if server is not self._server and server is not None:
                server.close()
            raise
        if server is not self._server:
            if self._server is not None:
                self._server.close()
            self._server = server
        self._plan, self._document = plan, document
        moved = {node.name for node in plan.nodes if old is None or _move_of(old, node.name) != node.move}
        for name in moved | (self.loops.looping() - {node.name for node in plan.nodes}):
            self.loops.over(name)
        self.keeper.lay(plan)
        self.kept.forget(plan.nodes)
        images.tidy(plan.digests(), time.time())

    def _listening(self, plan: Plan) -> Server:
        server = self._server
        if server is not None and (server.address, server.port) == (str(plan.address), plan.port):
            return server
        try:
            return Server(
                str(plan.address),
                plan.port,
                Routes(self.knowing, self.log, self.kept, self._asked, self._loaded),
                self._known,
            )
        except OSError as problem:
            reason = {
                errno.EADDRNOTAVAIL: "this machine does not have that address",
                errno.EADDRINUSE: "another program has that port",
            }
            text = reason.get(problem.errno or 0, os.strerror(problem.errno or 0))
            raise RefuseError(
                "cannot-listen", f"HTTP cannot be served at {plan.address}:{plan.port}: {text}"
            ) from problem

    def _known(self, address: str) -> bool:
        """Whether it is a node's."""
        return self._plan is not None and self.knowing.known(self._plan, address)

    # -- the main loop's

    def tick(self) -> None:
        """What is due: called after each thing that came, and at least every `pause` seconds."""
        plan = self._plan
        if plan is None:
            return
        died = self.keeper.died()
        if died is not None:
            self.log.note("station", words.DNSMASQ_DIED, self.keeper.failure, data=died, sync=True)
        self.quiet.tick(plan)
        for seen in self.keeper.tick(plan, permitted=self.quiet.permits(plan)):
            self._seen(seen)

    def pause(self) -> float:
        """Seconds until something is due."""
        return 0.05 if self.state == "starting" else 0.25

    def heard(self) -> None:
        """Takes in what dnsmasq said."""
        for seen in self.keeper.dnsmasq.heard():
            self._seen(seen)

    @property
    def state(self) -> str:
        """idle: no plan; starting; answering; other-dhcp: silent because of another server; dhcp-missing: because there is none; failed: dnsmasq does not run."""
        if self._plan is None:
            return "idle"
        if self.quiet.lacks(self._plan):
            return "dhcp-missing"
        if not self.quiet.permits(self._plan):
            return "other-dhcp" if self.quiet.rival else "starting"
        if self.keeper.answers:
            return "answering"
        return "failed" if self.keeper.failure else "starting"

    def status(self) -> dict[str, Any]:
        plan, rival = self._plan, self.quiet.rival
        return {
            "protocol": PROTOCOL,
            "program": Path(sys.argv[0]).name,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "state": self.state,
            "failure": self.keeper.failure,
            "revision": plan.revision if plan else 0,
            "last": self.log.number,
            "dnsmasq": self.keeper.dnsmasq.pid,
            "rival": None
            if rival is None
            else {"server": rival.server, "mac": rival.mac, "offered": rival.offered},
            "looping": sorted(self.loops.looping()),
        }

    def close(self, why: str) -> None:
        """An orderly end."""
        self.keeper.dnsmasq.stop()
        self.quiet.close()
        if self._server is not None:
            self._server.close()
        self.log.note("station", words.STOPPED, why, data={"why": why}, sync=True)

    # -- what was seen

    def _seen(self, seen: Seen) -> None:
        plan = self.plan
        if seen.kind in (words.NAK, words.DECLINE):  # what it asks for, another server may have given it
            self.quiet.suspect()
        node = plan.by_mac.get(seen.mac) or self.knowing.node(plan, seen.address)
        if node is None and not self._ignored.allows(seen.mac, seen.kind):
            return
        data = dict(seen.data)
        for inner in ("ipxe", "looping"):
            data.pop(inner, None)
        if node is not None:
            data["move"] = node.move
            if seen.kind == words.IGNORED and seen.mac != node.mac:
                seen.text = f"it asks from another of its NICs ({seen.mac}), and boots from {node.mac}"
        name, mac = (node.name, seen.mac or node.mac) if node else ("", seen.mac)
        self.log.note(seen.source, seen.kind, seen.text, node=name, mac=mac, data=data)
        if node is not None and seen.kind == words.TFTP_SENT:
            self._loaded(node, str(data.get("file", "")))

    def _loaded(self, node: Node, file: str) -> None:
        """It was sent a loader, over TFTP or HTTP (then in another thread)."""
        times = self.loops.loaded(node.name, boottime()) if file in dnsmasq.LOADERS.values() else 0
        if times:
            text = f"it loaded {file} {times} times and never asked for its script: it is given no loader any more"
            data = {"file": file, "times": times, "move": node.move}
            self.log.note("dhcp", words.LOOP, text, node=node.name, mac=node.mac, data=data)
            self.keeper.stale.set()

    def _asked(self, node: Node) -> None:
        if self.loops.over(node.name):
            self.keeper.stale.set()

    def _rival_seen(self) -> None:
        rival, plan = self.quiet.rival, self.plan
        assert rival is not None
        if plan.proxy:
            then = "ours says what to boot"
        else:
            then = "both answer" if plan.other_dhcp == TELL else "ours is silent as long as it does"
        who = f"{rival.server} ({rival.mac})" if rival.mac else rival.server
        text = f"another DHCP server answers here: {who}; {then}"
        data = {"server": rival.server, "mac": rival.mac, "offered": rival.offered, "to": rival.to}
        kind = words.DHCP_FOUND if plan.proxy else words.OTHER_DHCP
        self.log.note("station", kind, text, data=data, sync=True)

    def _rival_missing(self) -> None:
        then = "ours says what to boot all the same" if self.plan.other_dhcp == TELL else "ours is silent"
        text = f"no other DHCP server answers here, and ours gives no addresses; {then}"
        self.log.note("station", words.DHCP_MISSING, text, sync=True)

    def _taken(self, rival: Rival) -> None:
        """A client takes what another server offered: with proxyDHCP that is how a node comes by its address."""
        plan = self.plan
        node = plan.by_mac.get(rival.to)
        if not plan.proxy or node is None or not self._leased.allows(rival.to, rival.offered, rival.user):
            return
        data = {"address": rival.offered, "server": rival.server, "move": node.move}
        classes = {"vendor_class": rival.vendor, "user_class": rival.user}
        data.update({name: value for name, value in classes.items() if value})
        text = f"takes {rival.offered}, which {rival.server} offers"
        self.log.note("dhcp", words.LEASED, text, node=node.name, mac=rival.to, data=data)


def _move_of(plan: Plan, name: str) -> int | None:
    return next((node.move for node in plan.nodes if node.name == name), None)
