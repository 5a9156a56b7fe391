"""A fact: what a recorded BMC says in its JSON, and where in the collected values it must come out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microdc.bmc.model import Abilities, Boot, Hardware, Identity, Led, Log, Power, Sensors
from microdc.errors import MicrodcError


@dataclass(frozen=True, slots=True)
class Told:
    """All that a driver told of one system. power, boot, led: the refusal where the BMC has no such thing."""

    identity: Identity
    hardware: Hardware
    sensors: Sensors
    log: Log
    abilities: Abilities
    power: Power | MicrodcError
    boot: Boot | MicrodcError
    led: Led | MicrodcError


Pick = Callable[[Told], object]


@dataclass(frozen=True, slots=True)
class Fact:
    """id: of it in its tree. source: resource, without /redfish/v1, and property that say so, with the rule of reading where more than one is sane."""

    id: str
    source: str
    pick: Pick
    value: object


@dataclass(frozen=True, slots=True)
class Tree:
    """What one system of one archive says. system: its id where the BMC has several, else ""."""

    archive: str
    system: str
    facts: tuple[Fact, ...]

    @property
    def name(self) -> str:
        return f"{self.archive}:{self.system}" if self.system else self.archive
