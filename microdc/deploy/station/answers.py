"""What a station's program answered, as values and as errors that a person can act on. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from microdc.deploy.model import Evidence
from microdc.deploy.ports import StaleError, Told
from microdc.errors import InputError, MicrodcError, RefusedError, UnreachableError
from microdc.host.writing import advice

OLDEST_PYTHON = "3.8"
_INSTALL_DNSMASQ = "install it there, such as with `apt install dnsmasq-base`"
_PLAIN: dict[str, tuple[type[MicrodcError], str]] = {
    "no-dnsmasq": (InputError, _INSTALL_DNSMASQ),
    "not-root": (InputError, "name a user that is root: ssh://root@..."),
    "bad-plan": (InputError, ""),
    "cannot-listen": (InputError, "see `address` and `port` under the site's `deploy`"),
    "cannot-follow": (InputError, "see `interface` under the site's `deploy`"),
    "other-dhcp": (
        RefusedError,
        "end that server, or give the nodes a network of their own; ours begins to answer by itself when it has fallen silent",
    ),
    "dhcp-missing": (
        RefusedError,
        "have it answer, since nobody else gives the nodes addresses: ours begins by itself when it is heard; `other_dhcp: tell` under `deploy`, where it knows whom it answers",
    ),
    "older-revision": (StaleError, ""),
    "no-space": (UnreachableError, "make room on that file system there"),
    "busy": (UnreachableError, "wait for it"),
}


def values(output: bytes) -> list[dict[str, Any]]:
    """The lines of an answer. Raises ValueError on what is none."""
    found = [json.loads(line) for line in output.splitlines() if line.strip()]
    if not found or not all(isinstance(one, dict) for one in found):
        raise ValueError("no answer")
    return found


def failure(answer: dict[str, Any], where: str) -> MicrodcError:
    """The error that an answer tells of."""
    text = str(answer.get("text", ""))
    kind, hint = _PLAIN.get(str(answer["error"]), (UnreachableError, advice(text)))
    return kind(text, where=where, hint=hint)


def told(lines: Sequence[dict[str, Any]]) -> Told:
    """What was noted: the name of the log first, whether there is more last."""
    head, *entries, tail = lines
    return Told(str(head["log"]), tuple(map(_evidence, entries)), bool(tail["more"]))


def _evidence(entry: dict[str, Any]) -> Evidence:
    return Evidence(
        at=datetime.fromisoformat(entry["at"]),
        source=entry["source"],
        kind=entry["kind"],
        node=entry["node"],
        mac=entry["mac"],
        text=entry["text"],
        data=entry["data"],
        number=entry["n"],
    )
