"""The journal and the leases."""

from __future__ import annotations

from microdc import __version__
from microdc.errors import InputError
from microdc.health.demo.acts import Held
from microdc.health.demo.documents.frame import Document, document, iso
from microdc.health.demo.journal import Noted
from microdc.health.demo.state import State

TESTBED = "demo"


def journal(state: State, last: int, at: float) -> Document:
    """As `microdc log --last N` prints it, oldest first."""
    return document("Log", [_entry(one, at) for one in state.journal.entries(at)[-last:]])


def entry(state: State, ident: int, at: float) -> Document:
    """As `microdc log show ID` prints it. Raises InputError where there is no such entry."""
    found = next((one for one in state.journal.entries(at) if one.ident == ident), None)
    if found is None:
        raise InputError(f"there is no entry {ident} in the journal", hint="microdc log lists them")
    told = {
        "entry": _entry(found, at),
        "argv": [],
        "version": __version__,
        "data": {"what": found.summary},
        "result": {"outcome": found.outcome} if found.ended <= at else {},
        "inputs": [],
    }
    return document("LogEntry", told)


def _entry(one: Noted, at: float) -> Document:
    over = one.ended <= at
    return {
        "id": one.ident,
        "kind": one.kind,
        "testbed": TESTBED,
        "summary": one.summary,
        "outcome": one.outcome if over else "open",
        "began": iso(one.began),
        "ended": iso(one.ended) if over else None,
        "owner": one.owner,
        "user": one.owner,
        "host": "control1",
        "pid": 4000 + one.ident,
        "process": None if over else "alive",
    }


def leases(state: State, at: float) -> Document:
    """As `microdc lease list` prints it: what holds and what is planned."""
    return document(
        "LeaseList", [lease(one, at) for one in state.acts.held if one.state(at) in {"held", "planned"}]
    )


def lease(one: Held, at: float) -> Document:
    """A lease as the commands print it."""
    return {
        "id": one.ident,
        "testbed": TESTBED,
        "resource": one.resource,
        "holder": one.holder,
        "kind": "maintenance" if one.maintenance else "lease",
        "state": one.state(at),
        "reason": one.reason,
        "begins": iso(one.begins),
        "ends": iso(one.ends),
        "taken": iso(one.taken),
        "ended_by": one.ended_by or None,
    }
