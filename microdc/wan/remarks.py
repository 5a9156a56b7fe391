"""What the kernel makes of an impairment that is not what its author may think. Pure."""

from __future__ import annotations

from microdc.impairment import Impairment
from microdc.losses import Chance
from microdc.units import format_percent

NO_CORRELATION = (
    "jitter_correlation is set and has no effect: netem draws a delay by the last digits of its correlated number, "
    "in which nothing of the correlation is left"
)


def remarks(impairment: Impairment) -> tuple[str, ...]:
    """Sentences without a full stop; none where everything is as it is written."""
    found = [NO_CORRELATION] if impairment.jitter_correlation else []
    chances = {
        "loss": (
            Chance(impairment.loss, impairment.loss_correlation),
            "write {gemodel: {p: ..., r: ...}} for runs of losses",
        ),
        "duplicate": (impairment.duplicate, "leave the correlation out"),
        "corrupt": (impairment.corrupt, "leave the correlation out"),
        "reorder": (impairment.reorder, "leave the correlation out"),
    }
    for name, (chance, advice) in chances.items():
        if chance.correlation and (mean := float(f"{chance.mean:.2g}")) != chance.share:
            asked = (
                f"{format_percent(chance.share)} with a correlation of {format_percent(chance.correlation)}"
            )
            found.append(f"{name} of {asked} comes to {format_percent(mean)} in netem: {advice}")
    if impairment.framing is not None:
        found.append(
            "with framing the buffer is a number of full packets, in which what is on its way counts too"
        )
    return tuple(found)
