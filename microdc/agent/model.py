"""What an agent keeps and tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Dumps = Mapping[str, Mapping[str, bytes]]
"""Raw dumps by interface name and kind."""


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

    made: Unix time of a layer that is laid anew; None: now. rank: it goes under all of a higher one. data: what the controller wants back, opaque to the agent.
    """

    id: str
    owner: str
    reason: str
    values: Mapping[str, Value]
    seconds: float | None = None
    made: float | None = None
    rank: int = 2
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
class Note:
    """What happened without a controller. number: from 1, in order, of this boot. at: Unix time."""

    number: int
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Touched:
    """When somebody else changed qdiscs, classes or filters of an interface since our last change: Unix times."""

    first: float
    last: float
    times: int


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A change that is taken back in `remaining` seconds unless it is confirmed. by: whose it is, in words."""

    by: str
    remaining: float


@dataclass(frozen=True, slots=True)
class State:
    """All that is laid, bottom first. touched: by interface. watched_since: Unix time; before it nobody looked.

    last: the name of the last change, "" if it was taken back. serial: the highest number that a layer was ever called by.
    ports: the interfaces that are held.
    """

    generation: int
    layers: tuple[LaidLayer, ...]
    notes: tuple[Note, ...] = ()
    touched: Mapping[str, Touched] = field(default_factory=dict)
    watched_since: float = 0.0
    unconfirmed: Unconfirmed | None = None
    last: str = ""
    serial: int = 0
    ports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that an agent tells at once. dumps: of the interfaces that are there."""

    hello: Hello
    state: State
    dumps: Dumps


@dataclass(frozen=True, slots=True)
class Port:
    """What the agent needs to give an interface back: messages per slot for no impairment, and for no qdisc.

    singly: the offloads that have to be off while it is held ("gro", "lro", "tso", "gso"; "segments": TCP's own batches), so that
    packets come one by one.
    """

    index: int
    clean: Mapping[str, Sequence[bytes]]
    bare: Sequence[bytes]
    singly: Sequence[str] = ("gro", "lro")


@dataclass(frozen=True, slots=True)
class Confirm:
    """A change is to be taken back after so many seconds unless it is confirmed. by: whose it is, in words."""

    seconds: float
    by: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A change that the agent makes whole or not at all.

    batch: messages in order, each with those that take it back. read_back: by interface, the dumps wanted after it.
    change: its name, by which it is confirmed or taken back. serial: the highest number that a layer is called by.
    """

    generation: int
    batch: Sequence[tuple[bytes, Sequence[bytes]]]
    put: Sequence[Layer] = ()
    drop: Sequence[str] = ()
    ports: Mapping[str, Port] = field(default_factory=dict)
    bare: Sequence[str] = ()
    read_back: Dumps = field(default_factory=dict)
    confirm: Confirm | None = None
    change: str = ""
    serial: int = 0


@dataclass(frozen=True, slots=True)
class Committed:
    """What there is after a change."""

    state: State
    dumps: Dumps


@dataclass(frozen=True, slots=True)
class Probe:
    """What a kernel said to messages in a namespace made to try them: (0 or an errno, words) for each; raw dumps by kind."""

    codes: tuple[tuple[int, str], ...]
    dumps: Mapping[str, bytes]
