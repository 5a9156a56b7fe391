"""What was read to documents that load: the one function that joins the steps. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microdc.documents.check import check
from microdc.documents.reader import parse
from microdc.documents.site import SiteDocument
from microdc.errors import InputError
from microdc.survey.importing.assemble import Parts, assemble
from microdc.survey.importing.cabling import lay
from microdc.survey.importing.merge import merge
from microdc.survey.importing.model import Found, Options
from microdc.survey.importing.names import Names
from microdc.survey.importing.placing import place
from microdc.survey.importing.write import write_site
from microdc.topology.formats.model import Ledger
from microdc.topology.formats.summary import Group, grouped


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an import. cables: what is said at NICs and BMCs and what stands by itself, together; stated: as often as they were told."""

    sites: tuple[str, ...]
    racks: int
    servers: int
    switches: int
    pdus: int
    cables: int
    stated: int
    bmcs: int
    remarks: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """documents: plain values by site; texts: the same as YAML."""

    documents: Mapping[str, Mapping[str, Any]]
    texts: Mapping[str, str]
    summary: Summary


def convert(found: Found, options: Options) -> Imported:
    """Site documents of what files state. Raises InputError where nothing can come of it, or more than a document holds."""
    ledger = Ledger(list(found.remarks))
    names = Names({**options.renames}, ledger)
    devices = merge(found, names, options, ledger)
    if not devices:
        raise InputError("no device is in these files", hint="are they what the command's name says?")
    places, shelves = place(devices.values(), found, options, ledger)
    cabling = lay(found.cables, devices, places, names, ledger)
    documents = assemble(found, Parts(devices, places, shelves, cabling, options, ledger))
    known = {device.name for device in found.devices}
    known |= {end.device for cable in found.cables for end in (cable.a, cable.b)}
    for old in options.renames:
        if old not in known:
            ledger.noted("names to be renamed that are in no file", old)
    texts = {site: write_site(data) for site, data in documents.items()}
    for site, text in texts.items():  # what does not load is never written
        check(parse(text.encode(), Path(f"sites/{site}.yaml")), SiteDocument)
    kinds = Counter(one.kind for one in devices.values())
    plugs = [plug for nics in cabling.nics.values() for plug in nics.values() if plug]
    racks = [rack for data in documents.values() for rack in data["racks"].values()]
    summary = Summary(
        sites=tuple(documents),
        racks=len(racks),
        servers=kinds["server"],
        switches=kinds["switch"],
        pdus=kinds["pdu"],
        cables=len(plugs) + len(cabling.bmcs) + sum(map(len, cabling.cables.values())),
        stated=len(found.cables),
        bmcs=sum("bmc" in server for rack in racks for server in rack.get("servers", {}).values()),
        remarks=grouped(ledger.remarks, {}),
    )
    return Imported(documents, texts, summary)
