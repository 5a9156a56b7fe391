"""NetBox's objects to what they state of racks. Each section has its reader; what an inventory has no place for is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.documents.model import Where
from microdc.survey.importing.model import Cable, Device, Found, Frame, Port, Prefix, together
from microdc.survey.importing.netbox_cables import read_cable, read_peers
from microdc.survey.importing.records import Record, Section, read_sections
from microdc.survey.importing.values import address, flag, number, slug, title, words
from microdc.topology.formats.model import Ledger

_LABELS = (
    "face",
    "platform",
    "location",
    "tenant",
    "description",
    "asset_tag",
    "tags",
    "comments",
    "cluster",
)
_KNOWN = {
    "name", "site", "rack", "position", "device_type", "role", "device_role", "manufacturer", "serial", "oob_ip", "primary_ip",
    "primary_ip4", "primary_ip6", "status", "height", *_LABELS,
}  # fmt: skip
_BOOKKEEPING = {
    "id", "url", "display", "display_url", "created", "last_updated", "slug", "custom_fields", "config_context", "tenant_group",
}  # fmt: skip
"""Of no meaning outside NetBox, or empty in every export."""
_PORTS = {
    "console_ports", "console_server_ports", "power_ports", "power_outlets", "power_feeds", "front_ports", "rear_ports",
}  # fmt: skip
_BUNDLES = {"lag", "link aggregation group (lag)"}
_VIRTUAL = {"virtual", "bridge"}


@dataclass(slots=True)
class _Reading:
    """What comes together from the sections of a file."""

    ledger: Ledger = field(default_factory=Ledger)
    devices: list[Device] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    cables: list[Cable] = field(default_factory=list)
    prefixes: list[Prefix] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    heights: dict[str, int] = field(default_factory=dict)


def read_netbox(files: Iterable[tuple[Path, bytes]]) -> Found:
    """What NetBox's documents or exports state, in the order of the files. Raises InputError for one that cannot be read."""
    parts = []
    for file, data in files:
        reading = _Reading()
        for section in read_sections(data, file, reading.ledger):
            _section(section, reading, file)
        parts.append(
            Found(
                tuple(reading.devices), tuple(reading.ports), tuple(reading.cables), tuple(reading.prefixes),
                tuple(reading.frames), reading.titles, reading.heights, tuple(reading.ledger.remarks),
            )
        )  # fmt: skip
    return together(parts)


def _section(section: Section, reading: _Reading, file: Path) -> None:
    reader = _READERS.get(section.name)
    if reader is not None:
        for record, where in section.records:
            reader(record, where, reading)
    elif section.name in _PORTS:
        if section.records:
            why = "ports that an inventory names only where a cable ends in them"
            reading.ledger.noted(why, f"{len(section.records)} {section.name} ({file.name})")
    elif section.name:
        if section.records:
            why = "objects that an inventory does not hold"
            reading.ledger.noted(why, f"{len(section.records)} {section.name} ({file.name})")
    else:
        keys = sorted({str(key) for record, _ in section.records for key in record})
        why = "objects of a type that is not known"
        reading.ledger.dropped(why, f"{len(section.records)} with {', '.join(keys[:8])} ({file})")


