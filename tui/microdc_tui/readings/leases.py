"""What `microdc lease list -o json` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microdc_tui.readings import fields


@dataclass(frozen=True, slots=True)
class Lease:
    """A resource that is somebody's. resource: "wan", "site:NAME" or "rack:SITE/RACK". state: "held", "planned", "expired", "released" or "forced"; times in Unix seconds."""

    ident: str
    resource: str
    holder: str
    kind: str
    state: str
    reason: str = ""
    begins: float | None = None
    ends: float | None = None
    ended_by: str = ""

    @property
    def site(self) -> str:
        """The site that it lies in, "" for one of all of them."""
        kind, _, name = self.resource.partition(":")
        return name.partition("/")[0] if kind in {"site", "rack"} else ""


def read(answer: Any) -> tuple[Lease, ...]:
    """The leases in an answer: those that hold first, then those that will, then what is over."""
    if not isinstance(answer, dict):
        return ()
    found = (_lease(one) for one in fields.parts(answer, "items") if fields.text(one, "resource"))
    return tuple(sorted(found, key=lambda one: (_ORDER.get(one.state, 2), one.ends or 0.0, one.resource)))


_ORDER = {"held": 0, "planned": 1}


def _lease(data: fields.Document) -> Lease:
    return Lease(
        fields.text(data, "id") or fields.text(data, "resource"),
        fields.text(data, "resource"),
        fields.text(data, "holder"),
        fields.text(data, "kind"),
        fields.text(data, "state"),
        fields.text(data, "reason"),
        fields.moment(data, "begins"),
        fields.moment(data, "ends"),
        fields.text(data, "ended_by"),
    )
