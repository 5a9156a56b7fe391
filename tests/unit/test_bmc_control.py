"""Power is what is read, never what was asked: states that lag, pass through others and fall back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_bmc import ALL, FakeClock, Read, Scripted, able, ended

from microdc.bmc.control import PowerResult, bring
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.judging import Force, Patience, Wish
from microdc.bmc.model import Abilities, Act, Feature, LogEntry, Power
from microdc.errors import MicrodcError

ON, OFF, RISING, FALLING, UNKNOWN = (
    Power.ON,
    Power.OFF,
    Power.POWERING_ON,
    Power.POWERING_OFF,
    Power.UNKNOWN,
)
LOST = BmcError(Cause.TIMEOUT, "no answer", sent=True)
BUSY = BmcError(Cause.BUSY, "busy")
GONE = BmcError(Cause.REFUSED, "refused")


def brought(
    bmc: Scripted, wish: Wish, force: Force = Force.LATER, patience: Patience | None = None
) -> PowerResult:
    result, steps = ended(bring(bmc, wish, force=force, patience=patience, clock=FakeClock()))
    assert steps[0].state == "started"
    assert steps[-1].state == ("skipped" if result.came == "nothing" else result.came)
    assert {step.what for step in steps} == {f"a1: power {wish}"}
    return result


# -- as wished already


@pytest.mark.parametrize(("wish", "state"), [(Wish.ON, ON), (Wish.OFF, OFF)])
def test_what_is_so_already_is_not_asked_for(wish: Wish, state: Power) -> None:
    bmc = Scripted([state])
    result = brought(bmc, wish)
    assert (result.came, result.what, bmc.sent) == ("nothing", f"is {state} already", [])


@pytest.mark.parametrize("wish", [Wish.RESET, Wish.RESTART, Wish.NMI])
def test_a_server_that_is_off_is_not_reset(wish: Wish) -> None:
    bmc = Scripted([OFF])
    with pytest.raises(MicrodcError, match="it is off"):
        brought(bmc, wish)
    assert not bmc.sent


def test_one_on_its_way_is_waited_for_before_anything_is_asked() -> None:
    bmc = Scripted([RISING, RISING, RISING, ON])
    assert brought(bmc, Wish.ON).came == "nothing"
    assert not bmc.sent


# -- on


def test_on_takes_46_seconds() -> None:
    """chaos/powerman#67."""
    bmc = Scripted([OFF], {Act.ON: [OFF, *[RISING] * 12, ON]})
    result = brought(bmc, Wish.ON)
    assert (result.came, result.before, result.after, result.acts) == ("done", OFF, ON, (Act.ON,))


def test_one_that_stays_off_has_failed_and_is_not_asked_again() -> None:
    bmc = Scripted([OFF])
    result = brought(bmc, Wish.ON)
    assert (result.came, result.after) == ("failed", OFF)
    assert "still off 90 s after" in result.what
    assert bmc.sent == [Act.ON]


def test_one_that_falls_back_to_off_is_told() -> None:
    """chaos/powerman#154."""
    bmc = Scripted([OFF], {Act.ON: [RISING, RISING, OFF]})
    result = brought(bmc, Wish.ON)
    assert (result.came, result.what) == ("failed", "began to power on, but fell back to off")
    assert bmc.sent == [Act.ON]


def test_off_in_passing_while_it_powers_on_is_no_fall() -> None:
    bmc = Scripted([OFF], {Act.ON: [RISING, OFF, RISING, ON]})
    assert brought(bmc, Wish.ON).came == "done"


def test_one_read_of_the_state_is_not_enough() -> None:
    bmc = Scripted([OFF], {Act.ON: [ON, OFF, OFF, ON, OFF]})
    assert brought(bmc, Wish.ON).came == "failed"


def test_already_on_by_a_refusal_is_success_where_it_reads_so() -> None:
    """dell/dellemc-openmanage-ansible-modules#132: 409, PSU501."""
    refusal = BmcRefusedError("the server is already powered ON", status=409)
    bmc = Scripted([OFF, ON], {Act.ON: refusal})
    result = brought(bmc, Wish.ON)
    assert result.came == "done"
    assert "already powered ON" in result.what


