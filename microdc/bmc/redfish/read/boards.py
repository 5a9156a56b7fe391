"""What is plugged into the board: processors and memory modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from microdc.bmc.model import Memory, Processor
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import name_of
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import absent, health

MIB: Final = 2**20
GIB: Final = 2**30
_NO_CPU = frozenset({"gpu", "fpga", "dsp", "accelerator", "core", "thread", "partition"})


def processors(reader: Reader, system: Doc) -> tuple[Processor, ...]:
    """Sockets that hold a processor; accelerators, cores and threads that are listed among them are none."""
    return tuple(
        Processor(
            name=name(one, "Socket", "Name"),
            model=one.text("Model"),
            manufacturer=one.text("Manufacturer"),
            architecture=one.text("ProcessorArchitecture", "InstructionSet"),
            cores=one.some("TotalCores"),
            threads=one.some("TotalThreads"),
            speed=one.number("MaxSpeedMHz") or None,
            health=health(one),
        )
        for one in _there(reader, system, "Processors")
        if one.word("ProcessorType").lower() not in _NO_CPU
    )


def modules(reader: Reader, system: Doc) -> tuple[Memory, ...]:
    """Memory modules that are there. An empty slot says so, or has no size and nobody who made it."""
    found = []
    for one in _there(reader, system, "Memory"):
        size = one.some("CapacityMiB")
        if size is None and not one.text("Manufacturer", "SerialNumber", "PartNumber"):
            continue
        found.append(
            Memory(
                name=name(one, "DeviceLocator", "Name"),
                size=None if size is None else size * MIB,
                kind=one.text("MemoryDeviceType", "MemoryType"),
                speed=one.some("OperatingSpeedMhz", "OperatingSpeedMHz"),
                manufacturer=one.text("Manufacturer"),
                part=one.text("PartNumber"),
                serial=one.text("SerialNumber"),
                health=health(one),
            )
        )
    return tuple(found)


def memory(system: Doc) -> int | None:
    """Bytes in all, as the BMC sums them."""
    told = system.part("MemorySummary").number("TotalSystemMemoryGiB")
    return round(told * GIB) if told and 0 < told < 2**30 else None


def name(part: Doc, *properties: str) -> str:
    """What a part is called: the first of the properties that says something, its id, the end of its path."""
    return part.text(*properties, "Id", "MemberId") or name_of(part.path)


def _there(reader: Reader, system: Doc, collection: str) -> Iterator[Doc]:
    for one in members(reader, system.link(collection)):
        if not absent(one):
            yield one
