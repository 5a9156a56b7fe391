"""What an agent keeps and tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface at the agent's place. mtu: bytes."""

    name: str
    index: int
    mtu: int
    mac: str


@dataclass(frozen=True, slots=True)
class Hello:
    """Who answers: kernel release, boot (and namespace) identity, effective user, interfaces by name."""

    pid: int
    kernel: str
    boot: str
    uid: int
    interfaces: Mapping[str, Interface]


@dataclass(frozen=True, slots=True)
class Value:
    """What a layer lays into one slot: the messages that set it, and what they mean to the controller."""

    messages: Sequence[bytes]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """Values laid over what is below. seconds: until it ends by itself; None: until it is removed.

    made: Unix time of a layer that is laid anew; None: now. bottom: it goes under all others. data: what the controller wants back, opaque to the agent.
    """

    id: str
    owner: str
    reason: str
    values: Mapping[str, Value]
    seconds: float | None = None
    made: float | None = None
    bottom: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LaidLayer:
    """A layer as the agent holds it. made: Unix time; remaining: seconds, None without an end."""

    id: str
    owner: str
    reason: str
    made: float
    remaining: float | None
    values: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """All that is laid, bottom first. notes: what happened without a controller, oldest first, as (Unix time, text)."""

    generation: int
    layers: tuple[LaidLayer, ...]
    notes: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Port:
    """What the agent needs to give an interface back: messages per slot for no impairment, and for no qdisc."""

    clean: Mapping[str, Sequence[bytes]]
    bare: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Commit:
    """A change that the agent makes whole or not at all.

    batch: messages in order, each with those that take it back. read_back: by interface, the dumps wanted after it.
    """

    generation: int
    batch: Sequence[tuple[bytes, Sequence[bytes]]]
    put: Sequence[Layer] = ()
    drop: Sequence[str] = ()
    ports: Mapping[str, Port] = field(default_factory=dict)
    bare: Sequence[str] = ()
    read_back: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Committed:
    generation: int
    dumps: Mapping[str, Mapping[str, bytes]]
