"""What has to be said before an act: a line for each field, with what may be chosen."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from microdc_tui.actions.model import Action, Field
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys
from microdc_tui.widgets.entry import Entry
from microdc_tui.world.ports import Answer

if TYPE_CHECKING:
    from microdc_tui.app import Face

SHOWN = 40
"""Choices that are shown at most; all can be typed."""


class Form(Dialog[Action | None]):
    """Enter goes on, and after the last field answers with the action filled in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
    ]

    def __init__(self, action: Action) -> None:
        super().__init__()
        self._action = action
        self._stops: list[Event] = []
        self._choices: dict[str, tuple[str, ...]] = {one.name: one.choices for one in action.fields}

    def compose(self) -> ComposeResult:
        action = self._action
        with VerticalScroll(classes="box", can_focus=False):
            title = Content.assemble(
                (action.title.removesuffix(" …"), "bold $accent"), f"  {plain(action.subject.name)}"
            )
            yield Static(title, markup=False)
            yield Static(said(action.words, "$text-muted"), markup=False)
            for field in action.fields:
                yield Static(self._label(field), id=f"label-{field.name}", markup=False)
                yield Entry(field.suggestion, id=f"field-{field.name}", suggestions=field.choices)
            yield Static("", id="problem", markup=False)
            yield Static(
                keys(("enter", "go on"), ("→", "take what is suggested"), ("esc", "leave it")),
                classes="foot",
                markup=False,
            )

    def on_mount(self) -> None:
        for field in self._action.fields:
            if field.asks:
                answered = partial(self._answered, field)
                self._stops.append(cast("Face", self.app).ask(field.asks, answered))

    def on_unmount(self) -> None:
        for stop in self._stops:
            stop.set()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        names = [field.name for field in self._action.fields]
        here = names.index((event.input.id or "").removeprefix("field-"))
        if here + 1 < len(names):
            self.query_one(f"#field-{names[here + 1]}", Input).focus()
            return
        values = {name: self.query_one(f"#field-{name}", Input).value for name in names}
        problem = next(
            filter(None, (self._wrong(field, values[field.name]) for field in self._action.fields)), ""
        )
        try:
            filled = self._action.filled(values)
        except ValueError as error:
            problem = str(error)
        if problem:
            self.query_one("#problem", Static).update(said(problem, "$error"))
        else:
            self.dismiss(filled)

    def _answered(self, field: Field, answer: Answer) -> None:
        """What may be chosen has come; where it has not, the field is typed as it is, and why is told."""
        if not self.is_mounted:
            return
        if answer.problem or field.reads is None:
            told = f"what there is could not be asked: {answer.problem.splitlines()[0] if answer.problem else ''}"
            self.query_one("#problem", Static).update(said(told, "$warning"))
            return
        self._choices[field.name] = field.reads(answer.data)
        self.query_one(f"#label-{field.name}", Static).update(self._label(field))
        self.query_one(f"#field-{field.name}", Entry).suggest(self._choices[field.name])

    def _label(self, field: Field) -> Content:
        choices = self._choices[field.name]
        more = f"  … {len(choices) - SHOWN} more" if len(choices) > SHOWN else ""
        told = "  ".join(map(plain, choices[:SHOWN])) + more
        waiting = "asking what there is …" if field.asks and not choices else ""
        left = " (may be left empty)" if field.optional else ""
        return Content.assemble(
            (field.title, "bold"), (left, "$text-muted"), "  ", (told or waiting, "$text-muted")
        )

    def _wrong(self, field: Field, value: str) -> str:
        """Of a field whose choices are all that there are."""
        if value.strip() and field.choices and value.strip() not in field.choices:
            return f"{field.title}: one of {', '.join(field.choices)}"
        return ""
