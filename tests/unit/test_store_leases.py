"""Leases: nobody gets what another one has, on either database, and no clock but time itself ends one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdc.errors import InputError, RefusedError
from microdc.store.clocks import Reading
from microdc.store.operate import Store, open_store
from microdc.store.overlaps import check_resource, overlap
from microdc.store.process import this_process

pytest_plugins = ["postgres"]

ALICE = this_process("alice", ["microdc"])
BOB = this_process("bob", ["microdc"])
HOUR = 3600.0
PAST = timedelta(days=1)


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        ("wan", "wan", True),
        ("wan", "site:paris", False),
        ("site:paris", "site:paris", True),
        ("site:paris", "site:par", False),
        ("site:paris", "rack:paris/r1", True),
        ("site:par", "rack:paris/r1", False),
        ("rack:paris/r1", "rack:paris/r1", True),
        ("rack:paris/r1", "rack:paris/r2", False),
        ("rack:paris/r1", "rack:boston/r1", False),
    ],
)
def test_a_site_covers_its_racks(a: str, b: str, shared: bool) -> None:  # noqa: FBT001  a case of the table
    assert overlap(a, b) is shared
    assert overlap(b, a) is shared


@pytest.mark.parametrize("wrong", ["", "WAN", "site", "site:", "rack:paris", "rack:/r1", "pdu:x", "site:a b"])
def test_what_cannot_be_leased(wrong: str) -> None:
    with pytest.raises(InputError, match="site:NAME"):
        check_resource(wrong)


class TestTaking:
    """On both databases."""

    def test_one_has_it_and_the_other_reads_why(self, store: Store) -> None:
        (lease,) = store.leases.take(ALICE, "lab", ["wan"], HOUR, reason="a long run")
        assert (lease.resource, lease.holder, lease.kind, lease.state) == ("wan", "alice", "lease", "held")
        assert lease.ends - lease.begins == timedelta(hours=1)
        with pytest.raises(RefusedError) as refused:
            store.leases.take(BOB, "lab", ["wan"], HOUR)
        for word in ("alice", "a long run", f"{lease.ends:%H:%M} UTC", "--force --reason"):
            assert word in str(refused.value)
        with pytest.raises(RefusedError, match="alice"):
            store.leases.check("lab", ["wan"], "bob")
        store.leases.check("lab", ["wan"], "alice")
        store.leases.check("lab", ["site:paris"], "bob")
        store.leases.check("another", ["wan"], "bob")
        assert store.leases.list() == [lease]

    def test_all_or_none(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["rack:paris/r1"], HOUR)
        with pytest.raises(RefusedError, match="rack:paris/r1"):
            store.leases.take(BOB, "lab", ["wan", "site:paris"], HOUR)
        assert [lease.holder for lease in store.leases.list("lab")] == ["alice"]
        assert len(store.leases.take(BOB, "lab", ["wan", "rack:paris/r2", "wan"], HOUR)) == 2

    def test_ones_own_is_extended_never_cut(self, store: Store) -> None:
        (first,) = store.leases.take(ALICE, "lab", ["wan"], HOUR, reason="why")
        (longer,) = store.leases.take(ALICE, "lab", ["wan"], 2 * HOUR)
        assert (longer.id, longer.token, longer.reason) == (first.id, first.token, "why")
        assert longer.begins == first.begins
        assert longer.ends > first.ends
        (same,) = store.leases.take(ALICE, "lab", ["wan"], 60)
        assert same.ends == longer.ends
        assert len(store.leases.list()) == 1

    def test_force_ends_the_others_lease_and_is_written_down(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["wan"], HOUR)
        with pytest.raises(InputError, match="reason"):
            store.leases.take(BOB, "lab", ["wan"], HOUR, force=True, reason=" ")
        store.leases.take(BOB, "lab", ["wan"], HOUR, force=True, reason="alice is on holiday")
        assert [(lease.holder, lease.state) for lease in store.leases.list()] == [("bob", "held")]
        (ended,) = [lease for lease in store.leases.list(past=PAST) if not lease.open]
        assert (ended.holder, ended.state, ended.ended_by) == ("alice", "forced", "bob")
        entry = store.journal.entries("lab", last=1)[0]
        assert (entry.kind, entry.actor.owner, entry.outcome) == ("lease", "bob", "done")
        for word in ("bob", "alice", "alice is on holiday"):
            assert word in entry.summary + entry.actor.owner
        assert entry.data["forced"][0]["holder"] == "alice"
        with pytest.raises(RefusedError, match="bob"):
            store.leases.renew(ALICE, "lab", ["wan"], HOUR)

    def test_released_it_is_free(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["wan", "site:paris"], HOUR)
        assert [lease.state for lease in store.leases.release(ALICE, "lab", ["wan"])] == ["released"]
        store.leases.take(BOB, "lab", ["wan"], HOUR)
        with pytest.raises(RefusedError, match="bob"):
            store.leases.release(ALICE, "lab", ["wan"])
        assert [lease.resource for lease in store.leases.release(ALICE, "lab")] == ["site:paris"]
        assert store.leases.release(ALICE, "lab") == []
        assert store.leases.release(ALICE, "lab", ["site:boston"]) == []
        with pytest.raises(InputError, match="reason"):
            store.leases.release(ALICE, "lab", ["wan"], force=True)
        (ended,) = store.leases.release(ALICE, "lab", ["wan"], force=True, reason="he left")
        assert (ended.holder, ended.state, ended.ended_by) == ("bob", "forced", "alice")
        assert "bob" in store.journal.entries("lab", last=1)[0].summary
        assert store.leases.list() == []

    def test_renewed_as_long_as_it_is_held(self, store: Store) -> None:
        (lease,) = store.leases.take(ALICE, "lab", ["wan"], 60)
        (renewed,) = store.leases.renew(ALICE, "lab", ["wan"], HOUR, token=lease.token)
        assert renewed.ends > lease.ends
        store.leases.release(ALICE, "lab", token=lease.token)
        with pytest.raises(RefusedError, match="does not hold wan"):
            store.leases.renew(ALICE, "lab", ["wan"], HOUR)
        (again,) = store.leases.take(ALICE, "lab", ["wan"], HOUR)
        with pytest.raises(RefusedError, match="does not hold wan"):
            store.leases.renew(ALICE, "lab", ["wan"], HOUR, token=lease.token)
        assert store.leases.release(ALICE, "lab", ["wan"], token=lease.token) == []
        assert store.leases.list() == [again]

    def test_every_change_is_in_the_journal(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["wan"], HOUR)
        store.leases.renew(ALICE, "lab", ["wan"], HOUR)
        store.leases.release(ALICE, "lab")
        assert [entry.summary for entry in store.journal.entries("lab", kinds=["lease"])] == [
            "taken wan", "renewed wan", "released wan",
        ]  # fmt: skip

    @pytest.mark.parametrize("seconds", [0.0, -1.0, 1e12, float("nan")])
    def test_times_that_cannot_be(self, store: Store, seconds: float) -> None:
        with pytest.raises(InputError):
            store.leases.take(ALICE, "lab", ["wan"], seconds)

    def test_over_before_it_began(self, store: Store) -> None:
        with pytest.raises(InputError, match="over already"):
            store.leases.take(ALICE, "lab", ["wan"], 60, begins=datetime(2020, 1, 1, tzinfo=UTC))


class TestMaintenance:
    """Windows that begin later, on both databases."""

    def test_a_later_window_keeps_others_out_of_its_time_only(self, store: Store) -> None:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        (window,) = store.leases.take(
            ALICE, "lab", ["site:paris"], 2 * HOUR, kind="maintenance", begins=tomorrow, reason="new PSU"
        )
        assert window.state == "planned"
        store.leases.check("lab", ["rack:paris/r1"], "bob")
        store.leases.take(BOB, "lab", ["rack:paris/r1"], HOUR)
        with pytest.raises(RefusedError, match=r"under maintenance by alice from .* \(new PSU\)"):
            store.leases.renew(BOB, "lab", ["rack:paris/r1"], 25 * HOUR)
        with pytest.raises(RefusedError, match="maintenance"):
            store.leases.take(BOB, "lab", ["site:paris"], HOUR, begins=tomorrow + timedelta(hours=1))
        after = tomorrow + timedelta(hours=2)
        store.leases.take(BOB, "lab", ["site:paris"], HOUR, begins=after)

    def test_during_it_others_are_refused(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["site:paris"], HOUR, kind="maintenance", reason="new PSU")
        with pytest.raises(RefusedError, match="under maintenance by alice"):
            store.leases.check("lab", ["wan", "rack:paris/r1"], "bob")
        store.leases.check("lab", ["rack:paris/r1"], "alice")

    def test_a_window_does_not_become_the_lease_that_is_taken_in_it(self, store: Store) -> None:
        store.leases.take(ALICE, "lab", ["wan"], HOUR, kind="maintenance")
        store.leases.take(ALICE, "lab", ["wan"], 60)
        assert [lease.kind for lease in store.leases.list()] == ["maintenance", "lease"]


def test_what_is_over_is_nothing_and_is_shown_for_a_while(store: Store) -> None:
    (lease,) = store.leases.take(ALICE, "lab", ["wan"], 0.2)
    while store.leases.list():
        pass
    store.leases.check("lab", ["wan"], "bob")
    (over,) = store.leases.list(past=PAST)
    assert (over.id, over.state) == (lease.id, "expired")
    assert store.leases.take(BOB, "lab", ["wan"], HOUR)[0].id != lease.id


TAKE = """
import sys
from microdc.errors import RefusedError
from microdc.store.operate import open_store
from microdc.store.process import this_process
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    try:
        store.leases.take(this_process(sys.argv[2], []), f"lab{number}", ["wan"], 600)
        print(number)
    except RefusedError:
        pass
