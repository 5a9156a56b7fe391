"""Acts on a server's power: the BMC's words, asked once, and refusals that say it is so already."""

from __future__ import annotations

import pytest
from redfish_vendors import RESET, SYSTEM, Sent, Vendor, refusal, vendor

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.model import Act, Power, Target
from microdc.bmc.redfish.driver import RedfishBmc


def asked(service: Vendor, act: Act) -> None:
    RedfishBmc(Target("node"), service).act(act)


def types(service: Vendor) -> list[str]:
    return [one.body["ResetType"] for one in service.sent]


def allowing(*words: str) -> Vendor:
    service = vendor()
    service.system["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"] = list(words)
    return service


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (Act.ON, "On"),
        (Act.SHUTDOWN, "GracefulShutdown"),
        (Act.FORCE_OFF, "ForceOff"),
        (Act.RESTART, "GracefulRestart"),
        (Act.RESET, "ForceRestart"),
        (Act.NMI, "Nmi"),
    ],
)
def test_each_act_is_one_request(act: Act, word: str) -> None:
    service = vendor()
    asked(service, act)
    assert service.sent == [Sent("POST", RESET, {"ResetType": word}, "")]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Act.SHUTDOWN, ("On", "ForceOff", "PushPowerButton")),
        (Act.RESTART, ("On", "ForceOff", "ForceRestart")),
        (Act.CYCLE, ("On", "ForceOff", "ForceRestart")),
        (Act.RESET, ("On", "GracefulRestart")),
    ],
)
def test_no_harder_act_stands_in_for_a_softer_one(act: Act, words: tuple[str, ...]) -> None:
    service = allowing(*words)
    with pytest.raises(UnsupportedError) as caught:
        asked(service, act)
    assert ", ".join(words) in str(caught.value)
    assert not service.sent


def test_force_on_where_there_is_no_on() -> None:
    service = allowing("ForceOff", "ForceOn")
    asked(service, Act.ON)
    assert types(service) == ["ForceOn"]


def test_allowed_values_from_the_action_info() -> None:
    """Gigabyte and OpenBMC tell them there only."""
    info = f"{SYSTEM}/ResetActionInfo"
    service = vendor(Actions={"#ComputerSystem.Reset": {"target": RESET, "@Redfish.ActionInfo": info}})
    service.resources[info] = {
        "Parameters": [{"Name": "ResetType", "AllowableValues": ["On", "ForceOff", "PowerCycle"]}]
    }
    asked(service, Act.CYCLE)
    assert types(service) == ["PowerCycle"]
    with pytest.raises(UnsupportedError):
        asked(service, Act.NMI)


def test_where_nothing_is_told_the_standards_word_is_sent_to_the_standards_place() -> None:
    service = vendor(Actions={"#ComputerSystem.Reset": {}})
    asked(service, Act.CYCLE)
    assert service.sent == [Sent("POST", RESET, {"ResetType": "PowerCycle"}, "")]


def test_a_system_that_cannot_be_reset() -> None:
    service = vendor(Actions={})
    with pytest.raises(UnsupportedError):
        asked(service, Act.ON)


@pytest.mark.parametrize(
    "told",
    [
        refusal(409, "IDRAC.2.1.PSU501", what="Server is already powered ON."),
        refusal(400, "iLO.2.14.InvalidOperationForSystemState"),
        refusal(400, what="The chassis is already in the state"),
    ],
    ids=["dell", "hpe", "words"],
)
def test_that_it_is_on_already_is_success_where_it_is(told: BmcRefusedError) -> None:
    """dell/dellemc-openmanage-ansible-modules#132."""

    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise told

    service = vendor(behaves)
    asked(service, Act.ON)
    assert len(service.sent) == 1
    service.system["PowerState"] = "Off"
    with pytest.raises(BmcRefusedError):
        asked(service, Act.ON)
    with pytest.raises(BmcRefusedError):
        asked(service, Act.RESET)  # no state tells that a reset was done
    asked(service, Act.FORCE_OFF)


def test_another_refusal_is_none_even_if_the_state_is_as_wanted() -> None:
    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise refusal(403, "Base.1.8.InsufficientPrivilege")

    with pytest.raises(BmcRefusedError) as caught:
        asked(vendor(behaves), Act.ON)
    assert caught.value.status == 403


def test_a_request_that_may_have_arrived_is_not_sent_again() -> None:
    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise BmcError(Cause.TIMEOUT, "no answer", sent=True)

    service = vendor(behaves)
    with pytest.raises(BmcError):
        asked(service, Act.RESET)
    assert len(service.sent) == 1


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("On", Power.ON),
        ("Off", Power.OFF),
        ("PoweringOn", Power.POWERING_ON),
        ("PoweringOff", Power.POWERING_OFF),
        ("Paused", Power.PAUSED),
        ("Reset", Power.UNKNOWN),
        (None, Power.UNKNOWN),
    ],
)
def test_states(word: str | None, state: Power) -> None:
    """chaos/powerman#154: states on the way are states of their own, not Off."""
    assert RedfishBmc(Target("node"), vendor(PowerState=word)).power() is state


def test_power_is_one_request_after_the_first() -> None:
    service = vendor()
    bmc = RedfishBmc(Target("node"), service)
    bmc.power()
    service.reads.clear()
    bmc.power()
    assert service.reads == [SYSTEM]


def test_a_system_that_is_listed_late_is_found() -> None:
    service = vendor()
    late = service.resources["/redfish/v1/Systems"].pop("Members")
    bmc = RedfishBmc(Target("node"), service)
    with pytest.raises(UnsupportedError):
        bmc.act(Act.ON)
    service.resources["/redfish/v1/Systems"]["Members"] = late
    bmc.act(Act.ON)
    assert types(service) == ["On"]
