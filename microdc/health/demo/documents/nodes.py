"""Nodes as the store has them, and why one is where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, document, iso
from microdc.health.demo.nodes import ATTEMPTS, IMAGE, PHASES, SIZE, Move, failure, observe, phase_at
from microdc.health.demo.state import State

DIGEST = "sha256:5f1c8d6f0b7b2f0e9b1d0c3e4a5968778695a4b3c2d1e0f00112233445566778"
_SAID = {
    "prepare": ("controller", "armed", "the boot services were given its MAC address"),
    "power": ("bmc", "power", "its BMC was asked for a network boot, once, and turned it on"),
    "firmware": ("console", "pxe", ">>Start PXE over IPv4."),
    "dhcp": ("dhcp", "ack", "was given its address"),
    "loader": ("tftp", "sent", "fetched its loader snponly.efi"),
    "kernel": ("http", "kernel", "fetched kernel and ramdisk"),
    "ramdisk": ("ramdisk", "hello", "the ramdisk runs and has its order"),
    "work": ("ramdisk", "written", "the image is written, its digest is right"),
    "configure": ("ramdisk", "configured", "was given its identity, its loader and its host keys"),
    "first-boot": ("node", "phone-home", "the system phoned home"),
    "verify": ("controller", "verified", "SSH answers with the right key; it boots from its disk again"),
}
"""What is seen at the end of each phase: source, kind, text."""
_TONES = {
    **dict.fromkeys(("ack", "sent", "hello", "written", "configured", "phone-home", "verified"), "good"),
    **dict.fromkeys(("ignored", "aborted"), "mind"),
    **dict.fromkeys(("failed", "media"), "bad"),
}
"""What each kind says of how it goes; the others say nothing of it."""


def status(state: State, name: str, at: float) -> Document:
    """As `microdc deploy status NAME` prints it, of a node or a site; of all where none is named. Raises InputError."""
    meant = state.nodes(name) if name else list(state.world.nodes.values())
    records = [{**record(state, one, at), "address": f"{address(one)}/24"} for one in meant]
    return document(
        "DeployStatus", {"nodes": records, "counts": dict(Counter(one["state"] for one in records))}
    )


def record(state: State, machine: Machine, at: float) -> Document:
    """A node as the commands print it."""
    move, kept = state.move(machine.name, at), state.maintenance(f"node/{machine.name}", at)
    _, _, facts = observe(move, at)
    failed = facts["failure"]
    rest = facts["state"] == "active" or bool(kept)
    progress = None if facts["total"] is None else {key: facts[key] for key in ("done", "total", "rate")}
    return {
        "node": machine.name,
        "site": machine.device.site,
        "state": "maintenance" if kept else facts["state"],
        "phase": None if rest else facts["phase"],
        "action": "deploy",
        "move": move.number,
        "attempt": move.attempt,
        "attempts": ATTEMPTS,
        "image": image(),
        "since": None if rest else iso(facts["since"]),
        "deadline": iso(facts["deadline"]) if facts["deadline"] and not rest else None,
        "progress": progress,
        "failure": {
            "phase": facts["phase"],
            "cause": failed["cause"],
            "what": failed["text"],
            "advice": failed["advice"],
        }
        if failed and not kept
        else None,
        "host_keys": []
        if failed
        else [f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{machine.name} {machine.name}"],
        "note": kept or None,
    }


def image() -> Document:
    """The image that all nodes of the demo are given."""
    return {"name": IMAGE, "digest": DIGEST, "size": SIZE}


def address(machine: Machine) -> str:
    """In its site's boot network."""
    return "10.{}.30.{}".format(int(machine.macs[0].split(":")[3], 16), 10 + machine.port)


