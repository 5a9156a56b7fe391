"""The driver's end of the conversation, with talkers of a few lines that do what the real one does only with a broken BMC."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.ipmi import channel
from microdc.bmc.ipmi.channel import Channel
from microdc.bmc.ipmi.commands import Command, device_id
from microdc.bmc.ipmi.driver import IpmiBmc
from microdc.bmc.model import Limits, Login, Target

READY = """
import sys
from microdc.bmc.ipmi import wire
from microdc.bmc.errors import Cause
LOG = {log!r}
def hear():
    told = sys.stdin.buffer.readline()
    if not told:
        sys.exit()
    with open(LOG, "ab") as log:
        log.write(told)
    return wire.read(told)
def say(message):
    sys.stdout.buffer.write(wire.line(message))
    sys.stdout.buffer.flush()
hear()
say(wire.Ready(17, 4))
"""
QUICK = Limits(answer=0.5, attempts=3, pause=0.01, busy=5.0)
RESET = Command("Cold Reset", 6, 2, once=True)


class Talker:
    """A talker that runs `lines` after its login, and writes down what it hears."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = directory / "heard"
        self._monkeypatch = monkeypatch

    def does(self, lines: str, *, limits: Limits = QUICK) -> Channel:
        program = READY.format(log=str(self.log)) + lines
        self._monkeypatch.setattr(channel, "_PROGRAM", (sys.executable, "-c", program))
        return Channel(Target("server", ipmi="192.0.2.1", login=Login("admin", "secret")), limits)

    def heard(self, what: str) -> int:
        return self.log.read_text().count(f'"is": "{what}"')


@pytest.fixture
def talker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talker:
    return Talker(tmp_path, monkeypatch)


def failure(opened: Channel, command: Command) -> BmcError:
    try:
        with pytest.raises(BmcError) as failed:
            opened(command)
    finally:
        opened.close()
    return failed.value


def test_a_busy_bmc_is_asked_again_and_a_command_that_changes_something_is_not(talker: Talker) -> None:
    busy_twice = "for code in (0xC0, 0xD2, 0):\n    hear(); say(wire.Answer(code, b'x'))\nhear()"
    opened = talker.does(busy_twice)
    assert opened(device_id()) == b"x"
    opened.close()
    assert talker.heard("ask") == 3
    talker.log.unlink()
    refused = failure(talker.does("while True:\n    hear(); say(wire.Answer(0xC0, b''))"), RESET)
    assert (refused.cause, refused.sent) == (Cause.BUSY, False)
    assert (talker.heard("ask"), talker.log.read_text().count('"once": true')) == (1, 1)


def test_a_session_that_is_found_dead_before_an_act_means_that_nothing_was_sent(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_STALE", 0.0)
    monkeypatch.setattr(channel, "_GRACE", 0.1)
    limits = Limits(answer=0.2, attempts=2, pause=0.01)
    first_lives = "if open(LOG).read().count('login') == 1:\n    hear(); say(wire.Answer(0, b''))\n"
    opened = talker.does(f"{first_lives}while True:\n    hear()", limits=limits)
    opened(device_id())
    failed = failure(opened, RESET)
    assert (failed.cause, failed.sent) == (Cause.TIMEOUT, False)
    assert '"once": true' not in talker.log.read_text()


def test_a_busy_bmc_is_given_up_in_the_end(talker: Talker) -> None:
    limits = Limits(answer=0.5, pause=0.01, busy=0.2)
    failed = failure(
        talker.does("while True:\n    hear(); say(wire.Answer(0xC0, b''))", limits=limits), device_id()
    )
    assert failed.cause is Cause.BUSY


def test_a_refusal_is_told_with_its_code_and_not_repeated(talker: Talker) -> None:
    opened = talker.does("while True:\n    hear(); say(wire.Answer(0xC1, b''))")
    with pytest.raises(BmcRefusedError) as refused:
        opened(device_id())
    opened.close()
    assert (refused.value.status, talker.heard("ask")) == (0xC1, 1)


def test_a_talker_that_says_nothing_is_killed_at_the_deadline(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_GRACE", 0.1)
    failed = failure(
        talker.does("while True:\n    hear()", limits=Limits(answer=0.2, attempts=2, pause=0.01)), device_id()
    )
    assert (failed.cause, failed.sent) == (Cause.TIMEOUT, True)
    assert (talker.heard("login"), talker.heard("ask")) == (2, 2)


@pytest.mark.parametrize(
    "lines", ["hear(); print('garbage', flush=True); hear()", "hear(); sys.exit('no luck')"]
)
def test_a_talker_that_breaks_is_an_ended_connection(talker: Talker, lines: str) -> None:
    failed = failure(talker.does(lines, limits=Limits(answer=5.0, attempts=1)), device_id())
    assert failed.cause is Cause.ENDED
    assert "garbage" in lines or "no luck" in failed.what


def test_a_controller_that_restarts_without_an_answer_was_reset(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_GRACE", 0.1)
    talker.does("hear(); say(wire.Answer(0, b''))\nwhile True:\n    hear()")
    with IpmiBmc(Target("server", ipmi="192.0.2.1", login=Login("admin", "secret")), QUICK) as bmc:
        bmc.reset_controller()
    assert talker.log.read_text().count('"once": true') == 1


def test_a_program_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_PROGRAM", ("/no/such/program",))
    failed = failure(Channel(Target("server", ipmi="192.0.2.1"), QUICK), device_id())
    assert (failed.cause, "/no/such/program" in failed.what) == (Cause.ENDED, True)
