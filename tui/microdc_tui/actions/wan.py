"""The WAN: a profile over a pair, links that are cut and mended, overlays that are taken away."""

from __future__ import annotations

from typing import Any

from microdc.health.board import Board
from microdc_tui.actions.model import Action, Field, Reader, names
from microdc_tui.subject import Subject
from microdc_tui.text import plain

_LASTING = Field("for", "for (such as 10m)", "--for", suggestion="10m", optional=True)


def offers(subject: Subject, board: Board) -> tuple[Action, ...]:
    """For a pair, and for an overlay."""
    if subject.kind == "overlay":
        return (_undo(subject, subject.name),)
    if subject.kind != "pair":
        return ()
    laid = board.device(subject.key).facts.get("overlay") if subject.key in board else None
    undo = _undo(subject, str(laid) if laid else "")
    return (_lay(subject), undo, _link(subject, "cut"), _link(subject, "mend"))


def _lay(subject: Subject) -> Action:
    argv = ("apply-profile", "--pair", subject.name)
    profiles: Reader = lambda data: names(data, "items", "name")  # noqa: E731  it is a value
    return Action(
        name="apply-profile",
        title="Lay a profile over it …",
        subject=subject,
        argv=argv,
        plan=(*argv, "--dry-run"),
        words="Lies over what holds now, until it is undone or its time is over.",
        fields=(
            Field("profile", "profile", asks=("profile", "list"), reads=profiles),
            _LASTING,
            Field("reason", "reason", "--reason", optional=True),
        ),
    )


def _undo(subject: Subject, overlay: str) -> Action:
    argv = ("wan", "undo", overlay)
    return Action(
        name="wan undo",
        title=f"Take overlay {plain(overlay)} away" if overlay else "Take its overlay away",
        subject=subject,
        argv=argv,
        plan=(*argv, "--dry-run"),
        words="What lies below it shows again.",
        refused="" if overlay else "no overlay lies over it",
    )


def _link(subject: Subject, verb: str) -> Action:
    """A link of the backbone between the two sites: those of the way that it goes now."""
    a, _, b = subject.name.partition(":")
    cut = verb == "cut"
    return Action(
        name=f"wan {verb}",
        title="Cut a link on its way …" if cut else "Mend a link that was cut …",
        subject=subject,
        argv=("wan", verb),
        plan=("wan", verb, "--dry-run"),
        words="Pairs that go over the link go another way, or none."
        if cut
        else "Pairs may go over the link again.",
        grave=cut,
        fields=(
            Field(
                "link",
                "link, TOPOLOGY/POP:POP",
                asks=("wan", "path", a, b) if cut else ("wan", "show"),
                reads=links if cut else cuts,
            ),
            *((_LASTING,) if cut else ()),
        ),
    )


def links(path: Any) -> tuple[str, ...]:
    """The links of the backbone in an answer of `wan path`, as `wan cut` takes them."""
    hops = path.get("hops", ()) if isinstance(path, dict) else ()
    return tuple(str(hop["name"]) for hop in hops if isinstance(hop, dict) and hop.get("kind") == "link")


def cuts(shown: Any) -> tuple[str, ...]:
    """The links that are cut in an answer of `wan show`, each once."""
    overlays = shown.get("overlays", ()) if isinstance(shown, dict) else ()
    found = (one.get("cuts") for one in overlays if isinstance(one, dict))
    return tuple(dict.fromkeys(str(link) for cut in found if isinstance(cut, list) for link in cut))
