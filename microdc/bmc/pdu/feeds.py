"""The outlets that feed one server, with the PDUs that have them. No other outlet is ever asked for or set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from microdc.bmc.pdu.table import Measure, Table
from microdc.bmc.pdu.vendors import VENDORS
from microdc.bmc.targets import Outlet
from microdc.errors import InputError
from microdc.snmp.client import Client
from microdc.snmp.errors import SnmpError
from microdc.snmp.model import PORT, Agent, Limits, Value, credentials


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """An outlet that feeds the server. index: its row."""

    name: str
    table: Table
    index: str
    pdu: Client

    @property
    def command(self) -> str:
        return f"{self.table.command}.{self.index}"

    @property
    def state(self) -> str:
        return f"{self.table.state}.{self.index}"

    def oids(self, measure: Measure) -> dict[str, str]:
        """Where a measure is: its `value`, and its `digits` and `available` where it has such columns."""
        row = f"{self.index}.{measure.type}" if measure.type else self.index
        columns = {"value": measure.value, "digits": measure.digits, "available": measure.available}
        return {name: f"{column}.{row}" for name, column in columns.items() if column}


@dataclass(frozen=True, slots=True)
class State:
    """What an outlet tells. on: None where it tells neither; there: whether the PDU has it; told: its own word."""

    on: bool | None
    there: bool = True
    told: Value = None

    def __str__(self) -> str:
        if not self.there:
            return "not there"
        return f"in state {self.told!r}" if self.on is None else "on" if self.on else "off"


@dataclass(frozen=True, slots=True)
class Read:
    """The states of outlets, and what went wrong with those that could not be read."""

    states: Mapping[Feed, State]
    failed: Mapping[Feed, SnmpError] = field(default_factory=dict)

    def words(self) -> str:
        """Such as: a:3 is on, b:4 is off, c:5 could not be read."""
        told = [f"{feed.name} is {state}" for feed, state in self.states.items()]
        return ", ".join([*told, *(f"{feed.name} could not be read" for feed in self.failed)])


def feeds_of(outlets: Sequence[Outlet], limits: Limits, port: int = PORT) -> tuple[Feed, ...]:
    """The feeds behind outlets of the inventory; PDUs that feed it twice are spoken to over one socket. Raises InputError."""
    if not outlets:
        raise InputError(
            "no outlet feeds this server",
            hint="write a power cable from it to a PDU with `outlets:` and `management:`",
        )
    pdus: dict[Agent, Client] = {}
    found = []
    for outlet in outlets:
        table = VENDORS.get(outlet.vendor)
        if table is None:
            known = ", ".join(sorted(VENDORS))
            raise InputError(
                f"outlets of {outlet.vendor!r} are unknown", where=outlet.where, hint=f"known are {known}"
            )
        who = credentials(outlet.secret, outlet.version, where=outlet.where)
        agent = Agent(outlet.pdu, outlet.address, who, port, outlet.via)
        pdu = pdus.setdefault(agent, Client(agent, limits))
        index = table.index(outlet.number, where=outlet.where)
        found.append(Feed(f"{outlet.pdu}:{outlet.number}", table, index, pdu))
    return tuple(found)


def read(feeds: Iterable[Feed]) -> Read:
    """The states of outlets, as far as their PDUs tell them: one request to each PDU."""
    states: dict[Feed, State] = {}
    failed: dict[Feed, SnmpError] = {}
    for pdu, its in by_pdu(feeds).items():
        try:
            told = pdu.get([feed.state for feed in its])
        except SnmpError as problem:
            failed |= dict.fromkeys(its, problem)
        else:
            states |= {feed: _state(feed.table, told[feed.state]) for feed in its}
    return Read(states, failed)


def by_pdu(feeds: Iterable[Feed]) -> dict[Client, list[Feed]]:
    """The outlets of each PDU."""
    found: dict[Client, list[Feed]] = {}
    for feed in feeds:
        found.setdefault(feed.pdu, []).append(feed)
    return found


def _state(table: Table, told: Value) -> State:
    known = {table.is_on: True, table.is_off: False}
    return State(known.get(told) if isinstance(told, int) else None, told is not None, told)
