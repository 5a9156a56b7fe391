"""What the acts of the TUI would do to the demo fleet, by the words of the command line: told as the commands tell it to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from microdc.health.demo import Demo
from microdc_tui.world.ports import Answer
from microdc_tui.world.words import Words

Document = Mapping[str, Any]
Make = Callable[[Demo, Words, str], Document]
"""The plan of what, by which words, to which thing."""


def planned(demo: Demo, words: Words) -> Answer:
    """What would be done, a line each. Raises what the demo raises for names that it does not have."""
    for depth in (2, 1):
        make = _PLANS.get(words.names[:depth])
        if make is not None:
            lines: list[str] = []
            for name in words.names[depth:] or ("",):
                document = make(demo, words, name)
                lines += _LINES[document["kind"]](document)
            return Answer(document, narration=tuple(lines))
    return Answer(narration=("the demo would do it at once",))


def _of_servers(document: Document) -> Iterator[str]:
    for one in document["servers"]:
        error = one["error"]
        if error:
            yield f"{one['server']}: failed: {error['what']}"
        else:
            steps = ", then ".join(one["steps"]) or "nothing: it is as wished"
            yield f"{one['server']}: reads {one['reads']}; would be asked: {steps}"


def _of_wan(document: Document) -> Iterator[str]:
    yield f"{document['summary']}: {len(document['operations'])} changed in place"
    for one in document["operations"]:
        yield f"{one['emulator']} {one['interface']}: {one['reason']}"
        yield f"  {one['tc']}"


def _of_nodes(document: Document) -> Iterator[str]:
    for one in document["nodes"]:
        will = {"begin": f"be given {one['image']['name']}", "resume": "go on", "nothing": "be left alone"}
        said = f": {one['why']}" if one["why"] else ""
        yield f"{one['node']} is {one['state']}, and will {will.get(one['how'], 'be refused')}{said}"
    if document["in_the_way"]:
        yield f"In the way: {document['in_the_way']}"


def _of_status(document: Document) -> Iterator[str]:
    for one in document["nodes"]:
        phase = f", {one['phase']}" if one.get("phase") else ""
        yield f"{one['node']} is {one['state']}{phase}"


_LINES: Mapping[str, Callable[[Document], Iterator[str]]] = {
    "PowerPlan": _of_servers,
    "BootPlan": _of_servers,
    "Plan": _of_wan,
    "DeployPlan": _of_nodes,
    "DeployStatus": _of_status,
}


def _power(wish: str) -> Make:
    return lambda demo, _, server: demo.plan_power(server, wish)


def _boot(demo: Demo, words: Words, server: str) -> Document:
    return demo.plan_boot(server, "none" if "--clear" in words.options else words.option("--once"))


def _ends(link: str) -> tuple[str, str]:
    a, _, b = link.rpartition("/")[2].partition(":")
    return a, b


_PLANS: Mapping[tuple[str, ...], Make] = {
    **{("power", wish): _power(wish) for wish in ("on", "off", "cycle", "restart", "reset")},
    ("boot",): _boot,
    ("apply-profile",): lambda demo, words, profile: demo.plan_lay(words.option("--pair"), profile),
    ("wan", "cut"): lambda demo, _, link: demo.plan_cut(*_ends(link)),
    ("wan", "mend"): lambda demo, _, link: demo.plan_restore(*_ends(link)),
    ("wan", "undo"): lambda demo, _, overlay: demo.plan_undo(overlay),
    ("deploy", "status"): lambda demo, _, node: demo.nodes(node),
    ("deploy", "plan"): lambda demo, _, node: demo.plan_deploy(node),
}
