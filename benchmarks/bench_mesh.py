"""How long planning a full mesh takes: N sites behind one emulator, N·(N-1) directions, on N interfaces.

Composed over a backbone, planned on bare interfaces, encoded, planned again where it is laid (nothing to do), and with one pair
changed. Nothing is sent: it is pure, and needs no root. Each part is measured in a process that has done nothing before it, as
for a command; told are medians of CPU time, and their ratio to the same objects encoded as messages, each once, which is the least
that laying them takes. "What is there read" is the agent's answer decoded. Wanted: planned in at most 1 s for 100 sites.

    python benchmarks/bench_mesh.py [--sites 20,50,100] [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import mesh
from apart import apart, rounds_apart
from report import machine, milliseconds, table

from microdc.agent import wire
from microdc.agent.model import Commit, Dumps, Hello, Interface, LaidLayer, State
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import HtbClass, Observed, Qdisc, QdiscTree
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import shapers
from microdc.units import Delay
from microdc.wan.asked import asked
from microdc.wan.commit import commits
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.planning import Situation, Wish, make_plan

T = TypeVar("T")
REFERENCE = "encoded"
Values = dict[Direction, Asked]


def timed(act: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    found = act()
    return found, time.process_time() - start


def bare(testbed: Testbed) -> Situation:
    """The emulator as it is before anything is laid."""
    (shaper,) = shapers(testbed)
    names = [port.interface for port in shaper.ports]
    interfaces = {name: Interface(name, index, 1500, "") for index, name in enumerate(names, 2)}
    hello = Hello(1, "6.1", "b", 0, interfaces)
    return Situation(shaper, hello, State(1, ()), {name: Observed(QdiscTree()) for name in names})


def planned(testbed: Testbed, situation: Situation, values: Values, ident: str = BASE) -> Plan:
    wish = Wish("benchmark", Overlay(ident, "benchmark", "benchmark", values))
    return make_plan(testbed, {"wan1": situation}, wish)


def composed(count: int) -> tuple[Testbed, Values, float]:
    library = mesh.library()
    assert library.atlas[mesh.TOPOLOGY]  # the topology is read, which `bench_matrix.py` measures
    testbed = mesh.testbed(count, library)
    values, took = timed(lambda: asked(testbed, library))
    return testbed, values, took


def laid(count: int) -> bytes:
    """The testbed's values, the agent's state and its dumps when they are laid."""
    testbed, values, _ = composed(count)
    plan = planned(testbed, bare(testbed), values)
    commit = commits(plan)["wan1"]
    layers = tuple(_as_told(json.loads(json.dumps(layer))) for layer in wire.commit(commit)["layers"]["put"])
    state = State(2, layers, ports=frozenset(port.interface for port in plan.ports))
    return pickle.dumps(
        (values, state, {port.interface: shown(port.desired, port.index) for port in plan.ports})
    )


def _as_told(layer: dict[str, object]) -> LaidLayer:
    values = {slot: value["data"] for slot, value in layer["values"].items()}  # type: ignore[attr-defined]
    told = {name: layer[name] for name in ("id", "owner", "reason", "data")}
    return LaidLayer(**told, made=1.0, remaining=None, values=values)  # type: ignore[arg-type]


def shown(tree: QdiscTree, index: int) -> dict[str, bytes]:
    """What the kernel would dump of a tree, were it to show just what it was sent."""
    found = dict.fromkeys(dump_requests(index), b"")
    for item in (*tree.qdiscs.values(), *tree.classes.values(), *tree.tables.values(), *tree.rules.values()):
        kind = {Qdisc: "qdiscs", HtbClass: "classes"}.get(type(item), "filters")
        found[kind] += encode("change", item, index)
    return found


def laying(count: int) -> dict[str, float]:
    """All of it on bare interfaces, up to what is sent."""
    testbed, values, took = composed(count)
    situation = bare(testbed)
    told = {"composed": took}
    plan, told["planned"] = timed(lambda: planned(testbed, situation, values))
    operations = [(o, port.index) for port in plan.ports for o in port.operations]
    commit, told["commit made"] = timed(lambda: commits(plan)["wan1"])
    sent, told["put into words"] = timed(lambda: len(json.dumps(wire.commit(commit))))
    told["MB sent"], told["messages"] = sent / 10**6, float(len(commit.batch))
    _, told[REFERENCE] = timed(lambda: [encode(o.verb, o.item, index) for o, index in operations])
    return told


def there(count: int, found: bytes) -> tuple[Testbed, Situation, Values, float]:
    """The same, where it is laid."""
    values, state, dumps = pickle.loads(found)
    testbed = mesh.testbed(count, mesh.library())
    situation = bare(testbed)
    observed, took = timed(lambda: _decoded(situation, dumps))
    return testbed, replace(situation, state=state, observed=observed), values, took


def _decoded(situation: Situation, dumps: Dumps) -> dict[str, Observed]:
    return {name: decode(situation.hello.interfaces[name].index, dump) for name, dump in dumps.items()}


def again(found: bytes, count: int) -> dict[str, float]:
    """The same once more: nothing is to be done."""
    testbed, situation, values, took = there(count, found)
    plan, planning = timed(lambda: planned(testbed, situation, values))
    assert plan.empty
    return {"what is there read": took, "nothing to do": planning}


def one(found: bytes, count: int) -> dict[str, float]:
    """The delay of one direction changed: one message."""
    testbed, situation, values, _ = there(count, found)
    direction, value = next(iter(values.items()))
    impairment = replace(value.impairment, owd=Delay(value.impairment.owd + 1_000_000))
    changed = {direction: replace(value, impairment=impairment)}
    plan, planning = timed(lambda: planned(testbed, situation, changed, "o1"))
    commit, making = timed(lambda: commits(plan)["wan1"])
    assert len(commit.batch) == 1, f"{len(commit.batch)} messages for a change of one delay"
    assert sizes(commit) == [1], "it is read back alone"
    return {"one pair changed": planning, "its commit": making}


def sizes(commit: Commit) -> list[int]:
    """Requests of each kind that read back what the change came to."""
    return [len(kinds) for kinds in commit.read_back.values()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", default="20,50,100", help=f"how many, with commas; at most {mesh.MOST}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="a file to write the results into")
    given = parser.parse_args()
    facts = machine()
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    report = {}
    for count in map(int, given.sites.split(",")):
        made = apart(laid, count)
        found: dict[str, float] = {}
        for parts in (laying, partial(again, made), partial(one, made)):
            found.update(rounds_apart(parts, count, given.rounds))
        counts = {name: found.pop(name) for name in ("messages", "MB sent")}
        print(
            f"\n{count} sites, {count * (count - 1)} directions: {counts['messages']:.0f} messages, "
            f"{counts['MB sent']:.1f} MB to the agent"
        )
        rows = [
            [name, milliseconds(took), f"{took / found[REFERENCE]:.2f}"]
            for name, took in sorted(found.items(), key=lambda one: one[0] != REFERENCE)
        ]
        print(table(["", "ms", "ratio"], rows), flush=True)
        report[count] = {**found, **counts}
    if given.json:
        Path(given.json).write_text(json.dumps({"machine": facts, "sites": report}) + "\n", "utf-8")


if __name__ == "__main__":
    main()
