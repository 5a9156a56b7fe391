"""Values as the agent's JSON, and back."""

from __future__ import annotations

from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Mapping
from typing import Any

from microdc.agent.model import (
    Commit,
    Dumps,
    Hello,
    Interface,
    LaidLayer,
    Layer,
    Note,
    Port,
    State,
    Touched,
    Unconfirmed,
)


def text(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


def encoded(requests: Mapping[str, Mapping[str, bytes]]) -> dict[str, dict[str, str]]:
    return {name: {kind: text(data) for kind, data in kinds.items()} for name, kinds in requests.items()}


def decoded(dumps: Mapping[str, Mapping[str, str] | None]) -> Dumps:
    """Raw dumps by interface and kind; an interface that is not there is left out."""
    return {
        name: {kind: b64decode(data) for kind, data in kinds.items()}
        for name, kinds in dumps.items()
        if kinds is not None
    }


def hello(reply: Mapping[str, Any]) -> Hello:
    interfaces = {n: Interface(n, index, mtu, mac) for n, (index, mtu, mac) in reply["interfaces"].items()}
    return Hello(reply["pid"], reply["kernel"], reply["boot"], reply["uid"], interfaces)


def state(reply: Mapping[str, Any]) -> State:
    waits = reply["unconfirmed"]
    return State(
        reply["generation"],
        tuple(LaidLayer(**layer) for layer in reply["layers"]),
        tuple(Note(**note) for note in reply["notes"]),
        {name: Touched(*seen) for name, seen in reply["touched"].items()},
        reply["watched_since"],
        Unconfirmed(**waits) if waits else None,
        reply["last"],
        reply["serial"],
        frozenset(reply["ports"]),
    )


def commit(change: Commit) -> dict[str, Any]:
    """The arguments of the verb `commit`."""
    return {
        "generation": change.generation,
        "batch": text(b"".join(message for message, _ in change.batch)),
        "inverse": [text(b"".join(inverse)) if inverse else "" for _, inverse in change.batch],
        "layers": {"put": [_layer(layer) for layer in change.put], "drop": list(change.drop)},
        "ports": {name: _port(port) for name, port in change.ports.items()},
        "bare": list(change.bare),
        "confirm": change.confirm and {"seconds": change.confirm.seconds, "by": change.confirm.by},
        "read_back": encoded(change.read_back),
        "change": change.change,
        "serial": change.serial,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "id": layer.id,
        "owner": layer.owner,
        "reason": layer.reason,
        "seconds": layer.seconds,
        "made": layer.made,
        "rank": layer.rank,
        "data": dict(layer.data),
        "values": {
            slot: {"messages": text(b"".join(value.messages)), "data": dict(value.data)}
            for slot, value in layer.values.items()
        },
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "index": port.index,
        "clean": {slot: text(b"".join(messages)) for slot, messages in port.clean.items()},
        "bare": text(b"".join(port.bare)),
        "singly": list(port.singly),
    }
