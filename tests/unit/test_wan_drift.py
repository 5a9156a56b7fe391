"""What is no longer as it was applied: in the kernels, in the stacks, against the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_wan_planning import (
    BACK,
    FAST,
    SLOW,
    THERE,
    a_situation,
    a_testbed,
    carried_out,
    inventory,
    overlay,
    plan,
)

from microdc.agent.model import Touched, Unconfirmed
from microdc.cli import drift as drift_command
from microdc.cli.render import Table, plain_table, to_plain
from microdc.impairment import Impairment
from microdc.netlink.intake_values import INGRESS_HANDLE, TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Foreign,
    HtbClass,
    Netem,
    Observed,
    Qdisc,
    QdiscTree,
)
from microdc.store.model import Actor, Entry, Outcome
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compile import ACCESS_HANDLE
from microdc.wan.differences import Difference
from microdc.wan.drift import Drift, drift
from microdc.wan.history import Gone
from microdc.wan.ledger import overlay_data
from microdc.wan.model import BASE, Asked, Direction, Overlay
from microdc.wan.planning import Situation, Wish
from microdc.wan.view import lines

NOW = 1_800_000_000.0
WANTED = Asked(
    Impairment(Delay(20_000_000), Delay(1_000_000), Percent(1), Rate(10_000_000), Size(50_000)), "x"
)


def laid(*values: tuple[Any, Asked]) -> Situation:
    wish = Wish("w", overlay("o1", *(values or ((THERE, WANTED),))))
    return carried_out(a_situation(), plan(a_situation(), wish))


def look(situation: Situation, *entries: Entry) -> Drift:
    return drift(a_testbed(), {"wan1": situation}, entries, NOW)


def with_tree(situation: Situation, tree: QdiscTree) -> Situation:
    return replace(situation, observed={**situation.observed, "bcn": Observed(tree)})


def tree_of(situation: Situation) -> QdiscTree:
    return situation.observed["bcn"].tree


def changed(situation: Situation, handle: int, **values: Any) -> Situation:
    """The same with other values in the class or qdisc of this handle."""
    tree = tree_of(situation)
    if handle in tree.classes:
        classes = {**tree.classes, handle: replace(tree.classes[handle], **values)}
        return with_tree(situation, replace(tree, classes=classes))
    qdisc = tree.qdiscs[handle]
    other = replace(qdisc, options=replace(qdisc.options, **values))
    return with_tree(situation, replace(tree, qdiscs={**tree.qdiscs, handle: other}))


def without(situation: Situation, *handles: int) -> Situation:
    tree = tree_of(situation)
    return with_tree(
        situation,
        replace(
            tree,
            qdiscs={h: q for h, q in tree.qdiscs.items() if h not in handles},
            classes={h: c for h, c in tree.classes.items() if h not in handles},
        ),
    )


def handles(situation: Situation) -> tuple[int, int, int]:
    """Of the direction to barcelona: class, delay line, buffer."""
    port = next(p for p in plan(situation, Wish("")).ports if p.interface == "bcn")
    leaf = port.leaves[THERE]
    return leaf.cls.handle, leaf.netem.handle, leaf.buffer.handle


def differences(situation: Situation) -> list[Difference]:
    return [one.what for one in look(situation).differences]


def test_what_is_as_it_was_laid_is_no_drift() -> None:
    found = look(laid())
    assert not found.drifted
    assert not found.differences
    assert not look(a_situation()).drifted


def test_changed_values_are_told_in_their_units() -> None:
    there = laid()
    cls, netem, buffer = handles(there)
    options = tree_of(there).qdiscs[netem].options
    assert isinstance(options, Netem)
    (line,) = differences(changed(there, netem, latency=5_000_000, loss=0))
    assert line == Difference("delay line", (THERE,), "delay 20ms, loss 1%", "delay 5ms, loss 0%")
    (rate,) = differences(changed(there, cls, rate=125_000))
    assert (rate.what, rate.asked, rate.found) == ("class", "rate 10mbit", "rate 1mbit")
    (queue,) = differences(changed(there, buffer, limit=1000))
    assert (queue.what, queue.asked, queue.found) == ("buffer", "limit 50kB", "limit 1kB")


def test_what_is_missing_is_told_once_with_what_hung_on_it() -> None:
    there = laid()
    cls, netem, buffer = handles(there)
    assert [(d.what, d.found) for d in differences(without(there, netem, buffer))] == [
        ("delay line", "nothing")
    ]
    assert [d.what for d in differences(without(there, buffer))] == ["buffer"]
    assert "class" in [d.what for d in differences(without(there, cls, netem, buffer))]


def test_another_qdisc_in_the_place_of_ours_is_named() -> None:
    there = laid()
    cls, netem, buffer = handles(there)
    bare = without(there, netem, buffer)
    tree = tree_of(bare)
    stranger = Qdisc(0x80010000, cls, Fifo(100, "pfifo"))
    other = with_tree(bare, replace(tree, qdiscs={**tree.qdiscs, stranger.handle: stranger}))
    (found,) = differences(other)
    assert (found.what, found.asked, found.found) == ("delay line", f"netem {netem >> 16:x}:", "pfifo 8001:")


def test_a_class_that_nobody_asked_for_is_named() -> None:
    there = laid()
    tree = tree_of(there)
    extra = HtbClass(ROOT_HANDLE | 0x7FFF, ROOT_HANDLE, 10**6, 10**6, 1000, 1000, 2000)
    (found,) = differences(with_tree(there, replace(tree, classes={**tree.classes, extra.handle: extra})))
    assert found == Difference("other", (), "nothing", "htb class 7dc0:7fff")


def test_missing_filters_are_counted() -> None:
    there = laid()
    tree = tree_of(there)
    (found,) = differences(with_tree(there, replace(tree, rules=dict(list(tree.rules.items())[1:]))))
    assert (found.what, found.directions, found.found) == ("filters", [THERE], "1 of them missing, 0 others")


def test_a_foreign_root_is_named_where_applying_would_refuse_it() -> None:
    there = with_tree(laid(), QdiscTree({0x10000: Qdisc(0x10000, TC_H_ROOT, Foreign("tbf"))}))
    assert differences(there) == [Difference("root", [THERE], "htb 7dc0:", "tbf 1:, which is not microdc's")]


def test_a_foreign_root_where_nothing_is_laid_is_nobodys_business() -> None:
    assert not look(
        with_tree(a_situation(), QdiscTree({1 << 16: Qdisc(1 << 16, TC_H_ROOT, Foreign("tbf"))}))
    ).drifted


def test_an_interface_of_which_all_is_gone_is_one_line() -> None:
    (found,) = differences(with_tree(laid(), QdiscTree()))
    assert (found.what, found.found) == ("root", "no qdisc of microdc's")


def test_what_is_left_over_where_nothing_is_laid() -> None:
    left = replace(laid(), state=a_situation().state)
    (found,) = differences(left)
    assert (found.what, found.asked, found.found) == ("root", "nothing", "htb 7dc0:")


def test_wan_show_tells_of_a_foreign_root_too() -> None:
    there = laid((THERE, SLOW), (BACK, FAST))
    foreign = with_tree(there, QdiscTree({0x10000: Qdisc(0x10000, TC_H_ROOT, Foreign("tbf"))}))
    shown = {line.direction: line.as_asked for line in lines(a_testbed(), {"wan1": foreign}, [])}
    assert shown[THERE] is False
    assert shown[BACK] is True


# -- since when


def test_since_when_is_what_the_agent_saw() -> None:
    there = laid()
    seen = replace(there.state, touched={"bcn": Touched(50.0, 70.0, 3)}, watched_since=10.0)
    (one,) = look(with_tree(replace(there, state=seen), QdiscTree())).differences
    assert (one.since.first, one.since.last, one.since.times) == (50.0, 70.0, 3)


def test_what_no_agent_saw_was_before_it_looked() -> None:
    there = laid()
    unseen = replace(there, state=replace(there.state, watched_since=10.0))
    (one,) = look(with_tree(unseen, QdiscTree())).differences
    assert (one.since.first, one.since.watched) == (None, 10.0)


def test_what_was_touched_and_is_as_laid_is_told_and_no_drift() -> None:
    there = laid()
    seen = replace(there, state=replace(there.state, touched={"bcn": Touched(50.0, 50.0, 1)}))
    found = look(seen)
    assert not found.drifted
    assert [(one.emulator, one.interface) for one in found.touched] == [("wan1", "bcn")]
    assert not look(with_tree(seen, QdiscTree())).touched


# -- stacks


def test_an_overlay_that_lies_on_a_part_of_its_shapers_is_drift() -> None:
    there = laid()
    (layer,) = there.state.layers
    half = replace(layer, data={**layer.data, "shapers": ["wan1", "wan2"]})
    partly = replace(there, state=replace(there.state, layers=(half,)))
    second = replace(a_situation(), shaper=replace(there.shaper, name="wan2"))
    found = drift(a_testbed(), {"wan1": partly, "wan2": second}, (), NOW)
    assert [(part.overlay, part.missing) for part in found.parts] == [("o1", ("wan2",))]
    assert found.drifted


def test_a_change_that_waits_is_told_and_no_drift() -> None:
    there = laid()
    waits = replace(there, state=replace(there.state, unconfirmed=Unconfirmed("me", 12.0)))
    found = look(waits)
    assert [(one.emulator, one.change.by) for one in found.waiting] == [("wan1", "me")]
    assert not found.drifted


def test_what_the_kernel_hides_is_named_for_what_is_laid_only() -> None:
    found = look(laid((THERE, WANTED), (BACK, FAST)))
    assert [(one.direction, one.what) for one in found.unverifiable] == [(THERE, ("distribution",))]
    assert not found.drifted


# -- against the journal


def entry(
    number: int,
    put: Overlay | None = None,
    drop: tuple[str, ...] = (),
    boot: str = "b",
    outcome: Outcome = "done",
) -> Entry:
    at = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=2) + timedelta(minutes=number)
    data: Mapping[str, Any] = {"put": overlay_data(put) if put else None, "drop": list(drop)}
    result = {"shapers": {"wan1": {"kernel": "6.1", "boot": boot}}}
    return Entry(number, "apply", Actor("me", "me", "h", 1, ()), "t", "s", at, at, outcome, data, result)


def o(ident: str, seconds: float | None = None) -> Overlay:
    return Overlay(ident, "me", "r", {THERE: SLOW}, seconds)


def test_a_reboot_that_took_overlays_names_them() -> None:
    entries = (entry(1, o(BASE), boot="old"), entry(2, o("o1"), boot="old"))
    found = look(a_situation(), *entries)
    at = NOW - 7200 + 120
    assert found.gone == [Gone("wan1", [BASE, "o1"], rebooted=True, after=at)]
    assert found.drifted


def test_a_reboot_after_which_all_was_laid_again_is_history() -> None:
    entries = (entry(1, o("o9"), boot="old"), entry(2, o("o1"), boot="b"))
    assert look(laid(), *entries).gone == []


@pytest.mark.parametrize(
    "later",
    [
        entry(2, drop=("o1",), boot="old"),
        entry(2, drop=("o1",), boot="old", outcome="interrupted"),
    ],
)
def test_what_was_undone_before_the_reboot_is_not_missed(later: Entry) -> None:
    assert look(a_situation(), entry(1, o("o1"), boot="old"), later).gone == []


@pytest.mark.parametrize("outcome", ["failed", "refused", "open"])
def test_what_was_never_laid_is_not_missed(outcome: Outcome) -> None:
    assert look(a_situation(), entry(1, o("o1"), boot="old", outcome=outcome)).gone == []


def test_what_ended_by_itself_is_not_missed_and_what_would_still_lie_is() -> None:
    assert look(a_situation(), entry(1, o("o1", 60.0), boot="old")).gone == []
    assert look(a_situation(), entry(1, o("o1", 86_400.0), boot="old")).gone[0].overlays == ["o1"]


def test_what_vanished_without_a_reboot_is_told_as_that() -> None:
    (found,) = look(a_situation(), entry(1, o("o1"))).gone
    assert not found.rebooted


def test_an_overlay_that_has_no_part_on_a_shaper_is_not_missed_there() -> None:
    second = replace(a_situation(), shaper=replace(a_situation().shaper, name="wan2", ports=()))
    both = replace(
        entry(1, o("o1")), result={"shapers": {n: {"boot": "b"} for n in ("wan1", "wan2", "gone")}}
    )
    found = drift(a_testbed(), {"wan1": laid(), "wan2": second}, [both], NOW)
    assert found.gone == []


def test_entries_that_are_no_changes_are_passed_over() -> None:
    other = replace(entry(1), data={"pairs": []}, result={})
    assert not look(laid(), other).drifted


# -- what a person reads


def told(found: Drift) -> str:
    human = drift_command._human(found)
    parts = [human] if isinstance(human, Table | str) else human
    return "\n".join(part if isinstance(part, str) else plain_table(part) for part in parts)


def test_a_person_reads_what_differs_and_since_when() -> None:
    there = laid()
    _, netem, _ = handles(there)
    seen = replace(there.state, touched={"bcn": Touched(NOW, NOW + 60, 2)})
    text = told(look(changed(replace(there, state=seen), netem, latency=5_000_000)))
    assert "paris → barcelona  delay line  delay 20ms  delay 5ms" in text
    assert "2 changes until" in text
    assert "cannot be verified: distribution of paris → barcelona" in text


def test_a_person_reads_what_a_reboot_took_and_that_all_else_is_well() -> None:
    text = told(look(a_situation(), entry(1, o(BASE), boot="old"), entry(2, o("o1"), boot="old")))
    assert "wan1 was rebooted after" in text
    assert "the overlays inventory, o1 are gone: microdc apply lays the inventory's again." in text
    assert told(look(a_situation())) == "Everything is as it was applied."


def test_the_data_is_plain() -> None:
    data = to_plain(drift_command._data(look(with_tree(laid(), QdiscTree()))))
    assert data["drifted"] is True
    assert data["differences"][0]["directions"] == [{"from": "paris", "to": "barcelona"}]
    assert data["differences"][0]["since"]["first"] is None


# -- access lines that pairs share


def shared() -> Situation:
    return carried_out(a_situation(), plan(a_situation(), Wish("w", inventory())))


def taking_in(**values: Any) -> Situation:
    """A line is laid, and of what leads packets into it something is another."""
    there = shared()
    tree = tree_of(there)
    assert tree.intake is not None
    return with_tree(there, replace(tree, intake=replace(tree.intake, **values)))


CLSACT = Qdisc(INGRESS_HANDLE, TC_H_INGRESS, Foreign("clsact"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"ifb": Ifb(up=False)}, [("an ifb that is up", "it is down")]),
        ({"redirect": None}, [("all packets led through the ifb", "led past it")]),
        ({"redirect": Redirect(to=7)}, [("all packets led through the ifb", "led elsewhere")]),
        (
            {"redirect": None, "ingress": CLSACT, "strangers": 1},
            [
                ("nothing", "clsact ffff:, which is not microdc's"),
                ("all packets led through the ifb", "led past it"),
            ],
        ),
    ],
)
def test_what_does_not_lead_packets_in_is_named(values: Any, told: list[tuple[str, str]]) -> None:
    found = differences(taking_in(**values))
    assert [(one.asked, one.found) for one in found] == told
    for one in found:
        assert one.what == "uplink"
        assert one.directions == [Direction("barcelona", "boston"), BACK]


def test_an_ifb_that_is_gone_is_missed_with_all_of_it() -> None:
    (one,) = differences(taking_in(ifb=None, tree=QdiscTree()))
    assert (one.what, one.asked, one.found) == ("uplink", "an ifb that is up", "nothing")


def test_what_is_missing_of_an_ifb_is_named() -> None:
    intake = tree_of(shared()).intake
    assert intake is not None
    queue = next(handle for handle, qdisc in intake.tree.qdiscs.items() if qdisc.parent != TC_H_ROOT)
    kept = {handle: qdisc for handle, qdisc in intake.tree.qdiscs.items() if handle != queue}
    (one,) = differences(taking_in(tree=replace(intake.tree, qdiscs=kept)))
    assert (one.what, one.asked, one.found) == ("uplink", "bfifo 8001:", "nothing")


def test_a_line_with_another_rate_is_told_both_ways() -> None:
    there = changed(shared(), ACCESS_HANDLE, rate=500_000, ceil=500_000)
    (down,) = differences(there)
    assert (down.what, down.directions) == ("access line", [Direction("boston", "barcelona"), THERE])
    assert ("16mbit" in down.asked, "4mbit" in down.found) == (True, True)
    intake = tree_of(shared()).intake
    assert intake is not None
    slow = {handle: replace(cls, rate=500_000, ceil=500_000) for handle, cls in intake.tree.classes.items()}
    (up,) = differences(taking_in(tree=replace(intake.tree, classes=slow)))
    assert (up.what, "8mbit" in up.asked, "4mbit" in up.found) == ("uplink", True, True)


def test_who_does_not_hold_his_line_is_not_as_asked() -> None:
    there = taking_in(redirect=None)
    plans = plan(there, Wish("")).overlays
    shown = {line.direction: line.as_asked for line in lines(a_testbed(), {"wan1": there}, plans)}
    assert {d for d, as_asked in shown.items() if not as_asked} == {BACK, Direction("barcelona", "boston")}
