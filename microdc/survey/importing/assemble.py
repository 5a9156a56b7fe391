"""Devices in their places, with their cables, as site documents: plain values under the words of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from microdc.documents.fields import RESERVED_LABELS
from microdc.survey.importing import valid
from microdc.survey.importing.cabling import Cabling, Plug
from microdc.survey.importing.merge import Merged
from microdc.survey.importing.model import Found, Options, Prefix
from microdc.survey.importing.placing import Place, Shelf
from microdc.survey.importing.wires import is_bmc
from microdc.topology.formats.model import Ledger
from microdc.topology.labels import kebab, words

_LABELS = ("manufacturer", "model", "serial")
"""Facts that a server has a place for in `hardware`, and other devices among their labels."""
Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """What documents are made of. devices and places: by name; shelves: by (site, rack); macs: those given, with whose they are."""

    devices: Mapping[str, Merged]
    places: Mapping[str, Place]
    shelves: Mapping[tuple[str, str], Shelf]
    cabling: Cabling
    options: Options
    ledger: Ledger
    macs: dict[str, str] = field(default_factory=dict)


def assemble(found: Found, parts: Parts) -> dict[str, Value]:
    """The documents by site."""
    sites = list(dict.fromkeys(place.site for place in parts.places.values()))
    networks = _networks(found.prefixes, sites, parts.options, parts.ledger)
    documents: dict[str, Value] = {}
    for site in sites:
        title = next((words(text) for name, text in found.titles.items() if kebab(name) == site), "")
        racks = {rack: _rack(parts, site, rack) for home, rack in parts.shelves if home == site}
        filled = {
            rack: values
            for rack, values in racks.items()
            if len(values) > 1 or parts.shelves[site, rack].told
        }
        documents[site] = _given(
            {"site": site, "title": title, "networks": networks.get(site, {}), "racks": filled}
        )
    return documents


def _given(values: Value) -> Value:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _rack(parts: Parts, site: str, rack: str) -> Value:
    groups: dict[str, Value] = {"switches": {}, "servers": {}, "pdus": {}}
    inside = [name for name, place in parts.places.items() if (place.site, place.rack) == (site, rack)]
    for name in sorted(inside, key=lambda name: parts.places[name].unit or 0):
        one, place = parts.devices[name], parts.places[name]
        match one.kind:
            case "server":
                groups["servers"][name] = _server(one, place, parts)
            case "switch":
                groups["switches"][name] = _other(one, place, parts)
            case "pdu":
                groups["pdus"][name] = _other(one, place, parts)
    height = parts.shelves[site, rack].height
    return {"height": height, **_given(groups), **_cables(parts.cabling, (site, rack))}


def _cables(cabling: Cabling, rack: tuple[str, str]) -> Value:
    entries = [
        _given({"a": a, "b": b, "kind": "" if kind == "data" else kind, "label": label})
        for a, b, kind, label in cabling.cables.get(rack, [])
    ]
    return _given({"cables": entries})


def _placed(one: Merged, place: Place) -> Value:
    role = "" if one.kind == "pdu" else kebab(one.fact("role"))
    return {"role": role, "unit": place.unit, "height": place.height}


def _server(one: Merged, place: Place, parts: Parts) -> Value:
    cabling = parts.cabling
    hardware = _given({key: one.fact(key) for key in _LABELS})
    nics = {}
    for name, plug in cabling.nics.get(one.name, {}).items():
        mac = _mac(cabling.macs.get((one.name, name), ""), f"{one.name}:{name}", parts)
        nics[name] = _given({"mac": mac, **_plugged(plug)})
    management = next((port for port in one.ports.values() if is_bmc(one, port.name)), None)
    told = one.fact("mac") or (management.mac if management and one.fact("oob") else "")
    mac = _mac(told, f"the BMC of {one.name}", parts)
    bmc = _bmc(one, parts)
    if bmc:
        bmc = _given({**bmc, "nic": _given({"mac": mac, **_plugged(cabling.bmcs.get(one.name))})})
    elif mac:
        one.labels.setdefault("bmc-mac", (mac, one.where))
    labels = _labels(one, (), parts.ledger)
    return _given({**_placed(one, place), "labels": labels, "bmc": bmc, "hardware": hardware, "nics": nics})


def _plugged(plug: Plug | None) -> Value:
    return {} if plug is None else {"switch": plug.switch, "port": plug.port, "label": plug.label}


def _bmc(one: Merged, parts: Parts) -> Value:
    """How the BMC is reached, where its address is told."""
    told, protocol = one.fact("oob"), parts.options.bmc
    if not told:
        return {}
    why = f"no file tells by what a BMC is spoken to: {protocol} is written; and none tells its user: add `credentials`"
    parts.ledger.noted(why, one.name)
    return {"redfish": valid.https(told)} if protocol == "redfish" else {"ipmi": told}


def _other(one: Merged, place: Place, parts: Parts) -> Value:
    """A switch or a PDU."""
    ledger = parts.ledger
    management = one.fact("oob") or one.labels.get("address", ("", one.where))[0]
    if management and not valid.is_ip(management):
        ledger.dropped("addresses of management ports that are none", f"{management} of {one}")
        management = ""
    mac = _mac(one.fact("mac"), f"the management port of {one.name}", parts)
    if mac:
        one.labels.setdefault("mac", (mac, one.where))
    for key, (value, _) in list(one.labels.items()):
        if value == management and key.startswith("address"):
            del one.labels[key]
    described = [port.name for port in one.ports.values()]
    if described:
        why = "ports that are described, which an inventory names only where a cable ends in them"
        ledger.noted(why, f"{len(described)} of {one.name}")
    labels = _labels(one, _LABELS, ledger)
    return _given({**_placed(one, place), "management": management, "labels": labels})


def _labels(one: Merged, facts: Iterable[str], ledger: Ledger) -> Value:
    """The device's labels; those that are called like what everything has are told."""
    told = {key: one.fact(key) for key in facts} | {key: value for key, (value, _) in one.labels.items()}
    labels = {}
    for key, value in _given(told).items():
        name = kebab(key)
        if not name or name in RESERVED_LABELS:
            ledger.dropped("labels whose name means something else here", f"{key} of {one}")
        else:
            labels[name] = words(value)
    return labels


