"""What several places state of one device, as one: the first word holds, and where a later one differs is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from microdc.documents.model import Where
from microdc.survey.importing import valid
from microdc.survey.importing.model import Found, Kind, Options, Port, short
from microdc.survey.importing.names import Names, compile_patterns, kind_of, told_by_name
from microdc.topology.formats.model import Ledger
from microdc.topology.labels import kebab


@dataclass(slots=True)
class Merged:
    """A device under its name of ours. source: its name as first written; facts as in model.Device, each with its place."""

    name: str
    source: str
    where: Where
    facts: dict[str, tuple[str, Where]] = field(default_factory=dict)
    labels: dict[str, tuple[str, Where]] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    hint: Kind | None = None
    kind: Kind = "server"

    def fact(self, key: str) -> str:
        return self.facts.get(key, ("", self.where))[0]

    def __str__(self) -> str:
        return f"{self.name} ({short(self.where)})"


def merge(found: Found, names: Names, options: Options, ledger: Ledger) -> dict[str, Merged]:
    """All devices by name of ours, those that only a cable names included, in the order in which they come up. Raises InputError."""
    patterns = compile_patterns(options.names)
    devices: dict[str, Merged] = {}

    def at(name: str, where: Where) -> Merged:
        ours = names.of(name)
        return devices.setdefault(ours, Merged(ours, name, where))

    for device in found.devices:
        one = at(device.name, device.where)
        facts = {key: words for key, value in device.facts.items() if (words := value.strip())}
        _take(one, one.facts, facts, device.where, ledger)
        _take(one, one.labels, device.labels, device.where, ledger)
    for port in found.ports:
        at(port.device, port.where).ports.setdefault(port.name, port)
    for cable in found.cables:
        for end in (cable.a, cable.b):
            one = at(end.device, cable.where)
            one.hint = one.hint or (end.hint or None)
    for one in devices.values():
        by_name = told_by_name(one.name, patterns)
        role = by_name.pop("role", "")  # a part of a name is no word against a role that is told
        _take(one, one.facts, by_name, one.where, ledger)
        if role:
            one.facts.setdefault("role", (role, one.where))
        _settle_kind(one, options, ledger)
        _settle_address(one, ledger)
    return devices


def _take(
    one: Merged, into: dict[str, tuple[str, Where]], told: Mapping[str, str], where: Where, ledger: Ledger
) -> None:
    """Adds what is not known yet; says where it is known otherwise."""
    for key, value in told.items():
        before, there = into.setdefault(key, (value, where))
        if key in {"site", "rack"} and kebab(before) == kebab(value):
            continue
        if before.casefold() != value.casefold():
            why = "two places say different things of a device: the first holds"
            ledger.noted(why, f"{key} of {one.name}: {before} ({short(there)}), {value} ({short(where)})")


def _settle_kind(one: Merged, options: Options, ledger: Ledger) -> None:
    kind = kind_of(one.name, one.source, one.fact("role"), options) or one.hint
    if kind is None:
        ledger.noted("nothing says what these are, taken for servers: --kind 'NAME=switch' says it", str(one))
    one.kind = kind or "server"


def _settle_address(one: Merged, ledger: Ledger) -> None:
    """A server's BMC is where its own fact says, else at the address of its management port; nowhere where that is none."""
    if one.kind != "server":
        return
    for port in one.ports.values():
        if port.management and (told := one.labels.get(f"address-of-{port.name}")):
            one.facts.setdefault("oob", told)
            if one.facts["oob"] == told:
                del one.labels[f"address-of-{port.name}"]
    told = one.facts.get("oob")
    if told is not None and valid.https(told[0]) is None:
        ledger.dropped("addresses of BMCs that are none", f"{told[0]} of {one}")
        del one.facts["oob"]
