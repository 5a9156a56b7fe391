"""From the intake that is there to the one that should be: the operations, in an order that keeps traffic.

Packets are led through the ifb when all of it stands, and past it before any of it goes. What waits in an ifb that goes is lost, as
is what waits in a root qdisc. And when an ingress qdisc comes or goes, the kernel stops the interface and empties its root qdisc
(qdisc_graft in net/sched/sch_api.c; seen on Linux 6.18): so it comes before a root qdisc that is built too.
"""

from __future__ import annotations

from collections.abc import Iterator

from microdc.netlink.intake_values import INGRESS_HANDLE, TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.model import Foreign, HashTable, HtbClass, Intake, Led, Object, Qdisc, QdiscTree, Rule
from microdc.netlink.operation import Inverse, Operation, changes
from microdc.netlink.structure import restored, whole

_NOTHING = Intake(QdiscTree())
_EMPTIED = "; what waits to leave here is lost"
INGRESS = Qdisc(INGRESS_HANDLE, TC_H_INGRESS, Foreign("ingress"))


def intake_of(tree: QdiscTree) -> Intake:
    """All that leads what comes in through the queues of a tree."""
    return Intake(tree, Ifb(), INGRESS, Redirect())


def removing() -> tuple[Object, ...]:
    """What to delete, in this order, to be rid of an intake: the rest goes with it."""
    return INGRESS, Ifb()


def led_past(desired: Intake | None, observed: Intake | None) -> Iterator[Operation]:
    """What is not wanted goes; and a foreign ingress qdisc, where another is wanted. Who may do that asks before."""
    there, wanted = observed or _NOTHING, desired or _NOTHING
    ours = there.ingress if there.foreign is None else None
    if there.foreign and wanted.ingress:
        yield Operation("delete", there.foreign, "replaced, as --take-over says", (("add", there.foreign),))
    if ours and not wanted.ingress:
        back: Inverse = (("add", there.redirect),) if there.redirect else ()
        yield Operation("delete", ours, f"nothing that comes in is queued{_EMPTIED}", (("add", ours), *back))
    if there.ifb and not wanted.ifb:
        again: Inverse = tuple(("add", Led(_plain(item))) for item in restored(whole(there.tree)))
        yield Operation("delete", there.ifb, "nothing is led to it", (("add", there.ifb), *again))


def ingress_made(desired: Intake | None, observed: Intake | None) -> Iterator[Operation]:
    """It leads nothing anywhere yet."""
    there, wanted = observed or _NOTHING, desired or _NOTHING
    if wanted.ingress and (there.ingress is None or there.foreign):
        yield Operation("add", wanted.ingress, f"new{_EMPTIED}", (("delete", wanted.ingress),))


def ifb_made(desired: Intake | None, observed: Intake | None) -> Iterator[Operation]:
    there, wanted = observed or _NOTHING, desired or _NOTHING
    if wanted.ifb is None or wanted.ifb == there.ifb:
        return
    if there.ifb is None:
        yield Operation("add", wanted.ifb, "new", (("delete", wanted.ifb),))
    else:
        yield Operation("change", wanted.ifb, changes(there.ifb, wanted.ifb), (("change", there.ifb),))


def led_through(desired: Intake | None, observed: Intake | None) -> Iterator[Operation]:
    """Once all stands that packets are to be led through."""
    there, wanted = observed or _NOTHING, desired or _NOTHING
    if wanted.redirect is None or there.redirect == wanted.redirect:
        return
    if there.redirect:
        why = f"has to be rebuilt: {changes(there.redirect, wanted.redirect)}"
        yield Operation("delete", there.redirect, why, (("add", there.redirect),))
    yield Operation("add", wanted.redirect, "new", (("delete", wanted.redirect),))


def led(operation: Operation) -> Operation:
    """The same at the ifb."""
    inverse: Inverse = tuple((verb, Led(_plain(item))) for verb, item in operation.inverse)
    return Operation(operation.verb, Led(_plain(operation.item)), operation.reason, inverse)


def _plain(item: Object) -> Qdisc | HtbClass | HashTable | Rule:
    """An object of a tree, of which an ifb and a redirection are none."""
    assert isinstance(item, Qdisc | HtbClass | HashTable | Rule), item
    return item
