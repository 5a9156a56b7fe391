"""Nodes that OpenStack Ironic takes through their moves: it says itself what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, any_of, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis


def judge(case: Case) -> Iterator[Diagnosis]:
    """ironic-failed: by its state, or by its own history of the node."""
    states, history = case.seen("ironic", kinds.PROVISION), case.seen("ironic", kinds.HISTORY)
    wrong = (
        states[-1:] if states and any_of(states[-1].evidence.data.get("state"), {"failed", "error"}) else []
    )
    said = [entry for entry in history if any_of(entry.evidence.data.get("severity"), {"error"})]
    if not wrong and not (said and case.over):
        return
    last = (wrong or said)[-1]
    yield Diagnosis(
        "ironic-failed",
        Certainty.CERTAIN if wrong else Certainty.LIKELY,
        f"Ironic gave {case.name} up: {last.evidence.text or last.evidence.data.get('state')}",
        lines([*said[-2:], *wrong]),
        (
            Advice("see to what it names, and begin again", f"microdc deploy retry {case.name}"),
            Advice("its conductor's log tells more than its API"),
        ),
    )