def _mac(text: str, owner: str, parts: Parts) -> str:
    """A MAC address as documents write it; "" where it is none, or another port has it already."""
    macs, ledger = parts.macs, parts.ledger
    if not text:
        return ""
    mac = valid.mac(text)
    if not mac:
        ledger.dropped("MAC addresses that are none of one port", f"{text} of {owner}")
    elif mac in macs:
        ledger.dropped(
            "MAC addresses that are told of two ports: the first keeps it",
            f"{mac} of {macs[mac]} and {owner}",
        )
        return ""
    else:
        macs[mac] = owner
    return mac or ""


def _networks(
    prefixes: Iterable[Prefix], sites: list[str], options: Options, ledger: Ledger
) -> dict[str, Value]:
    """Networks by site and purpose. No two may overlap: what does is left out."""
    found: dict[str, Value] = {}
    taken: list[Any] = []
    for prefix in prefixes:
        network = valid.network(prefix.network)
        site = kebab(prefix.site) or kebab(options.site) or (sites[0] if len(sites) == 1 else "")
        said = f"{prefix.network} ({prefix.where})"
        if network is None:
            ledger.dropped("networks that are none", said)
        elif site not in sites:
            ledger.dropped("networks of no site that is imported", said)
        elif any(network.version == other.version and network.overlaps(other) for other in taken):
            ledger.dropped("networks that overlap another one", said)
        else:
            taken.append(network)
            found.setdefault(site, {}).setdefault(kebab(prefix.purpose) or "other", []).append(str(network))
    return found
