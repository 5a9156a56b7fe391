"""Which devices of a fleet are meant: by site, rack, name, pair, kind or label. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.health.model import Device, Fleet
from microdc.health.reducing import sites_of


def select(fleet: Fleet, patterns: Sequence[str] = (), labels: Sequence[str] = ()) -> tuple[Device, ...]:
    """The devices that match one of the patterns (all, where there is none) and every label term, in the order of the fleet.

    patterns: a site, SITE/RACK, the name of a device or its key (`switch/bcn-sw1`), a pair in either order, or a glob of these; one with `=` is a
    label term. labels: `key=value` or `key!=value`, several joined by commas. Raises InputError for what nothing has.
    """
    terms = [*labels, *(one for one in patterns if "=" in one)]
    names = [one for one in patterns if "=" not in one]
    chosen = {device.key for name in names for device in _named(fleet, name)}
    wanted = [_term(fleet, term) for text in terms for term in text.split(",")]
    found = tuple(
        device
        for device in fleet.devices
        if (not names or device.key in chosen)
        and all((_labels(device).get(key) == value) is equal for key, equal, value in wanted)
    )
    if not found and (names or terms):
        raise InputError(f"no device is {' and '.join([*names, *terms])}", hint="microdc health shows all")
    return found


def _named(fleet: Fleet, pattern: str) -> list[Device]:
    a, colon, b = pattern.partition(":")
    patterns = {pattern.rstrip("/"), f"{b}:{a}"} if colon else {pattern.rstrip("/")}
    found = [
        device
        for device in fleet.devices
        if any(fnmatchcase(name, one) for name in _names(device) for one in patterns)
    ]
    if not found:
        known = {name for device in fleet.devices for name in _names(device)}
        hint = nearest(pattern, known) or "microdc health shows all"
        raise InputError(f"nothing that is watched is called {pattern!r}", hint=hint)
    return found


def _names(device: Device) -> Iterator[str]:
    """All that stands for a device."""
    yield device.name
    yield device.key
    yield from sites_of(device)
    if device.rack:
        yield f"{device.site}/{device.rack}"
        yield f"{device.site}/{device.rack}/{device.name}"


def _labels(device: Device) -> Mapping[str, str]:
    own = {"kind": str(device.kind), "name": device.name, "site": device.site, "rack": device.rack}
    role = {"role": device.role} if device.role else {}
    return {**device.labels, **role, **{key: value for key, value in own.items() if value}}


def _term(fleet: Fleet, text: str) -> tuple[str, bool, str]:
    key, equal, value = text.strip().partition("=")
    negated = key.endswith("!")
    key = key.rstrip("! ")
    if not key or not equal:
        raise InputError(
            f"{text!r} is not a selector", hint="write key=value or key!=value, such as role=compute"
        )
    keys = _values(fleet.devices)
    if key not in keys:
        raise InputError(f"nothing that is watched has a label {key!r}", hint=nearest(key, keys))
    if value.strip() not in keys[key]:
        hint = nearest(value, keys[key])
        raise InputError(f"nothing that is watched has {key}={value}", hint=hint)
    return key, not negated, value.strip()


def _values(devices: Iterable[Device]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for device in devices:
        for key, value in _labels(device).items():
            found.setdefault(key, set()).add(value)
    return found
