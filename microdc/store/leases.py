"""Leases: a resource of a testbed is one holder's for a while, and then nobody's again, whatever became of the holder."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from microdc.errors import InputError, RefusedError
from microdc.store import entryrows, leaserows
from microdc.store.clocks import Reading
from microdc.store.database import Database
from microdc.store.model import Actor, Lease, LeaseKind
from microdc.store.overlaps import check_resource, describe, in_the_way, refusal
from microdc.store.plain import plain_text

SHOWN = timedelta(days=1)
"""For how long a lease that is over is shown as history."""


class Leases:
    """The leases of a store. The holder is the actor's owner; every change is in the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        actor: Actor,
        testbed: str,
        resources: Sequence[str],
        seconds: float,
        *,
        reason: str = "",
        kind: LeaseKind = "lease",
        begins: datetime | None = None,
        force: bool = False,
    ) -> list[Lease]:
        """Takes all of the resources or none, from `begins` (now) on; the holder's own lease is extended.

        Raises RefusedError where somebody else has one of them in that time. force: his leases end instead, which
        needs a reason and is journaled. Raises InputError for what cannot be a lease.
        """
        _check(resources, seconds, reason, force=force)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            there = leaserows.read(connection, testbed, now)
            start = begins or now.wall
            ends = start + timedelta(seconds=seconds)
            if ends <= now.wall:
                raise InputError("this time is over already", where=f"until {ends:%Y-%m-%d %H:%M} UTC")
            theirs = in_the_way(there, resources, actor.owner, start, ends)
            if theirs and not force:
                raise refusal(theirs, f"microdc lease take {' '.join(resources)}")
            leaserows.end(connection, theirs, "forced", actor.owner, now)
            taken = []
            for resource in dict.fromkeys(resources):
                wanted = Lease(
                    0,
                    testbed,
                    resource,
                    actor.owner,
                    kind,
                    plain_text(reason),
                    start,
                    ends,
                    now.wall,
                    secrets.token_hex(8),
                )
                taken.append(leaserows.put(connection, _joined(wanted, there), now))
            _note(connection, actor, testbed, "taken", taken, now=now, reason=reason, from_=theirs)
            return taken

    def renew(
        self, actor: Actor, testbed: str, resources: Sequence[str], seconds: float, *, token: str = ""
    ) -> list[Lease]:
        """Prolongs leases that the holder has (all, where none is named), to at least `seconds` from now.

        token: of the very lease that is meant, so that one taken later under the same name is not mistaken for it.
        Raises RefusedError for one that is lost.
        """
        _check(resources, seconds, "", force=False, some=False)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            there = leaserows.read(connection, testbed, now)
            ends = now.wall + timedelta(seconds=seconds)
            own = [
                x for x in there if x.holder == actor.owner and x.state == "held" and token in {"", x.token}
            ]
            own = [lease for lease in own if not resources or lease.resource in resources]
            wanted = resources or [lease.resource for lease in own]
            theirs = in_the_way(there, wanted, actor.owner, now.wall, ends)
            if theirs:
                raise refusal(theirs, f"microdc lease take {' '.join(wanted)}")
            lost = sorted(set(wanted) - {lease.resource for lease in own})
            if lost or not own:
                raise _lost(actor.owner, lost)
            longer = [replace(lease, ends=max(ends, lease.ends)) for lease in own]
            renewed = [leaserows.put(connection, lease, now) for lease in longer]
            _note(connection, actor, testbed, "renewed", renewed, now=now)
            return renewed

    def release(
        self,
        actor: Actor,
        testbed: str,
        resources: Sequence[str] = (),
        *,
        token: str = "",
        reason: str = "",
        force: bool = False,
    ) -> list[Lease]:
        """Gives leases back, planned ones too; without resources all that the holder has in the testbed.

        Nothing to give back is no error. Raises RefusedError for what is somebody else's; force (with a reason) ends it.
        """
        _check(resources, 1, reason, force=force, some=False)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            there = [
                x
                for x in leaserows.read(connection, testbed, now)
                if not resources or x.resource in resources
            ]
            own = [x for x in there if x.holder == actor.owner and x.open and token in {"", x.token}]
            missed = set(resources) - {lease.resource for lease in own}
            theirs = [x for x in there if x.holder != actor.owner and x.open and x.resource in missed]
            if theirs and not force:
                raise refusal(theirs, f"microdc lease release {' '.join(resources)}")
            if own or theirs:
                _note(connection, actor, testbed, "released", own, now=now, reason=reason, from_=theirs)
            released = leaserows.end(connection, own, "released", actor.owner, now)
            return [*released, *leaserows.end(connection, theirs, "forced", actor.owner, now)]

    def list(self, testbed: str | None = None, *, past: timedelta = timedelta(0)) -> list[Lease]:
        """What is held and planned, and what was over not longer than `past` ago; first ones first."""
        with self._database.reading() as connection:
            now = self._database.now(connection)
            found = leaserows.read(connection, testbed, now, past)
        return [lease for lease in found if past or lease.open]

    def check(self, testbed: str, resources: Sequence[str], holder: str) -> None:
        """Returns where `holder` may change these resources now; raises RefusedError where they are somebody else's.

        Nobody has to hold a lease: it keeps others away.
        """
        with self._database.reading() as connection:
            now = self._database.now(connection)
            found = leaserows.read(connection, testbed, now)
        moment = now.wall + timedelta(microseconds=1)
        theirs = in_the_way(found, resources, holder, now.wall, moment)
        if theirs:
            raise refusal(
                theirs, f"microdc lease take {' '.join(dict.fromkeys(lease.resource for lease in theirs))}"
            )


