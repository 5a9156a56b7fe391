"""Changing a resource as vendors need it: one attempt after the other, as far as each refusal says that nothing was changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.redfish.answers import Answer, Resource, Service
from microdc.bmc.redfish.write.refusals import NOT_FOUND, Meaning, meaning


class Match(StrEnum):
    """What If-Match says of the resource's ETag, which is read anew for each attempt."""

    TOLD = "as the BMC tells it"
    AGAIN = "as the BMC tells it now"  # it may have changed between reading and writing
    OTHER = "weak instead of strong, or the other way round"
    NONE = "nothing"
    ANY = "*"  # for those that want the header and tell no ETag


@dataclass(frozen=True, slots=True)
class Attempt:
    """One PATCH."""

    path: str
    body: Resource
    match: Match = Match.TOLD


Attempts = Generator[Attempt, Meaning, None]
"""Yields attempts and is told what the refusal of the last one means; ends where none is left."""


def attempts(paths: Sequence[str], bodies: Sequence[Resource]) -> Attempts:
    """Every form of ETag where the precondition is refused, the next body where a property is, the next path for all else. Pure.

    Sources: gofish#171 (no If-Match refused), operations-center#1040 (412), Ironic's order weak, strong, none.
    """
    for path in paths:
        forms = list(Match)
        for body in bodies:
            refused = yield Attempt(path, body, forms[0])
            while refused is Meaning.PRECONDITION and len(forms) > 1:
                del forms[0]
                refused = yield Attempt(path, body, forms[0])
            if refused is Meaning.FINAL:
                return
            if refused is not Meaning.PROPERTY:
                break


def patch(service: Service, ladder: Attempts, settled: Callable[[], bool]) -> str:
    """Sends attempts until one is accepted, and returns its path. settled: reads back whether all is as wanted.

    It is asked after refusals too, since a Dell of the 13th generation refuses what it has done (community.general#5091); then the
    path that was refused is returned. Raises the last refusal that says more than that there is no such resource, and BmcError.
    """
    tried: set[tuple[str, str, str]] = set()
    attempt = next(ladder)
    told: BmcRefusedError | None = None
    why = Meaning.FINAL
    while True:
        try:
            header = if_match(service.read(attempt.path), attempt.match)
            request = (attempt.path, json.dumps(attempt.body, sort_keys=True), header)
            if request not in tried:
                tried.add(request)
                service.send("PATCH", attempt.path, attempt.body, if_match=header)
                return attempt.path
        except BmcRefusedError as refusal:
            why = meaning(refusal)
            told = refusal if told is None or refusal.status != NOT_FOUND else told
            if settled():
                return attempt.path
        try:
            attempt = ladder.send(why)
        except StopIteration:
            raise told or BmcRefusedError("refused", where=attempt.path) from None


def if_match(answer: Answer, match: Match) -> str:
    """The header If-Match for a resource as it was answered; "" for none."""
    if match in {Match.NONE, Match.ANY}:
        return "*" if match is Match.ANY else ""
    told = etag(answer)
    if not told or match is not Match.OTHER:
        return told
    return told[2:] if told.startswith("W/") else f"W/{told}"


def etag(answer: Answer) -> str:
    """The ETag of an answer, "" for none. Without the `-gzip` that a web server before the BMC adds (gofish#511)."""
    inside = answer.body.get("@odata.etag")
    told = answer.headers.get("etag") or (inside if isinstance(inside, str) else "")
    return told.replace('-gzip"', '"') if told.isprintable() and told.isascii() else ""
