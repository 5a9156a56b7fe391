"""What the reading and the talking half of the Redfish driver share: an answer, and who fetches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Resource = Mapping[str, Any]
"""A Redfish resource as JSON holds it. Nothing is certain about what is in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a service: HTTP status, headers by lower-case name, and the JSON object in it ({} for none)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Resource = field(default_factory=dict)


class Service(Protocol):
    """A Redfish service, logged in. Paths are absolute, `/redfish/v1/...`, with or without a final slash."""

    def get(self, path: str) -> Resource:
        """The resource at a path. Raises BmcRefusedError (4xx, 5xx; `status` 404 for what is not there) and BmcError."""

    def read(self, path: str) -> Answer:
        """As `get`, with status and headers (`etag`, `allow`, `date`)."""

    def send(self, method: str, path: str, body: Resource | None = None, *, if_match: str = "") -> Answer:
        """POST, PATCH, PUT or DELETE, sent once and never again. Raises BmcRefusedError for 4xx and 5xx, with the message ids."""
