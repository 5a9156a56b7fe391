"""What is done to a BMC itself is read back as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from scripted_bmc import FakeClock, Read, Scripted, ended

from microdc.bmc import tending
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.judging import Patience
from microdc.bmc.model import Limits, LogEntry, Power, Target
from microdc.bmc.tending import Tended, clear_log, restart_controller, set_led

GONE = BmcError(Cause.REFUSED, "nobody listens there")


def restarted(
    monkeypatch: pytest.MonkeyPatch, reads: list[Read], *, seen: list[Target] | None = None
) -> tuple[Tended, Scripted]:
    """A restart after which the BMC reads so, in connections of their own."""
    left = list(reads)

    @contextmanager
    def opened(target: Target, limits: Limits) -> Iterator[Bmc]:
        assert limits.attempts == 1
        if seen is not None:
            seen.append(target)
        yield Scripted([left.pop(0) if len(left) > 1 else left[0]])

    monkeypatch.setattr(tending, "open_bmc", opened)
    bmc = Scripted([Power.ON])
    bmc.target = replace(bmc.target, redfish="https://a", ipmi="a")
    result, _ = ended(restart_controller(bmc, Limits(), Patience(), FakeClock()))
    return result, bmc


def test_a_bmc_that_restarts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    result, bmc = restarted(monkeypatch, [Power.ON, GONE, GONE, Power.ON])
    assert (result.came, result.what) == ("done", "was gone, and answers again")
    assert bmc.closed


def test_one_that_stays_away_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = restarted(monkeypatch, [GONE])
    assert result.came == "failed"
    assert "does not answer 300 s after" in result.what


def test_one_that_was_never_seen_gone_is_said_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert restarted(monkeypatch, [Power.ON])[0].came == "asked"


def test_another_protocol_that_still_answers_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Target] = []
    restarted(monkeypatch, [GONE, Power.ON], seen=seen)
    assert {(target.redfish, target.ipmi) for target in seen} == {("https://a", "")}


def test_a_login_that_is_refused_then_is_no_reason_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BmcError, match="no such user"):
        restarted(monkeypatch, [BmcError(Cause.LOGIN, "no such user")])


class Keeps(Scripted):
    """A log that is not emptied."""

    def clear_log(self) -> None:
        self.entries.insert(0, LogEntry("9", "log cleared"))


def test_a_log_is_empty_but_for_the_word_of_it() -> None:
    bmc = Scripted([Power.ON])
    assert ended(clear_log(bmc))[0].came == "nothing"
    bmc.entries = [LogEntry("1", "hot")]
    assert ended(clear_log(bmc))[0] == Tended("done", "is empty")
    keeps = Keeps([Power.ON])
    keeps.entries = [LogEntry("1", "hot"), LogEntry("2", "cold")]
    result, _ = ended(clear_log(keeps))
    assert (result.came, result.what) == ("failed", "still holds 2 of the entries of before")


class Dark(Scripted):
    """An LED that does not light."""

    def set_led(self, led: str) -> None:
        del led


def test_an_led_is_what_it_reads() -> None:
    bmc = Scripted([Power.ON])
    assert ended(set_led(bmc, "blinking"))[0] == Tended("done", "is blinking")
    assert ended(set_led(bmc, "blinking"))[0].came == "nothing"
    assert ended(set_led(Dark([Power.ON]), "on"))[0] == Tended("failed", "reads off")
