"""What is decided of a node, from its record, what was seen, and what its BMC says."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microdc.bmc.model import Power
from microdc.deploy import kinds, lifecycle
from microdc.deploy.deciding import decide
from microdc.deploy.lifecycle import ORDER, Patience
from microdc.deploy.model import Action, Evidence, ImageRef, NodeRecord, Phase, Source
from microdc.deploy.pacing import remaining
from microdc.deploy.sighting import Sight, concerns, fold
from microdc.deploy.views import (
    Advance,
    Again,
    Ask,
    BmcView,
    CheckView,
    Done,
    Fail,
    Leave,
    Mark,
    SiteView,
    View,
    Wait,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience()
IMAGE = ImageRef("base", "d" * 64, 200, "e" * 64, 1000, 3)
MAC = "52:54:00:00:00:10"
MACS = frozenset({MAC})
READY = SiteView(fresh=NOW, armed=True, ready=True)


def at(phase: Phase, action: Action = Action.DEPLOY, **more: Any) -> NodeRecord:
    record = NodeRecord("lab", "n1", "here")
    record = lifecycle.begin(record, action, NOW, PATIENCE, image=IMAGE, attempts=2)
    return replace(lifecycle.enter(record, phase, NOW, PATIENCE), mark=0, **more)


def seen(source: Source, kind: str, **data: Any) -> Evidence:
    years = timedelta(days=9000)  # no clock but ours is right
    return Evidence(NOW - years, source, kind, node="n1", mac=MAC, data=data)


def view(record: NodeRecord, sight: Sight | None = None, later: float = 0, **more: Any) -> View:
    now = NOW + timedelta(seconds=later)
    site = more.pop("site", replace(READY, fresh=now))
    return View(record, sight or Sight(), now, NOW, site, **more)


STORY = [
    seen("dhcp", kinds.DISCOVER),
    seen("dhcp", kinds.ACK),
    seen("tftp", kinds.TFTP_SENT),
    seen("http", kinds.HTTP_SCRIPT, move=1),
    seen("http", kinds.HTTP_KERNEL, move=1, bytes=10, of=10),
    seen("http", kinds.HTTP_RAMDISK, move=1, bytes=10, of=10),
    seen("ramdisk", kinds.HELLO, move=1, hardware={"cpus": 2}),
    seen("ramdisk", kinds.WRITING, move=1, done=500, total=1000, rate=10.0),
    seen("ramdisk", kinds.WRITTEN, move=1),
    seen("ramdisk", kinds.CONFIGURED, move=1, host_keys=["ssh-ed25519 AAAA"]),
    seen("node", kinds.HOME, move=1, root="/dev/vda3"),
]


def told(story: list[Evidence], record: NodeRecord) -> Sight:
    sight = Sight()
    for evidence in story:
        if concerns(record, MACS, evidence):
            sight = fold(sight, evidence, NOW)
    return sight


class TestSeen:
    """Evidence may skip phases, come late, twice and out of order."""

    @given(st.data())
    def test_in_any_order_and_however_often_it_comes_to_the_same(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from(STORY), min_size=1))
        once = list({id(evidence): evidence for evidence in some}.values())
        shuffled = [*some, *once]
        random.Random(data.draw(st.integers())).shuffle(shuffled)
        record = at(Phase.FIRMWARE)
        assert told(shuffled, record).reached is told(some, record).reached

    @pytest.mark.parametrize("number", range(3, len(STORY)))
    def test_the_first_thing_that_is_seen_says_that_all_before_is_done(self, number: int) -> None:
        record = at(Phase.FIRMWARE)
        one, every = told([STORY[number]], record), told(STORY[: number + 1], record)
        assert one.reached is every.reached
        decision = decide(view(record, one), PATIENCE)
        assert decision == Advance(one.reached or Phase.PREPARE)

    @given(st.sampled_from(Phase), st.sampled_from(range(len(STORY))))
    def test_nothing_goes_back(self, phase: Phase, number: int) -> None:
        record = at(phase)
        decision = decide(view(record, told([STORY[number]], record)), PATIENCE)
        if isinstance(decision, Advance):
            assert ORDER[decision.phase] > ORDER[phase]

    def test_what_is_of_another_move_is_nothing(self) -> None:
        record = replace(at(Phase.FIRMWARE), move=2)
        assert told(STORY[3:], record) == Sight()

    def test_what_is_of_another_node_is_nothing(self) -> None:
        record = at(Phase.FIRMWARE)
        assert not concerns(record, MACS, replace(STORY[0], node="n2"))
        assert not concerns(record, MACS, replace(STORY[0], node="", mac="52:54:00:00:00:99"))
        assert concerns(record, MACS, replace(STORY[0], node="", mac=MAC.upper()))

    def test_a_lease_that_is_renewed_before_the_start_is_no_boot(self) -> None:
        record = at(Phase.POWER)
        assert decide(view(record, told(STORY[:3], record)), PATIENCE) == Ask("start", kindly=True)
        assert decide(view(record, told(STORY[:4], record)), PATIENCE) == Advance(Phase.KERNEL)

    def test_a_ramdisk_that_was_cut_is_not_fetched(self) -> None:
        cut = seen("http", kinds.HTTP_RAMDISK, move=1, bytes=5, of=10)
        assert told([cut], at(Phase.FIRMWARE)).reached is Phase.KERNEL

    @pytest.mark.parametrize(
        ("action", "kind"), [(Action.CLEAN, kinds.WIPED), (Action.INSPECT, kinds.INSPECTED)]
    )
    def test_short_moves_end_with_their_work(self, action: Action, kind: str) -> None:
        record = at(Phase.RAMDISK, action)
        assert decide(view(record, told([seen("ramdisk", kind, move=1)], record)), PATIENCE) == Done()
        other = at(Phase.WORK)
        assert isinstance(decide(view(other, told([seen("ramdisk", kind, move=1)], other)), PATIENCE), Wait)


class TestPrepare:
    """Nothing is armed before all before it is known, and nothing started before it is armed."""

    def test_the_mark_comes_when_all_is_there_and_known(self) -> None:
        record = replace(at(Phase.PREPARE), mark=None)
        assert decide(view(record), PATIENCE) == Mark()
        for site in (replace(READY, fresh=None), replace(READY, ready=False)):
            assert isinstance(decide(view(record, site=site), PATIENCE), Wait)

    def test_it_is_started_when_it_is_armed(self) -> None:
        assert decide(view(at(Phase.PREPARE)), PATIENCE) == Advance(Phase.POWER)
        waits = decide(view(at(Phase.PREPARE), site=replace(READY, armed=False)), PATIENCE)
        assert isinstance(waits, Wait)

    def test_its_time_is_over_when_nothing_gets_on(self) -> None:
        record = replace(at(Phase.PREPARE), mark=None)
        slow = replace(READY, ready=False, life=NOW + timedelta(hours=3))
        assert isinstance(decide(view(record, later=3 * 3600 + 60, site=slow), PATIENCE), Wait)
        assert isinstance(decide(view(record, later=4 * 3600, site=slow), PATIENCE), Fail)


class TestPower:
    """An act is asked for once, unless the server shows that it was not done."""

    asked = at(Phase.POWER, asked="start")

    def test_one_that_was_done_is_waited_for(self) -> None:
        assert decide(view(self.asked, mine=True, bmc=BmcView(tried=NOW)), PATIENCE) == Advance(
            Phase.FIRMWARE
        )

    def test_after_a_restart_the_server_is_looked_at_first(self) -> None:
        assert decide(view(self.asked), PATIENCE) == Ask("look")

    @pytest.mark.parametrize(
        ("power", "decision"),
        [
            (Power.OFF, Ask("start")),
            (Power.ON, Advance(Phase.FIRMWARE, unsure=True)),
            (Power.POWERING_ON, Advance(Phase.FIRMWARE, unsure=True)),
            (Power.UNKNOWN, Ask("look")),
        ],
    )
    def test_what_it_shows_decides(self, power: Power, decision: object) -> None:
        assert decide(view(self.asked, bmc=BmcView(power, NOW)), PATIENCE) == decision

    def test_a_refusal_ends_it_and_what_may_pass_is_tried_again(self) -> None:
        refused = BmcView(problem="no", failed=True, fatal=True, tried=NOW)
        assert isinstance(decide(view(self.asked, mine=True, bmc=refused), PATIENCE), Fail)
        passing = BmcView(problem="busy", failed=True, tried=NOW)
        assert isinstance(decide(view(self.asked, mine=True, bmc=passing), PATIENCE), Wait)
        assert isinstance(decide(view(self.asked, later=6, mine=True, bmc=passing), PATIENCE), Ask)

    def test_what_is_not_known_of_the_site_keeps_it_from_being_started(self) -> None:
        for site in (replace(READY, fresh=None), replace(READY, armed=False)):
            assert isinstance(decide(view(at(Phase.POWER), site=site), PATIENCE), Wait)
            assert isinstance(decide(view(at(Phase.POWER), later=9999, site=site), PATIENCE), Leave)


ALONE = [phase for phase in Phase if ORDER[phase] >= ORDER[Phase.FIRMWARE] and phase is not Phase.VERIFY]


class TestAlone:
    """Phases in which only the server acts."""

    @pytest.mark.parametrize("phase", ALONE)
    def test_its_time_is_over_only_where_all_is_known(self, phase: Phase) -> None:
        record, late = at(phase), PATIENCE.of(phase).total_seconds() + 1
        over = decide(view(record, later=late), PATIENCE)
        assert isinstance(over, Fail if phase is Phase.FIRST_BOOT else Again)
        assert isinstance(decide(view(record, later=late - 2), PATIENCE), Wait)
        unknown = replace(READY, fresh=NOW, trouble="cannot connect")
        assert decide(view(record, later=late, site=unknown), PATIENCE) == Wait("cannot connect")
        silent = late + PATIENCE.silence
        assert decide(view(record, later=silent, site=unknown), PATIENCE) == Leave("cannot connect")

    @pytest.mark.parametrize("phase", ALONE)
    def test_power_is_lost_where_two_looks_say_so_and_all_is_known(self, phase: Phase) -> None:
        record = at(phase)
        once, twice = BmcView(Power.OFF, NOW, off=1), BmcView(Power.OFF, NOW, off=2)
        assert isinstance(decide(view(record, bmc=once), PATIENCE), Wait)
        expected = Ask if phase is Phase.FIRST_BOOT else Again
        assert isinstance(decide(view(record, bmc=twice), PATIENCE), expected)
        earlier = replace(READY, fresh=NOW - timedelta(seconds=1))
        assert isinstance(decide(view(record, bmc=twice, site=earlier), PATIENCE), Wait)

    def test_work_has_no_end_while_it_gets_on(self) -> None:
        record = at(Phase.WORK)
        lately = NOW + timedelta(hours=5)
        sight = replace(told(STORY[:8], record), life=lately, moved=lately)
        assert isinstance(decide(view(record, sight, later=5 * 3600 + 200), PATIENCE), Wait)
        assert isinstance(decide(view(record, sight, later=5 * 3600 + 301), PATIENCE), Again)

    def test_a_ramdisk_that_reports_the_same_bytes_for_ever_has_a_disk_that_hangs(self) -> None:
        record = at(Phase.WORK)
        begun = told(STORY[:8], record)
        same = seen("ramdisk", kinds.WRITING, move=1, done=500, total=1000, rate=1.0)
        soon = fold(begun, same, NOW + timedelta(seconds=PATIENCE.stall - 1))
        assert isinstance(decide(view(record, soon, later=PATIENCE.stall - 1), PATIENCE), Wait)
        late = fold(soon, same, NOW + timedelta(seconds=PATIENCE.stall))
        decision = decide(view(record, late, later=PATIENCE.stall), PATIENCE)
        assert isinstance(decision, Fail)
        assert decision.failure.cause == "disk-hangs"
        assert "500 of 1000 bytes" in decision.failure.text
        assert "microdc deploy retry n1" in decision.failure.advice

    @pytest.mark.parametrize(
        "data", [{"done": 501, "total": 1000}, {"done": 500, "total": 1000, "waits": True}]
    )
    def test_one_that_gets_on_or_waits_for_its_turn_has_none(self, data: dict[str, Any]) -> None:
        record = at(Phase.WORK)
        late = NOW + timedelta(seconds=PATIENCE.stall - 1)
        moved = fold(told(STORY[:8], record), seen("ramdisk", kinds.WRITING, move=1, **data), late)
        later = PATIENCE.stall + 60
        after = NOW + timedelta(seconds=later)
        sight = fold(moved, seen("ramdisk", kinds.WRITING, move=1, done=data["done"], total=1000), after)
        assert isinstance(decide(view(record, sight, later=later), PATIENCE), Wait)

    def test_the_last_attempt_fails(self) -> None:
        record = at(Phase.KERNEL, attempt=2)
        decision = decide(view(record, later=9999), PATIENCE)
        assert isinstance(decision, Fail)
        assert decision.failure.phase is Phase.KERNEL

    def test_a_start_of_which_nobody_knew_is_no_attempt(self) -> None:
        decision = decide(view(at(Phase.FIRMWARE, asked="unsure", attempt=2), later=9999), PATIENCE)
        assert isinstance(decision, Again)
        assert not decision.counts

    @pytest.mark.parametrize("code", kinds.RAMDISK_CODES)
    def test_a_ramdisk_that_gives_up_says_what_to_do(self, code: str) -> None:
        record = at(Phase.WORK)
        failed = seen("ramdisk", kinds.RAMDISK_FAILED, move=1, code=code, text="it broke")
        decision = decide(view(record, told([failed], record)), PATIENCE)
        assert isinstance(decision, Fail | Again)
        assert decision.failure.text == "it broke"
        assert decision.failure.advice
        assert "{" not in decision.failure.advice


class TestVerify:
    """The system is looked at until it is right, or its time over."""

    def test_it_is_looked_at_and_done(self) -> None:
        record = at(Phase.VERIFY)
        assert decide(view(record), PATIENCE) == Ask("check")
        assert decide(view(record, checked=CheckView(NOW, note="x")), PATIENCE) == Done("x")

    def test_what_may_pass_is_looked_at_again_and_what_does_not_fails(self) -> None:
        record = at(Phase.VERIFY)
        passing, wrong = CheckView(NOW, "no answer"), CheckView(NOW, "another key", "host-key")
        assert decide(view(record, checked=passing), PATIENCE) == Wait("no answer")
        assert decide(view(record, later=6, checked=passing), PATIENCE) == Ask("check")
        assert isinstance(decide(view(record, later=301, checked=passing), PATIENCE), Fail)
        decision = decide(view(record, checked=wrong), PATIENCE)
        assert isinstance(decision, Fail)
        assert decision.failure.cause == "host-key"


class TestBmcThatIsUnsure:
    """An act that came to an error is one that failed, whatever is read of the server after it."""

    failed = BmcView(Power.OFF, NOW, off=2, failed=True, sent=True, tried=NOW)

    def test_a_server_that_is_still_off_is_started_again(self) -> None:
        record = at(Phase.POWER, asked="start")
        assert decide(view(record, mine=True, bmc=self.failed), PATIENCE) == Ask("start")

    def test_one_that_is_on_may_not_have_been_started(self) -> None:
        record = at(Phase.POWER, asked="start")
        on = replace(self.failed, power=Power.ON, off=0)
        assert decide(view(record, mine=True, bmc=on), PATIENCE) == Advance(Phase.FIRMWARE, unsure=True)

    def test_one_that_could_not_be_turned_on_did_not_go_off_again(self) -> None:
        record = at(Phase.FIRST_BOOT, asked="on")
        assert decide(view(record, mine=True, bmc=self.failed), PATIENCE) == Ask("on")
        done = replace(self.failed, failed=False, sent=False)
        assert isinstance(decide(view(record, mine=True, bmc=done), PATIENCE), Fail)


class TestHostile:
    """What a node says of itself may be anything."""

    @given(
        st.dictionaries(
            st.sampled_from(["done", "total", "rate", "hardware", "host_keys", "code", "text"]),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers(-(10**400), 10**400)
                | st.floats()
                | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
                ),
                max_leaves=6,
            ),
        ),
        st.sampled_from([kinds.WRITING, kinds.HELLO, kinds.CONFIGURED, kinds.RAMDISK_FAILED, "odd"]),
    )
    @example({"done": 1, "total": 2, "rate": 10**400}, kinds.WRITING)
    @example({"done": 1, "total": 10**400, "rate": 5.0}, kinds.WRITING)
    def test_no_report_stops_the_others(self, data: dict[str, Any], kind: str) -> None:
        record = at(Phase.WORK)
        sight = told([replace(seen("ramdisk", kind), data={**data, "move": 1})], record)
        decide(view(record, sight), PATIENCE)
        left = remaining(record, sight.progress, NOW, {})
        assert left is None or left >= 0

    @pytest.mark.parametrize("kind", [kinds.HTTP_LOCAL, kinds.HTTP_SCRIPT, kinds.HTTP_DENIED])
    def test_firmware_that_asks_again_and_again_is_no_sign_of_work(self, kind: str) -> None:
        record = at(Phase.WORK)
        sight = Sight(reached=Phase.WORK, life=NOW)
        later = NOW + timedelta(seconds=900)
        sight = fold(sight, seen("http", kind, move=1), later)
        assert isinstance(decide(view(record, sight, later=901), PATIENCE), Again)
        sent = fold(sight, seen("http", kinds.HTTP_IMAGE, move=1, bytes=5, of=10, offset=0), later)
        assert isinstance(decide(view(record, sent, later=901), PATIENCE), Wait)

    def test_work_that_nobody_watched_is_listened_for_before_it_is_given_up(self) -> None:
        record = at(Phase.WORK)
        late = NOW + timedelta(hours=2)
        seen_last = Sight(reached=Phase.WORK, life=NOW)  # by a store whose clock is far behind
        resumed = View(record, seen_last, late, late, replace(READY, fresh=late))
        assert isinstance(decide(resumed, PATIENCE), Wait)
