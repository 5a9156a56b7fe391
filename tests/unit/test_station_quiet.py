"""When another DHCP server is asked for, and what is made of what is heard: on a clock and an interface of the test's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

import pytest
from station_rig import plan

from microdc.deploy.station.resident import quiet
from microdc.deploy.station.resident.plan import Plan
from microdc.deploy.station.resident.quiet import SUSPECT_AGAIN, Quiet
from microdc.deploy.station.resident.rivals import Rival

NODE = "52:54:00:aa:00:01"
NAMED = Rival("127.0.0.66", "", "127.0.0.90", NODE)
ANSWERED = Rival("127.0.0.66", "02:00:00:00:00:66", "127.0.0.91", "02:00:00:00:00:01")
PLAN = plan(probe=4.0, probe_every=300.0)
PROXY = replace(PLAN, proxy=True)
TOLD = replace(PROXY, other_dhcp="tell")
OTHER_PROXY = Rival("127.0.0.77", "02:00:00:00:00:77", "", NODE)


@dataclass
class Interface:
    """What a packet socket would hear, and how often was asked on it."""

    interface: str = "lo"
    own: IPv4Address = PLAN.address
    asked: int = 0
    coming: list[Rival] = field(default_factory=list)

    def there(self) -> bool:
        return True

    def ask(self) -> None:
        self.asked += 1

    def heard(self) -> list[Rival]:
        found, self.coming = self.coming, []
        return found

    def close(self) -> None:
        pass


@dataclass
class Segment:
    """One that was found quiet; `seen`: the rivals that were told of."""

    interface: Interface
    quiet: Quiet
    now: float = 100.0
    seen: list[Rival] = field(default_factory=list)
    missing: list[float] = field(default_factory=list)
    taken: list[Rival] = field(default_factory=list)

    def pass_by(self, seconds: float, *coming: Rival, plan: Plan = PLAN) -> None:
        """A quarter of a second at a time, as the program's loop does."""
        self.interface.coming += coming
        end = self.now + seconds
        while self.now < end:
            self.quiet.tick(plan)
            self.now += 0.25


def watched(monkeypatch: pytest.MonkeyPatch) -> Segment:
    interface = Interface()
    taken: list[Rival] = []
    watch = Quiet(
        lambda: made.seen.append(made.quiet.rival or NAMED),
        lambda: made.missing.append(made.now),
        taken.append,
    )
    made = Segment(interface, watch, taken=taken)
    monkeypatch.setattr(quiet, "boottime", lambda: made.now)
    monkeypatch.setattr(quiet, "Watch", lambda *_: interface)
    return made


@pytest.fixture
def segment(monkeypatch: pytest.MonkeyPatch) -> Segment:
    made = watched(monkeypatch)
    made.quiet.over(PLAN)
    made.pass_by(5.0)
    assert made.quiet.permits(PLAN)
    assert not made.seen
    return made


def test_nothing_is_asked_before_it_is_due(segment: Segment) -> None:
    before = segment.interface.asked
    segment.pass_by(250.0)
    assert segment.interface.asked == before
    segment.pass_by(60.0)
    assert segment.interface.asked > before


def test_what_is_suspicious_is_asked_about_soon_and_ours_goes_on_meanwhile(segment: Segment) -> None:
    segment.pass_by(SUSPECT_AGAIN)
    before = segment.interface.asked
    segment.quiet.suspect()
    segment.pass_by(0.5)
    assert segment.interface.asked == before + 1
    assert segment.quiet.permits(PLAN)
    segment.pass_by(0.5, ANSWERED)
    assert segment.seen == [ANSWERED]
    assert not segment.quiet.permits(PLAN)


def test_a_client_that_is_refused_again_and_again_has_nobody_asked_all_the_time(segment: Segment) -> None:
    before = segment.interface.asked
    for _ in range(30):
        segment.quiet.suspect()
        segment.pass_by(2.0)
    questions = segment.interface.asked - before
    assert 2 <= questions <= 2 * (60 / SUSPECT_AGAIN + 1)  # each is sent twice


def test_a_server_that_a_client_names_is_told_at_once_and_asked_for_its_own_address(segment: Segment) -> None:
    segment.pass_by(0.5, NAMED)
    assert segment.seen == [NAMED]
    assert not segment.quiet.permits(PLAN)
    before = segment.interface.asked
    segment.pass_by(SUSPECT_AGAIN + 0.5)
    assert segment.interface.asked > before
    segment.pass_by(0.5, ANSWERED)
    assert segment.seen == [NAMED, ANSWERED]
    segment.pass_by(0.5, NAMED)  # nothing new
    assert segment.seen == [NAMED, ANSWERED]


def test_ours_answers_again_when_the_other_is_silent_for_a_question(segment: Segment) -> None:
    segment.pass_by(0.5, NAMED)
    segment.pass_by(60.0)
    assert segment.quiet.rival is None
    assert segment.quiet.permits(PLAN)


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Segment:
    """One where another server is to give the addresses; nobody was asked to the end yet."""
    made = watched(monkeypatch)
    made.quiet.over(PROXY)
    return made


def test_with_proxydhcp_ours_waits_for_the_other(proxied: Segment) -> None:
    assert not proxied.quiet.permits(PROXY)
    assert not proxied.quiet.lacks(PROXY)
    proxied.pass_by(5.0, plan=PROXY)
    assert proxied.quiet.lacks(PROXY)
    assert len(proxied.missing) == 1
    proxied.pass_by(60.0, plan=PROXY)
    assert len(proxied.missing) == 1
    assert not proxied.quiet.permits(PROXY)
    proxied.pass_by(0.5, ANSWERED, plan=PROXY)
    assert proxied.quiet.permits(PROXY)
    assert proxied.seen == [ANSWERED]


def test_with_proxydhcp_one_question_without_an_answer_is_not_the_end(proxied: Segment) -> None:
    proxied.pass_by(1.0, ANSWERED, plan=PROXY)
    assert proxied.quiet.permits(PROXY)
    proxied.pass_by(306.0, plan=PROXY)
    assert proxied.quiet.permits(PROXY)
    proxied.pass_by(quiet.LOOK_AGAIN + 6.0, plan=PROXY)
    assert proxied.quiet.lacks(PROXY)
    assert len(proxied.missing) == 1


def test_a_client_that_takes_an_address_shows_that_somebody_gives_them(proxied: Segment) -> None:
    """So does a server that answers only those whom it knows, and not our question."""
    proxied.pass_by(5.0, plan=PROXY)
    proxied.pass_by(0.5, NAMED, plan=PROXY)
    assert proxied.taken == [NAMED]
    assert proxied.quiet.permits(PROXY)


def test_another_that_only_says_what_to_boot_gives_no_addresses(proxied: Segment) -> None:
    proxied.pass_by(5.0, OTHER_PROXY, plan=PROXY)
    assert proxied.quiet.lacks(PROXY)
    assert not proxied.seen


def test_with_proxydhcp_ours_answers_all_the_same_where_it_is_only_to_tell(proxied: Segment) -> None:
    proxied.pass_by(5.0, plan=TOLD)
    assert proxied.quiet.permits(TOLD)
    assert not proxied.quiet.lacks(TOLD)
    assert len(proxied.missing) == 1


def test_another_way_in_the_document_has_everybody_asked_anew(segment: Segment) -> None:
    segment.quiet.over(PROXY)
    assert not segment.quiet.permits(PROXY)
    segment.pass_by(1.0, ANSWERED, plan=PROXY)
    assert segment.quiet.permits(PROXY)
    segment.quiet.over(PLAN)
    assert not segment.quiet.permits(PLAN)
