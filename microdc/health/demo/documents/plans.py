"""What acts would do, as the commands print it with `--dry-run`: the demo is read, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from microdc.health.demo.building import Line
from microdc.health.demo.documents import nodes
from microdc.health.demo.documents.frame import Document, document, of_server
from microdc.health.demo.nodes import IMAGE, phase_at
from microdc.health.demo.shapers import serves
from microdc.health.demo.state import State
from microdc.health.demo.wan import Mood, Shape, asked_of

_OFF = "shutdown, after 120 s force-off"
_STEPS: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("on", False): ("on",),
    ("off", True): (_OFF,),
    ("cycle", True): (_OFF, "on"),
    ("cycle", False): ("on",),
    ("restart", True): ("restart",),
    ("reset", True): ("reset",),
}
"""By the wish, and whether the server is on."""


def power(state: State, name: str, act: str, at: float) -> Document:
    """As `microdc power ACT NAME --dry-run`. Raises InputError."""
    machine = state.machine(name)
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    reads = state.server(machine, at).power
    told = {"reads": reads, "steps": list(_STEPS.get((act, reads != "off"), ()))}
    return of_server("PowerPlan", name, machine.driver, trouble or told)


def boot(state: State, name: str, target: str, at: float) -> Document:
    """As `microdc boot NAME --once TARGET --dry-run`; `none` is `--clear`. Raises InputError."""
    machine = state.machine(name)
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    before = state.server(machine, at).boot
    told = {"reads": _words(before), "steps": [] if before == target else [f"set {_words(target)}"]}
    return of_server("BootPlan", name, machine.driver, trouble or told)


def _words(target: str) -> str:
    return "none" if target == "none" else f"{target}, once (uefi)"


def deploy(state: State, name: str, at: float) -> Document:
    """As `microdc deploy plan NAME`, of a node or a site. Raises InputError."""
    status = nodes.status(state, name, at)["nodes"]
    items = [_item(state, one, at) for one in status]
    racks = sorted({f"rack:{one['site']}/{one['rack']}" for one in items})
    held = [
        f"{one.resource} is {one.holder}'s: {one.reason}"
        for one in state.acts.held
        if one.resource in racks and one.state(at) == "held" and one.holder != "you"
    ]
    told = {"nodes": items, "racks": racks, "in_the_way": held[0] if held else None, "remarks": []}
    return document("DeployPlan", told)


def _item(state: State, record: Document, at: float) -> Document:
    machine = state.world.nodes[record["node"]]
    moving = phase_at(state.move(machine.name, at), at)[0] not in {"active", "failed"}
    active = record["state"] == "active"
    kept = record["state"] == "maintenance"
    return {
        "node": machine.name,
        "site": machine.device.site,
        "rack": machine.device.rack,
        "how": "refused" if kept else "resume" if moving else "begin",
        "action": "deploy",
        "why": f"it is in maintenance: {record['note']}" if kept else None,
        "state": record["state"],
        "power": state.server(machine, at).power,
        "image": nodes.image(),
        "address": record["address"],
        "nic": "eno1",
        "mac": machine.macs[0],
        "disk": {"least": "200GiB", "kind": "ssd"},
        "firmware": "uefi",
        "wipe": False,
        "loses": f"the system that it runs, {IMAGE}" if active else None,
        "described": f"sites/{machine.device.site}.yaml:{20 + machine.port}",
    }


def lay(state: State, pair: str, profile: str, at: float) -> Document:
    """As `microdc apply-profile PROFILE --pair A:B --dry-run`. Raises InputError."""
    line = state.pair(pair)
    name = line.device.name
    mood = state.line(line, at)._replace(profile=profile)
    return _plan(state, f"{profile} over {name}", [(line, mood)], f"profile {profile}", laid=True)


def cut(state: State, a: str, b: str, at: float) -> Document:
    """As `microdc wan cut LINK --dry-run`. Raises InputError."""
    line = state.pair(f"{a}:{b}")
    name = line.device.name
    mood = state.line_without(line, {name}, at)
    return _plan(state, f"cut of {name}", [(line, mood)], "its line is cut", laid=True)


def restore(state: State, a: str, b: str, at: float) -> Document:
    """As `microdc wan mend LINK --dry-run`. Raises InputError."""
    line = state.pair(f"{a}:{b}")
    name = line.device.name
    idents = [one.ident for one in state.acts.holding(at) if name in one.cuts]
    changed = [(line, Mood())] if idents else []
    return _plan(state, f"{name} up again", changed, "its line is up again", removed=idents)


def undo(state: State, overlay: str, at: float) -> Document:
    """As `microdc wan undo OVERLAY --dry-run`."""
    gone = next((one for one in state.acts.holding(at) if one.ident == overlay), None)
    pairs = () if gone is None else (*gone.pairs, *gone.cuts)
    changed = [(state.world.lines[pair], Mood()) for pair in pairs]
    removed = [] if gone is None else [overlay]
    return _plan(state, f"take away {overlay}", changed, "what lies below shows again", removed=removed)


def _plan(
    state: State,
    summary: str,
    changed: Iterable[tuple[Line, Mood]],
    why: str,
    *,
    laid: bool = False,
    removed: Iterable[str] = (),
) -> Document:
    operations = [one for line, mood in changed for one in _operations(state, line, mood, why)]
    return document(
        "Plan",
        {
            "summary": summary,
            "applied": False,
            "changes": bool(operations),
            "structural": False,
            "overlay": f"o{len(state.acts.laid) + 1}" if laid else None,
            "ends_in_seconds": None,
            "removed": list(removed),
            "warnings": [],
            "operations": operations,
        },
    )


def _operations(state: State, line: Line, mood: Mood, why: str) -> Iterable[Document]:
    """Of each direction: what is set at the interface towards the far site."""
    asked = asked_of(line, mood)
    ways = ((line.a, line.b, asked.forth, asked.lost_forth), (line.b, line.a, asked.back, asked.lost_back))
    for number, (source, target, rate, lost) in enumerate(ways, 1):
        interface = state.world.pops[target].code
        yield {
            "emulator": serves(state.world.shapers, target),
            "interface": interface,
            "site": target,
            "verb": "change",
            "reason": f"{source} to {target}: {why}",
            "tc": f"tc qdisc change dev {interface} parent 1:{number} handle {number}0: netem {_netem(asked, rate, lost, cut=mood.ways is None)}",
        }


def _netem(asked: Shape, rate: float | None, lost: float, *, cut: bool) -> str:
    if cut:
        return "loss 100%"
    limit = f" rate {rate / 1e6:g}mbit" if rate else ""
    return f"delay {asked.rtt / 2 * 1e3:.4g}ms loss {100 * lost:.4g}%{limit}"
