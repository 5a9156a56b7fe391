"""Where a server is in the tree, and what its hardware is there."""

from __future__ import annotations

from typing import Any

import pytest
from recorded_tree import RecordedTree, missing
from redfish_small import CHASSIS, MANAGER, ROOT, SYSTEM, bmc, collection, link, small

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import BootMode, Identity, Power
from microdc.bmc.redfish.answers import Answer
from microdc.bmc.redfish.read.members import MOST_MEMBERS
from microdc.bmc.redfish.read.place import locate
from microdc.bmc.redfish.read.reader import Reader
from microdc.errors import InputError

ENCLOSURE = f"{ROOT}/Chassis/Enclosure"


def blades(*names: str, **more: Any) -> RecordedTree:
    """An enclosure with a blade for each name, which has a system, a chassis within the enclosure, and that one manager."""
    systems = [f"{ROOT}/Systems/{name}" for name in names]
    chassis = [f"{ROOT}/Chassis/{name}" for name in names]
    found: dict[str, Any] = {
        ROOT: {name: link(f"{ROOT}/{name}") for name in ("Systems", "Chassis", "Managers")},
        f"{ROOT}/Systems": collection(f"{ROOT}/Systems", *systems),
        f"{ROOT}/Chassis": collection(f"{ROOT}/Chassis", ENCLOSURE, *chassis),
        f"{ROOT}/Managers": collection(f"{ROOT}/Managers", MANAGER),
        MANAGER: {"@odata.id": MANAGER, "Links": {"ManagerForServers": [link(one) for one in systems]}},
        ENCLOSURE: {"@odata.id": ENCLOSURE, "SerialNumber": "E1"},
    }
    for system, blade in zip(systems, chassis, strict=True):
        found[system] = {"@odata.id": system, "SerialNumber": system[-1], "Links": {"Chassis": [link(blade)]}}
        found[blade] = {
            "@odata.id": blade,
            "Links": {"ComputerSystems": [link(system)], "ContainedBy": link(ENCLOSURE)},
        }
    return RecordedTree({**found, **more})


def chassis_of(service: RecordedTree, system: str) -> set[str]:
    return {path.rpartition("/")[2] for path in locate(Reader(service), system).chassis}


def test_which_of_several_systems_must_be_said() -> None:
    with pytest.raises(InputError) as caught:
        bmc(blades("a", "b")).hardware()
    assert "a, b" in str(caught.value)
    assert "lab.yaml:7" in str(caught.value)


def test_a_system_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no system c"):
        bmc(blades("a", "b"), "c").power()


def test_a_blade_has_its_chassis_and_the_enclosure_around_it() -> None:
    assert chassis_of(blades("a", "b"), "a") == {"a", "Enclosure"}
    assert bmc(blades("a", "b"), "b").identity().serial == "b"


def test_parts_within_the_chassis_belong_to_it() -> None:
    cage, riser = f"{ROOT}/Chassis/cage", f"{ROOT}/Chassis/riser"
    service = blades("a", "b")
    service.resources[f"{ROOT}/Chassis"]["Members"][:0] = [link(riser), link(cage)]
    more = {
        cage: {"@odata.id": cage, "Links": {"ContainedBy": [link(f"{ROOT}/Chassis/a/")]}},
        riser: {"@odata.id": riser, "Links": {"ContainedBy": link(cage)}},
    }
    service = RecordedTree({**service.resources, **more})
    assert chassis_of(service, "a") == {"a", "Enclosure", "cage", "riser"}
    assert chassis_of(service, "b") == {"b", "Enclosure"}


def test_a_loop_of_containers_ends() -> None:
    service = blades("a", "b")
    service.resources[ENCLOSURE]["Links"] = {"ContainedBy": [link(f"{ROOT}/Chassis/a"), link(ENCLOSURE)]}
    assert chassis_of(service, "a") == {"a", "Enclosure"}


def test_an_enclosure_without_systems_tells_of_itself() -> None:
    service = small(None, {"Manufacturer": "HPE", "SerialNumber": "HX21070007", "PowerState": "On"})
    service.resources[f"{ROOT}/Systems"]["Members"] = []
    found = bmc(service).hardware()
    assert found.identity == Identity(manufacturer="HPE", serial="HX21070007")
    assert found.power is Power.ON
    assert [one.where for one in found.remarks] == [f"{ROOT}/Systems"]


def test_a_broken_root_is_worked_around() -> None:
    service = small({"SerialNumber": "S1"})
    service.resources[ROOT] = {"Systems": 5, "Chassis": link("https://elsewhere/"), "Managers": None}
    found = bmc(service).hardware()
    assert found.identity.serial == "S1"
    assert {one.where for one in found.remarks} == {f"{ROOT}/ Systems", f"{ROOT}/ Chassis.@odata.id"}