def test_a_refusal_is_a_refusal_where_it_does_not() -> None:
    bmc = Scripted([OFF], {Act.ON: BmcRefusedError("no", status=400)})
    with pytest.raises(BmcRefusedError, match="no"):
        brought(bmc, Wish.ON)


def test_a_bmc_that_tells_no_power_state_is_said_to() -> None:
    bmc = Scripted([UNKNOWN])
    result = brought(bmc, Wish.ON)
    assert (result.came, result.acts) == ("asked", (Act.ON,))
    assert "does not tell" in result.what


# -- sent once


def test_an_answer_that_was_lost_is_read_back_and_never_sent_again() -> None:
    bmc = Scripted([OFF, OFF, ON], {Act.ON: LOST})
    assert brought(bmc, Wish.ON).came == "done"
    assert bmc.sent == [Act.ON]


def test_what_was_certainly_not_sent_is_tried_once_more() -> None:
    bmc = Scripted([OFF, ON], trips={Act.ON: [BUSY]})
    result = brought(bmc, Wish.ON)
    assert (result.came, bmc.sent) == ("done", [Act.ON])


def test_and_not_twice_more() -> None:
    bmc = Scripted([OFF], {Act.ON: BUSY})
    with pytest.raises(BmcError, match="busy"):
        brought(bmc, Wish.ON)
    assert not bmc.sent


def test_a_refused_login_is_not_tried_again() -> None:
    bmc = Scripted([ON], trips={Act.RESET: [BmcError(Cause.LOGIN, "no such user")]})
    with pytest.raises(BmcError, match="no such user"):
        brought(bmc, Wish.RESET)
    assert not bmc.sent


def test_a_bmc_that_goes_away_meanwhile_is_waited_for() -> None:
    bmc = Scripted([OFF], {Act.ON: [GONE, GONE, RISING, BUSY, ON]})
    assert brought(bmc, Wish.ON).came == "done"


def test_one_that_stays_away_is_an_error_that_says_what_was_asked() -> None:
    bmc = Scripted([OFF], {Act.ON: [GONE]})
    with pytest.raises(BmcError, match="refused, after it was asked for on") as caught:
        brought(bmc, Wish.ON)
    assert (caught.value.cause, caught.value.sent) == (Cause.REFUSED, True)


# -- off


def test_off_asks_the_system_first() -> None:
    bmc = Scripted([ON], {Act.SHUTDOWN: [ON, FALLING, OFF]})
    result = brought(bmc, Wish.OFF)
    assert (result.came, bmc.sent) == ("done", [Act.SHUTDOWN])


def test_and_cuts_the_power_after_a_time() -> None:
    bmc = Scripted([ON], {Act.FORCE_OFF: [ON, OFF]})
    result = brought(bmc, Wish.OFF)
    assert (result.came, bmc.sent) == ("done", [Act.SHUTDOWN, Act.FORCE_OFF])
    assert "did not shut down in 120 s" in result.what


@pytest.mark.parametrize(
    ("force", "sent", "came"),
    [(Force.NOW, [Act.FORCE_OFF], "done"), (Force.NEVER, [Act.SHUTDOWN], "failed")],
)
def test_force_at_once_or_never(force: Force, sent: list[Act], came: str) -> None:
    bmc = Scripted([ON], {Act.FORCE_OFF: [OFF]})
    result = brought(bmc, Wish.OFF, force)
    assert (result.came, bmc.sent) == (came, sent)


def test_a_system_that_cannot_be_asked_is_told_of() -> None:
    bmc = Scripted([ON], {Act.FORCE_OFF: [OFF]}, abilities=able(Act.ON, Act.FORCE_OFF))
    assert "forced" in brought(bmc, Wish.OFF).what
    never = Scripted([ON], abilities=replace(able(Act.FORCE_OFF), lacks={"shutdown": "no ACPI"}))
    with pytest.raises(UnsupportedError, match="no ACPI"):
        brought(never, Wish.OFF, Force.NEVER)


