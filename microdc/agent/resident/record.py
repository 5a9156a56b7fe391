"""What is kept on the disk, so that it outlives a kill of the agent: one file, replaced whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import PROTOCOL

KEPT = ("generation", "serial", "last", "layers", "ports", "notes", "touched", "undo", "unconfirmed")
"""What is kept of a Keeper, by its names there."""


class Record:
    """The first line is JSON in which layers, ports and changes are numbers of lines; each other line is one of those, in JSON.

    None of them is changed once it is made. So its text is made once, however often the record is written, and stands there once,
    though what takes a change back names most of what is there now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[
            int, tuple[Any, str]
        ] = {}  # by identity; each is held, so that no other gets its identity

    def save(self, state: dict[str, Any], pending: dict[str, Any] | None) -> None:
        """state: KEPT. pending: a change of which the kernel is about to hear."""
        known, self._known = self._known, {}
        lines: dict[int, int] = {}

        def line(part: Any) -> int:
            if id(part) not in lines:
                lines[id(part)] = len(lines) + 1
                self._known[id(part)] = known.get(id(part)) or (part, json.dumps(part))
            return lines[id(part)]

        def numbers(layers: list[Any], ports: dict[str, Any]) -> list[Any]:
            return [[line(layer) for layer in layers], {name: line(port) for name, port in ports.items()}]

        layers, ports = numbers(state["layers"], state["ports"])
        head = {"protocol": PROTOCOL, **state, "layers": layers, "ports": ports}
        head["pending"] = pending and line(pending)
        if state["undo"]:
            change, *before = state["undo"]
            head["undo"] = [line(change), *numbers(*before)]
        partial = self.path.with_suffix(".part")
        partial.write_text("\n".join([json.dumps(head), *(self._known[part][1] for part in lines)]), "utf-8")
        partial.replace(self.path)

    def load(self) -> dict[str, Any]:
        """The state that was saved, with "pending". Raises OSError or ValueError where there is none of this version."""
        head, *parts = [json.loads(line) for line in self.path.read_text("utf-8").split("\n")]
        if head["protocol"] != PROTOCOL:
            raise ValueError("it is of another version")

        def of(layers: list[int], ports: dict[str, int]) -> tuple[list[Any], dict[str, Any]]:
            return [parts[n - 1] for n in layers], {name: parts[n - 1] for name, n in ports.items()}

        layers, ports = of(head["layers"], head["ports"])
        pending = head["pending"] and parts[head["pending"] - 1]
        undo = head["undo"] and (parts[head["undo"][0] - 1], *of(*head["undo"][1:]))
        return {**head, "layers": layers, "ports": ports, "pending": pending, "undo": undo}