def test_links_that_are_wrong_are_remarked_and_the_rest_is_read() -> None:
    path = f"{SYSTEM}/Memory"
    members = ["Memory/1", f"{path}/2/", f"{path}/2", f"{path}/3"]
    service = small(
        {"Memory": link(path)},
        **{
            path: collection(path, *members, {"@odata.id": 5}, link("/elsewhere/4"), None, "5"),
            f"{path}/Memory/1": {"@odata.id": f"{path}/Memory/1", "CapacityMiB": 1024},
            f"{path}/2": {"@odata.id": f"{path}/wrong", "CapacityMiB": 2048},
        },
    )
    found = bmc(service).hardware()
    assert [one.size for one in found.modules] == [2**30, 2**31]
    assert {one.where for one in found.remarks} == {
        f"{path} Members[4].@odata.id",
        f"{path} Members[5].@odata.id",
        f"{path}/5",
        f"{path}/3",
    }


def test_a_collection_of_a_hundred_thousand_is_read_in_part() -> None:
    path = f"{SYSTEM}/Memory"
    service = small(
        {"Memory": link(path)}, **{path: collection(path, *(f"{path}/{n}" for n in range(100_000)))}
    )
    assert not bmc(service).hardware().modules
    assert len([one for one in service.asked if one.startswith(f"{path}/")]) <= MOST_MEMBERS


def test_a_collection_whose_pages_are_all_the_first_is_left() -> None:
    path = f"{SYSTEM}/Memory"

    class Deaf(RecordedTree):
        def get(self, path: str) -> dict[str, Any]:
            page = dict(super().get(path.partition("?")[0]))
            page["Members@odata.nextLink"] = f"{path.partition('?')[0]}?$skip={len(self.asked)}"
            return page

    dimm = {"@odata.id": f"{path}/1", "Id": "1", "CapacityMiB": 1024}
    service = Deaf(small({"Memory": link(path)}, **{path: collection(path, dimm)}).resources)
    assert len(bmc(service).hardware().modules) == 1
    assert service.asked.count(path) <= 2
    assert len(service.asked) < 20


def test_an_error_with_status_200_is_no_resource() -> None:
    class Polite(RecordedTree):
        def get(self, path: str) -> dict[str, Any]:
            if path.startswith(PARTS[0]):
                return {
                    "error": {"code": "Base.1.12.GeneralError", "message": "A general error has occurred."}
                }
            return dict(super().get(path))

    found = bmc(Polite(small({"Memory": link(PARTS[0])}).resources)).hardware()
    assert [(one.where, one.what) for one in found.remarks] == [
        (PARTS[0], "is an error instead of a resource")
    ]


class Failing(RecordedTree):
    """Fails for some paths."""

    paths: tuple[str, ...] = ()
    failure: Exception = missing("")

    def read(self, path: str) -> Answer:
        if path.rstrip("/") in self.paths:
            raise self.failure
        return super().read(path)


PARTS = tuple(f"{SYSTEM}/{name}" for name in ("Memory", "Processors", "Storage", "EthernetInterfaces"))


def failing(paths: tuple[str, ...], failure: Exception) -> Failing:
    links = {path.rpartition("/")[2]: link(path) for path in paths}
    found = Failing(small({**links, "Model": "M"}).resources)
    found.paths, found.failure = paths, failure
    return found


def test_a_resource_that_cannot_be_read_is_a_remark() -> None:
    refusal = BmcRefusedError("refused with 500: General error", status=500)
    found = bmc(failing(PARTS[:1], refusal)).hardware()
    assert found.identity.model == "M"
    assert [(one.where, one.what) for one in found.remarks] == [
        (f"{SYSTEM}/Memory", "cannot be read: refused with 500: General error")
    ]


def test_a_bmc_that_is_gone_is_no_remark() -> None:
    service = failing(PARTS[:1], BmcError(Cause.TIMEOUT, "no answer in 30 s"))
    with pytest.raises(BmcError):
        bmc(service).hardware()


def test_one_answer_that_is_no_json_does_not_end_the_inventory_but_a_few_do() -> None:
    broken = BmcError(Cause.BROKEN_ANSWER, "its answer (200) is no resource: a web page")
    found = bmc(failing(PARTS[:3], broken)).hardware()
    assert {one.where for one in found.remarks} == set(PARTS[:3])
    service = failing(PARTS, broken)
    with pytest.raises(BmcError):
        bmc(service).hardware()