@pytest.mark.parametrize("wish", [Wish.OFF, Wish.CYCLE])
def test_an_outlet_is_cut_only_where_that_was_said(wish: Wish) -> None:
    outlets = able(Act.ON, Act.FORCE_OFF)
    bmc = Scripted([ON], {Act.FORCE_OFF: [OFF], Act.ON: [ON]}, abilities=outlets)
    bmc.driver = "pdu"
    with pytest.raises(UnsupportedError, match="only its power outlets"):
        brought(bmc, wish)
    assert not bmc.sent
    assert brought(bmc, wish, Force.NOW).came == "done"
    off = Scripted([OFF], {Act.ON: [ON]}, abilities=outlets)
    off.driver = "pdu"
    assert brought(off, Wish.ON).came == "done"


def test_a_shutdown_that_is_refused_is_followed_by_force() -> None:
    bmc = Scripted([ON], {Act.SHUTDOWN: BmcRefusedError("no agent"), Act.FORCE_OFF: [OFF]})
    result = brought(bmc, Wish.OFF)
    assert (result.came, bmc.sent) == ("done", [Act.FORCE_OFF])
    assert "no agent" in result.what


def test_one_that_comes_back_by_itself_is_not_cut_off() -> None:
    bmc = Scripted([ON], {Act.SHUTDOWN: [OFF, ON]})
    result = brought(bmc, Wish.OFF)
    assert (result.came, result.what, bmc.sent) == ("failed", "was off, but fell back to on", [Act.SHUTDOWN])


def test_a_bmc_that_is_gone_at_the_deadline_is_not_told_to_cut_the_power() -> None:
    bmc = Scripted([ON], {Act.SHUTDOWN: [ON, GONE]})
    with pytest.raises(BmcError, match="after it was asked for shutdown"):
        brought(bmc, Wish.OFF)
    assert bmc.sent == [Act.SHUTDOWN]


# -- cycle, restart, reset, nmi


def test_cycle_is_off_and_on_again() -> None:
    bmc = Scripted([ON], {Act.SHUTDOWN: [FALLING, OFF], Act.ON: [RISING, ON]})
    result = brought(bmc, Wish.CYCLE)
    assert (result.came, result.after, bmc.sent) == ("done", ON, [Act.SHUTDOWN, Act.ON])


def test_cycle_of_one_that_is_off_turns_it_on() -> None:
    bmc = Scripted([OFF], {Act.ON: [ON]})
    result = brought(bmc, Wish.CYCLE)
    assert (result.came, bmc.sent) == ("done", [Act.ON])
    assert "was off" in result.what


def test_cycle_that_does_not_get_it_off_does_not_ask_for_on() -> None:
    bmc = Scripted([ON])
    assert brought(bmc, Wish.CYCLE).came == "failed"
    assert bmc.sent == [Act.SHUTDOWN, Act.FORCE_OFF]


def test_cycle_whose_second_act_is_refused_says_that_the_server_is_off() -> None:
    refusal = BmcRefusedError("refused with 400: no fans", where="a1", status=400)
    bmc = Scripted([ON], {Act.SHUTDOWN: [OFF], Act.ON: refusal})
    with pytest.raises(BmcRefusedError, match=r"no fans, after it was asked for shutdown \(is off\)"):
        brought(bmc, Wish.CYCLE)
    assert bmc.sent == [Act.SHUTDOWN]


def test_cycle_of_one_that_tells_no_state_does_not_end_after_off() -> None:
    bmc = Scripted([UNKNOWN])
    result = brought(bmc, Wish.CYCLE)
    assert result.acts == (Act.SHUTDOWN, Act.FORCE_OFF, Act.ON)
    assert result.came == "asked"


def test_cycle_of_which_only_the_end_is_told_is_not_done() -> None:
    bmc = Scripted([UNKNOWN], {Act.ON: [ON]})
    result = brought(bmc, Wish.CYCLE)
    assert (result.came, result.after) == ("asked", ON)


def test_a_reset_that_is_seen() -> None:
    bmc = Scripted([ON], {Act.RESET: [ON, OFF, RISING, ON]})
    result = brought(bmc, Wish.RESET)
    assert (result.came, result.what) == ("done", "was seen off, and is on again")


def test_a_reset_after_which_it_stays_off() -> None:
    bmc = Scripted([ON], {Act.CYCLE: [ON, OFF]})
    result = brought(bmc, Wish.CYCLE, Force.NOW)
    assert (result.came, result.after, bmc.sent) == ("failed", OFF, [Act.CYCLE])


