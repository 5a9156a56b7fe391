"""Resources taken for a while, and given back."""

from __future__ import annotations

from dataclasses import replace

from microdc.errors import InputError, RefusedError
from microdc.health.demo.acts import Held
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.documents.store import lease as lease_data
from microdc.health.demo.state import State


def take(state: State, resource: str, seconds: float, at: float, *, reason: str, owner: str) -> Document:
    """Raises InputError for what cannot be leased, RefusedError where somebody else has it."""
    _check(state, resource)
    acts = state.acts
    for other in acts.held:
        if other.holder != owner and other.state(at) == "held" and _share(other.resource, resource):
            raise RefusedError(
                f"{other.resource} is {other.holder}'s: {other.reason}",
                where=resource,
                hint="it ends by itself",
            )
    mine = next(
        (
            one
            for one in acts.held
            if one.holder == owner and one.resource == resource and one.state(at) == "held"
        ),
        None,
    )
    if mine is not None:
        taken = replace(mine, ends=max(mine.ends, at + seconds), reason=reason or mine.reason)
        acts.held[acts.held.index(mine)] = taken
    else:
        taken = acts.hold(Held(0, resource, owner, reason, at, at + seconds, at))
    state.journal.note("lease", f"{resource} taken for {seconds:g} s", at, owner)
    return document("LeaseList", [{**lease_data(taken, at), "token": f"demo-{taken.ident}"}])


def release(state: State, resource: str, at: float, owner: str) -> Document:
    """Raises InputError for what cannot be leased."""
    if resource:
        _check(state, resource)
    own = [
        one.resource
        for one in state.acts.held
        if one.holder == owner and one.state(at) in {"held", "planned"}
    ]
    meant = [one for one in own if resource in {"", one}]
    ended = state.acts.release(meant, owner, at) if meant else []
    if ended:
        state.journal.note("release", f"{', '.join(one.resource for one in ended)} given back", at, owner)
    return document("LeaseList", [lease_data(one, at) for one in ended])


def _check(state: State, resource: str) -> None:
    kind, _, name = resource.partition(":")
    site, _, rack = name.partition("/")
    places = {place.name: place.racks for place in state.world.fleet.sites}
    known = (
        resource == "wan"
        or (kind == "site" and not rack and site in places)
        or (kind == "rack" and rack in places.get(site, {}))
    )
    if not known:
        raise InputError(f"{resource!r} cannot be leased", hint="write wan, site:NAME or rack:SITE/RACK")


def _share(a: str, b: str) -> bool:
    """Whether two resources share something: they are the same, or one is a site and the other a rack of it."""
    return a == b or _holds(a, b) or _holds(b, a)


def _holds(site: str, rack: str) -> bool:
    kind, _, name = site.partition(":")
    return kind == "site" and rack.startswith(f"rack:{name}/")