def test_what_a_server_that_is_off_leaves_out_is_told_by_its_chassis() -> None:
    chassis = {"Manufacturer": "Dell Inc.", "Model": "R740", "SerialNumber": "CN1"}
    service = small({"Manufacturer": "", "Model": None, "SKU": "ABC"}, chassis)
    server = bmc(service)
    assert server.identity() == Identity("Dell Inc.", "R740", "CN1", "ABC")
    assert server.hardware().identity == server.identity()


def test_zero_is_not_told_as_a_number_of_things() -> None:
    """An iDRAC9 that is off: 0 CPUs, 0.0 GiB."""
    found = bmc(
        small({"ProcessorSummary": {"Count": 0}, "MemorySummary": {"TotalSystemMemoryGiB": 0.0}})
    ).hardware()
    assert (found.processor_count, found.memory) == (None, None)


def test_the_boot_mode_of_the_bios_settings_where_the_override_has_none() -> None:
    path = f"{SYSTEM}/Bios"
    service = small({"Bios": link(path)}, **{path: {"Attributes": {"BootMode": "LegacyBios"}}})
    assert bmc(service).hardware().boot_mode is BootMode.BIOS


def test_firmware_names_and_kinds() -> None:
    update, items = f"{ROOT}/UpdateService", f"{ROOT}/UpdateService/FirmwareInventory"
    service = small(
        {"BiosVersion": "2.52"},
        None,
        {"FirmwareVersion": "1.10"},
        **{
            update: {"@odata.id": update, "FirmwareInventory": link(items)},
            items: collection(
                items,
                {"Id": "9", "Name": "CPLD", "Version": "2.52"},
                {"Id": "old", "Name": "BIOS backup", "Version": "1.0"},
                {
                    "@odata.id": f"{items}/Previous-159-1.0",
                    "Id": "Previous-159-1.0",
                    "Name": "BIOS",
                    "Version": "1.0",
                },
                {"Id": "BIOS", "Name": "Software Inventory", "Version": "2.52"},
                {"Id": "x", "Name": "Firmware", "Version": "1.10", "RelatedItem": [link(MANAGER)]},
                {"Id": "nic", "Name": "NIC", "Version": "N/A"},
            ),
        },
    )
    service.resources[ROOT]["UpdateService"] = link(update)
    found = bmc(service).hardware()
    assert [(one.name, one.version, one.kind) for one in found.firmware] == [
        ("BIOS", "2.52", "bios"),
        ("x", "1.10", "bmc"),
        ("CPLD", "2.52", "other"),
        ("BIOS backup", "1.0", "other"),
    ]
    assert len(found.remarks) == 1


def test_disks_of_simple_storage_only_where_nothing_better_is_told() -> None:
    simple, storage = f"{SYSTEM}/SimpleStorage", f"{SYSTEM}/Storage"
    resources = {
        simple: collection(
            simple,
            {"Id": "1", "Devices": [{"Name": "old", "CapacityBytes": 1}, {"Status": {"State": "Absent"}}]},
        ),
        storage: collection(
            storage, {"Id": "1", "Drives": [link(f"{CHASSIS}/Drives/0"), link(f"{CHASSIS}/Drives/0/")]}
        ),
        f"{CHASSIS}/Drives": collection(f"{CHASSIS}/Drives", f"{CHASSIS}/Drives/0", f"{CHASSIS}/Drives/1"),
        f"{CHASSIS}/Drives/0": {"Name": "new", "MediaType": "SSD", "CapacityBytes": 480103981056},
        f"{CHASSIS}/Drives/1": {"Name": "Empty Bay", "Status": {"State": "Absent", "Health": "OK"}},
    }
    both = {"SimpleStorage": link(simple), "Storage": link(storage)}
    found = bmc(small(both, {"Drives": link(f"{CHASSIS}/Drives")}, **resources)).hardware().disks
    assert [(one.name, one.size, one.media) for one in found] == [("new", 480103981056, "ssd")]
    assert [
        one.name for one in bmc(small({"SimpleStorage": link(simple)}, **resources)).hardware().disks
    ] == ["old"]


def test_power_supplies_that_are_there() -> None:
    """A Gigabyte H262 lists the two bays of its chassis as `nil`."""
    power = f"{CHASSIS}/Power"
    bays = [
        {"Name": "nil", "MemberId": "0"},
        {"Name": "PSU2", "Status": {"State": "Absent"}},
        {"Name": "PSU3", "Model": "PWS-1K", "PowerCapacityWatts": 1000, "Status": {"Health": "Warning"}},
    ]
    found = bmc(small(None, {"Power": link(power)}, **{power: {"PowerSupplies": bays}})).hardware()
    assert [(one.name, one.capacity, one.health) for one in found.power_supplies] == [
        ("PSU3", 1000, "warning")
    ]
