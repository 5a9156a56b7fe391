"""What the lab's Redfish service tells of a machine, and how it can be asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.lab.redfish.bmc import bmc
from microdc.lab.redfish.lies import without_readings
from microdc.lab.redfish.memory import MemoryMachine
from microdc.lab.redfish.properties import merged
from microdc.lab.redfish.world import Asked
from redfishservice import ADMIN, MACHINE, SYSTEM, Rig, describe, running

CHASSIS, MANAGER = "/redfish/v1/Chassis/1", "/redfish/v1/Managers/1"
ENTRIES = f"{MANAGER}/LogServices/Sel/Entries"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m"), MemoryMachine(on=True)) as made:
        yield made


def links(value: Any) -> Iterator[str]:
    """All that a document leads to."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in {"@odata.id", "Uri", "Members@odata.nextLink", "DataSourceUri"} and isinstance(
                one, str
            ):
                yield one.partition("#")[0]
            else:
                yield from links(one)
    elif isinstance(value, list):
        for one in value:
            yield from links(one)


def crawl(rig: Rig) -> dict[str, Any]:
    """Every document that can be reached from the service root."""
    found: dict[str, Any] = {}
    waiting = ["/redfish/v1/"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            answer = rig.client.get(path)
            assert answer.status == 200, path
            found[path] = answer.json
            waiting += links(answer.json)
    return found


def test_every_link_leads_somewhere(rig: Rig) -> None:
    found = crawl(rig)
    assert len(found) > 100
    for path, document in found.items():
        if "Content" not in path:
            assert document["@odata.id"] == path
        assert re.fullmatch(r"#\w+(\.v\d+_\d+_\d+)?\.\w+", document["@odata.type"])
        assert document["Name"]
        if "Members" in document:
            assert document["Members@odata.count"] == len(document["Members"])
        else:
            assert document["Id"]


def test_metadata_and_schemas_know_every_type(rig: Rig) -> None:
    types = {document["@odata.type"][1:].rpartition(".")[0] for document in crawl(rig).values()}
    root = ET.fromstring(rig.client.get("/redfish/v1/$metadata").body)
    namespaces = {
        one.get("Namespace") for one in root.iter("{http://docs.oasis-open.org/odata/ns/edmx}Include")
    }
    assert types <= namespaces
    assert all(rig.client.get(f"/redfish/v1/JsonSchemas/{name}").status == 200 for name in types)


def test_what_the_machine_is(rig: Rig) -> None:
    system = rig.client.get(SYSTEM).json
    assert [system[name] for name in ("SerialNumber", "UUID", "Manufacturer", "Model", "SKU")] == [
        MACHINE[name] for name in ("serial", "uuid", "manufacturer", "model", "sku")
    ]
    assert system["MemorySummary"]["TotalSystemMemoryGiB"] == 2
    nics = [rig.client.get(f"{SYSTEM}/EthernetInterfaces/{name}").json for name in ("eno1", "eno2")]
    ports = [rig.client.get(f"{CHASSIS}/NetworkAdapters/1/Ports/{name}").json for name in ("eno1", "eno2")]
    assert [nic["MACAddress"] for nic in nics] == ["52:54:00:20:00:11", "52:54:00:20:00:12"]
    assert [port["Ethernet"]["AssociatedMACAddresses"][0] for port in ports] == [
        nic["MACAddress"] for nic in nics
    ]
    assert rig.client.get(f"{SYSTEM}/Storage/1/Drives/disk0").json["CapacityBytes"] == 1073741824
    firmware = rig.client.get("/redfish/v1/UpdateService/FirmwareInventory").json["Members"]
    assert len(firmware) == 4


def test_a_missing_module(rig: Rig) -> None:
    describe(rig.directory, memory_now_mib=1536)
    modules = rig.client.get(f"{SYSTEM}/Memory?$expand=.").json["Members"]
    assert [module["Status"]["State"] for module in modules] == ["Enabled", "Enabled", "Enabled", "Absent"]
    assert sum(module.get("CapacityMiB", 0) for module in modules) == 1536
    assert rig.client.get(SYSTEM).json["MemorySummary"]["TotalSystemMemoryGiB"] == 1.5


def test_a_hot_inlet_is_read_and_logged_once(rig: Rig) -> None:
    inlet = rig.directory / "inlet"
    inlet.write_text("57500\n")
    temperature = rig.client.get(f"{CHASSIS}/Thermal").json["Temperatures"][0]
    assert (temperature["ReadingCelsius"], temperature["Status"]["Health"]) == (57.5, "Critical")
    assert temperature["UpperThresholdCritical"] == 55
    sensor = rig.client.get(f"{CHASSIS}/Sensors/Inlet").json
    assert (sensor["Reading"], sensor["Thresholds"]["UpperCritical"]["Reading"]) == (57.5, 55)
    assert (
        rig.client.get(f"{CHASSIS}/ThermalSubsystem/ThermalMetrics").json["TemperatureSummaryCelsius"][
            "Intake"
        ]["Reading"]
        == 57.5
    )
    assert rig.client.get(CHASSIS).json["Status"]["Health"] == "Critical"
    inlet.write_text("24000")
    told = [(one["Severity"], one["Message"]) for one in rig.client.get(ENTRIES).json["Members"]]
    assert told == [
        ("Critical", "Inlet Temp reads 57.5 Cel: Critical"),
        ("OK", "Inlet Temp reads 24.0 Cel: OK"),
    ]


@pytest.mark.parametrize(
    ("file", "number", "path", "status"),
    [
        ("fan1", 1400, "Sensors/Fan1", {"State": "Enabled", "Health": "Warning"}),
        ("fan1", 900, "ThermalSubsystem/Fans/Fan1", {"State": "Enabled", "Health": "Critical"}),
        ("voltage1", 12700, "Sensors/P12V", {"State": "Enabled", "Health": "Warning"}),
        ("psu1", 0, "PowerSubsystem/PowerSupplies/PSU1", {"State": "Absent"}),
        ("psu2", 9, "PowerSubsystem/PowerSupplies/PSU2", {"State": "Enabled", "Health": "Critical"}),
        ("inlet", "nonsense", "Sensors/Inlet", {"State": "Enabled", "Health": "OK"}),
    ],
)
def test_what_the_files_of_readings_say(
    rig: Rig, file: str, number: object, path: str, status: object
) -> None:
    (rig.directory / file).write_text(f"{number}\n")
    assert rig.client.get(f"{CHASSIS}/{path}").json["Status"] == status


def test_a_server_that_is_off_has_no_readings_of_its_own(rig: Rig) -> None:
    rig.machine.off()
    readings = {one["Id"]: one for one in rig.client.get(f"{CHASSIS}/Sensors?$expand=.").json["Members"]}
    assert {name for name, one in readings.items() if one["Reading"] is None} == {
        "CPU1",
        "Fan1",
        "Fan2",
        "P12V",
        "P3V3",
    }
    assert readings["Inlet"]["Reading"] == 24
    assert rig.client.get(CHASSIS).json["Status"]["Health"] == "OK"


def test_the_log_in_pages(rig: Rig) -> None:
    lines = [json.dumps({"message": f"entry {number}", "severity": "Warning"}) for number in range(1, 121)]
    (rig.directory / "sel.jsonl").write_text("\n".join([*lines, "no JSON"]) + "\n")
    pages, path = [], ENTRIES
    while path:
        page = rig.client.get(path).json
        pages.append([entry["Message"] for entry in page["Members"]])
        path = page.get("Members@odata.nextLink")
    assert [len(page) for page in pages] == [50, 50, 21]
    assert [message for page in pages for message in page] == [
        *(f"entry {number}" for number in range(1, 121)),
        "no JSON",
    ]
    assert [entry["Id"] for entry in rig.client.get(f"{ENTRIES}?$skip=3&$top=2").json["Members"]] == [
        "4",
        "5",
    ]
    assert rig.client.get(f"{ENTRIES}/121").json["Message"] == "no JSON"
    assert rig.client.get(f"{ENTRIES}/122").status == 404
    assert rig.client.get(f"{ENTRIES}?$skip=-1").status == 400
    assert rig.client.post(f"{MANAGER}/LogServices/Sel/Actions/LogService.ClearLog").status == 204
    assert rig.client.get(ENTRIES).json["Members@odata.count"] == 0


def test_one_led(rig: Rig) -> None:
    rig.client.patch(SYSTEM, {"LocationIndicatorActive": True})
    assert rig.client.get(CHASSIS).json["IndicatorLED"] == "Blinking"
    rig.client.patch(CHASSIS, {"IndicatorLED": "Off"})
    assert rig.client.get(SYSTEM).json["LocationIndicatorActive"] is False


def test_bios_attributes_hold_from_the_next_start_on(rig: Rig) -> None:
    bios = f"{SYSTEM}/Bios"
    settings = rig.client.get(bios).json["@Redfish.Settings"]["SettingsObject"]["@odata.id"]
    assert rig.client.patch(settings, {"Attributes": {"NumLock": "Off"}}).status == 200
    assert rig.client.patch(settings, {"Attributes": {"NumLock": 1}}).status == 400
    assert rig.client.patch(settings, {"Attributes": {"Colour": "red"}}).status == 400
    assert rig.client.get(bios).json["Attributes"]["NumLock"] == "On"
    rig.client.reset("ForceRestart")
    assert rig.client.get(bios).json["Attributes"]["NumLock"] == "Off"
    assert rig.client.get(settings).json["Attributes"] == {}


def test_the_bmc_restarts(rig: Rig) -> None:
    token = rig.client.log_in().headers["X-Auth-Token"]
    assert rig.client.post(f"{MANAGER}/Actions/Manager.Reset", {"ResetType": "ForceRestart"}).status == 204
    away = rig.client.get(SYSTEM)
    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    rig.listener.service._away_until = 0
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401
    assert rig.client.power() == "On"


def test_arrays_are_changed_element_by_element(rig: Rig) -> None:
    path = f"{MANAGER}/NetworkProtocol"

    def servers(*wanted: object) -> list[str]:
        assert rig.client.patch(path, {"NTP": {"NTPServers": list(wanted)}}).status == 200
        told: list[str] = rig.client.get(path).json["NTP"]["NTPServers"]
        return told

    assert servers("a", "b") == ["a", "b"]
    assert servers({}, "c") == ["a", "c"]
    assert servers(None, {}) == ["c"]
    assert rig.client.patch(path, {"NTP": {"Port": 1}}).message == "PropertyUnknown"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.text(max_size=2), v, max_size=3),
    )
)
def test_merging_takes_anything(value: Any) -> None:
    merged({"a": [1, {"b": 2}]}, value)
    merged(value, {"a": [None, {}, value]})
    if isinstance(value, dict):
        assert without_readings(value).keys() == value.keys()


