"""Why a node is where it is: the causes that fit, what each rests on, and what to try. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from microdc_tui.readings.explanation import Cause, Explanation
from microdc_tui.text import plain
from microdc_tui.widgets.folding import Paragraph, Piece

_CERTAINTIES = {"certain": ("✗", "bad"), "likely": ("▲", "mind"), "possible": ("○", "dim")}


def causes(explanation: Explanation) -> list[Paragraph]:
    """One sentence on where it is, then a block for each cause, the most certain first; who did not answer stands last."""
    mark = Piece("✓ ", "good") if explanation.healthy else Piece("✗ ", "bad")
    told = [Paragraph((mark,), (Piece(f"{plain(explanation.status)}.", "strong"),))]
    for one in explanation.causes:
        told.append(Paragraph())
        told.extend(_cause(one))
    if explanation.remarks:
        told.append(Paragraph())
        told.extend(
            Paragraph((Piece("Mind: ", "mind"),), (Piece(plain(one)),)) for one in explanation.remarks
        )
    return told


def _cause(cause: Cause) -> Iterator[Paragraph]:
    mark, tone = _CERTAINTIES.get(cause.certainty, ("○", "dim"))
    head = (Piece(f"{plain(cause.certainty)}: ", tone), Piece(plain(cause.what), "strong"))
    yield Paragraph((Piece(f"{mark} ", tone),), (*head, Piece(f"  {plain(cause.word)}", "dim")))
    for seen in cause.because:
        yield Paragraph((Piece("  seen  ", "dim"),), (Piece(plain(seen)),))
    for advice in cause.advice:
        yield Paragraph((Piece("  try   ", "dim"),), (Piece(plain(advice.what)),))
        if advice.command:
            yield Paragraph((Piece("        "),), (Piece(plain(advice.command), "command"),))


def commands(explanation: Explanation) -> tuple[str, ...]:
    """The command lines among what is to be tried, in their order, each once."""
    every = (advice.command for cause in explanation.causes for advice in cause.advice)
    return tuple(dict.fromkeys(command for command in every if command))
