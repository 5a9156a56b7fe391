"""BMCs that hang, refuse, or answer what is no Redfish: told apart, with their place, and no trouble for the others."""

from __future__ import annotations

from typing import Any

import pytest
from racklab import RackLab, only, steps

from microdc.bmc import operate
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.judging import Wish
from microdc.bmc.model import Login, Power
from microdc.bmc.redfish import sessions
from microdc.errors import Exit

pytestmark = [pytest.mark.root, pytest.mark.lab]

UNUSABLE: list[tuple[dict[str, Any], Cause, str]] = [
    ({"dead": True}, Cause.TIMEOUT, "no answer in 3 s"),
    ({"slow": 20}, Cause.TIMEOUT, "no answer in 3 s"),
    ({"half": True}, Cause.TIMEOUT, "no whole answer in 3 s"),
    ({"starting": True}, Cause.STARTING, "still starting"),
    ({"busy": True}, Cause.BUSY, "busy"),
    ({"html": True}, Cause.NOT_REDFISH, "it is HTML"),
    ({"huge": True}, Cause.TOO_LARGE, "larger than 8 MiB"),
    ({"redirect_loop": True}, Cause.BROKEN_ANSWER, "redirects more than"),
]
USABLE: list[tuple[dict[str, Any], str]] = [
    ({"slow": 0.2}, ""),
    ({"expired": True}, ""),
    ({"expired": {"requests": 3}}, ""),
    ({"trailing_slash": True}, ""),
    ({"trailing_slash": 301}, ""),
    ({"trailing_slash": 307}, ""),
    ({"no_location": True}, ""),
    ({"sessions": True}, "too many sessions"),
    ({"basic_only": True}, "has no sessions"),
]


def named(faults: dict[str, Any]) -> str:
    return "-".join(f"{name}={value}" for name, value in faults.items())


@pytest.mark.parametrize(("faults", "cause", "words"), UNUSABLE, ids=[named(one[0]) for one in UNUSABLE])
def test_an_act_at_one_that_cannot_be_used(
    rack: RackLab, faults: dict[str, Any], cause: Cause, words: str
) -> None:
    """Nothing is asked of the server, no password is sent, and the error says which it is and where."""
    rack.plant("n1", **faults)
    with rack.asked("n1") as asked:
        outcome = only(operate.power(rack.servers("n1"), Wish.ON, rack.book()))
    error = outcome.error
    assert isinstance(error, BmcError)
    assert (error.cause, error.exit_code, error.sent) == (cause, Exit.UNREACHABLE, False)
    assert words in error.what
    assert error.where.startswith("n1: https://10.181.0.2")
    assert (asked.writes, asked.logins) == (0, 0)
    assert not rack.machine("n1").power()


@pytest.mark.parametrize("fault", ["html", "redirect_loop", "starting"])
def test_ipmi_takes_its_place_and_that_is_told(rack: RackLab, fault: str) -> None:
    rack.plant("n1", **{fault: True})
    outcome = only(operate.power_status(rack.servers("n1", ipmi=True)))
    assert (outcome.value, outcome.driver) == (Power.OFF, "ipmi")
    assert outcome.notes[0].startswith("by IPMI, since Redfish failed: ")


@pytest.mark.parametrize(("faults", "note"), USABLE, ids=[named(one[0]) for one in USABLE])
def test_one_that_differs_is_used_all_the_same(rack: RackLab, faults: dict[str, Any], note: str) -> None:
    """Also by an act, which is carried out once, and nothing of ours is left on file as open.

    A request that was refused because the session had ended was not carried out, and may be sent again.
    """
    rack.plant("n1", **faults)
    with rack.asked("n1") as asked:
        outcome = only(operate.power(rack.servers("n1"), Wish.ON, rack.book()))
    assert outcome.error is None
    assert outcome.value is not None
    assert outcome.value.came == "done"
    assert rack.machine("n1").power()
    assert asked.count("POST", "ComputerSystem.Reset 204") == 1
    assert asked.resets == 1 + asked.count("POST", "ComputerSystem.Reset 401")
    assert note in " ".join(outcome.notes)
    assert bool(outcome.notes) == bool(note)
    assert list(sessions.orphans("https://10.181.0.2")) == []


