"""How many small packets a second an emulator forwards to one of N destinations, for several N.

Two hosts and an emulator between them, each a network namespace, joined by veths. At the emulator's outgoing interface lies what
microdc lays for N destinations: HTB, a class and a bfifo for each without a rate that would be reached (and a netem without delay,
where the kernel has it), and hashed filters; the packets come from the last of the networks. Beside it, in the same rounds: no
qdisc, and the same tree with all its filters in one list, as `tc filter add` without hash tables makes them. All count what arrives, in
frames of 64 bytes by sendmmsg, for the same short time. Told are medians of the rates, and of their ratios to one destination in the
same round. Wanted: the same rate for 1,000 as for one, to 10 %. Needs root. With --guest in the guest of the kernel's tests, where time counts instructions.

    python benchmarks/bench_forward.py [--destinations 1,100,1000,10000] [--rounds 7] [--seconds 1] [--guest] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import datagrams
import workload
from report import machine, table, write

from microdc.agent.resident.kernel import Kernel
from microdc.host import namespaces
from microdc.host.abilities import try_kernel
from microdc.impairment import CLEAN
from microdc.netlink.diff import diff
from microdc.netlink.messages import encode
from microdc.netlink.model import QdiscTree
from microdc.wan.compile import compile_frame

PORT = 9
SINK = "172.31.255.1"
GATE, BEHIND = "192.0.2.1", "198.51.100.1"
LINEAR = 1000
"""Destinations of the list without hash tables."""


def names() -> dict[str, str]:
    return {role: f"microdc-bench-{role}-{os.getpid()}" for role in ("source", "emulator", "sink")}


def ip(namespace: str, *words: str) -> None:
    subprocess.run(["ip", "-n", namespace, *words], check=True)


@contextmanager
def line() -> Iterator[dict[str, str]]:
    """Source, emulator and sink in a row, with routes for all of 10.0.0.0/8 at the source."""
    made = names()
    try:
        for name in made.values():
            namespaces.create(name)
            ip(name, "link", "set", "dev", "lo", "up")
        source, emulator, sink = made.values()
        for far, inside, gate, peer in ((source, "in", GATE, "192.0.2.2"), (sink, "wan0", BEHIND, SINK)):
            ip(emulator, "link", "add", "name", inside, "type", "veth", "peer", "name", "up", "netns", far)
            ip(emulator, "address", "add", f"{gate}/{32 if far == sink else 24}", "dev", inside)
            ip(emulator, "link", "set", "dev", inside, "up")
            ip(far, "address", "add", f"{peer}/{32 if far == sink else 24}", "dev", "up")
            ip(far, "link", "set", "dev", "up", "up")
        ip(emulator, "route", "add", SINK, "dev", "wan0")
        ip(emulator, "route", "add", "10.0.0.0/8", "dev", "in")
        ip(source, "route", "add", "default", "via", GATE)
        ip(source, "route", "add", "local", "10.0.0.0/8", "dev", "lo")  # any of its addresses is one of ours
        ip(sink, "route", "add", BEHIND, "dev", "up")
        ip(sink, "route", "add", "default", "via", BEHIND)
        with namespaces.enter(emulator):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
        yield made
    finally:
        for name in made.values():
            namespaces.delete(name)


def tree_of(count: int, *, netem: bool) -> QdiscTree:
    """What microdc lays for N destinations on which nothing is asked."""
    frame = compile_frame(workload.Workload(count, netem).networks, 1500)
    leaves = frame.leaves(dict.fromkeys(frame.numbers, CLEAN))
    return (workload.compile_tree if netem else workload.tree_without_netem)(frame, leaves)


def in_one_list(tree: QdiscTree) -> QdiscTree:
    """The same with all filters in the root table, in the order of their networks."""
    leading = [rule for rule in tree.rules.values() if rule.target]
    leading.sort(key=lambda rule: rule.matches[0].value)
    rules = [replace(rule, table=0, bucket=0, node=node) for node, rule in enumerate(leading, 1)]
    return replace(tree, tables={}, rules={rule.key: rule for rule in rules})


def lay(namespace: str, tree: QdiscTree) -> None:
    """Lays a tree on the emulator's outgoing interface, or takes off what is there."""
    with namespaces.enter(namespace):
        subprocess.run(["tc", "qdisc", "del", "dev", "wan0", "root"], check=False, capture_output=True)
        kernel, index = Kernel(), socket.if_nametoindex("wan0")
        for operation in diff(tree, QdiscTree()):
            code, words = kernel.request(encode(operation.verb, operation.item, index))
            if code:
                sys.exit(f"the kernel refused {operation.item}: {words}")


