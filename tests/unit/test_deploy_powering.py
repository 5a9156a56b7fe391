"""A server is booted from the network by its BMC, and what that BMC cannot do is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scripted_bmc import ALL, CLEARED, Scripted

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.judging import Patience
from microdc.bmc.model import Act, Boot, BootMode, BootTarget, Power, Target
from microdc.deploy import powering
from microdc.deploy.acting import after_act
from microdc.deploy.powering import BmcServer
from microdc.errors import ApplyError, MicrodcError

QUICK = Patience(
    graceful=0.0, settle=0.0, fallen=0.0, observe=0.0, boot=0.0, refused=0.0, poll=0.01, longest=0.01
)
ONCE = Boot(BootTarget.PXE, "once")
NOW_ON = {Act.ON: [Power.ON], Act.FORCE_OFF: [Power.OFF], Act.SHUTDOWN: [Power.OFF]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> BmcServer:
    """One that is reached through the BMC that the test names."""
    bmc: Scripted = request.param

    @contextmanager
    def opened(*_: object) -> Iterator[Scripted]:
        with bmc:
            yield bmc

    monkeypatch.setattr(powering, "open_bmc", opened)
    return BmcServer(Target("a1", "a.yaml:3"), patience=QUICK)


def through(*bmcs: Scripted) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("server", bmcs, indirect=True)


OFF, ON = Scripted([Power.OFF], NOW_ON), Scripted([Power.ON], NOW_ON)


@through(OFF)
def test_one_that_is_off_is_turned_on(server: BmcServer) -> None:
    said = server.start("", kindly=True)
    assert (OFF.put, OFF.sent) == ([ONCE], [Act.ON])
    assert "pxe, once" in said


@through(ON)
def test_one_that_is_on_is_turned_off_first(server: BmcServer) -> None:
    server.start("uefi", kindly=True)
    assert ON.put == [replace(ONCE, mode=BootMode.UEFI)]
    assert ON.sent == [Act.SHUTDOWN, Act.ON]


CHOOSES_NOTHING = Scripted(
    [Power.OFF], NOW_ON, abilities=replace(ALL, targets=frozenset(), modes=frozenset())
)


@through(CHOOSES_NOTHING)
def test_one_whose_boot_cannot_be_chosen_boots_as_it_is_set_up(server: BmcServer) -> None:
    said = server.start("uefi", kindly=True)
    assert (CHOOSES_NOTHING.put, CHOOSES_NOTHING.sent) == ([], [Act.ON])
    assert "order of its firmware" in said


KEEPS_ANOTHER = Scripted([Power.OFF], NOW_ON, takes=[Boot(BootTarget.DISK, "once"), CLEARED])


@through(KEEPS_ANOTHER)
def test_one_that_keeps_another_override_is_not_started(server: BmcServer) -> None:
    with pytest.raises(ApplyError, match="reads disk"):
        server.start("", kindly=True)
    assert KEEPS_ANOTHER.sent == []


LOST = Scripted([Power.OFF], NOW_ON, takes=[BmcError(Cause.ENDED, "connection lost", sent=False)])
CUT = Scripted([Power.OFF], {Act.ON: BmcError(Cause.ENDED, "connection lost", sent=True)})


@pytest.mark.parametrize(("server", "sent"), [(LOST, False), (CUT, True)], indirect=["server"])
def test_whether_the_power_may_have_been_touched_is_known(server: BmcServer, sent: bool) -> None:  # noqa: FBT001
    with pytest.raises(MicrodcError) as problem:
        server.start("", kindly=True)
    seen = after_act(problem.value, datetime.now(UTC))
    assert (seen.sent, seen.fatal) == (sent, False)


LEFT = Scripted([Power.ON], boot=ONCE)


@through(LEFT)
def test_an_override_that_is_left_is_read_and_taken_away(server: BmcServer) -> None:
    assert server.read().boot == ONCE
    assert server.clear_boot() == CLEARED
    assert LEFT.put[-1].target is BootTarget.NONE
