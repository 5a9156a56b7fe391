"""What `Status` says of a part: whether it is there, and how it is."""

from __future__ import annotations

from microdc.bmc.model import Health
from microdc.bmc.redfish.read.doc import Doc

_HEALTH: dict[str, Health] = {"ok": "ok", "warning": "warning", "critical": "critical"}
_WORSE: tuple[Health, ...] = ("ok", "warning", "critical")
_SILENT = frozenset({"absent", "disabled", "unavailableoffline", "standbyoffline", "deferring"})


def health_of(word: str) -> Health | None:
    """A word for health or severity; None for "", "Unknown" and what is none."""
    return _HEALTH.get(word.lower())


def health(part: Doc) -> Health | None:
    """Its own health; that of what is below it only where it tells nothing of its own."""
    status = part.part("Status")
    return health_of(status.word("Health")) or health_of(status.word("HealthRollup"))


def whole_health(part: Doc) -> Health | None:
    """The worst of its own and of what is below it."""
    status = part.part("Status")
    told = [found for name in ("Health", "HealthRollup") if (found := health_of(status.word(name)))]
    return max(told, key=_WORSE.index, default=None)


def state(part: Doc) -> str:
    """In its own word, "" for none."""
    return part.part("Status").word("State")


def absent(part: Doc) -> bool:
    """An empty socket, slot or bay."""
    return state(part).lower() == "absent"


def silent(part: Doc) -> bool:
    """Absent, switched off or out of reach: whatever it tells as a reading is none."""
    return state(part).lower() in _SILENT