def last_network(count: int) -> IPv4Address:
    """An address in the network that the list without hash tables finds last."""
    return list(workload.Workload(count, netem=False).networks.values())[-1][0][7]


def rate(made: dict[str, str], count: int, seconds: float) -> float:
    """Datagrams a second that arrive."""
    with namespaces.enter(made["sink"]):
        arriving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        arriving.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12
        )  # what is full drops: they are counted
        arriving.bind((SINK, PORT))
    with namespaces.enter(made["source"]):
        sender = datagrams.Sender((str(last_network(count)), 0), (SINK, PORT))
    before = counted(made["sink"])
    took = sender.send_for(seconds)
    found = (counted(made["sink"]) - before) / took
    sender.close()
    arriving.close()
    return found


def counted(namespace: str) -> int:
    """Packets that have come in at the sink. The veth hands each on before the next is sent: none is still to come."""
    with namespaces.enter(namespace):
        # statistics below /sys are those of the namespace in which it was mounted
        lines = Path("/proc/thread-self/net/dev").read_text("ascii").splitlines()
    return int(next(line.split()[2] for line in lines if line.strip().startswith("up:")))


def measured(counts: list[int], rounds: int, seconds: float, *, netem: bool) -> dict[str, list[float]]:
    """Datagrams a second, by what lies on the interface, of each round."""
    most = max(counts)
    lying = {"no qdisc": (most, QdiscTree())}
    lying |= {f"{count}, hashed": (count, tree_of(count, netem=netem)) for count in counts}
    lying[f"{LINEAR}, one list"] = LINEAR, in_one_list(tree_of(LINEAR, netem=netem))
    found: dict[str, list[float]] = {name: [] for name in lying}
    with line() as made:
        for _ in range(rounds):
            for name, (count, tree) in lying.items():
                lay(made["emulator"], tree)
                rate(made, count, seconds / 10)  # the first packets ask for neighbours and fill caches
                found[name].append(rate(made, count, seconds))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--destinations", default="1,100,1000,10000", help="how many, with commas")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of sending, for each rate")
    parser.add_argument("--guest", action="store_true", help="in a guest, with netem")
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    given = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: it needs root, for namespaces and their qdiscs")
        return
    if given.guest:
        from guest import run_in_guest  # noqa: PLC0415 - the guest has no QEMU of its own

        words = [f"--{name}={getattr(given, name)}" for name in ("destinations", "rounds", "seconds")]
        write(given.json, run_in_guest(Path(__file__), [*words, "--json=-"]).strip().splitlines()[-1])
        return
    netem = bool(try_kernel("sch_netem").works)
    counts = [int(count) for count in given.destinations.split(",")]
    facts = {**machine(), "leaf": "netem + bfifo" if netem else "bfifo (this kernel has no netem)"}
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    found = measured(counts, given.rounds, given.seconds, netem=netem)
    middle = {name: statistics.median(rates) for name, rates in found.items()}
    base = found[f"{min(counts)}, hashed"]
    ratios = {
        name: statistics.median(rate / one for rate, one in zip(rates, base, strict=True))
        for name, rates in found.items()
    }
    rows = [
        [
            name,
            f"{value / 1000:.1f}",
            f"{ratios[name]:.2f}",
            f"{min(rates) / 1000:.1f}",
            f"{max(rates) / 1000:.1f}",
        ]
        for (name, value), rates in zip(middle.items(), found.values(), strict=True)
    ]
    print(table(["destinations", "kpps", "ratio", "least", "most"], rows))
    write(given.json, json.dumps({"machine": facts, "packets a second": found}))


if __name__ == "__main__":
    main()
