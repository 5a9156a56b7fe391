"""What an answer holds: a JSON object, or why it does not; and what a service says of itself in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.failures import shown


class NoObjectError(ValueError):
    """Content that is no JSON object; the message says in a few words what it is."""


def as_object(content: bytes) -> Resource:
    """The JSON object in an answer. NaN and infinities, which are no JSON, become None. Raises NoObjectError."""
    if not content.strip():
        raise NoObjectError("it is empty")
    try:
        # real BMCs leave control characters and other encodings in serial numbers: no reason to lose the rest
        found = json.loads(
            content.decode("utf-8-sig", "replace"), strict=False, parse_constant=lambda _: None
        )
    except (ValueError, RecursionError):
        start = content.lstrip()[:1]
        kind = (
            "HTML" if start == b"<" else "half of a JSON document, or none" if start in b"{[" else "no JSON"
        )
        raise NoObjectError(f"it is {kind}: {shown(content)}") from None
    if not isinstance(found, dict):
        raise NoObjectError(f"it is a JSON {_NAMES[type(found)]} where an object belongs: {shown(content)}")
    return found


_NAMES: Mapping[type, str] = {
    list: "list",
    str: "string",
    int: "number",
    float: "number",
    bool: "truth value",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the messages in an answer say. codes: their ids, such as Base.1.12.PropertyReadOnly; text: in the BMC's words, "" for none."""

    codes: tuple[str, ...] = ()
    text: str = ""

    def names(self) -> frozenset[str]:
        """The ids without registry and version: PropertyReadOnly."""
        return frozenset(code.rpartition(".")[2] for code in self.codes)


def told_by(content: bytes) -> Told:
    """The messages of an error, or those that accompany a success; nothing where there are none, or where the content is no JSON."""
    try:
        body = as_object(content)
    except NoObjectError:
        return Told()
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    infos = [*_infos(error.get("@Message.ExtendedInfo")), *_infos(body.get("@Message.ExtendedInfo"))]
    codes = [info.get("MessageId") for info in infos] or [error.get("code")]
    texts = [info.get("Message") for info in infos] or [error.get("message")]
    return Told(
        tuple(dict.fromkeys(code for code in codes if isinstance(code, str) and code)),
        shown(" ".join(dict.fromkeys(text for text in texts if isinstance(text, str))), 240),
    )


def _infos(found: Any) -> Iterator[Mapping[str, Any]]:
    """Message objects: a list of them, or one alone as some services write."""
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one
