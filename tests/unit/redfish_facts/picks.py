"""What a fact is about, picked from the collected values by what identifies it in the tree: a serial number, a name, a message."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TypeVar

from microdc.bmc.model import BootTarget, Disk, Feature, FoundNic, LogEntry, Memory, PowerSupply, Reading
from redfish_facts.facts import Pick, Told


def of(path: str) -> Pick:
    """An attribute by its path: `hardware.identity.serial`."""
    return attrgetter(path)


def number(path: str) -> Pick:
    """How many there are: `hardware.modules`."""
    return lambda told: len(attrgetter(path)(told))


def each(path: str, field: str) -> Pick:
    """A field of all of them, sorted, since no order is promised: `hardware.processors`, `model`."""
    return lambda told: tuple(sorted(getattr(one, field) for one in attrgetter(path)(told)))


def version(kind: str) -> Pick:
    return lambda told: told.hardware.version("bios" if kind == "bios" else "bmc")


def firmware(version: str) -> Pick:
    """How many items there are of a version, whatever they are named."""
    return lambda told: sum(one.version == version for one in told.hardware.firmware)


def named_firmware(name: str) -> Pick:
    """The versions of the items of a name, sorted."""
    return lambda told: tuple(sorted(one.version for one in told.hardware.firmware if one.name == name))


# -- one of several


One = TypeVar("One")


def _only(found: Iterable[One], what: str) -> One:
    several = tuple(found)
    assert len(several) == 1, f"{len(several)} are {what}: {several}"
    return several[0]


def module(serial: str, field: str) -> Pick:
    def pick(told: Told) -> object:
        one: Memory = _only((m for m in told.hardware.modules if m.serial == serial), f"module {serial}")
        return getattr(one, field)

    return pick


def nic(mac: str, field: str) -> Pick:
    def pick(told: Told) -> object:
        one: FoundNic = _only((n for n in told.hardware.nics if n.mac == mac), f"port {mac}")
        return getattr(one, field)

    return pick


def disk(serial: str, field: str) -> Pick:
    def pick(told: Told) -> object:
        one: Disk = _only((d for d in told.hardware.disks if d.serial == serial), f"disk {serial}")
        return getattr(one, field)

    return pick


def supply(serial: str, field: str) -> Pick:
    def pick(told: Told) -> object:
        one: PowerSupply = _only(
            (s for s in told.hardware.power_supplies if s.serial == serial), f"power supply {serial}"
        )
        return getattr(one, field)

    return pick


def macs(told: Told) -> object:
    """The MACs of all ports, sorted; a port without one is left out, two with the same stay two."""
    return tuple(sorted(one.mac for one in told.hardware.nics if one.mac is not None))


def has_mac(mac: str) -> Pick:
    return lambda told: any(one.mac == mac for one in told.hardware.nics)


def without_mac(told: Told) -> object:
    """What is told instead of a MAC, by the ports that have none."""
    return tuple(sorted(one.told for one in told.hardware.nics if one.mac is None))


# -- sensors


def readings(kind: str) -> Pick:
    """How many there are of a kind."""
    return lambda told: sum(one.kind == kind for one in told.sensors.readings)


def unread(kind: str) -> Pick:
    """How many of a kind have no value."""
    return lambda told: sum(one.kind == kind and one.value is None for one in told.sensors.readings)


def reading(name: str, field: str) -> Pick:
    def pick(told: Told) -> object:
        one: Reading = _only((r for r in told.sensors.readings if r.name == name), f"sensor {name}")
        return getattr(one, field)

    return pick


def measured(kind: str, value: float) -> Pick:
    """How many sensors of a kind tell a value, where names do not tell them apart or the BMC gives none."""
    return lambda told: sum(one.kind == kind and one.value == value for one in told.sensors.readings)


def limits(kind: str, value: float) -> Pick:
    """The thresholds of the sensor of a kind that tells a value that no other tells."""

    def pick(told: Told) -> object:
        found = (r for r in told.sensors.readings if r.kind == kind and r.value == value)
        return _only(found, f"{kind} of {value}").thresholds

    return pick


def healths(health: str) -> Pick:
    """How many sensors are as well as that."""
    return lambda told: sum(one.health == health for one in told.sensors.readings)


def values(told: Told) -> object:
    """How many sensors have a value."""
    return sum(one.value is not None for one in told.sensors.readings)


# -- log


def entry(message: str, field: str) -> Pick:
    """A field of the entry with a message that only one has."""

    def pick(told: Told) -> object:
        one: LogEntry = _only((e for e in told.log.entries if e.message == message), f"entry {message}")
        return getattr(one, field)

    return pick


def newest(field: str) -> Pick:
    """A field of the entry that was written last, by its time."""
    return lambda told: getattr(max(_dated(told), key=lambda pair: pair[0])[1], field)


def oldest(field: str) -> Pick:
    """A field of the entry that was written first, by its time."""
    return lambda told: getattr(min(_dated(told), key=lambda pair: pair[0])[1], field)


def _dated(told: Told) -> list[tuple[float, LogEntry]]:
    return [(one.at.timestamp(), one) for one in told.log.entries if one.at is not None]


def undated(told: Told) -> object:
    """How many entries have no time."""
    return sum(one.at is None for one in told.log.entries)


def severity(severity: str | None) -> Pick:
    """How many entries are of a severity."""
    return lambda told: sum(one.severity == severity for one in told.log.entries)


def messages(message: str) -> Pick:
    """How many entries have a message."""
    return lambda told: sum(one.message == message for one in told.log.entries)


def coded(code: str) -> Pick:
    """How many entries have a message id."""
    return lambda told: sum(one.code == code for one in told.log.entries)


def skew_known(told: Told) -> object:
    return told.log.skew is not None


# -- abilities


def targets(told: Told) -> object:
    """The boot targets that have a name here."""
    return told.abilities.targets - {BootTarget.NONE, BootTarget.OTHER}


def can(feature: Feature) -> Pick:
    return lambda told: feature in told.abilities.features


def excuse(what: str) -> Pick:
    """Whether a reason is given for what is missing."""
    return lambda told: bool(told.abilities.lacks.get(what))


# -- remarks


def remarks(where: str) -> Pick:
    """How many remarks on the hardware are about a resource."""
    return lambda told: sum(where in f"{one.where} {one.what}" for one in told.hardware.remarks)
