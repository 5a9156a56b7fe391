"""Reading switches and holding their cables against the inventory: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from microdc.documents.storing import store
from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.remarks import Remark
from microdc.survey.adopt import Adoption
from microdc.survey.cabling.adopt import adopt
from microdc.survey.cabling.declared import expected
from microdc.survey.cabling.judging import judge, scene
from microdc.survey.cabling.known import known, twins
from microdc.survey.cabling.laying import lay
from microdc.survey.cabling.model import CableVerdict, End, OwnMacs
from microdc.survey.cabling.siding import Scene
from microdc.survey.cabling.vlans import untold
from microdc.survey.operate import Collected
from microdc.switch.model import SwitchState
from microdc.testbed.model import Switch, Testbed


class Reading(Protocol):
    """What came of asking a switch: its state, or why there is none."""

    @property
    def switch(self) -> Switch: ...
    @property
    def state(self) -> SwitchState | None: ...
    @property
    def error(self) -> MicrodcError | None: ...


Reader = Callable[[Testbed, Sequence[Switch]], Generator[Step, None, Sequence[Reading]]]
"""Asks switches for ports, neighbours and forwarding tables, and for VLANs where the testbed declares some (`declares_vlans`), all at once; one that

fails is a result like others.
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """scene: what is declared and heard, for `plan_adoption`. remarks: what makes switches hard to read or to tell apart. unread: switches that could not be asked, each with the reason."""

    verdicts: tuple[CableVerdict, ...]
    scene: Scene
    remarks: tuple[Remark, ...] = ()
    unread: tuple[tuple[str, MicrodcError], ...] = ()


def check(
    testbed: Testbed, switches: Sequence[Switch], read: Reader, own: OwnMacs | None = None
) -> Generator[Step, None, Checked]:
    """Reads the switches and says of every cable at them how it is; of other cables, only what these switches tell of them.

    own: MAC addresses found in servers, as `own_macs` gathers them.
    """
    readings = yield from read(testbed, switches)
    seen = {one.switch.name: one.state for one in readings if one.state is not None}
    unread = tuple((one.switch.name, one.error) for one in readings if one.state is None and one.error)
    found = scene(expected(testbed), seen, own)
    names = {switch.name for switch in switches}
    every = names >= {name for name, kind in found.known.expected.kinds.items() if kind == "switch"}
    verdicts = tuple(one for one in judge(found) if every or _concerns(one, names))
    told = (Remark(f"{name}: {one.where}", one.what) for name, state in seen.items() for one in state.remarks)
    return Checked(verdicts, found, (*twins(seen), *untold(found), *told), unread)


def _concerns(verdict: CableVerdict, switches: set[str]) -> bool:
    if verdict.cable is None or verdict.kind == "wrong":
        return True
    ends = {end.device for end in verdict.cable.ends}
    return bool(ends & switches)


def far_ends(testbed: Testbed, switch: Switch, state: SwitchState) -> dict[int, str]:
    """By ifIndex, the far end of each cable that is declared at a switch, as its ports show."""
    plan = lay(known(expected(testbed), {switch.name: state}, {}))
    ends = {port.index: plan.partner(End(switch.name, port.name)) for port in state.ports}
    return {index: str(end) for index, end in ends.items() if end}


def own_macs(collected: Sequence[Collected]) -> dict[str, tuple[str, ...]]:
    """The addresses that BMCs tell of their servers' ports."""
    return {
        one.server.name: tuple(nic.mac for nic in one.hardware.nics if nic.mac)
        for one in collected
        if one.hardware
    }


def plan_adoption(testbed: Testbed, checked: Checked, *, replace: bool) -> list[Adoption]:
    """What the documents become when the cables that were found are written into them."""
    return adopt(testbed, checked.scene, replace=replace)


def write(adoptions: Sequence[Adoption]) -> None:
    """Writes the documents, all or none. Raises InputError, also where one was changed meanwhile."""
    store((one.file, one.before, one.after) for one in adoptions)
