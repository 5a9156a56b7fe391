"""What a BMC is about: the machine that it controls, and the parts that its resources come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, Self, TypeAlias

Document: TypeAlias = dict[str, Any]
"""A resource as JSON has it."""

Privilege = Literal["Login", "ConfigureSelf", "ConfigureUsers", "ConfigureManager", "ConfigureComponents"]


class Boot(Protocol):
    """Where a machine boots from next. A frozen dataclass with these three fields.

    target: none, pxe, disk, cd, bios or http. enabled: disabled, once or continuous. mode: bios or uefi.
    """

    @property
    def target(self) -> str: ...
    @property
    def enabled(self) -> str: ...
    @property
    def mode(self) -> str: ...


class Machine(Protocol):
    """What a BMC does to its machine. Every call acts at once and from any thread; no state is kept on this side."""

    def power(self) -> bool:
        """Whether it is on."""

    def on(self) -> None: ...

    def off(self) -> None:
        """Cuts the power."""

    def shutdown(self) -> None:
        """Asks its operating system to power off (ACPI)."""

    def reset(self) -> None: ...

    def nmi(self) -> None: ...

    def boot(self) -> Any:
        """The `Boot` that holds now: `once` reads back `disabled` as soon as the machine has started."""

    def set_boot(self, request: Any) -> None:
        """Takes what `boot` gave, with fields replaced."""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks. session: the id of the session; "" with Basic authentication. must_change: path of the account whose password must be changed first."""

    name: str
    role: str
    privileges: frozenset[str]
    session: str = ""
    must_change: str = ""

    def may(self, privilege: str) -> bool:
        """Whether the role has the privilege."""
        return privilege in self.privileges


NOBODY = User("", "", frozenset())


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read. path: without query and final slash; headers by lower-case name; body: the JSON object, None for none."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    body: Document | None = None
    user: User = NOBODY
    target: str = ""

    @property
    def document(self) -> Document:
        """The body of a request that has one; {} stands for none, as for an action without parameters."""
        return self.body or {}


class Reader(Protocol):
    """Who reads a stream."""

    def write(self, data: bytes) -> None:
        """Sends it; OSError where the reader has gone."""

    def gone(self) -> bool:
        """Whether the reader has closed the connection."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. body: a document, bytes as they are, or None; stream: what an answer that does not end runs, with its reader."""

    status: int = 200
    body: Document | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[Reader], None] | None = None
    cut: int | None = None
    """Bytes of the body after which the BMC falls silent."""
    restarts: bool = False
    """The BMC restarts after this answer."""

    @classmethod
    def done(cls) -> Self:
        """204: it was done and there is nothing to say."""
        return cls(204)


class Act(NamedTuple):
    """What a method does at a path, and the privilege that it takes."""

    do: Callable[[Asked], Reply]
    privilege: Privilege = "ConfigureComponents"


Acts: TypeAlias = Mapping[str, Act]
"""By method: PATCH, POST, DELETE; GET for what is more than a document, such as a stream of events."""


class Part(Protocol):
    """Some of the resources of a service: those of its machine, its sessions, its accounts, its events."""

    def read(self, path: str) -> Document | bytes | None:
        """The resource at the path, None where there is none. Bytes: a document that is no JSON, such as $metadata."""

    def acts(self, path: str) -> Acts:
        """What else can be done there; empty where nothing can."""
