"""Profiles laid over pairs, cuts of the lines between sites, and taking both away."""

from __future__ import annotations

from collections.abc import Iterable

from microdc.errors import InputError
from microdc.health.demo.acts import ME, Laid
from microdc.health.demo.building import Line
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.shapers import serves
from microdc.health.demo.state import State
from microdc.health.demo.wan import PROFILES, Mood, Shape, asked_of

Changed = list[tuple[Line, Mood]]


def lay(
    state: State,
    pair: str,
    profile: str,
    at: float,
    *,
    until: float | None = None,
    owner: str = ME,
    dry: bool = False,
) -> Document:
    """Raises InputError. dry: nothing is changed, here and below."""
    line = state.pair(pair)
    if profile not in PROFILES:
        raise InputError(f"the demo has no profile {profile!r}", hint=f"it has {', '.join(PROFILES)}")
    name = line.device.name
    changed = [(line, state.line(line, at)._replace(profile=profile))]
    over = Laid("", owner, f"{profile} over {name}", (name,), profile, (), at, until)
    return _put(state, over, changed, f"profile {profile}", dry=dry)


def cut(
    state: State, a: str, b: str, at: float, *, until: float | None = None, dry: bool = False
) -> Document:
    """Raises InputError where no line joins the two."""
    line = state.pair(f"{a}:{b}")
    name = line.device.name
    changed = [(line, state.line(line, at, without={name}))]
    over = Laid("", ME, f"cut of {name}", (), "", (name,), at, until)
    return _put(state, over, changed, "its line is cut", dry=dry)


def restore(state: State, a: str, b: str, at: float, *, dry: bool = False) -> Document:
    """Raises InputError where it is not cut."""
    line = state.pair(f"{a}:{b}")
    name = line.device.name
    idents = [one.ident for one in state.acts.holding(at) if name in one.cuts]
    if not idents:
        told = name in state.moment(at).scene.cuts
        hint = "the story of the demo cut it; it comes up again by itself" if told else ""
        raise InputError(f"{name} is not cut by you", hint=hint)
    operations = _operations(state, [(line, Mood())], "its line is up again")
    plan = _plan(f"{name} up again", operations, removed=idents)
    return plan if dry else _take(state, idents, at, plan)


def undo(state: State, overlay: str, at: float, *, dry: bool = False) -> Document:
    """Raises InputError where there is no such overlay, or nothing of one's own."""
    gone = _meant(state, overlay, at)
    changed = [(state.world.lines[pair], Mood()) for pair in (*gone.pairs, *gone.cuts)]
    operations = _operations(state, changed, "what lies below shows again")
    plan = _plan(f"take away {gone.ident}", operations, removed=[gone.ident])
    return plan if dry else _take(state, [gone.ident], at, plan)


def _meant(state: State, overlay: str, at: float) -> Laid:
    """The overlay of this name; one's own newest where none is named."""
    holding = state.acts.holding(at)
    for one in reversed(holding):
        if one.ident == overlay or (not overlay and one.owner == ME):
            return one
    if not overlay:
        raise InputError("nothing that is laid is yours, so there is nothing to undo")
    laid = ", ".join(one.ident for one in holding)
    raise InputError(
        f"there is no overlay {overlay!r}", hint=f"laid are {laid}" if laid else "nothing is laid"
    )


def _put(state: State, over: Laid, changed: Changed, why: str, *, dry: bool) -> Document:
    operations = _operations(state, changed, why)
    ident = f"o{len(state.acts.laid) + 1}"
    if not dry:
        ident = state.acts.lay(over).ident
        state.journal.note("apply", over.reason, over.made, over.owner, seconds=1.3)
    ends = None if over.until is None else round(over.until - over.made, 1)
    return _plan(over.reason, operations, overlay=ident, ends=ends, applied=not dry)


def _take(state: State, idents: list[str], at: float, plan: Document) -> Document:
    for ident in idents:
        state.acts.take_away(ident, at)
    state.journal.note("undo", plan["summary"], at, ME, seconds=1.1)
    return {**plan, "applied": True}


def _plan(
    summary: str,
    operations: list[Document],
    *,
    overlay: str | None = None,
    ends: float | None = None,
    removed: Iterable[str] = (),
    applied: bool = False,
) -> Document:
    return document(
        "Plan",
        {
            "summary": summary,
            "applied": applied,
            "changes": True,
            "structural": False,
            "overlay": overlay,
            "ends_in_seconds": ends,
            "removed": list(removed),
            "warnings": [],
            "operations": operations,
        },
    )


def _operations(state: State, changed: Changed, why: str) -> list[Document]:
    return [one for line, mood in changed for one in _of_line(state, line, mood, why)]


def _of_line(state: State, line: Line, mood: Mood, why: str) -> Iterable[Document]:
    """Of each direction: what is set at the interface towards the far site."""
    asked = asked_of(line, mood)
    ways = ((line.a, line.b, asked.forth, asked.lost_forth), (line.b, line.a, asked.back, asked.lost_back))
    for number, (source, target, rate, lost) in enumerate(ways, 1):
        interface = state.world.pops[target].code
        values = _netem(asked, rate, lost, cut=mood.ways is None)
        yield {
            "emulator": serves(state.world.shapers, target),
            "interface": interface,
            "site": target,
            "verb": "change",
            "reason": f"{source} to {target}: {why}",
            "tc": f"tc qdisc change dev {interface} parent 1:{number} handle {number}0: netem {values}",
        }


def _netem(asked: Shape, rate: float | None, lost: float, *, cut: bool) -> str:
    if cut:
        return "loss 100%"
    limit = f" rate {rate / 1e6:g}mbit" if rate else ""
    return f"delay {asked.rtt / 2 * 1e3:.4g}ms loss {100 * lost:.4g}%{limit}"
