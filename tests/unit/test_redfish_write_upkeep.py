"""The identify LED, emptying logs, restarting the BMC."""

from __future__ import annotations

from typing import Any

import pytest
from redfish_vendors import MANAGER, SYSTEM, Sent, Vendor, refusal, vendor

from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.model import Led, Target
from microdc.bmc.redfish.driver import RedfishBmc

CHASSIS = "/redfish/v1/Chassis/1"


def bmc(service: Vendor) -> RedfishBmc:
    return RedfishBmc(Target("node"), service)


def managed(manager: dict[str, Any], **changes: Any) -> Vendor:
    service = vendor(Links={"ManagedBy": [{"@odata.id": MANAGER}]}, **changes)
    service.resources[MANAGER] = manager
    return service


def with_log(service: Vendor, at: str, name: str, **action: Any) -> None:
    path = f"{at}/LogServices"
    service.resources[at]["LogServices"] = {"@odata.id": path}
    found = service.resources.setdefault(path, {"Members": []})
    found["Members"].append({"@odata.id": f"{path}/{name}"})
    target = f"{path}/{name}/Actions/LogService.ClearLog"
    service.resources[f"{path}/{name}"] = {
        "Id": name,
        "Actions": {"#LogService.ClearLog": {"target": target, **action}},
    }


# -- LED


@pytest.mark.parametrize(
    ("part", "wanted", "sent"),
    [
        ({"LocationIndicatorActive": False}, "on", {"LocationIndicatorActive": True}),
        (
            {"LocationIndicatorActive": False, "IndicatorLED": "Off"},
            "on",
            {"LocationIndicatorActive": True},
        ),
        (
            {"LocationIndicatorActive": False, "IndicatorLED": "Off"},
            "blinking",
            {"IndicatorLED": "Blinking"},
        ),
        ({"IndicatorLED": "Off"}, "on", {"IndicatorLED": "Lit"}),
        ({"IndicatorLED": "Lit"}, "off", {"IndicatorLED": "Off"}),
    ],
)
def test_led(part: dict[str, Any], wanted: Led, sent: dict[str, Any]) -> None:
    service = vendor(**part)
    bmc(service).set_led(wanted)
    assert [one.body for one in service.sent] == [sent]


def test_the_older_property_where_the_newer_is_refused() -> None:
    def behaves(_service: Vendor, sent: Sent) -> None:
        if "LocationIndicatorActive" in sent.body:
            raise refusal(400, "Base.1.8.PropertyNotWritable")

    service = vendor(behaves, LocationIndicatorActive=False, IndicatorLED="Off")
    bmc(service).set_led("on")
    assert service.system["IndicatorLED"] == "Lit"


def test_the_led_of_the_chassis() -> None:
    service = vendor(Links={"Chassis": [{"@odata.id": CHASSIS}]})
    service.resources[CHASSIS] = {"@odata.id": CHASSIS, "IndicatorLED": "Off"}
    assert bmc(service).led() == "off"
    bmc(service).set_led("blinking")
    assert bmc(service).led() == "blinking"
    assert [one.path for one in service.sent] == [CHASSIS]


def test_an_led_that_cannot_blink_is_not_lit_instead() -> None:
    service = vendor(LocationIndicatorActive=False)
    with pytest.raises(UnsupportedError):
        bmc(service).set_led("blinking")
    limited = vendor(**{"IndicatorLED": "Off", "IndicatorLED@Redfish.AllowableValues": ["Off", "Blinking"]})
    with pytest.raises(UnsupportedError, match="Off, Blinking"):
        bmc(limited).set_led("on")
    assert not service.sent + limited.sent


def test_no_led() -> None:
    service = vendor()
    with pytest.raises(UnsupportedError):
        bmc(service).led()
    with pytest.raises(UnsupportedError):
        bmc(service).set_led("on")


# -- logs


def test_the_systems_logs_are_emptied_and_no_others() -> None:
    service = managed({"@odata.id": MANAGER})
    with_log(service, SYSTEM, "SEL")
    with_log(service, SYSTEM, "SecurityLog")
    with_log(service, MANAGER, "EventLog")
    bmc(service).clear_log()
    assert service.sent == [Sent("POST", f"{SYSTEM}/LogServices/SEL/Actions/LogService.ClearLog", {}, "")]


def test_the_managers_logs_where_the_system_has_none_but_never_the_audit_log() -> None:
    service = managed({"@odata.id": MANAGER})
    for name in ("SEL", "AuditLog"):
        with_log(service, MANAGER, name, **{"ClearType@Redfish.AllowableValues": ["ClearAll"]})
    bmc(service).clear_log()
    assert [(one.path.split("/")[-3], one.body) for one in service.sent] == [
        ("SEL", {"ClearType": "ClearAll"})
    ]


def test_no_log_to_be_emptied() -> None:
    with pytest.raises(UnsupportedError):
        bmc(vendor()).clear_log()


# -- restart of the BMC


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        (["ForceRestart", "GracefulRestart"], {"ResetType": "GracefulRestart"}),
        (["ForceRestart", "StatefulReset"], {"ResetType": "ForceRestart"}),
        (None, {}),
    ],
)
def test_restart(told: list[str] | None, sent: dict[str, str]) -> None:
    target = f"{MANAGER}/Actions/Manager.Reset"
    action = {"target": target} | ({"ResetType@Redfish.AllowableValues": told} if told else {})
    service = managed({"@odata.id": MANAGER, "Actions": {"#Manager.Reset": action}})
    bmc(service).reset_controller()
    assert service.sent == [Sent("POST", target, sent, "")]


def test_no_restart_and_a_refused_one() -> None:
    with pytest.raises(UnsupportedError):
        bmc(managed({"@odata.id": MANAGER})).reset_controller()

    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise refusal(500)

    service = managed({"@odata.id": MANAGER, "Actions": {"#Manager.Reset": {}}})
    service.behaves = behaves
    with pytest.raises(BmcRefusedError):
        bmc(service).reset_controller()
    assert len(service.sent) == 1