# -- ETags and queries


def test_etags(rig: Rig) -> None:
    etag = rig.client.get(SYSTEM).headers["ETag"]
    unchanged = rig.client.get(SYSTEM, If_None_Match=etag)
    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", etag)
    assert rig.client.patch(SYSTEM, {"AssetTag": "a"}, If_Match='"other"').status == 412
    assert rig.client.get(SYSTEM).json["AssetTag"] == ""
    changed = rig.client.patch(SYSTEM, {"AssetTag": "a"}, If_Match=etag)
    assert (changed.status, changed.json["AssetTag"]) == (200, "a")
    assert changed.headers["ETag"] == rig.client.get(SYSTEM).headers["ETag"] != etag
    assert rig.client.patch(SYSTEM, {"AssetTag": "b"}, If_Match=etag).status == 412
    assert rig.client.patch(SYSTEM, {"AssetTag": "b"}, If_Match="*").status == 200
    assert rig.client.get(SYSTEM, If_None_Match=etag).status == 200


def test_a_clock_that_runs_makes_no_new_etag(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = rig.client.get(MANAGER).headers["ETag"]
    monkeypatch.setattr("microdc.lab.redfish.described.now", lambda _: "2040-01-01T00:00:00Z")
    later = rig.client.get(MANAGER)
    assert later.json["DateTime"] == "2040-01-01T00:00:00Z"
    assert later.headers["ETag"] == etag


def test_expand(rig: Rig) -> None:
    below = rig.client.get(f"{SYSTEM}/EthernetInterfaces?$expand=.($levels=1)").json
    assert [nic["MACAddress"] for nic in below["Members"]] == ["52:54:00:20:00:11", "52:54:00:20:00:12"]
    assert (
        below["Members"][0]["@odata.etag"]
        == rig.client.get(f"{SYSTEM}/EthernetInterfaces/eno1").headers["ETag"]
    )
    system = rig.client.get(f"{SYSTEM}?$expand=.($levels=2)").json
    assert system["Memory"]["Members"][0]["CapacityMiB"] == 512
    assert system["Links"]["Chassis"] == [{"@odata.id": CHASSIS}]
    assert rig.client.get(f"{SYSTEM}?$expand=~").json["Links"]["Chassis"][0]["ChassisType"] == "RackMount"
    for wrong in ("x", ".($levels=0)", ".($levels=9)", "", ".($levels=x)"):
        assert rig.client.get(f"{SYSTEM}?$expand={wrong}").status == 400


def test_select_only_and_top(rig: Rig) -> None:
    some = rig.client.get(f"{SYSTEM}?$select=PowerState,Status/Health,Nothing").json
    assert {name for name in some if not name.startswith("@")} == {"PowerState", "Status"}
    assert some["Status"] == {"Health": "OK"}
    assert rig.client.get("/redfish/v1/Systems?only").json["SerialNumber"] == "VR0001"
    assert rig.client.get(f"{SYSTEM}/Memory?only").json["Members@odata.count"] == 4
    assert len(rig.client.get(f"{SYSTEM}/Memory?$top=1&$skip=2").json["Members"]) == 1
    assert rig.client.get(f"{SYSTEM}?only").message == "QueryNotSupportedOnResource"
    assert rig.client.get(f"{SYSTEM}?unknown=1").status == 200


_WORDS = st.sampled_from(
    ["redfish", "v1", "Systems", "1", "Actions", "Sel", "Entries", "Managers", "..", "", "%00", "é"]
)
_BODIES = st.dictionaries(
    st.sampled_from(
        [
            "Boot",
            "AssetTag",
            "NTP",
            "IndicatorLED",
            "ResetType",
            "UserName",
            "Password",
            "Destination",
            "Attributes",
            "x",
        ]
    ),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.none(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    max_size=3,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return bmc(
        describe(tmp_path_factory.mktemp("any") / "m"), [(*ADMIN, "Administrator")], machine=MemoryMachine()
    )


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", "X"]),
    path=st.one_of(
        st.lists(_WORDS, max_size=7).map(lambda words: "/" + "/".join(words)),
        st.sampled_from(
            [SYSTEM, CHASSIS, MANAGER, ENTRIES, f"{SYSTEM}/Bios/Settings", f"{MANAGER}/NetworkProtocol"]
        ),
    ),
    query=st.dictionaries(
        st.sampled_from(["$expand", "$select", "$top", "$skip", "only", "$x", "y"]), st.text(max_size=6)
    ),
    body=_BODIES,
)
def test_nothing_that_is_asked_makes_it_fail(
    service: Any, method: str, path: str, query: dict[str, str], body: dict[str, Any]
) -> None:
    headers = {"authorization": "Basic YWRtaW46c2VjcmV0LWxhYi0x", "content-type": "application/json"}
    reply = service.answer(Asked(method, path, query, headers, json.dumps(body).encode()))
    assert reply.status not in {401, 500}