def test_a_reset_that_only_the_log_tells_of() -> None:
    bmc = Scripted([ON])
    bmc.entries = [LogEntry("1", "Power button pressed")]
    bmc.logs = {Act.RESET: LogEntry("2", "System reset by BMC")}
    result = brought(bmc, Wish.RESET)
    assert (result.came, result.what) == ("done", "its log says: System reset by BMC")


def test_a_log_entry_of_our_own_login_is_no_sign() -> None:
    bmc = Scripted([ON])
    bmc.logs = {Act.RESET: LogEntry("2", "User admin logged in from 10.0.0.1")}
    assert brought(bmc, Wish.RESET).came == "asked"


@pytest.mark.parametrize("abilities", [ALL, able(Act.RESET, Act.NMI, Act.RESTART)])
@pytest.mark.parametrize("wish", [Wish.RESET, Wish.NMI, Wish.RESTART])
def test_what_cannot_be_observed_is_said_to_be_asked(wish: Wish, abilities: Abilities) -> None:
    bmc = Scripted([ON], abilities=abilities)
    result = brought(bmc, wish)
    assert (result.came, bmc.sent) == ("asked", [Act(wish)])
    assert "shows no sign" in result.what


def test_a_restart_that_the_bmc_cannot_ask_for_is_off_and_on() -> None:
    bmc = Scripted(
        [ON], {Act.SHUTDOWN: [OFF], Act.ON: [ON]}, abilities=able(Act.SHUTDOWN, Act.ON, Act.FORCE_OFF)
    )
    assert brought(bmc, Wish.RESTART).came == "done"
    assert bmc.sent == [Act.SHUTDOWN, Act.ON]


def test_a_reset_whose_answer_is_lost_is_not_sent_again() -> None:
    bmc = Scripted([ON], {Act.RESET: LOST})
    assert brought(bmc, Wish.RESET).came == "asked"
    assert bmc.sent == [Act.RESET]


def test_what_is_not_supported_is_not_tried() -> None:
    bmc = Scripted([ON], abilities=replace(able(Act.ON), lacks={"nmi": "IPMI of this BMC has none"}))
    with pytest.raises(UnsupportedError, match="cannot do nmi: IPMI of this BMC has none"):
        brought(bmc, Wish.NMI)
    assert not bmc.sent


# -- whatever a BMC does

PROBLEMS = [LOST, BUSY, GONE, BmcRefusedError("no"), BmcError(Cause.STARTING, "starting", sent=False)]
reads = st.lists(st.one_of(st.sampled_from(list(Power)), st.sampled_from(PROBLEMS)), min_size=1, max_size=12)
afters = st.dictionaries(
    st.sampled_from(list(Act)), st.one_of(reads.map(tuple), st.sampled_from(PROBLEMS)), max_size=len(Act)
)


@given(
    first=reads,
    after=afters,
    wish=st.sampled_from(Wish),
    force=st.sampled_from(Force),
    acts=st.frozensets(st.sampled_from(list(Act))),
    log=st.booleans(),
)
def test_no_act_is_sent_twice_and_a_graceful_one_stands_before_a_forced_one(
    *,
    first: list[Read],
    after: dict[Act, tuple[Read, ...]],
    wish: Wish,
    force: Force,
    acts: frozenset[Act],
    log: bool,
) -> None:
    abilities = replace(able(*acts), features=frozenset({Feature.LOG}) if log else frozenset())
    bmc = Scripted(first, after, abilities=abilities)
    clock = FakeClock()
    try:
        result, _ = ended(bring(bmc, wish, force=force, clock=clock))
    except MicrodcError:
        pass
    else:
        assert set(result.acts) <= set(bmc.sent)
        if result.came == "nothing":
            assert not bmc.sent
        if result.came == "done" and wish in {Wish.ON, Wish.OFF}:
            assert result.after is (Power.ON if wish is Wish.ON else Power.OFF)
    assert len(bmc.sent) == len(set(bmc.sent))
    assert set(bmc.sent) <= acts
    if Act.FORCE_OFF in bmc.sent and force is Force.LATER and Act.SHUTDOWN in bmc.sent:
        assert bmc.sent.index(Act.SHUTDOWN) < bmc.sent.index(Act.FORCE_OFF)
    if force is Force.NEVER:
        assert Act.FORCE_OFF not in bmc.sent
    assert clock.at < 1000
