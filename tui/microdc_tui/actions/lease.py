"""Leases: something is held for a while, or given back."""

from __future__ import annotations

from microdc.health.board import Board
from microdc_tui.actions.model import Action, Field
from microdc_tui.subject import Subject


def offers(subject: Subject, board: Board) -> tuple[Action, ...]:
    """For a site, a rack, the WAN of a pair or a shaper, and a lease."""
    del board
    if subject.kind == "lease":
        return (_take(subject, subject.name, "Prolong it …"), _release(subject))
    resource = {
        "site": f"site:{subject.name}",
        "rack": f"rack:{subject.name}",
        "pair": "wan",
        "shaper": "wan",
    }.get(subject.kind)
    if resource is None:
        return ()
    whole = "Hold the whole WAN for a while …" if resource == "wan" else "Hold it for a while …"
    return (_take(subject, resource, whole),)


def _take(subject: Subject, resource: str, title: str) -> Action:
    return Action(
        name="lease take",
        title=title,
        subject=subject,
        argv=("lease", "take", resource),
        words=f"Nobody else changes {resource} meanwhile.",
        fields=(
            Field("for", "for (such as 1h)", "--for", suggestion="1h"),
            Field("reason", "reason", "--reason", optional=True),
        ),
    )


def _release(subject: Subject) -> Action:
    return Action(
        name="lease release",
        title="Give it back",
        subject=subject,
        argv=("lease", "release", subject.name),
        words="Others may have it then.",
    )
