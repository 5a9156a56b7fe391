"""When another DHCP server is asked for, and what is made of what is heard: on a clock and an interface of the test's."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

import pytest
from station_rig import plan

from microdc.deploy.station.resident import quiet
from microdc.deploy.station.resident.quiet import SUSPECT_AGAIN, Quiet
from microdc.deploy.station.resident.rivals import Rival

NODE = "52:54:00:aa:00:01"
NAMED = Rival("127.0.0.66", "", "127.0.0.90", NODE)
ANSWERED = Rival("127.0.0.66", "02:00:00:00:00:66", "127.0.0.91", "02:00:00:00:00:01")
PLAN = plan(probe=4.0, probe_every=300.0)


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

    def pass_by(self, seconds: float, *coming: Rival) -> None:
        """A quarter of a second at a time, as the program's loop does."""
        self.interface.coming += coming
        end = self.now + seconds
        while self.now < end:
            self.quiet.tick(PLAN)
            self.now += 0.25


@pytest.fixture
def segment(monkeypatch: pytest.MonkeyPatch) -> Segment:
    interface = Interface()
    made = Segment(interface, Quiet(lambda: made.seen.append(made.quiet.rival or NAMED)))
    monkeypatch.setattr(quiet, "boottime", lambda: made.now)
    monkeypatch.setattr(quiet, "Watch", lambda *_: interface)
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