def _device(record: Record, where: Where, reading: _Reading) -> None:
    name = title(record.get("name"))
    if not name:
        what = slug(record.get("device_type")) or "device"
        reading.ledger.dropped(
            "a device without a name", f"{what} {words(record.get('id'))}".strip() + f" ({where})"
        )
        return
    kind = record.get("device_type")
    maker = record.get("manufacturer") or (kind.get("manufacturer") if isinstance(kind, dict) else "")
    facts = {
        "site": slug(record.get("site")),
        "rack": title(record.get("rack")),
        "unit": number(record.get("position")),
        "role": slug(record.get("role") or record.get("device_role")),
        "manufacturer": title(maker),
        "model": title(kind),
        "type": slug(kind),
        "serial": words(record.get("serial")),
        "oob": address(record.get("oob_ip")),
    }
    labels = {key.replace("_", "-"): title(record.get(key)) for key in _LABELS}
    primary = (address(record.get(key)) for key in ("primary_ip4", "primary_ip", "primary_ip6"))
    labels["address"] = next(filter(None, primary), "")
    status = slug(record.get("status")).lower()
    labels["status"] = "" if status == "active" else status
    reading.devices.append(Device(name, where, _given(facts), _given(labels)))
    for key, value in record.items():
        if (
            key not in _KNOWN | _BOOKKEEPING
            and not key.endswith("_count")
            and value not in (None, "", [], {}, False)
        ):
            reading.ledger.noted(
                "keys of devices that an inventory does not hold", f"{key} of {name} ({where})"
            )


def _given(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _interface(record: Record, where: Where, reading: _Reading) -> None:
    device, name = title(record.get("device")), title(record.get("name"))
    if not device or not name:
        reading.ledger.dropped("a port without a device or a name", f"{device or name or 'port'} ({where})")
        return
    kind = slug(record.get("type")).lower()
    mac = words(record.get("mac_address")) or title(record.get("primary_mac_address"))
    management = flag(record.get("mgmt_only"))
    reading.ports.append(
        Port(device, name, where, mac, management, bundle=kind in _BUNDLES, virtual=kind in _VIRTUAL)
    )
    reading.cables.extend(read_peers(record, where))


def _cable(record: Record, where: Where, reading: _Reading) -> None:
    reading.cables.extend(read_cable(record, where, reading.ledger))


def _ip(record: Record, where: Where, reading: _Reading) -> None:
    """An address that is assigned to a port: that of the management port is the device's."""
    owner: Any = record.get("assigned_object") or {}
    device = title(record.get("device") or (owner.get("device") if isinstance(owner, dict) else ""))
    port = title(record.get("interface") or (owner.get("name") if isinstance(owner, dict) else ""))
    told = address(record.get("address"))
    if device and told:
        reading.devices.append(Device(device, where, {}, {f"address-of-{port}": told} if port else {}))
    elif told:
        reading.ledger.noted("IP addresses of no port", f"{told} ({where})")


def _prefix(record: Record, where: Where, reading: _Reading) -> None:
    network = title(record.get("prefix"))
    if slug(record.get("status")).lower() == "container":
        reading.ledger.noted("prefixes that only hold others", f"{network} ({where})")
        return
    site = slug(record.get("site") or record.get("scope"))
    told = (
        slug(record.get("role"))
        or title(record.get("description")).split(" - ")[0]
        or title(record.get("vlan"))
    )
    reading.prefixes.append(Prefix(site, network, told, where))


def _rack(record: Record, where: Where, reading: _Reading) -> None:
    name = title(record.get("name"))
    height, first = number(record.get("u_height")), number(record.get("starting_unit")) or "1"
    if name:
        reading.frames.append(
            Frame(
                slug(record.get("site")), name, where, int(height) if height.isdigit() else None,
                int(first) if first.isdigit() else 1, flag(record.get("desc_units")),
            )
        )  # fmt: skip


def _site(record: Record, where: Where, reading: _Reading) -> None:  # noqa: ARG001  one signature for all readers
    name = slug(record)
    if name:
        reading.titles[name] = title(record.get("description")) or title(record.get("name"))


def _device_type(record: Record, where: Where, reading: _Reading) -> None:  # noqa: ARG001
    height = number(record.get("u_height"))
    if height.isdigit():
        reading.heights.update(dict.fromkeys(filter(None, (slug(record), title(record))), int(height)))


_READERS: dict[str, Callable[[Record, Where, _Reading], None]] = {
    "devices": _device,
    "interfaces": _interface,
    "cables": _cable,
    "ip_addresses": _ip,
    "prefixes": _prefix,
    "racks": _rack,
    "sites": _site,
    "device_types": _device_type,
}
