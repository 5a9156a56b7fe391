"""What leads packets that come in through a queue: in what order it is laid and taken away, and whose an ingress qdisc is.

tests/kernel lays it on a real kernel.
"""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from microdc.errors import RefusedError
from microdc.netlink.attributes import attribute
from microdc.netlink.diff import diff
from microdc.netlink.intake import INGRESS, intake_of, removing
from microdc.netlink.intake_messages import decode_filters, decode_ifb
from microdc.netlink.intake_values import INGRESS_HANDLE, LED, TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.messages import decode_tree, encode
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Foreign,
    Htb,
    HtbClass,
    Intake,
    Led,
    Object,
    Qdisc,
    QdiscTree,
    comes_in,
)

CLASS = HtbClass(ROOT_HANDLE | 1, ROOT_HANDLE, 1000, 1000, 5, 5, 1514)
ROOT, QUEUE = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb(1)), Qdisc(0x80010000, CLASS.handle, Fifo(9000))
LED_TREE = QdiscTree({ROOT.handle: ROOT, QUEUE.handle: QUEUE}, {CLASS.handle: CLASS})
EGRESS = QdiscTree({ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())})
INTAKE = intake_of(LED_TREE)
WITH = replace(EGRESS, intake=INTAKE)
CLSACT = Qdisc(INGRESS_HANDLE, TC_H_INGRESS, Foreign("clsact"))


def steps(desired: QdiscTree, observed: QdiscTree, *, take_over: bool = False) -> list[tuple[str, Object]]:
    return [(o.verb, o.item) for o in diff(desired, observed, take_over=take_over)]


def test_packets_are_led_in_when_all_stands() -> None:
    assert steps(WITH, QdiscTree()) == [
        ("add", INGRESS),  # alone it leads nothing anywhere; it would empty a root qdisc that stands
        ("add", EGRESS.qdiscs[ROOT_HANDLE]),
        ("add", Ifb()),
        *(("add", Led(item)) for item in (ROOT, CLASS, QUEUE)),
        ("add", Redirect()),
    ]


def test_packets_are_led_past_it_before_anything_goes() -> None:
    assert steps(QdiscTree(), WITH) == [
        ("delete", INGRESS),
        ("delete", Ifb()),
        ("delete", EGRESS.qdiscs[ROOT_HANDLE]),
    ]
    assert list(removing()) == [INGRESS, Ifb()]


def test_all_of_it_comes_back_where_that_is_taken_back() -> None:
    back = [pair for o in reversed(diff(EGRESS, WITH)) for pair in o.inverse]
    assert back == [
        ("add", Ifb()),
        *(("add", Led(item)) for item in (ROOT, CLASS, QUEUE)),
        ("add", INGRESS),
        ("add", Redirect()),
    ]


def test_what_is_as_it_should_be_stays() -> None:
    assert diff(WITH, WITH) == []


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (replace(INTAKE, ifb=Ifb(up=False)), [("change", Ifb())]),
        (replace(INTAKE, redirect=None), [("add", Redirect())]),
        (replace(INTAKE, redirect=Redirect(5)), [("delete", Redirect(5)), ("add", Redirect())]),
        (replace(INTAKE, redirect=None, ingress=None), [("add", INGRESS), ("add", Redirect())]),
    ],
)
def test_what_is_not_is_mended_alone(there: Intake, wanted: list[tuple[str, Object]]) -> None:
    assert steps(WITH, replace(EGRESS, intake=there)) == wanted


@pytest.mark.parametrize(
    ("intake", "foreign"),
    [
        (INTAKE, False),
        (replace(INTAKE, redirect=None), False),  # our ifb is there, and nobody else's filter
        (replace(INTAKE, redirect=None, strangers=1), True),
        (replace(INTAKE, strangers=1), False),  # somebody hung something on ours
        (Intake(QdiscTree(), ingress=INGRESS), True),
        (Intake(QdiscTree(), ingress=CLSACT), True),
        (replace(INTAKE, ingress=CLSACT, redirect=None), True),
    ],
)
def test_whose_an_ingress_qdisc_is(intake: Intake, *, foreign: bool) -> None:
    observed = replace(EGRESS, intake=intake)
    assert (intake.foreign is not None) == foreign
    removed = [item for verb, item in steps(QdiscTree(), observed) if verb == "delete"]
    assert (intake.ingress in removed) != foreign
    if foreign:
        with pytest.raises(RefusedError, match=r"wan1:bcn: .*(ingress|clsact) ffff:"):
            diff(WITH, observed, where="wan1:bcn")
        assert steps(WITH, observed, take_over=True)[0] == ("delete", intake.ingress)
    assert not any(
        comes_in(item) and item == intake.ingress for _, item in steps(EGRESS, observed) if foreign
    )


def link(ifindex: int, name: str, kind: str, flags: int = 1) -> bytes:
    """A link as the kernel tells of it."""
    info = attribute(18, attribute(1, kind.encode()))
    body = struct.pack("=BxHiII", 0, 1, ifindex, flags, 0) + attribute(3, name.encode() + b"\0") + info
    return struct.pack("=IHHII", 16 + len(body), 16, 0, 0, 0) + body


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (link(LED + 7, "mdc7", "ifb"), Ifb()),
        (link(LED + 7, "mdc7", "ifb", 0), Ifb(up=False)),
        (link(LED + 7, "mdc8", "ifb"), None),
        (link(LED + 7, "mdc7", "dummy"), None),
        (link(LED + 8, "mdc7", "ifb"), None),
        (b"", None),
    ],
)
def test_an_ifb_is_ours_by_number_name_and_kind(shown: bytes, wanted: Ifb | None) -> None:
    assert decode_ifb(7, shown) == wanted


def test_what_is_sent_is_what_is_read() -> None:
    dumps = {
        "qdiscs": encode("add", EGRESS.qdiscs[ROOT_HANDLE], 7) + encode("add", INGRESS, 7),
        "classes": b"",
        "filters": b"",
        "ifb": encode("add", Ifb(), 7),
        "incoming": encode("add", Redirect(), 7),
        "led qdiscs": encode("add", Led(ROOT), 7) + encode("add", Led(QUEUE), 7),
        "led classes": encode("add", Led(CLASS), 7),
    }
    assert decode_tree(7, dumps) == WITH
    assert decode_tree(7, {kind: dumps[kind] for kind in ("qdiscs", "classes", "filters")}).intake == Intake(
        QdiscTree(), ingress=INGRESS
    )


def test_a_filter_that_leads_nowhere_any_more_is_none_of_ours_as_it_should_be() -> None:
    """The kernel gives 0 for a device that is gone."""
    shown = encode("add", Redirect(-7), 7)
    assert decode_filters(7, shown) == (Redirect(-7), 0)
