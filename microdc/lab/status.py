"""A lab as it is: what stands of what it was made of, and whether the gateways answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from microdc.errors import MicrodcError
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.lab import guests, inventory, names, teardown
from microdc.lab.model import EmulatorStatus, HostStatus, LabRecord, LabStatus, SiteStatus, State
from microdc.lab.plan import EmulatorPlan, LabPlan, SitePlan, plan
from microdc.lab.rack.start import Files
from microdc.lab.rack.status import look_at
from microdc.lab.switch.status import look_at as look_at_switch
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

_PING = ("fping", "-a", "-r", "2", "-t", "500")
"""Prints those that answer; waits 0.5 s, then half as long again, then once more."""


def stands(lab: str) -> bool:
    """Whether all of the lab is there: its inventory, its namespaces, its emulators."""
    made = made_of(lab)
    return made is not None and _complete(made)


def look(lab: str) -> LabStatus:
    """The lab with all its parts; those that ought to be there and are not are shown as not working."""
    directory = inventory.directory_of(lab)
    found = _made(lab)
    if found is None:
        state: State = "partly up" if teardown.exists(lab) else "down"
        return LabStatus(lab, state, directory, None, (), ())
    record, testbed, made = found
    with ThreadPoolExecutor(max_workers=8) as pool:
        sites = tuple(pool.map(_site, made.sites))
    emulators = tuple(_emulator(made, emulator, testbed) for emulator in made.emulators)
    machines = tuple(map(partial(look_at, Files.of(lab)), made.machines))
    management = made.management.namespace if made.management else ""
    with ThreadPoolExecutor(max_workers=8) as pool:
        switches = tuple(pool.map(partial(look_at_switch, lab, management), made.switches))
    works = (
        _complete(made)
        and all(site.works for site in sites)
        and all(emulator.works for emulator in emulators)
        and all(machine.works for machine in machines)
        and all(switch.works for switch in switches)
    )
    state = "up" if works else "partly up"
    return LabStatus(lab, state, directory, record.source, sites, emulators, machines, switches)


def made_of(lab: str) -> LabPlan | None:
    """The plan by which the lab was made; None where it never stood whole, or its files are damaged."""
    found = _made(lab)
    return found[2] if found else None


def _made(lab: str) -> tuple[LabRecord, Testbed, LabPlan] | None:
    """How the lab was made and its plan; None where it never stood whole, or its files are damaged."""
    try:
        record = inventory.recorded(lab)
        if record is None:
            return None
        testbed = load(inventory.directory_of(lab))
        return record, testbed, plan(testbed, lab, record.kind, hosts=record.hosts, rack=record.rack)
    except MicrodcError:
        return None


def _complete(made: LabPlan) -> bool:
    there = set(names.namespaces_of(made.lab))
    return there.issuperset(made.namespaces) and all(
        guests.pid(made, emulator) is not None for emulator in made.emulators if not emulator.namespace
    )


def _site(site: SitePlan) -> SiteStatus:
    hosts = tuple(HostStatus(host.name, host.namespace, host.addresses) for host in site.hosts)
    gateways = [str(gateway) for gateway in site.hosts[0].gateways]
    answered = _answering(site.hosts[0].namespace, gateways) if gateways else set()
    return SiteStatus(
        site.name, site.namespace, hosts, {gateway: gateway in answered for gateway in gateways}
    )


def _answering(namespace: str, addresses: list[str]) -> set[str]:
    try:
        with NamespaceHost(namespace) as host:
            return set(host.run([*_PING, *addresses], timeout=20).stdout.decode().split())
    except MicrodcError:  # the namespace is gone: nothing answers from there
        return set()


def _emulator(made: LabPlan, emulator: EmulatorPlan, testbed: Testbed) -> EmulatorStatus:
    declared = testbed.emulators[emulator.name]
    process = None if emulator.namespace else guests.pid(made, emulator)
    works = namespaces.path(emulator.namespace).exists() if emulator.namespace else process is not None
    return EmulatorStatus(emulator.name, made.kind, declared.reach.host, declared.reach.via, process, works)
