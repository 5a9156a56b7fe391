"""What is heard, written into the `switch` and `port` of the inventory's NICs. Pure but for the files' text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from microdc.documents.edit import Change, edit
from microdc.survey.adopt import Adoption
from microdc.survey.cabling.model import BMC, End
from microdc.survey.cabling.names import find
from microdc.survey.cabling.siding import Scene
from microdc.survey.cabling.strangers import strangers
from microdc.testbed.model import Nic, Server, Testbed
from microdc.testbed.servers import servers

_WRITABLE = re.compile(r"[^\s:]+")
"""What a document may call a port."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """stands: the port that an end was found in. port: as a document can write it, "" for not at all. doubt: why it is left to a person."""

    server: Server
    end: End
    stands: End
    port: str
    old: str = ""
    doubt: str = ""

    @property
    def words(self) -> str:
        return f"{self.end} is in {self.stands}"


def adopt(testbed: Testbed, scene: Scene, *, replace: bool = False) -> list[Adoption]:
    """For every document in which something changes, what it becomes; also for those where something is left.

    What is declared already and differs is written over only with `replace`: it may be the cable that is wrong. A port that is declared for another
    end is taken only where that end moves away as well.
    """
    wishes = _settled(list(_wishes(testbed, scene)), scene, replace=replace)
    changes: dict[Path, list[Change]] = defaultdict(list)
    taken: dict[Path, list[str]] = defaultdict(list)
    left: dict[Path, list[str]] = defaultdict(list)
    for wish in wishes:
        base = ("racks", wish.server.rack, "servers", wish.server.name)
        file = testbed.where("sites", wish.server.site, *base).file
        if wish.doubt:
            left[file].append(f"{wish.words}: {wish.doubt}")
            continue
        nic = (
            ("bmc", "nic")
            if wish.end.port == BMC and BMC not in wish.server.nics
            else ("nics", wish.end.port)
        )
        changes[file].append(Change((*base, *nic, "switch"), wish.stands.device, ("port", "label")))
        changes[file].append(Change((*base, *nic, "port"), wish.port, ("label",)))
        taken[file].append(wish.words)
    for file, words in _for_a_person(testbed, scene):
        left[file].append(words)
    return [_adoption(file, changes[file], taken[file], left[file]) for file in sorted({*changes, *left})]


def _adoption(file: Path, changes: list[Change], taken: list[str], left: list[str]) -> Adoption:
    text = file.read_bytes().decode()
    return Adoption(file, text, edit(text, changes, where=str(file)), tuple(taken), tuple(left))


def _wishes(testbed: Testbed, scene: Scene) -> Iterator[_Wish]:
    """Every NIC that was found in a port that is not the declared one."""
    sites = {
        name: site.name
        for site in testbed.sites.values()
        for rack in site.racks.values()
        for name in rack.switches
    }
    for server in servers(testbed):
        for end, nic in _ends(server):
            stands = scene.meeting.joined.get(end)
            if stands is None or stands not in scene.ears.at or scene.plan.partner(end) == stands:
                continue
            port = _written(stands, scene)
            old = f"{nic.switch}:{nic.port}" if nic.port else nic.switch
            doubt = ""
            if sites.get(stands.device) != server.site:
                doubt = f"that is a switch of {sites.get(stands.device)}, and {server.name} of {server.site}"
            elif not nic.switch and scene.plan.partner(end) is not None:
                doubt = f"`cables` joins it with {scene.plan.partner(end)}: change it there"
            elif not port:
                doubt = "a document cannot write this port's name"
            yield _Wish(
                server, end, stands, port, "" if nic.switch == stands.device and not nic.port else old, doubt
            )


def _ends(server: Server) -> Iterator[tuple[End, Nic]]:
    for name, nic in server.nics.items():
        yield End(server.name, name), nic
    if server.bmc and BMC not in server.nics:
        yield End(server.name, BMC), server.bmc.nic or Nic(BMC)


def _written(port: End, scene: Scene) -> str:
    """A port's name as a document may write it, so that it still means this port alone; "" where there is no such way."""
    ports = scene.known.ports[port.device]
    for text in (port.port, "".join(port.port.split()), "".join(port.port.split()).replace(":", "/")):
        if _WRITABLE.fullmatch(text) and [one.name for one in find(text, ports)] == [port.port]:
            return text
    return ""


def _settled(wishes: list[_Wish], scene: Scene, *, replace: bool) -> list[_Wish]:
    """The wishes with what stands in their way: left is what cannot be done, until nothing that is done depends on it."""
    found = [_declared(wish) if wish.old and not replace and not wish.doubt else wish for wish in wishes]
    while True:
        moving = {wish.end for wish in found if not wish.doubt}
        again = [wish if wish.doubt else _in_the_way(wish, scene, moving) for wish in found]
        if again == found:
            return found
        found = again


def _declared(wish: _Wish) -> _Wish:
    doubt = f"{wish.old} is declared, --replace writes over it"
    return _Wish(wish.server, wish.end, wish.stands, wish.port, wish.old, doubt)


def _in_the_way(wish: _Wish, scene: Scene, moving: set[End]) -> _Wish:
    other = scene.plan.partner(wish.stands)
    if other is None or other == wish.end or other in moving:
        return wish
    doubt = f"that port is declared for {other}, which would have to move first"
    return _Wish(wish.server, wish.end, wish.stands, wish.port, wish.old, doubt)


def _for_a_person(testbed: Testbed, scene: Scene) -> Iterator[tuple[Path, str]]:
    """What was found and no NIC's entry can say: links between switches, devices of which the port is not told."""
    files = _files(testbed)
    kinds: Mapping[str, str] = scene.known.expected.kinds
    for one in strangers(scene, ()):
        there = one.there
        if there is None or one.port.device not in files:
            continue
        if kinds.get(there.device) != "server" and there.port:
            yield files[one.port.device], f"{one.port} - {there}: write it into `cables`"
        elif not there.port:
            yield (
                files[one.port.device],
                f"{there.device} is in {one.port}: which of its ports it is, is not told",
            )


def _files(testbed: Testbed) -> dict[str, Path]:
    """The document of each switch."""
    return {
        name: testbed.where("sites", site.name, "racks", rack.name, "switches", name).file
        for site in testbed.sites.values()
        for rack in site.racks.values()
        for name in rack.switches
    }
