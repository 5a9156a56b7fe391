"""What is laid on this host, kept over the end of any controller."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import MAX_CONFIRM_SECONDS, PROTOCOL
from .change import carry_out, messages, switches, take_back, tell
from .dumps import LED, dumps, whole
from .interfaces import interfaces, offload
from .kernel import UNDONE, Kernel
from .layers import changed, slots_by_interface, top, without
from .place import boottime, identity
from .probe import probe
from .record import KEPT, Record
from .touch import Listener

VERBS = ("hello", "read", "commit", "confirm", "revert", "release", "probe")
MAX_NOTES = 50


class Keeper:
    """What is laid on this host, and the few things that a controller can ask.

    A change is saved before the kernel hears of it (change.py has its form): an agent that was killed in it takes it
    back when it is started again. last: the name of the last change, undo: what takes it back, with the layers and ports
    before it. unconfirmed: while the last change waits to be confirmed; it is taken back when its time is over, and until then no
    layer ends. serial: the highest number that a layer was ever called by.
    touched: by interface, when somebody else first and last changed something there since our last change: [first, last, times].
    """

    def __init__(self, directory: Path) -> None:
        self.record = Record(directory / "state.json")
        self.kernel = Kernel()
        self.listener = Listener(self.kernel.number)
        self.generation = self.serial = 0
        self.last = ""
        self.layers: list[dict[str, Any]] = []
        self.ports: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.touched: dict[str, list[Any]] = {}
        self.undo: Any = None
        self.unconfirmed: dict[str, Any] | None = None
        self._load()
        self.watched_since = time.time()

    @property
    def keeps(self) -> bool:
        return bool(self.layers or self.ports or self.unconfirmed)

    # -- what is kept over a kill -9 of this process; a reboot takes it, as it takes the qdiscs

    def _load(self) -> None:
        try:
            state = self.record.load()
        except (OSError, ValueError):
            return
        for name in KEPT:
            setattr(self, name, state[name])
        if state["pending"]:
            left = self._take_back(state["pending"], *UNDONE)
            self._note("; ".join(["the agent died in a change, which was taken back", *left]))
            self._save()

    def _save(self, pending: dict[str, Any] | None = None) -> None:
        self.record.save({name: getattr(self, name) for name in KEPT}, pending)

    def _note(self, text: str) -> None:
        number = self.notes[-1]["number"] + 1 if self.notes else 1
        self.notes = [*self.notes, {"number": number, "at": time.time(), "text": text}][-MAX_NOTES:]

    # -- requests

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        verb = request["verb"]
        if verb not in VERBS:
            return {"error": f"unknown verb {verb!r}"}
        try:
            answer: dict[str, Any] = getattr(self, verb)(request)
        except OSError as problem:
            return {"error": str(problem), "errno": problem.errno}
        return answer

    def hello(self, _request: dict[str, Any]) -> dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "kernel": os.uname().release,
            "boot": identity(),
            "uid": os.geteuid(),
            "interfaces": interfaces(),
        }

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Everything at once: who answers, what is laid, and dumps.

        dumps: interface name -> kind -> request; its interface number is filled in here. None for one that is not there.
        """
        return {"hello": self.hello({}), "state": self.state(), "dumps": dumps(self.kernel, request["dumps"])}

    def state(self) -> dict[str, Any]:
        now = boottime()
        layers = [
            {
                **{k: layer[k] for k in ("id", "owner", "reason", "made", "data")},
                "remaining": None if layer["ends"] is None else max(0.0, layer["ends"] - now),
                "values": {slot: value["data"] for slot, value in layer["values"].items()},
            }
            for layer in self.layers
        ]
        waits = self.unconfirmed
        return {
            "generation": self.generation,
            "serial": self.serial,
            "last": self.last,
            "ports": list(self.ports),
            "layers": layers,
            "notes": self.notes,
            "touched": self.touched,
            "watched_since": self.watched_since,
            "unconfirmed": waits and {"by": waits["by"], "remaining": max(0.0, waits["deadline"] - now)},
        }

    def commit(self, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a change whole or not at all, with the layers that belong to it.

        batch: messages; inverse: for each of them those that take it back; layers: {"put": [...], "drop": [ids]}; ports: what is
        needed to give an interface back; bare: interfaces that the batch gives back. confirm: None, or {"seconds", "by"}: it is
        taken back then unless it is confirmed. change: names it. Refused as "changed" if another change came in
        between, as "unconfirmed" while another one waits.
        """
        if self.unconfirmed:
            return {"error": "unconfirmed", **self.state()["unconfirmed"]}
        if request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        batch = messages(request["batch"])
        if len(batch) != len(request["inverse"]):
            raise ValueError("each message needs an inverse, if an empty one")
        turned = switches(request["ports"], request["bare"], {name: self._off(name) for name in self.ports})
        change = {"inverse": request["inverse"], "switches": turned}
        asked = request["layers"]
        layers = changed(self.layers, asked["put"], asked["drop"], boottime())
        ports = self._ports_after(request, turned)
        before = {name: getattr(self, name) for name in KEPT}
        self._save(change)
        try:
            with self._own():
                refused = carry_out(self.kernel, batch, change)
            if refused is not None:
                with contextlib.suppress(OSError):
                    self._save()
                return refused
            found = dumps(self.kernel, request["read_back"])
            self.undo = (change, self.layers, self.ports)
            self.generation, self.layers, self.ports = self.generation + 1, layers, ports
            self.last, self.serial = request["change"], max(self.serial, request["serial"])
            mended = {*whole(request["read_back"]), *request["ports"]}
            self.touched = {name: seen for name, seen in self.touched.items() if name not in mended}
            self.unconfirmed = waiting(request["confirm"])
            self._save()
        except Exception as problem:
            for name, value in before.items():
                setattr(self, name, value)
            left = self._take_back(change, *UNDONE)
            self._note("; ".join([f"a change failed and was taken back: {problem}", *left]))
            raise
        return {"state": self.state(), "dumps": found}

    @contextlib.contextmanager
    def _own(self) -> Iterator[None]:
        """For the time of changes of our own: others' are looked at first, and ours are not told of."""
        self.look()
        self.listener.listen(on=False)
        try:
            yield
        finally:
            self.listener.listen(on=True)

    def _off(self, name: str) -> dict[str, int]:
        """What the offloads of an interface were that were turned off here."""
        return dict(self.ports.get(name, {}).get("offloads", {}))

    def _ports_after(self, request: dict[str, Any], turned: list[list[Any]]) -> dict[str, dict[str, Any]]:
        """The ports as they are after a change."""
        ports = {name: port for name, port in self.ports.items() if name not in request["bare"]}
        for name, port in request["ports"].items():
            off = {what: was for at, what, was, _ in turned if at == name}
            ports[name] = {**port, "offloads": {**off, **self._off(name)}}
        return ports

    def confirm(self, request: dict[str, Any]) -> dict[str, Any]:
        """The last change stays. Once more is no harm. Reads back."""
        if (request["generation"], request["change"]) != (self.generation, self.last):
            return {"error": "changed", "generation": self.generation}
        if self.unconfirmed:
            kept, self.unconfirmed = self.unconfirmed, None
            try:
                self._save()
            except OSError:
                self.unconfirmed = kept
                raise
        return {"state": self.state(), "dumps": dumps(self.kernel, request["read_back"])}

    def revert(self, request: dict[str, Any]) -> dict[str, Any]:
        """Takes the last change back: what a controller asks for when the read-back is not what it sent."""
        if self.undo is None or (request["generation"], request["change"]) != (self.generation, self.last):
            return {"error": "changed", "generation": self.generation}
        left = self._undo()
        return {"generation": self.generation, "not_rolled_back": left}

    def _undo(self) -> list[str]:
        change, self.layers, self.ports = self.undo
        self.undo = self.unconfirmed = None
        self.last = ""
        self.generation += 1
        with contextlib.suppress(OSError):  # on a full disk the change is taken back all the same
            self._save(change)
        return self._take_back(change)

    def _take_back(self, change: dict[str, Any], *ignored: int) -> list[str]:
        with self._own():
            left = take_back(self.kernel, change, *ignored)
        with contextlib.suppress(OSError):
            self._save()
        return left

    def release(self, request: dict[str, Any]) -> dict[str, Any]:
        """Gives interfaces back that nobody wants any more, with all that is laid on them. Once more is no harm."""
        if self.unconfirmed:
            return {"error": "unconfirmed", **self.state()["unconfirmed"]}
        gone = [name for name in request["interfaces"] if name in self.ports]
        self.layers = without(self.layers, gone)
        with self._own():
            for name in gone:
                self._give_back(name)
        self.generation += bool(gone)
        self.undo = None
        self._save()
        return {"state": self.state()}

    def give_up(self) -> None:
        """Before an orderly end: what waits to be confirmed is taken back now, since nobody would do it later."""
        if self.unconfirmed:
            self._lapse("the agent was ended before it was confirmed")

    def probe(self, request: dict[str, Any]) -> dict[str, Any]:
        return probe(request["batch"], request["dumps"])

    # -- time

    def next_end(self) -> float | None:
        """Seconds until a layer, or the time of an unconfirmed change, ends; None if none does."""
        ends = [layer["ends"] for layer in self.layers if layer["ends"] is not None]
        if self.unconfirmed:
            ends = [self.unconfirmed["deadline"]]
        return max(0.0, min(ends) - boottime()) if ends else None

    def expire(self) -> None:
        """Takes back what was not confirmed in time; removes the layers whose time is over: what lies below shows again."""
        now = boottime()
        if self.unconfirmed:
            if self.unconfirmed["deadline"] > now:
                return
            self._lapse(f"not confirmed within {self.unconfirmed['seconds']:g} s")
        ended = [layer for layer in self.layers if layer["ends"] is not None and layer["ends"] <= now]
        if ended:
            self._end(ended)

    def _lapse(self, why: str) -> None:
        """Takes the change back that was not confirmed."""
        by = self.unconfirmed["by"] if self.unconfirmed else ""
        left = self._undo()
        self._note("; ".join([f"a change by {by} was taken back: {why}", *left]))
        with contextlib.suppress(OSError):
            self._save()

    def _end(self, ended: list[dict[str, Any]]) -> None:
        self.layers = [layer for layer in self.layers if layer not in ended]
        covered = slots_by_interface(self.layers)
        with self._own():
            for name, slots in slots_by_interface(ended).items():
                if name in covered:
                    self._tell(name, [top(self.layers, self.ports, slot) for slot in slots])
                elif name in self.ports:
                    self._give_back(name)
        for layer in ended:
            self._note(f"layer {layer['id']} of {layer['owner']} ended")
        self.generation += 1
        self.undo = None
        with contextlib.suppress(OSError):  # a restarted agent would end the same layers again
            self._save()

    def _give_back(self, name: str) -> None:
        """An interface as it was before us."""
        self._tell(name, [self.ports[name]["bare"]])
        for what, was in self._off(name).items():
            offload(name, what, on=was)
        del self.ports[name]

    def _tell(self, name: str, wanted: list[str]) -> None:
        told = (tell(self.kernel, message) for text in wanted for message in messages(text))
        refusals = {words for code, words in told if code}
        if refusals:
            self._note(f"{name}: could not show what lies below: {', '.join(sorted(refusals))}")

    # -- others

    def look(self) -> None:
        """Keeps in mind on which of our interfaces others have changed something."""
        numbers = self.listener.touched()
        now = time.time()
        for name, port in self.ports.items():
            if numbers & {0, port["index"], LED + port["index"]}:
                first, _last, times = self.touched.get(name, [now, now, 0])
                self.touched[name] = [first, now, times + 1]


def waiting(confirm: dict[str, Any] | None) -> dict[str, Any] | None:
    """A change that has to be confirmed, with its deadline."""
    if confirm is None:
        return None
    seconds = min(confirm["seconds"], MAX_CONFIRM_SECONDS)
    return {**confirm, "seconds": seconds, "deadline": boottime() + seconds}