def _joined(wanted: Lease, there: Sequence[Lease]) -> Lease:
    """What is wanted, as the extension of what the holder has of the same resource in some of that time already."""
    for own in there:
        same = (own.holder, own.resource, own.kind) == (wanted.holder, wanted.resource, wanted.kind)
        if same and own.open and own.begins < wanted.ends and wanted.begins < own.ends:
            begins, ends = min(own.begins, wanted.begins), max(own.ends, wanted.ends)
            return replace(own, begins=begins, ends=ends, reason=wanted.reason or own.reason)
    return wanted


def _lost(holder: str, resources: Sequence[str]) -> RefusedError:
    what = f"{holder} does not hold {', '.join(resources) or 'anything'}, or no longer does"
    return RefusedError(what, hint="it ended or was taken over: `microdc lease list --past`")


def _check(resources: Sequence[str], seconds: float, reason: str, *, force: bool, some: bool = True) -> None:
    if some and not resources:
        raise InputError("nothing is named to be leased")
    for resource in resources:
        check_resource(resource)
    if not 0 < seconds <= timedelta(days=366).total_seconds():
        raise InputError(
            f"a lease of {seconds:g} s cannot be", hint="write more than nothing and at most a year"
        )
    if force and not reason.strip():
        raise InputError(
            "to take a lease over needs a reason", hint="add --reason '...'; its holder will read it"
        )


def _note(
    connection: Connection,
    actor: Actor,
    testbed: str,
    verb: str,
    changed: Sequence[Lease],
    *,
    now: Reading,
    reason: str = "",
    from_: Sequence[Lease] = (),
) -> None:
    summary = f"{verb} {', '.join(lease.resource for lease in changed)}" if changed else ""
    if from_:
        forced = f"by force from {', '.join(sorted({lease.holder for lease in from_}))}: {reason}"
        summary = (
            f"{summary} {forced}" if summary else f"ended {', '.join(x.resource for x in from_)} {forced}"
        )
    data = {
        "leases": [_data(lease) for lease in changed],
        "reason": reason,
        "forced": [{**_data(lease), "was": describe(lease)} for lease in from_],
    }
    entryrows.write(connection, now.wall, "lease", actor, testbed, summary=summary, data=data, outcome="done")


def _data(lease: Lease) -> dict[str, Any]:
    return {
        "id": lease.id,
        "resource": lease.resource,
        "holder": lease.holder,
        "kind": lease.kind,
        "begins": lease.begins.isoformat(),
        "ends": lease.ends.isoformat(),
        "reason": lease.reason,
    }
