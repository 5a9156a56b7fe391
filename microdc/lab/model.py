"""What a lab is from outside: how it was made, and how it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from microdc.lab.plan import Kind
from microdc.lab.ports import IpAddress

EmulatorChoice = Literal["auto", "namespace", "guest"]
State = Literal["up", "partly up", "down"]


@dataclass(frozen=True, slots=True)
class LabRecord:
    """How a lab was made; written when all of it stood. source: the inventory that it was made from; rack: with servers and BMCs."""

    lab: str
    kind: Kind
    hosts: int
    source: Path
    rack: bool = False


@dataclass(frozen=True, slots=True)
class HostStatus:
    name: str
    namespace: str
    addresses: tuple[IpAddress, ...]


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """A site. gateways: whether each answered a ping from the site's first host."""

    name: str
    namespace: str
    hosts: tuple[HostStatus, ...]
    gateways: Mapping[str, bool]

    @property
    def works(self) -> bool:
        return all(self.gateways.values())


@dataclass(frozen=True, slots=True)
class EmulatorStatus:
    """An emulator. address: as the inventory names it; via: the namespace from which that is reached.

    pid: of the process that is the guest.
    """

    name: str
    kind: Kind
    address: str
    via: str
    pid: int | None
    works: bool


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """A server of the rack. address: of its BMC; redfish, ipmi: whether the two services of that run; power: whether the machine is on."""

    name: str
    site: str
    address: IpAddress
    power: bool
    redfish: bool
    ipmi: bool

    @property
    def works(self) -> bool:
        return self.redfish and self.ipmi


@dataclass(frozen=True, slots=True)
class SwitchStatus:
    """A switch of the rack. address: of its management port; ports: how many; agent: whether it answers SNMP; lldp, shell: whether those run.

    shell: None where this machine gives none.
    """

    name: str
    site: str
    namespace: str
    address: IpAddress
    ports: int
    agent: bool
    lldp: bool
    shell: bool | None

    @property
    def works(self) -> bool:
        return self.agent and self.lldp and self.shell is not False


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A lab as it is now. "partly up": what a crash or a half-made change left."""

    lab: str
    state: State
    inventory: Path
    source: Path | None
    sites: tuple[SiteStatus, ...]
    emulators: tuple[EmulatorStatus, ...]
    machines: tuple[MachineStatus, ...] = ()
    switches: tuple[SwitchStatus, ...] = ()
