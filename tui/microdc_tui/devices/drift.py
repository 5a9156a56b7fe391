"""What is no longer as it was laid at a shaper: as polled, and with what else `microdc wan drift` tells of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.moments import stamp
from microdc_tui.readings.fields import Document, moment, number, part, parts, text, texts
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column

_GRAVITIES = {
    "drifted": "degraded",
    "gone": "critical",
    "in part": "degraded",
    "waits": "info",
    "touched": "info",
    "unseen": "unknown",
}


def lines(scene: Scene) -> list[Line]:
    """What differs, as polled; what was asked tells since when, and what else there is to know."""
    answer, name = scene.answer("drift"), scene.health.device.name
    return [
        *_differences(scene, tuple(_mine(answer, "differences", name))),
        *(_gone(place, one) for place, one in enumerate(_mine(answer, "gone", name))),
        *_parts(answer, name),
        *(_waiting(place, one) for place, one in enumerate(_mine(answer, "waiting", name))),
        *(_touched(place, one) for place, one in enumerate(_mine(answer, "touched", name))),
        *(_unverifiable(place, one) for place, one in enumerate(_mine(answer, "unverifiable", name))),
    ]


def _mine(answer: Document, group: str, name: str) -> Iterator[Document]:
    return (one for one in parts(answer, group) if text(one, "emulator") == name)


def _differences(scene: Scene, asked: Sequence[Document]) -> Iterator[Line]:
    """What is polled is newer than what was asked once, so it wins where they do not agree."""
    polled = texts(scene.health.facts, "drift")
    if len(polled) != len(asked) and "drift" in scene.health.facts:
        yield from (_polled(place, told) for place, told in enumerate(polled))
    else:
        yield from (_difference(place, one) for place, one in enumerate(asked))


def _polled(place: int, told: str) -> Line:
    where, _, what = told.partition(": ")
    return _line(f"polled {place}", "drifted", where, what or told)


def _difference(place: int, one: Document) -> Line:
    ways = [f"{text(way, 'from')} → {text(way, 'to')}" for way in parts(one, "directions")]
    of = f" of {ways[0]}" if len(ways) == 1 else f" of {len(ways)} directions" if ways else ""
    told = f"{text(one, 'what')}{of}: {text(one, 'found')} instead of {text(one, 'asked')}"
    more = "; ".join(
        filter(None, (told, ", ".join(ways) if len(ways) > 1 else "", _since(part(one, "since"))))
    )
    return _line(f"difference {place}", "drifted", text(one, "interface"), told, more)


def _since(since: Document) -> str:
    first, watched = moment(since, "first"), moment(since, "watched")
    if first is not None:
        times = number(since, "times")
        return f"since {stamp(first)}" + (f", {times:.0f} changes" if times and times > 1 else "")
    return f"from before {stamp(watched)}, when no agent looked" if watched else ""


def _gone(place: int, one: Document) -> Line:
    why = "it was rebooted" if one.get("rebooted") is True else "the journal does not say who took it"
    told = f"{', '.join(texts(one, 'overlays'))}: {why}"
    return _line(f"gone {place}", "gone", "", told)


def _parts(answer: Document, name: str) -> Iterator[Line]:
    for place, one in enumerate(parts(answer, "parts")):
        if name in texts(one, "missing"):
            overlay, owner = text(one, "overlay"), text(one, "owner")
            told = f"{overlay} of {owner} lies elsewhere, and not here; laying it again makes it whole"
            yield _line(f"part {place}", "in part", "", told)


def _waiting(place: int, one: Document) -> Line:
    left = number(one, "remaining") or 0.0
    told = f"a change by {text(one, 'by')} ends in {left:.0f} s unless it is confirmed"
    return _line(f"waiting {place}", "waits", "", told)


def _touched(place: int, one: Document) -> Line:
    told = "; ".join(
        filter(None, ("changed by somebody else; what is laid is there", _since(part(one, "since"))))
    )
    return _line(f"touched {place}", "touched", text(one, "interface"), told)


def _unverifiable(place: int, one: Document) -> Line:
    told = f"the kernel does not give back {', '.join(texts(one, 'what'))} of {text(one, 'from')} → {text(one, 'to')}"
    return _line(f"unverifiable {place}", "unseen", text(one, "interface"), told)


def _line(key: str, word: str, where: str, told: str, more: str = "") -> Line:
    cells = (verdict(_GRAVITIES[word], word), plain(where) if where else dim("-"), plain(told))
    full = more or (f"{where}: {told}" if where else told)
    return Line(key, cells, full, labels={"kind": word, "where": where})


PANE = Pane(
    "drift",
    "Drift",
    (Column("kind", "", 10), Column("where", "where", 18), Column("what", "what")),
    lines,
    lambda _: {"drift": ("wan", "drift")},
    needed=lambda scene: "drift" not in scene.health.facts,
    empty="Everything is as it was laid.",
)
