"""What may follow what in a node's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.deploy import lifecycle
from microdc.deploy.lifecycle import ENDS, FOLLOWS, MOVES, Patience, phases
from microdc.deploy.model import Action, Failure, ImageRef, NodeRecord, Phase, State
from microdc.deploy.records import record_of, row_of
from microdc.errors import InputError, MicrodcError, RefusedError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience()
IMAGE = ImageRef("base", "d" * 64, 200, "e" * 64, 1000, 3)
NEW = NodeRecord("lab", "n1", "here")


def deploying(record: NodeRecord = NEW) -> NodeRecord:
    return lifecycle.begin(record, Action.DEPLOY, NOW, PATIENCE, image=IMAGE, attempts=2)


class TestMoves:
    """A move has its phases, each with its time."""

    def test_it_begins_with_all_that_its_messages_bear(self) -> None:
        record = deploying()
        assert (record.state, record.phase, record.move, record.attempt) == (
            State.DEPLOYING,
            Phase.PREPARE,
            1,
            1,
        )
        assert (record.mark, record.asked, record.image, record.began) == (None, "", IMAGE, NOW)
        assert record.deadline == NOW + timedelta(seconds=PATIENCE.prepare)

    @pytest.mark.parametrize("action", list(Action))
    def test_it_ends_in_its_state_after_each_of_its_phases(self, action: Action) -> None:
        record = lifecycle.begin(NEW, action, NOW, PATIENCE, image=IMAGE)
        assert record.state is MOVES[action]
        for phase in phases(action):
            record = lifecycle.enter(record, phase, NOW, PATIENCE)
            assert record.deadline == NOW + PATIENCE.of(phase)
        ended = lifecycle.end(record)
        assert (ended.state, ended.phase, ended.deadline) == (ENDS[action], None, None)
        assert (ended.image is not None) == (action is Action.DEPLOY)

    def test_a_phase_of_another_move_is_refused(self) -> None:
        record = lifecycle.begin(NEW, Action.INSPECT, NOW, PATIENCE)
        with pytest.raises(RefusedError, match="no phase first-boot"):
            lifecycle.enter(record, Phase.FIRST_BOOT, NOW, PATIENCE)

    def test_each_attempt_has_a_number_of_its_own_and_knows_nothing_of_the_last(self) -> None:
        record = replace(deploying(), mark=7, asked="start", host_keys=("old",))
        later = NOW + timedelta(hours=1)
        again = lifecycle.again(record, "it fell silent", later, PATIENCE)
        assert (again.move, again.attempt, again.phase) == (2, 2, Phase.PREPARE)
        assert (again.mark, again.asked, again.host_keys, again.began) == (None, "", (), later)
        assert lifecycle.again(record, "", later, PATIENCE, counts=False).attempt == 1

    def test_without_an_image_nothing_is_deployed(self) -> None:
        with pytest.raises(InputError, match="no image"):
            lifecycle.begin(NEW, Action.DEPLOY, NOW, PATIENCE)

    def test_what_failed_says_why_and_may_begin_anew(self) -> None:
        failed = lifecycle.fail(deploying(), Failure(Phase.WORK, "no-disk", "there is none"))
        assert (failed.state, failed.failure and failed.failure.cause) == (State.FAILED, "no-disk")
        assert deploying(failed).failure is None
        assert deploying(failed).move == 2


class TestRefusals:
    """Anything else is refused, with words that help."""

    @given(st.sampled_from(State), st.sampled_from(State))
    def test_only_what_the_table_allows(self, before: State, after: State) -> None:
        record = replace(NEW, state=before)
        if after in FOLLOWS[before]:
            lifecycle.check(record, after)
            return
        with pytest.raises(RefusedError) as refused:
            lifecycle.check(record, after)
        assert refused.value.hint

    def test_a_node_that_moves_is_not_moved_again(self) -> None:
        with pytest.raises(RefusedError, match="deploy abort n1"):
            lifecycle.begin(deploying(), Action.CLEAN, NOW, PATIENCE)

    def test_a_system_that_runs_is_not_ended_by_an_inspection(self) -> None:
        active = lifecycle.end(lifecycle.enter(deploying(), Phase.VERIFY, NOW, PATIENCE))
        with pytest.raises(RefusedError, match="deploy clean n1"):
            lifecycle.begin(active, Action.INSPECT, NOW, PATIENCE)

    @pytest.mark.parametrize("state", [state for state in State if not state.moving])
    def test_what_does_not_move_cannot_be_ended(self, state: State) -> None:
        with pytest.raises(RefusedError, match="nothing goes on"):
            lifecycle.end(replace(NEW, state=state, action=Action.DEPLOY))


class TestAbort:
    """A move that somebody ends."""

    @pytest.mark.parametrize("before", [State.ENROLLED, State.INSPECTED])
    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.CLEAN])
    def test_before_anything_was_done_it_is_what_it_was(self, before: State, action: Action) -> None:
        record = lifecycle.begin(replace(NEW, state=before), action, NOW, PATIENCE, image=IMAGE)
        assert lifecycle.abort(record, "enough", touched=False).state is before

    def test_afterwards_it_failed_and_says_that_its_disk_may_be_half_written(self) -> None:
        ended = lifecycle.abort(deploying(), "enough", touched=True)
        assert ended.state is State.FAILED
        assert ended.failure is not None
        assert (ended.failure.cause, "half written" in ended.failure.text) == ("aborted", True)

    @pytest.mark.parametrize(
        ("may", "touched"),
        [
            (lambda record: record, True),
            (
                lambda record: replace(record, mark=3),
                False,
            ),  # a restart by itself would have brought it the ramdisk
            (lambda record: lifecycle.again(record, "why", NOW, PATIENCE, counts=False), False),
        ],
    )
    def test_a_system_that_may_have_been_ended_is_not_said_to_run_still(
        self,
        may: Callable[[NodeRecord], NodeRecord],
        touched: bool,  # noqa: FBT001  a parameter of the test
    ) -> None:
        active = replace(NEW, state=State.ACTIVE, image=IMAGE, host_keys=("key",))
        ended = lifecycle.abort(may(deploying(active)), "enough", touched=touched)
        assert ended.state is State.FAILED

    def test_one_to_which_nothing_came_runs_what_it_ran(self) -> None:
        active = replace(NEW, state=State.ACTIVE, image=replace(IMAGE, name="older"), host_keys=("key",))
        ended = lifecycle.abort(deploying(active), "enough", touched=False)
        assert (ended.state, ended.image, ended.host_keys) == (State.ACTIVE, active.image, ("key",))
        assert (ended.before, ended.ran, ended.ran_keys) == (None, None, ())


class TestMaintenance:
    """Somebody's hands are in it."""

    def test_no_move_begins_and_the_reason_is_told(self) -> None:
        out = lifecycle.maintain(NEW, "new memory")
        with pytest.raises(RefusedError, match="new memory") as refused:
            lifecycle.begin(out, Action.INSPECT, NOW, PATIENCE)
        assert "--off" in refused.value.hint

    @pytest.mark.parametrize("state", [State.ENROLLED, State.INSPECTED, State.ACTIVE, State.FAILED])
    def test_it_comes_back_as_it_was(self, state: State) -> None:
        out = lifecycle.maintain(replace(NEW, state=state), "new memory")
        assert lifecycle.take_back(lifecycle.maintain(out, "and disks")).state is state

    def test_what_moves_is_not_taken_out(self) -> None:
        with pytest.raises(RefusedError, match="deploy abort"):
            lifecycle.maintain(deploying(), "now")

    def test_what_is_not_out_is_not_taken_back(self) -> None:
        with pytest.raises(RefusedError, match="not in maintenance"):
            lifecycle.take_back(NEW)


class TestKept:
    """Records as the store has them."""

    def test_all_of_it_comes_back(self) -> None:
        record = replace(
            lifecycle.fail(deploying(), Failure(Phase.WORK, "no-disk", "there is none", "look")),
            mark=3,
            before=State.INSPECTED,
            phase=Phase.WORK,
            hardware={"disks": [{"size": 1}]},
            host_keys=("ssh-ed25519 AAAA",),
            version=4,
        )
        assert record_of(row_of(record)) == record

    def test_what_a_newer_program_wrote_is_refused(self) -> None:
        row = row_of(NEW)
        with pytest.raises(MicrodcError, match="does not understand"):
            record_of(replace(row, body={**row.body, "wings": 2}))
        with pytest.raises(MicrodcError, match="does not understand"):
            record_of(replace(row, state="flying"))
