"""Which parts of a testbed are meant: by path or glob (`barcelona/*`, `bcn-*`) and by label (`role=compute`). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.testbed.model import Emulator, Pdu, Rack, Server, Site, Switch, Testbed

Part = Site | Rack | Server | Switch | Pdu | Emulator

_TERM = re.compile(r"([a-z0-9-]+)\s*(!?=)\s*(\S*)")


@dataclass(frozen=True, slots=True)
class Item:
    """One part of a testbed, and by what it is found.

    kind: "site", "rack", "server", "switch", "pdu" or "emulator". path: SITE, SITE/RACK or SITE/RACK/DEVICE; an
    emulator's name. labels: its own, those of its site below them, and `kind`, `name`, `site`, `rack` and `role`
    where it has them.
    """

    kind: str
    path: str
    part: Part
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def items(testbed: Testbed) -> tuple[Item, ...]:
    """Every part of the testbed: emulators, then each site with its racks and what is in them."""
    return tuple(_items(testbed))


def _items(testbed: Testbed) -> Iterator[Item]:
    for emulator in testbed.emulators.values():
        yield _item("emulator", emulator.name, emulator, {})
    for site in testbed.sites.values():
        below = {**site.labels, "site": site.name}
        yield _item("site", site.name, site, below)
        for rack in site.racks.values():
            path = f"{site.name}/{rack.name}"
            within = {**below, "rack": rack.name}
            yield _item("rack", path, rack, within)
            for kind, device in _devices(rack):
                role = "" if isinstance(device, Pdu) else device.role
                own = {**within, **device.labels, **({"role": role} if role else {})}
                yield _item(kind, f"{path}/{device.name}", device, own)


def _item(kind: str, path: str, part: Part, labels: Mapping[str, str]) -> Item:
    return Item(kind, path, part, {**labels, "kind": kind, "name": part.name})


def _devices(rack: Rack) -> Iterator[tuple[str, Server | Switch | Pdu]]:
    yield from (("switch", switch) for switch in rack.switches.values())
    yield from (("server", server) for server in rack.servers.values())
    yield from (("pdu", pdu) for pdu in rack.pdus.values())


def select(testbed: Testbed, patterns: Sequence[str] = (), labels: Sequence[str] = ()) -> tuple[Item, ...]:
    """The items that match one of the patterns (all, where there is none) and every label term.

    patterns: a name, a path or a glob of either; `*` in a path crosses `/`. labels: terms `key=value` and
    `key!=value`, several joined by commas. Raises InputError for a pattern that matches nothing, and for a key or
    a value that nothing in the testbed has.
    """
    every = items(testbed)
    chosen = {item.path for pattern in patterns for item in _matching(every, pattern)}
    terms = [_term(every, text) for label in labels for text in label.split(",")]
    return tuple(
        item
        for item in every
        if (not patterns or item.path in chosen)
        and all((item.labels.get(key) == value) is equal for key, equal, value in terms)
    )


def _matching(every: Sequence[Item], pattern: str) -> list[Item]:
    wanted = pattern.rstrip("/")
    found = [item for item in every if fnmatchcase(item.path, wanted) or fnmatchcase(item.name, wanted)]
    if not found:
        names = {item.path for item in every} | {item.name for item in every}
        hint = nearest(pattern, names) or "microdc inventory list shows all"
        raise InputError(f"nothing in the testbed is called {pattern!r}", hint=hint)
    return found


def _term(every: Sequence[Item], text: str) -> tuple[str, bool, str]:
    """A label term as key, whether it is to be equal, and value."""
    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} is not a selector", hint="write key=value or key!=value, such as role=compute"
        )
    key, operator, value = match.groups()
    keys = {key for item in every for key in item.labels}
    if key not in keys:
        raise InputError(f"nothing in the testbed has a label {key!r}", hint=nearest(key, keys))
    values = {item.labels[key] for item in every if key in item.labels}
    if value not in values:
        raise InputError(f"nothing in the testbed has {key}={value}", hint=nearest(value, values))
    return key, operator == "=", value
