"""Sensors in every form that Redfish has had for them: each once, none of them alarming without a value."""

from __future__ import annotations

from typing import Any

import pytest
from redfish_small import CHASSIS, NEWER, SENSORS, SUPPLY, bmc, collection, link, newer, small

from microdc.bmc.model import Power, Reading, Sensors, Thresholds
from microdc.bmc.redfish.read.readings import by_thresholds

THERMAL = f"{CHASSIS}/Thermal"
POWER = f"{CHASSIS}/Power"


def sensors(chassis: dict[str, Any], power: str = "On", /, **more: Any) -> Sensors:
    return bmc(small({"PowerState": power}, chassis, **more)).sensors()


def sensor(name: str, kind: str, reading: float | None, **more: Any) -> dict[str, Any]:
    path = f"{SENSORS}/{name}"
    return {"@odata.id": path, "Id": name, "Name": name, "ReadingType": kind, "Reading": reading, **more}


def thermal(*temperatures: dict[str, Any], fans: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {THERMAL: {"@odata.id": THERMAL, "Temperatures": list(temperatures), "Fans": list(fans)}}


def told(found: Sensors) -> list[tuple[str, float | None, str]]:
    return [(one.name, one.value, one.unit) for one in found.readings]


# -- the older form


def test_a_server_that_is_off_gives_no_alarm() -> None:
    """check_redfish#110: nulls and zeros, Enabled and Critical."""
    critical = {"State": "Enabled", "Health": "Critical"}
    resources = thermal(
        {"Name": "CPU", "ReadingCelsius": 0, "Status": critical, "LowerThresholdCritical": 3},
        {"Name": "Inlet", "ReadingCelsius": 21, "Status": {"State": "Enabled", "Health": "OK"}},
        fans=({"Name": "Fan1", "Reading": 0, "ReadingUnits": "RPM", "LowerThresholdCritical": 600},),
    )
    resources[POWER] = {
        "Voltages": [{"Name": "12V", "ReadingVolts": None, "Status": critical}],
        "PowerControl": [
            {"Name": "all", "PowerConsumedWatts": 0, "Status": {"State": "Enabled", "Health": None}}
        ],
    }
    found = sensors({"Thermal": link(THERMAL), "Power": link(POWER)}, "Off", **resources)
    assert found.power is Power.OFF
    assert [(one.name, one.value, one.health) for one in found.readings] == [
        ("CPU", None, None),
        ("Inlet", 21, "ok"),
        ("Fan1", 0, None),
        ("12V", None, None),
        ("all", 0, None),
    ]


def test_a_fan_that_stands_still_in_a_running_server_is_critical() -> None:
    fan = {"Name": "Fan1", "Reading": 0, "ReadingUnits": "RPM", "LowerThresholdCritical": 600}
    (found,) = sensors({"Thermal": link(THERMAL)}, **thermal(fans=(fan,))).readings
    assert (found.value, found.health) == (0, "critical")


@pytest.mark.parametrize("state", ["Absent", "Disabled", "UnavailableOffline"])
def test_what_is_absent_or_disabled_tells_nothing(state: str) -> None:
    one = {"Name": "CPU2", "ReadingCelsius": 0, "Status": {"State": state, "Health": "Critical"}}
    (found,) = sensors({"Thermal": link(THERMAL)}, **thermal(one)).readings
    assert (found.value, found.health, found.state) == (None, None, state)


def test_the_bmcs_word_counts_more_than_its_thresholds() -> None:
    hot = {"ReadingCelsius": 80, "UpperThresholdCritical": 70, "UpperThresholdNonCritical": 60}
    found = sensors(
        {"Thermal": link(THERMAL)},
        **thermal(
            {"Name": "a", **hot},
            {"Name": "b", **hot, "Status": {"Health": "Warning"}},
            {"Name": "c", "ReadingCelsius": 65, "UpperThresholdNonCritical": 60},
            {"Name": "d", "ReadingCelsius": 65},
        ),
    )
    assert [one.health for one in found.readings] == ["critical", "warning", "warning", None]


@pytest.mark.parametrize(
    ("value", "health"),
    [(-1, "critical"), (0, "critical"), (5, "warning"), (20, "ok"), (40, "warning"), (99, "critical")],
)
def test_thresholds_both_ways(value: float, health: str) -> None:
    limits = Thresholds(lower_critical=0, lower_warning=5, upper_warning=40, upper_fatal=90)
    assert by_thresholds(value, limits) == health


def test_thresholds_of_zero() -> None:
    """A Supermicro X10 says 0 for all six where it has none."""
    names = ("LowerThreshold", "UpperThreshold")
    zeros = {f"{name}{which}": 0 for name in names for which in ("Fatal", "Critical", "NonCritical")}
    found = sensors(
        {"Thermal": link(THERMAL)},
        **thermal(
            {"Name": "a", "ReadingCelsius": 30, **zeros},
            {"Name": "b", "ReadingCelsius": 30, "LowerThresholdCritical": 0, "UpperThresholdCritical": 90},
            {"Name": "c", "ReadingCelsius": 30, "UpperThresholdFatal": 0, "UpperThresholdCritical": 42},
        ),
    )
    assert [one.thresholds for one in found.readings] == [
        Thresholds(),
        Thresholds(lower_critical=0, upper_critical=90),
        Thresholds(upper_critical=42),
    ]


def test_an_element_with_neither_name_nor_value_is_none() -> None:
    assert not sensors(
        {"Thermal": link(THERMAL)}, **thermal({"Name": "", "RelatedItem@odata.count": 0})
    ).readings


# -- the newer forms, and several of them


def test_sensors_as_resources() -> None:
    limits = {"UpperCritical": {"Reading": 90}, "UpperCaution": {"Reading": 80}}
    found = sensors(
        {"Sensors": link(SENSORS)},
        **{
            SENSORS: collection(
                SENSORS,
                sensor("Inlet", "Temperature", 85, ReadingUnits="Cel", Thresholds=limits),
                sensor("Energy", "EnergyJoules", 468),
                sensor("Pump", "Percent", 40, ReadingUnits="%"),
                sensor("Fan", "Percent", 40, ReadingUnits="%", PhysicalContext="Fan"),
                sensor("Loop", "Pressure", 30.5, ReadingUnits="PSI"),
                sensor("Rail", "Voltage", None, Status={"State": "Enabled", "Health": "Critical"}),
            )
        },
    )
    assert [(one.name, one.kind, one.value, one.unit, one.health) for one in found.readings] == [
        ("Inlet", "temperature", 85, "Cel", "warning"),
        ("Energy", "energy", 468, "J", None),
        ("Pump", "other", 40, "%", None),
        ("Fan", "fan", 40, "%", None),
        ("Loop", "other", 30.5, "PSI", None),
        ("Rail", "voltage", None, "V", None),
    ]


def test_a_bmc_with_the_subsystems_only() -> None:
    """idrac_exporter#151."""
    service = small(None, NEWER, **newer())
    found = bmc(service).sensors()
    assert told(found) == [
        ("Fan 1", 8000, "RPM"),
        ("Fan 2", None, "%"),
        ("CPU", 50, "Cel"),
        ("VR", 55, "Cel"),
        ("Intake", 21, "Cel"),
        ("rack unit power", 150, "W"),
    ]
    assert found.readings[0].health == "warning"
    (supply,) = bmc(service).hardware().power_supplies
    assert (supply.name, supply.model, supply.capacity) == ("PSU 1", "865438-B21", 800)


def test_power_supplies_tell_their_own_power_where_nothing_else_does() -> None:
    found = sensors({"PowerSubsystem": link(SUPPLY)}, **newer())
    assert told(found) == [("PSU 1 input power", 75, "W")]


def test_a_copy_of_a_sensor_that_is_read_itself_is_left_out() -> None:
    resources = newer()
    own = [
        sensor("CPU", "Temperature", 50, ReadingUnits="Cel"),
        sensor("Inlet", "Temperature", 21, ReadingUnits="Cel"),
        sensor("Fan1", "Rotational", 8000, ReadingUnits="RPM"),
        sensor("Total", "Power", 150, ReadingUnits="W"),
    ]
    resources[SENSORS] = collection(SENSORS, *own)
    found = sensors({**NEWER, "Sensors": link(f"{SENSORS}/")}, **resources)
    names = [one.name for one in found.readings]
    assert names == ["CPU", "Inlet", "Fan1", "Total", "Fan 2", "VR"]


def test_the_older_arrays_count_for_what_the_newer_form_does_not_tell() -> None:
    """A Gigabyte H262 has its power among the sensors, and everything else in Thermal and Power."""
    resources = thermal({"Name": "CPU0_TEMP", "ReadingCelsius": 40}, {"Name": "MB", "ReadingCelsius": 37})
    resources[POWER] = {"PowerControl": [{"Name": "all", "PowerConsumedWatts": 100}]}
    resources[SENSORS] = collection(
        SENSORS, sensor("Power", "Power", 196), sensor("Only one", "Temperature", 40)
    )
    found = sensors({"Thermal": link(THERMAL), "Power": link(POWER), "Sensors": link(SENSORS)}, **resources)
    assert [one.name for one in found.readings] == ["Power", "Only one", "CPU0_TEMP", "MB"]


def test_thermal_and_power_are_not_fetched_where_the_newer_forms_tell_it_all() -> None:
    older = {"Thermal": link(THERMAL), "Power": link(POWER)}
    own = collection(SENSORS, sensor("12V", "Voltage", 12.1))
    service = small(
        None, {**NEWER, **older, "Sensors": link(SENSORS)}, **newer(), **thermal(), **{SENSORS: own}
    )
    bmc(service).sensors()
    assert not {THERMAL, POWER} & set(service.asked)


def test_voltages_that_only_the_older_power_tells() -> None:
    volts = {POWER: {"Voltages": [{"Name": "12V", "ReadingVolts": 12.1}], "PowerControl": [{"Name": "all"}]}}
    found = bmc(small(None, {**NEWER, "Power": link(POWER)}, **newer(), **volts)).sensors()
    assert told(found)[-1] == ("12V", 12.1, "V")


def test_two_chassis_that_share_a_resource() -> None:
    other = f"{CHASSIS}b"
    service = small(
        None,
        {"Thermal": link(THERMAL), "Links": {"ContainedBy": link(other)}},
        **{other: {"Thermal": link(THERMAL)}},
        **thermal({"Name": "Inlet", "ReadingCelsius": 21}),
    )
    service.resources["/redfish/v1/Chassis"]["Members"].append(link(other))
    assert len(bmc(service).sensors().readings) == 1


def test_a_resource_that_fails_takes_nothing_with_it() -> None:
    """check_redfish#195: Thermal now and then answers with an error."""
    found = sensors(
        {"Thermal": link(THERMAL), "Power": link(POWER)},
        **{
            THERMAL: {"error": {"code": "Base.1.12.GeneralError"}},
            POWER: {"Voltages": [{"Name": "12V", "ReadingVolts": 12.1}]},
        },
    )
    assert told(found) == [("12V", 12.1, "V")]
    assert [one.where for one in found.remarks] == [THERMAL]


def test_a_reading_says_where_it_is_from() -> None:
    (found,) = sensors(
        {"Thermal": link(THERMAL)}, **thermal({"Name": "Inlet", "ReadingCelsius": "warm"})
    ).readings
    assert isinstance(found, Reading)
    assert found.where == f"{THERMAL} Temperatures[0]"
