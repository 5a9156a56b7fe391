"""A switch is read over SNMP: what its views need is walked, and becomes one value."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from microdc.remarks import Remark
from microdc.snmp.client import Client
from microdc.snmp.errors import REFUSALS, SnmpError
from microdc.snmp.model import Agent, Cell, Community, Limits
from microdc.snmp.oids import parse, text
from microdc.switch.model import Address, SwitchState
from microdc.switch.snmp import addresses, interfaces, ports, system, views
from microdc.switch.snmp.objects import SCALAR, Object
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vendors import cisco
from microdc.switch.snmp.views import View

FIRST = (*system.OBJECTS, *system.CHASSIS_OBJECTS)


def read(
    agent: Agent, wanted: Collection[View], *, limits: Limits | None = None, by_vlan: bool = False
) -> SwitchState:
    """What a switch tells of itself, in these views. Raises SnmpError where it does not answer, or stops to.

    A table that it fails at, or that makes no sense, is remarked and hides no other. by_vlan: the forwarding table of each VLAN is asked for in that
    VLAN's own context (`community@vlan`), as Catalysts of IOS have it; v2c only.
    """
    with Client(agent, limits) as client:
        cells, remarks = _scalars(client)
        objects = views.asked(wanted, Told(cells).identity(system.OBJECT_ID))
        cells, others = _walked(client, objects, cells)
        remarks += others
        if more := views.instead(wanted, Told(cells)):
            cells, others = _walked(client, more, cells)
            remarks += others
    found = state(Told(cells), wanted, remarks)
    return _by_vlan(agent, limits, cells, found) if by_vlan and "addresses" in wanted else found


def _scalars(client: Client) -> tuple[list[Cell], list[Remark]]:
    """Who it is, and its clock; one by one where it fails at all of them together."""
    names = {text((*of.oid, *SCALAR)): of.name for of in FIRST}
    try:
        return [(parse(oid), value) for oid, value in client.get(list(names)).items()], []
    except SnmpError as problem:
        if problem.cause not in REFUSALS:
            raise
    cells: list[Cell] = []
    remarks: list[Remark] = []
    for oid, name in names.items():
        try:
            cells.append((parse(oid), client.get([oid])[oid]))
        except SnmpError as problem:
            if problem.cause not in REFUSALS:
                raise
            remarks.append(Remark(name, problem.what))
    return cells, remarks


def _walked(client: Client, objects: Iterable[Object], cells: list[Cell]) -> tuple[list[Cell], list[Remark]]:
    """With the cells of these columns added; and what is wrong with those that are not whole."""
    names = {of.oid: of.name for of in objects}
    found = client.columns(names)
    more = [cell for column in found.values() for cell in column.cells]
    return [*cells, *more], [Remark(names[oid], column.cut) for oid, column in found.items() if column.cut]


def _by_vlan(agent: Agent, limits: Limits | None, cells: list[Cell], found: SwitchState) -> SwitchState:
    """With the tables of all VLANs in place of the one that the agent's own context has."""
    remarks = list(found.remarks)
    who = agent.credentials
    if not isinstance(who, Community):
        remarks.append(Remark(agent.name, "the forwarding tables of single VLANs are read over v2c only"))
        return replace(found, remarks=tuple(remarks))
    seen: dict[tuple[str, int | None], Address] = {}
    for vlan in _identities(agent, limits, cells):
        inside = replace(agent, credentials=Community(f"{who.name}@{vlan}"))
        try:
            with Client(inside, limits) as client:
                own, cut = _walked(client, (ports.BASE_PORTS, *addresses.PLAIN), [])
        except SnmpError as problem:
            remarks.append(Remark(f"forwarding table of VLAN {vlan}", problem.what))
            continue
        named = [cell for cell in cells if not _is(ports.BASE_PORTS, cell)]
        told = Told([*named, *own])
        place = ports.ports(told, interfaces.ports(told))
        seen |= {(one.mac, one.vlan): one for one in addresses.plain(told, place, vlan)}
        remarks += (*cut, *told.remarks())
    return replace(
        found, addresses=tuple(seen.values()) or found.addresses, remarks=tuple(dict.fromkeys(remarks))
    )


def _identities(agent: Agent, limits: Limits | None, cells: list[Cell]) -> tuple[int, ...]:
    known = cisco.identities(Told(cells))
    if known:
        return known
    with Client(agent, limits) as client:
        return cisco.identities(Told(_walked(client, (cisco.STATE, cisco.KIND, cisco.ACCESS), [])[0]))


def _is(of: Object, cell: Cell) -> bool:
    return cell[0][: len(of.oid)] == of.oid