"""


def test_of_many_at_once_each_lease_goes_to_one(store_url: str) -> None:
    """Real processes, which also open the new store at the same time."""
    with ExitStack() as stack:
        racers = []
        for name in "abcd":
            pipe = subprocess.PIPE
            argv = [sys.executable, "-c", TAKE, store_url, name]
            racers.append(stack.enter_context(subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True)))
            stack.callback(racers[-1].kill)
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        won = [number for racer in racers for number in racer.communicate()[0].split()]
        assert [racer.returncode for racer in racers] == [0] * 4
    assert sorted(won, key=int) == [str(number) for number in range(10)]
    with open_store(store_url) as store:
        assert len(store.leases.list()) == 10


@dataclass
class Hands:
    """Clocks that a test sets."""

    now: Reading

    def read(self) -> Reading:
        return self.now

    def passes(self, hours: float) -> None:
        """Time goes on."""
        later = self.now.wall + timedelta(hours=hours)
        self.now = replace(self.now, wall=later, uptime=self.now.uptime + int(hours * 3600e9))

    def step(self, hours: float) -> None:
        """Somebody sets the wall clock."""
        self.now = replace(self.now, wall=self.now.wall + timedelta(hours=hours))

    def reboot(self) -> None:
        self.now = Reading(self.now.wall, "another boot", 10**9)


class TestClocks:
    """One machine's store, whose wall clock somebody sets while leases hold."""

    @pytest.fixture
    def hands(self) -> Hands:
        return Hands(Reading(datetime(2026, 11, 25, 12, tzinfo=UTC), "a boot", 10**12))

    @pytest.fixture
    def clocked(self, tmp_path: Path, hands: Hands) -> Iterator[Store]:
        with open_store(str(tmp_path / "clocked.db"), clock=hands) as store:
            yield store

    @pytest.mark.parametrize("step", [-48.0, -1.0, 1.0, 48.0])
    def test_a_step_neither_ends_nor_prolongs_a_lease(
        self, clocked: Store, hands: Hands, step: float
    ) -> None:
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR)
        hands.passes(0.5)
        hands.step(step)
        (lease,) = clocked.leases.list()
        assert lease.state == "held"
        assert lease.ends - hands.now.wall == timedelta(
            hours=0.5
        )  # told in the terms of the clock as it is now
        with pytest.raises(RefusedError):
            clocked.leases.check("lab", ["wan"], "bob")
        hands.passes(0.51)
        clocked.leases.check("lab", ["wan"], "bob")
        assert clocked.leases.list() == []
        assert [lease.state for lease in clocked.leases.list(past=PAST)] == ["expired"]
        clocked.leases.take(BOB, "lab", ["wan"], HOUR)

    @pytest.mark.parametrize("step", [-1.0, 1.0])
    def test_a_lease_that_is_renewed_after_a_step(self, clocked: Store, hands: Hands, step: float) -> None:
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR)
        hands.step(step)
        clocked.leases.renew(ALICE, "lab", ["wan"], 2 * HOUR)
        hands.step(-step)
        (lease,) = clocked.leases.list()
        assert lease.ends - hands.now.wall == timedelta(hours=2)

    def test_after_a_reboot_the_wall_clock_decides(self, clocked: Store, hands: Hands) -> None:
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR)
        hands.passes(0.5)
        hands.reboot()
        with pytest.raises(RefusedError):
            clocked.leases.check("lab", ["wan"], "bob")
        hands.passes(0.6)
        clocked.leases.check("lab", ["wan"], "bob")

    def test_a_released_lease_does_not_come_back_with_a_step(self, clocked: Store, hands: Hands) -> None:
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR)
        clocked.leases.release(ALICE, "lab")
        hands.step(-1)
        (taken,) = clocked.leases.take(BOB, "lab", ["wan"], HOUR)
        assert (taken.holder, taken.state) == ("bob", "held")

    def test_a_planned_window_is_of_the_calendar(self, clocked: Store, hands: Hands) -> None:
        at = hands.now.wall + timedelta(hours=10)
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR, kind="maintenance", begins=at)
        hands.step(10.5)
        with pytest.raises(RefusedError, match="under maintenance"):
            clocked.leases.check("lab", ["wan"], "bob")

    def test_a_planned_window_of_ones_own_joins_what_is_taken_into_it(
        self, clocked: Store, hands: Hands
    ) -> None:
        at = hands.now.wall + timedelta(hours=2)
        clocked.leases.take(ALICE, "lab", ["wan"], HOUR, begins=at)
        (lease,) = clocked.leases.take(ALICE, "lab", ["wan"], 2.5 * HOUR)
        assert lease.ends - lease.begins == timedelta(hours=3)
        assert lease.state == "held"
        assert clocked.leases.list() == [lease]


def test_a_lease_is_the_same_when_it_is_read_again(store: Store) -> None:
    taken = store.leases.take(ALICE, "lab", ["wan", "site:paris"], HOUR, reason="r")
    assert store.leases.list() == taken
