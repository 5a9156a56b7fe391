"""What is laid on this host, kept over the end of any controller."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import time
from pathlib import Path
from typing import Any

from .interfaces import OFFLOADS, interfaces, offload
from .kernel import UNDONE, Kernel
from .place import boottime, identity

PROTOCOL = 1
VERBS = ("hello", "state", "dump", "commit", "revert")
MAX_NOTES = 50


class Keeper:
    """What is laid on this host, and the few things that a controller can ask.

    A change is saved before the kernel hears of it, {"inverse": [[message, ...], ...], "switches": [[interface,
    offload, was], ...]}: an agent that was killed in it takes it back when it is started again. undo: the last
    change, with the layers and ports before it.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "state.json"
        self.kernel = Kernel()
        self.generation = 0
        self.layers: list[dict[str, Any]] = []
        self.ports: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.undo: tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, Any]]] | None = None
        self._load()

    @property
    def keeps(self) -> bool:
        return bool(self.layers or self.ports)

    # -- what is kept over a kill -9 of this process; a reboot takes it, as it takes the qdiscs

    def _load(self) -> None:
        try:
            state = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return
        if state["protocol"] != PROTOCOL:
            return
        self.generation, self.notes = state["generation"], state["notes"]
        self.layers, self.ports = state["layers"], state["ports"]
        if state["pending"]:
            left = self._take_back(state["pending"], *UNDONE)
            self._note("; ".join(["the agent died in a change, which was taken back", *left]))
            self._save()

    def _save(self, pending: dict[str, Any] | None = None) -> None:
        state = {
            "protocol": PROTOCOL,
            "generation": self.generation,
            "layers": self.layers,
            "ports": self.ports,
            "notes": self.notes,
            "pending": pending,
        }
        partial = self.path.with_suffix(".part")
        partial.write_text(json.dumps(state), "utf-8")
        partial.replace(self.path)

    def _note(self, text: str) -> None:
        self.notes = [*self.notes, {"at": time.time(), "text": text}][-MAX_NOTES:]

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

    def state(self, _request: dict[str, Any]) -> dict[str, Any]:
        now = boottime()
        layers = [
            {
                **{k: layer[k] for k in ("id", "owner", "reason", "made", "data")},
                "remaining": None if layer["ends"] is None else max(0.0, layer["ends"] - now),
                "values": {slot: value["data"] for slot, value in layer["values"].items()},
            }
            for layer in self.layers
        ]
        return {"generation": self.generation, "layers": layers, "notes": self.notes}

    def dump(self, request: dict[str, Any]) -> dict[str, Any]:
        def encoded(message: str) -> str:
            return base64.b64encode(self.kernel.dump(base64.b64decode(message))).decode()

        requests = request["requests"].items()
        return {"dumps": {name: {k: encoded(m) for k, m in kinds.items()} for name, kinds in requests}}

    def commit(self, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a change whole or not at all, with the layers that belong to it.

        batch: [[message, [inverse message, ...]], ...]; layers: {"put": [...], "drop": [ids]}; ports: what is needed
        to give an interface back; bare: interfaces that the batch gives back. Refused as "changed" if another change
        came in between.
        """
        if request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        batch = [base64.b64decode(message) for message, _ in request["batch"]]
        switches = self._switches(request["ports"], request["bare"])
        change = {"inverse": [inverse for _, inverse in request["batch"]], "switches": switches}
        layers, ports = self._after(request, switches)
        before = (self.generation, self.layers, self.ports)
        self._save(change)
        try:
            refused = self._carry_out(batch, change)
            if refused is not None:
                return refused
            read_back = self.dump({"requests": request["read_back"]})
            self.generation, self.layers, self.ports = self.generation + 1, layers, ports
            self._save()
        except Exception as problem:
            self.generation, self.layers, self.ports = before
            left = self._take_back(change, *UNDONE)
            self._note("; ".join([f"a change failed and was taken back: {problem}", *left]))
            raise
        self.undo = (change, *before[1:])
        return {"generation": self.generation, **read_back}

    def _carry_out(self, batch: list[bytes], change: dict[str, Any]) -> dict[str, Any] | None:
        """Sends a batch; what the kernel refused of it, once the part before was taken back."""
        for index, message in enumerate(batch):
            code, words = self.kernel.request(message)
            if code:
                left = self._take_back({"inverse": change["inverse"][:index], "switches": []})
                told = {"error": words, "errno": code, "index": index, "not_rolled_back": left}
                return {**told, "interfaces": list(interfaces())}
        for name, what, was in change["switches"]:
            offload(name, what, on=not was)
        return None

    def _switches(self, ports: dict[str, Any], bare: list[str]) -> list[list[Any]]:
        """The offloads that a change turns: off where packets must come singly, on where a port is given back."""
        off = [[name, what, True] for name in ports for what in OFFLOADS if offload(name, what)]
        return off + [[name, what, False] for name in bare for what in self._turned_off(name)]

    def _turned_off(self, name: str) -> list[str]:
        return list(self.ports.get(name, {}).get("offloads", ()))

    def _after(
        self, request: dict[str, Any], switches: list[list[Any]]
    ) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        """The layers and ports as they are after a change."""
        put, now = request["layers"]["put"], boottime()
        gone = {*request["layers"]["drop"], *(layer["id"] for layer in put)}
        layers = [layer for layer in self.layers if layer["id"] not in gone]
        for layer in put:
            ends = None if layer["seconds"] is None else now + layer["seconds"]
            at = 0 if layer["bottom"] else len(layers)
            layers.insert(at, {**layer, "ends": ends, "made": layer.get("made") or time.time()})
        ports = {name: port for name, port in self.ports.items() if name not in request["bare"]}
        for name, port in request["ports"].items():
            off = {*self._turned_off(name), *(what for at, what, _ in switches if at == name)}
            ports[name] = {**port, "offloads": sorted(off)}
        return layers, ports

    def revert(self, request: dict[str, Any]) -> dict[str, Any]:
        """Takes the last change back: what a controller asks for when the read-back is not what it sent."""
        if self.undo is None or request["generation"] != self.generation:
            return {"error": "changed", "generation": self.generation}
        change, self.layers, self.ports = self.undo
        self.undo = None
        self.generation += 1
        self._save(change)
        return {"generation": self.generation, "not_rolled_back": self._take_back(change)}

    def _take_back(self, change: dict[str, Any], *ignored: int) -> list[str]:
        """Takes a change back, last message first; gives what could not be. ignored: errnos that mean no harm."""
        left = []
        for message in (m for inverse in reversed(change["inverse"]) for m in inverse):
            code, words = self._try(message)
            if code not in (0, errno.ENODEV, *ignored):
                left.append(words)
        for name, what, was in change["switches"]:
            offload(name, what, on=was)
        with contextlib.suppress(OSError):
            self._save()
        return left

    def _try(self, message: str) -> tuple[int, str]:
        try:
            return self.kernel.request(base64.b64decode(message))
        except OSError as problem:
            return problem.errno or errno.EIO, str(problem)

    # -- time

    def next_end(self) -> float | None:
        """Seconds until a layer ends; None if none does."""
        ends = [layer["ends"] for layer in self.layers if layer["ends"] is not None]
        return max(0.0, min(ends) - boottime()) if ends else None

    def expire(self) -> None:
        """Removes the layers whose time is over; what lies below shows again, or the interface is given back."""
        now = boottime()
        ended = [layer for layer in self.layers if layer["ends"] is not None and layer["ends"] <= now]
        if not ended:
            return
        self.layers = [layer for layer in self.layers if layer not in ended]
        covered = {interface_of(slot) for layer in self.layers for slot in layer["values"]}
        slots = sorted({slot for layer in ended for slot in layer["values"]})
        for name in sorted({interface_of(slot) for slot in slots}):
            if name in covered:
                self._tell(name, [m for slot in slots if interface_of(slot) == name for m in self._top(slot)])
            elif name in self.ports:
                self._tell(name, self.ports[name]["bare"])
                for what in self._turned_off(name):
                    offload(name, what, on=True)
                del self.ports[name]
        for layer in ended:
            self._note(f"layer {layer['id']} of {layer['owner']} ended")
        self.generation += 1
        self.undo = None
        with contextlib.suppress(OSError):  # a restarted agent would end the same layers again
            self._save()

    def _top(self, slot: str) -> list[str]:
        """The messages of the topmost layer that has the slot; those of no impairment where none has."""
        for layer in reversed(self.layers):
            if slot in layer["values"]:
                return list(layer["values"][slot]["messages"])
        return list(self.ports.get(interface_of(slot), {}).get("clean", {}).get(slot, ()))

    def _tell(self, name: str, wanted: list[str]) -> None:
        refusals = {words for code, words in map(self._try, wanted) if code}
        if refusals:
            self._note(f"{name}: could not show what lies below: {', '.join(sorted(refusals))}")


def interface_of(slot: str) -> str:
    return slot.partition("/")[0]
