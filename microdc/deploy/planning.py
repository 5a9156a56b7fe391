"""What is to be done with which nodes, before anything is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from microdc.deploy import lifecycle
from microdc.deploy.arming import Declared
from microdc.deploy.model import Action, NodeRecord, NodeSpec, State
from microdc.deploy.ports import Image
from microdc.errors import MicrodcError, RefusedError

How = Literal["begin", "resume", "nothing", "refused"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of nodes. image: in place of the declared one; wipe: disks with foreign data may be overwritten; attempts: of each node.

    again: also of a node that runs the very image that is to be deployed.
    """

    action: Action
    wipe: bool = False
    attempts: int = 2
    again: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A node of a plan. how: begin a move, go on with one, nothing to do, or refused for a reason. destroys: what is lost by it, "" for nothing that is known."""

    declared: Declared
    record: NodeRecord
    how: How
    action: Action
    image: Image | None = None
    why: str = ""
    destroys: str = ""
    wipe: bool = False
    attempts: int = 2

    @property
    def name(self) -> str:
        """The node's."""
        return self.declared.spec.name

    @property
    def spec(self) -> NodeSpec:
        """What it is to become."""
        return self.declared.spec

    @property
    def replaces(self) -> bool:
        """Whether it runs a system, in whose place another one is installed."""
        return self.how == "begin" and self.action is Action.DEPLOY and self.record.state is State.ACTIVE


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, node by node, in the inventory's order. racks: what has to be free for it, as the leases call it. remarks: what to mind."""

    wish: Wish
    items: tuple[Item, ...]
    racks: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def doing(self) -> tuple[Item, ...]:
        """Those with which something is done."""
        return tuple(item for item in self.items if item.how in {"begin", "resume"})

    @property
    def replacing(self) -> tuple[Item, ...]:
        """Those that are active and would be installed again: their image was built anew, or they are to have another."""
        return tuple(item for item in self.items if item.replaces)

    @property
    def refused(self) -> tuple[Item, ...]:
        """Those with which nothing can be done as it is."""
        return tuple(item for item in self.items if item.how == "refused")

    def check(self) -> None:
        """Raises RefusedError where a node is refused: nothing is done to some of what was meant."""
        refused = self.refused
        if refused:
            what = "; ".join(f"{item.name}: {item.why}" for item in refused)
            raise RefusedError(what, hint="leave these out, or see to them: nothing was done")


def make_plan(
    wish: Wish,
    declared: Iterable[Declared],
    records: Mapping[str, NodeRecord],
    images: Mapping[str, Image | MicrodcError],
    now: datetime,
) -> Plan:
    """What a wish means for these nodes. records: of each; images: by name, those that nodes are to be given, or why there is none."""
    every = tuple(declared)
    items = tuple(_item(wish, one, records[one.spec.name], images, now) for one in every)
    racks = dict.fromkeys(f"rack:{one.spec.site}/{one.spec.rack}" for one in every)
    return Plan(wish, items, tuple(racks))


def _item(
    wish: Wish,
    one: Declared,
    record: NodeRecord,
    images: Mapping[str, Image | MicrodcError],
    now: datetime,
) -> Item:
    """What a wish means for one node."""

    def item(how: How, why: str = "", *, image: Image | None = None, destroys: str = "") -> Item:
        return Item(one, record, how, wish.action, image, why, destroys, wish.wipe, wish.attempts)

    if record.state.moving and record.site != one.spec.site:
        why = f"it was begun with at {record.site}, and is declared at {one.spec.site} now"
        return item("refused", f"{why} (microdc deploy abort {record.name} ends that)")
    found = images.get(one.spec.image) if wish.action is Action.DEPLOY else None
    if record.state.moving and record.action is wish.action:
        image = found if isinstance(found, Image) else None
        return item("resume", f"goes on from {record.phase}", image=image)
    if isinstance(found, MicrodcError):
        return item("refused", str(found))
    try:
        lifecycle.begin(record, wish.action, now, lifecycle.Patience(), image=found.ref if found else None)
    except MicrodcError as problem:
        return item("refused", problem.what + (f" ({problem.hint})" if problem.hint else ""))
    runs = record.state is State.ACTIVE and record.image is not None
    if runs and found and record.image == found.ref and not wish.again:
        return item("nothing", f"runs {found.ref.name} already", image=found)
    return item("begin", image=found, destroys=_destroys(wish, record))


def _destroys(wish: Wish, record: NodeRecord) -> str:
    if wish.action is Action.INSPECT:
        return ""
    if record.state is State.ACTIVE:
        return f"the system that it runs ({record.image.name})" if record.image else "the system that it runs"
    if wish.wipe:
        return "whatever its disk holds, also of others"
    return "what microdc wrote on its disk" if record.move else ""