@pytest.mark.parametrize("ipmi", [False, True], ids=["redfish", "with ipmi"])
@pytest.mark.parametrize("basic", [False, True], ids=["session", "basic"])
def test_a_wrong_password_is_tried_once(rack: RackLab, ipmi: bool, basic: bool) -> None:  # noqa: FBT001
    """By no other protocol either, and not by the next command of this process."""
    if basic:
        rack.plant("n1", basic_only=True)
    servers = rack.servers("n1", ipmi=ipmi, login=Login("admin", f"mistaken-{ipmi}"))
    with rack.asked("n1") as asked:
        errors = [only(operate.power_status(servers)).error for _ in range(3)]
    refused = [line for line in asked.lines if line.split()[2] == "401"]
    assert len(refused) == 1
    assert asked.logins == (0 if basic else 1)
    for error in errors:
        assert isinstance(error, BmcError)
        assert error.cause is Cause.LOGIN
        assert "'admin'" in error.what
        assert "mistaken" not in str(error)
    assert "not tried again" in str(errors[-1])


def test_refused_logins_are_not_tried_by_ipmi(rack: RackLab) -> None:
    rack.plant("n1", login_401=True)
    with rack.asked("n1") as asked:
        outcome = only(operate.power_status(rack.servers("n1", ipmi=True)))
    assert isinstance(outcome.error, BmcError)
    assert outcome.error.cause is Cause.LOGIN
    assert asked.logins == 1
    assert outcome.driver == ""


def test_a_dead_one_holds_up_nobody(rack: RackLab) -> None:
    """The others are done before it is given up, and have their own results, in the inventory's order."""
    rack.plant("n1", dead=True)
    told, report = steps(operate.power_status(rack.servers("n1", "n2", "s1")))
    ends = [step.what.partition(":")[0] for step in told if step.state in {"done", "failed"}]
    assert ends[-1] == "n1"
    assert sorted(ends) == ["n1", "n2", "s1"]
    assert [outcome.target.name for outcome in report.outcomes] == ["n1", "n2", "s1"]
    assert [outcome.value for outcome in report.outcomes] == [None, Power.OFF, Power.OFF]
    assert report.exit is Exit.UNREACHABLE


def test_one_that_starts_is_waited_for(rack: RackLab) -> None:
    """It says when it is to be asked again, and is: not before, and as long as the limits allow."""
    rack.plant("n1", starting=1)
    servers = rack.servers("n1")
    operation = operate.power_status(servers)
    with rack.asked("n1") as asked:
        outcome = only(operation)
    assert isinstance(outcome.error, BmcError)
    assert outcome.error.cause is Cause.STARTING
    assert 2 <= asked.count("GET", " 503") <= 3


def test_http_where_tls_was_asked_for_and_the_other_way_round(rack: RackLab) -> None:
    plain = only(operate.power_status(rack.servers("n1", redfish="http://10.181.0.2:443")))
    assert isinstance(plain.error, BmcError)
    with rack.asked("n1") as asked:
        only(operate.power_status(rack.servers("n1", redfish="https://10.181.0.2:444")))
    assert asked.lines == []


def test_the_command_line_says_it_in_one_line_each(rack: RackLab) -> None:
    rack.plant("n1", login_401=True)
    rack.plant("n2", html=True)
    found = rack.data("power", "status", code=Exit.UNREACHABLE)["servers"]
    by_name = {one["server"]: one for one in found}
    assert by_name["n1"]["error"]["cause"] == "login refused"
    assert by_name["n2"]["driver"] == "ipmi"
    assert (by_name["s1"]["power"], by_name["s1"]["driver"]) == ("off", "redfish")
