"""A declared server against what its BMC tells of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from microdc.bmc.model import FoundNic, Hardware
from microdc.survey.model import Difference, Severity
from microdc.survey.versions import below
from microdc.testbed.model import Expected, Server
from microdc.units import format_memory

Where = Callable[..., str]
"""Keys below the server in its document -> file:line."""

_SUMMED = 0.02
"""BMCs sum memory in rounded GiB, and some leave out what the firmware takes: within this fraction a sum is no difference."""


def compare(server: Server, found: Hardware, where: Where) -> tuple[Difference, ...]:
    """Every difference between a server's description and its hardware, worst first within each kind."""
    expected = server.hardware or Expected()
    return (
        *_identity(server, expected, found, where),
        *_memory(server, expected, found, where),
        *_counts(server, expected, found, where),
        *_nics(server, found, where),
        *_firmware(server, expected, found, where),
    )


def compare_all(found: Mapping[str, Hardware]) -> tuple[Difference, ...]:
    """What two servers both tell, by server: one serial number or one MAC address cannot be in two machines."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, hardware in found.items():
        if hardware.identity.serial:
            told["serial number", hardware.identity.serial].append(name)
        for mac in sorted({nic.mac for nic in hardware.nics if nic.mac}):
            told["MAC address", mac].append(name)
    hint = "do two BMC addresses lead to one machine? compare their serial numbers, or give `system:` where one BMC has several"
    return tuple(
        Difference(
            name, "critical", what, "", value, hint=f"{', '.join(n for n in names if n != name)} too; {hint}"
        )
        for (what, value), names in told.items()
        if len(names) > 1
        for name in names
    )


def _identity(server: Server, expected: Expected, found: Hardware, where: Where) -> Iterator[Difference]:
    facts: tuple[tuple[str, str, str | None, Severity, str], ...] = (
        ("serial", expected.serial, found.identity.serial, "critical", "this BMC's address belongs to another machine"),
        ("manufacturer", expected.manufacturer, found.identity.manufacturer, "warning", ""),
        ("model", expected.model, found.identity.model, "warning", ""),
    )  # fmt: skip
    for key, declared, told, severity, hint in facts:
        what = "serial number" if key == "serial" else key
        place = where("hardware", key)
        if declared and told is None:
            yield _untold(server, what, declared, place)
        elif declared and told is not None and _plain(declared) != _plain(told):
            yield Difference(server.name, severity, what, declared, told, place, hint)


def _memory(server: Server, expected: Expected, found: Hardware, where: Where) -> Iterator[Difference]:
    yield from _modules(server, expected, found, where)
    if expected.memory is None:
        return
    sizes = [module.size for module in found.modules]
    exact = bool(sizes) and all(size is not None for size in sizes)
    total = sum(size for size in sizes if size is not None) if exact else found.memory
    declared, place = format_memory(expected.memory), where("hardware", "memory")
    if total is None:
        yield _untold(server, "memory", declared, place)
        return
    apart = total - expected.memory
    if abs(apart) <= (0 if exact else expected.memory * _SUMMED):
        return
    severity: Severity = "critical" if apart < 0 else "warning"
    hint = f"{format_memory(abs(apart))} {'missing' if apart < 0 else 'more'}"
    yield Difference(server.name, severity, "memory", declared, format_memory(total), place, hint)


def _modules(server: Server, expected: Expected, found: Hardware, where: Where) -> Iterator[Difference]:
    if expected.modules is None:
        return
    there, place = len(found.modules), where("hardware", "modules")
    if there == 0:
        yield _untold(server, "memory modules", str(expected.modules), place)
    elif there != expected.modules:
        severity: Severity = "critical" if there < expected.modules else "warning"
        hint = f"there are: {', '.join(module.name for module in found.modules)}"
        yield Difference(
            server.name, severity, "memory modules", str(expected.modules), str(there), place, hint
        )


def _counts(server: Server, expected: Expected, found: Hardware, where: Where) -> Iterator[Difference]:
    processors = len(found.processors) or found.processor_count
    facts = (
        ("processors", expected.processors, processors),
        ("disks", expected.disks, len(found.disks) or None),
        ("power_supplies", expected.power_supplies, len(found.power_supplies) or None),
    )
    for key, declared, there in facts:
        what, place = key.replace("_", " "), where("hardware", key)
        if declared is None or declared == (there or 0):
            continue
        if there is None:
            yield _untold(server, what, str(declared), place)
        else:
            severity: Severity = "critical" if there < declared else "warning"
            yield Difference(server.name, severity, what, str(declared), str(there), place)


def _nics(server: Server, found: Hardware, where: Where) -> Iterator[Difference]:
    """Declared MAC addresses that no port has, each beside the ports that nobody declared."""
    macs = {nic.mac for nic in found.nics if nic.mac}
    declared = {nic.mac for nic in server.nics.values() if nic.mac}
    strangers = [nic for nic in found.nics if nic.mac and nic.mac not in declared]
    missing = [nic for nic in server.nics.values() if nic.mac and nic.mac not in macs]
    for nic in missing:
        place = where("nics", nic.name, "mac")
        if not macs:
            yield _untold(server, f"MAC address of {nic.name}", nic.mac, place)
            continue
        others = ", ".join(map(_port, strangers))
        hint = (
            "another network card?" if strangers else "a network card is missing, or its BMC does not list it"
        )
        yield Difference(server.name, "critical", f"MAC address of {nic.name}", nic.mac, others, place, hint)
    for stranger in () if missing else strangers:
        hint = "microdc inventory adopt writes it down"
        yield Difference(server.name, "info", "network port", "", _port(stranger), where("nics"), hint)


def _port(nic: FoundNic) -> str:
    return f"{nic.mac} ({nic.name})"


def _firmware(server: Server, expected: Expected, found: Hardware, where: Where) -> Iterator[Difference]:
    facts = (
        ("bios", "BIOS firmware", expected.bios, found.version("bios")),
        ("bmc", "BMC firmware", expected.bmc, found.version("bmc")),
    )
    for key, what, lowest, version in facts:
        place = where("hardware", "firmware", key)
        if not lowest:
            continue
        if version is None:
            yield _untold(server, what, f"at least {lowest}", place)
            continue
        lower = below(version, lowest)
        if lower is None:
            hint = "these two cannot be put in order: write the version as the BMC does"
            yield Difference(server.name, "unknown", what, f"at least {lowest}", version, place, hint)
        elif lower:
            yield Difference(server.name, "warning", what, f"at least {lowest}", version, place, "update it")


def _untold(server: Server, what: str, declared: str, place: str) -> Difference:
    return Difference(server.name, "unknown", what, declared, "", place, "its BMC does not tell")


def _plain(text: str) -> str:
    """Without what differs between a label and a BMC: case, spaces, and marks such as Inc. and (R)."""
    low = text.lower().replace("(r)", "").replace("(tm)", "").replace("®", "").replace("™", "")
    words = low.replace(",", " ").replace(".", " ").split()
    return " ".join(word for word in words if word not in {"inc", "corp", "corporation", "co", "ltd"})
