"""What outlets measure, against snmpd with the tables of three vendors."""

from __future__ import annotations

from pathlib import Path

import outlet_strip
import pytest
import snmp_agent
from outlet_strip import APC, APC2, RARITAN, Pdu

from microdc.bmc.model import Limits, Power, Reading, Sensors, Target
from microdc.bmc.pdu.driver import PduBmc

pytestmark = pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")
PATIENT = Limits(connect=10, attempts=2)


def sensors(*pdus: tuple[Pdu, int | str]) -> Sensors:
    outlets = [pdu.outlet(number) for pdu, number in pdus]
    with PduBmc(Target("a1"), outlets, PATIENT, port=pdus[0][0].snmpd.port) as bmc:
        return bmc.sensors()


def told(found: Sensors) -> dict[str, tuple[float | None, str, str]]:
    return {one.name: (one.value, one.unit, one.state) for one in found.readings}


def test_apc_of_the_first_generation(tmp_path: Path) -> None:
    with outlet_strip.pdu(tmp_path, "a", "apc", {3: True}) as pdu:
        assert told(sensors((pdu, 3)))["outlet a:3 current"] == (None, "A", "not measured")
        pdu.snmpd.put(f"{APC}.5.1.1.7.3", 13)
        found = sensors((pdu, 3))
    assert told(found) == {"outlet a:3": (1.0, "", "on"), "outlet a:3 current": (1.3, "A", "")}
    assert (found.power, found.remarks) == (Power.ON, ())


def test_apc_of_the_second_generation(tmp_path: Path) -> None:
    with outlet_strip.pdu(tmp_path, "a", "apc2", {3: False}) as pdu:
        for column, value in ((6, 7), (7, 161), (11, 10404)):
            pdu.snmpd.put(f"{APC2}.4.3.1.{column}.3", value)
        found = sensors((pdu, 3))
        pdu.snmpd.put(f"{APC2}.4.3.1.7.3", -1)
        without = sensors((pdu, 3))
    assert told(found) == {
        "outlet a:3": (0.0, "", "off"),
        "outlet a:3 current": (0.7, "A", ""),
        "outlet a:3 power": (161.0, "W", ""),
        "outlet a:3 energy": (1040.4, "kWh", ""),
    }
    assert told(without)["outlet a:3 power"] == (None, "W", "not measured")


def test_raritan_says_its_own_digits(tmp_path: Path) -> None:
    with outlet_strip.pdu(tmp_path, "a", "raritan", {3: True}) as pdu:
        for sensor, value, digits, available in (
            (1, 532, 3, 1),
            (5, 120, 0, 1),
            (8, 193359, 0, 1),
            (4, 0, 0, 2),
        ):
            pdu.snmpd.put(f"{RARITAN}.5.4.3.1.4.1.3.{sensor}", value)
            pdu.snmpd.put(f"{RARITAN}.3.5.4.1.7.1.3.{sensor}", digits)
            pdu.snmpd.put(f"{RARITAN}.5.4.3.1.2.1.3.{sensor}", available)
        found = told(sensors((pdu, 3)))
        assert told(sensors((pdu, "1.3"))) == {
            name.replace("a:3", "a:1.3"): value for name, value in found.items()
        }
        pdu.snmpd.put(f"{RARITAN}.3.5.4.1.7.1.3.1", 2_000_000_000)
        absurd = told(sensors((pdu, 3)))
    assert found == {
        "outlet a:3": (1.0, "", "on"),
        "outlet a:3 current": (0.532, "A", ""),
        "outlet a:3 voltage": (None, "V", "not measured"),
        "outlet a:3 power": (120.0, "W", ""),
        "outlet a:3 energy": (193.359, "kWh", ""),
    }
    assert absurd["outlet a:3 current"] == (None, "A", "not measured")


def test_a_pdu_that_is_gone_is_a_remark_and_hides_nothing(tmp_path: Path) -> None:
    with (
        outlet_strip.pdu(tmp_path, "a", "apc2", {3: True}) as first,
        outlet_strip.pdu(
            tmp_path, "b", "apc2", {5: True}, address="127.0.0.2", port=first.snmpd.port
        ) as second,
    ):
        second.snmpd.stop()
        found = sensors((first, 3), (second, 5))
    assert told(found)["outlet a:3"] == (1.0, "", "on")
    assert told(found)["outlet b:5"] == (None, "", "not read")
    (remark,) = found.remarks
    assert remark.where.startswith("b (snmp://")


def test_readings_say_where_they_are_from(tmp_path: Path) -> None:
    with outlet_strip.pdu(tmp_path, "a", "apc", {3: True}) as pdu:
        found: tuple[Reading, ...] = sensors((pdu, 3)).readings
    assert found[0].where.endswith(f" {APC}.5.1.1.4.3")
    assert found[1].where.endswith(f" {APC}.5.1.1.7.3")
    assert all(one.health is None for one in found)
