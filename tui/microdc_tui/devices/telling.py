"""The lines under a pane: what its row says in full, what was asked and how long ago, why something could not be told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.content import Content

from microdc_tui.devices import wording
from microdc_tui.devices.answers import Refusal
from microdc_tui.devices.asking import Questions
from microdc_tui.devices.pane import Line, dim
from microdc_tui.text import plain, said


def words_of(questions: Questions, asked: Mapping[str, tuple[str, ...]], now: float) -> Iterator[Content]:
    """Each question as its command line, and how it stands."""
    for question, argv in asked.items():
        pending, answer = questions.pending.get(question), questions.told.get(question)
        command = plain(f"microdc {' '.join(argv)}")
        if pending is not None:
            yield said(f"{command}: asking for {wording.span(now - pending.since)}", "$accent")
        elif answer is not None:
            yield dim(f"{command}: {wording.span(now - answer.at)} ago")
        elif len(asked) == 1:
            yield dim(f"as polled; r asks {command}")


def in_full(line: Line) -> Content:
    """What there was no room for in its row, and where Enter goes from it."""
    if line.leads is None:
        return said(line.more)
    return said(line.more) + Content.styled(f"  Enter: {line.leads.kind} {plain(line.leads.name)}", "$accent")


def refused(refusal: Refusal) -> Content:
    """What happened, where, and what to do."""
    told = Content.styled(f"✗ {plain(refusal.what)}", "$error")
    where = dim(f"  {refusal.where}") if refusal.where else Content()
    hint = Content(f"  {plain(refusal.hint)}") if refusal.hint else Content()
    return told + where + hint