def explain(state: State, name: str, at: float) -> Document:
    """As `microdc deploy explain NODE` prints it. Raises InputError."""
    machine = state.nodes(name)[0]
    name = machine.name
    move, kept = state.move(name, at), state.maintenance(f"node/{name}", at)
    phase, since, _, _ = phase_at(move, at)
    seen = list(_timeline(machine, move, at))
    bad = phase == "failed" and not kept
    if kept:
        told = f"{name} is in maintenance: {kept}"
    elif phase == "active":
        told = f"{name} is active since {iso(since)[:19]}: nothing wrong with it"
    elif bad:
        told = f"{name} failed in {failure(move)[0]}, attempt {move.attempt}"
    else:
        told = f"{name} is in {phase}, attempt {move.attempt}: nothing wrong with it"
    return document(
        "DeployExplanation",
        {
            "node": name,
            "status": told,
            "healthy": not bad,
            "diagnoses": list(_diagnoses(machine, move)) if bad else [],
            "timeline": seen,
            "left_out": 0,
            "remarks": [],
        },
    )


def _timeline(machine: Machine, move: Move, at: float) -> Iterator[Document]:
    mac, when = machine.macs[0], move.began
    yield _entry(when, "controller", "began", mac, f"deployment {move.number} begins, attempt {move.attempt}")
    for name, seconds in PHASES:
        if name == move.stops:
            yield from _stopped(machine, move, when, at)
            return
        when += seconds
        if when > at or (move.aborted is not None and when > move.aborted):
            break
        yield _entry(when, *_SAID[name][:2], mac, _SAID[name][2])
    if move.aborted is not None and move.aborted <= at:
        yield _entry(move.aborted, "controller", "aborted", mac, "its deployment was ended by you")


def _stopped(machine: Machine, move: Move, when: float, at: float) -> Iterator[Document]:
    stranger = _stranger(machine)
    for number in range(3):
        if when + 4 * number <= at:
            asks = _entry(
                when + 4 * number,
                "dhcp",
                "ignored",
                stranger,
                f"{stranger} asks for an address; nobody declared it",
            )
            yield asks | {"times": 2, "until": iso(when + 4 * number + 1)}
    if when + 14 <= at:
        yield _entry(when + 14, "console", "media", machine.macs[0], "PXE-E18: Server response timeout.")
    if phase_at(move, at)[0] == "failed":
        yield _entry(
            phase_at(move, at)[1],
            "controller",
            "failed",
            machine.macs[0],
            f"given up in {move.stops}: no DHCP packet of it came",
        )


def _entry(at: float, source: str, kind: str, mac: str, text: str) -> Document:
    return {
        "at": iso(at),
        "until": None,
        "times": 1,
        "source": source,
        "kind": kind,
        "mac": mac,
        "tone": _TONES.get(kind),
        "text": text,
    }


def _stranger(machine: Machine) -> str:
    """Its MAC address, mistyped by a digit."""
    mac = machine.macs[0]
    return mac[:-1] + ("8" if mac[-1] != "8" else "3")


def _diagnoses(machine: Machine, move: Move) -> Iterator[Document]:
    name, mac = machine.name, machine.macs[0]
    again = {"what": "then begin again", "command": f"microdc deploy retry {name}"}
    if move.aborted is not None:
        yield {
            "cause": "aborted",
            "certainty": "certain",
            "what": f"somebody ended the deployment of {name}; its disk may be half written",
            "because": ["its deployment was ended by you"],
            "next": [again],
        }
        return
    stranger = _stranger(machine)
    yield {
        "cause": "mistyped-mac",
        "certainty": "likely",
        "what": f"{stranger}, which nobody declared, asks for an address; eno1 of {name} is declared as {mac}",
        "because": [f"{stranger} asks for an address; nobody declared it, 2 times, three times over"],
        "next": [
            {"what": "see which MAC addresses it has", "command": f"microdc inventory diff {name}"},
            {"what": "have the document corrected", "command": f"microdc inventory adopt {name} --replace"},
            again,
        ],
    }
    yield {
        "cause": "no-answer",
        "certainty": "possible",
        "what": f"{name} never asked for an address: its NIC is not among what it boots from",
        "because": ["PXE-E18: Server response timeout."],
        "next": [{"what": "look at its console", "command": f"microdc bmc console-hint {name}"}],
    }
