"""Recorded trees behind the lab's Redfish service."""

from __future__ import annotations

import base64
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.lab.redfish import trees
from microdc.lab.redfish.bmc import bmc
from microdc.lab.redfish.service import Service
from microdc.lab.redfish.world import Asked
from redfishservice import ADMIN, USERS, Rig, running, until

SYSTEM = "/redfish/v1/Systems/Self"
TREE: dict[str, Any] = {
    "": {"@odata.id": "/redfish/v1/", "Systems": {"@odata.id": "/redfish/v1/Systems"}, "UUID": "u"},
    "Systems": {
        "@odata.id": "/redfish/v1/Systems",
        "Members": [{"@odata.id": f"{SYSTEM}/"}],
        "Members@odata.nextLink": "/redfish/v1/Systems?$skip=1",
    },
    "Systems/Self": {
        "@odata.id": f"{SYSTEM}/",
        "@odata.type": "#ComputerSystem.v1_3_0.ComputerSystem",
        "@odata.etag": 'W/"recorded"',
        "PowerState": "Off",
        "IndicatorLED": "Off",
        "Boot": {
            "BootSourceOverrideEnabled": "Disabled",
            "BootSourceOverrideTarget": "None",
            "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "CD/DVD"],
        },
        "Actions": {
            "#ComputerSystem.Reset": {
                "target": f"{SYSTEM}/Actions/ComputerSystem.Reset",
                "@Redfish.ActionInfo": f"{SYSTEM}/ResetActionInfo",
            }
        },
    },
    "Systems/Self/ResetActionInfo": {
        "@odata.id": f"{SYSTEM}/ResetActionInfo",
        "Parameters": [{"Name": "ResetType", "AllowableValues": ["On", "ForceOff"]}],
    },
    "Systems/Self/Log_1": {"@odata.id": f"{SYSTEM}/Log_1", "Id": "Log_1"},
}


def in_directories(place: Path) -> Path:
    for path, document in TREE.items():
        (place / path).mkdir(parents=True, exist_ok=True)
        (place / path / "index.json").write_text(json.dumps(document))
    (place / "README.md").write_text("no resource")
    (place / "Systems/broken.json").write_text("{")
    return place


def in_one(place: Path) -> Path:
    place.mkdir()
    for path, document in TREE.items():
        name = "_".join(["", "redfish", "v1", *path.split("/")]).rstrip("_")
        (place / f"{name}.json").write_text(json.dumps(document))
    return place


def in_an_archive(place: Path) -> Path:
    tree = in_directories(place / "made")
    with tarfile.open(place / "tree.tar.xz", "w:xz") as archive:
        archive.add(tree, "vendor")
    return place / "tree.tar.xz"


@pytest.mark.parametrize("layout", [in_directories, in_one, in_an_archive])
def test_layouts(tmp_path: Path, layout: Any) -> None:
    found = trees.load(layout(tmp_path / "tree"))
    assert set(found) == {f"/redfish/v1/{path}".rstrip("/") for path in TREE}
    assert found[f"{SYSTEM}/Log_1"] == TREE["Systems/Self/Log_1"]


def test_what_is_no_tree(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Redfish service root"):
        trees.load(tmp_path)
    (tmp_path / "x.tar").write_text("no archive")
    with pytest.raises(InputError, match="cannot be read"):
        trees.load(tmp_path / "x.tar")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    (tmp_path / "bmc").mkdir()
    (tmp_path / "bmc/tree").symlink_to(in_directories(tmp_path / "recorded"))
    with running(tmp_path / "bmc") as made:
        yield made


def test_it_is_shown_as_recorded(rig: Rig) -> None:
    answer = rig.client.get(f"{SYSTEM}/")
    assert answer.json["@odata.id"] == f"{SYSTEM}/"
    assert answer.json["Boot"] == TREE["Systems/Self"]["Boot"]
    assert rig.client.get("/redfish/v1/systems/self").status == 200
    assert rig.client.get("/redfish/v1/Chassis").status == 404
    page = rig.client.get("/redfish/v1/Systems").json
    after = rig.client.get(page["Members@odata.nextLink"]).json
    assert (len(page["Members"]), after["Members"], "Members@odata.nextLink" in after) == (1, [], False)


def test_its_power_is_live(rig: Rig) -> None:
    reset = f"{SYSTEM}/Actions/ComputerSystem.Reset"
    before = rig.client.get(SYSTEM).headers["ETag"]
    assert rig.client.post(reset, {"ResetType": "ForceRestart"}).status == 400
    assert rig.client.post(reset, {"ResetType": "On"}).status == 204
    assert rig.client.get(SYSTEM).json["PowerState"] == "PoweringOn"
    until(lambda: rig.client.get(SYSTEM).json["PowerState"] == "On")
    assert rig.client.get(SYSTEM).headers["ETag"] != before
    rig.client.post(reset, {"ResetType": "ForceOff"})
    assert rig.client.get(SYSTEM).json["PowerState"] == "PoweringOff"
    until(lambda: rig.client.get(SYSTEM).json["PowerState"] == "Off")


def test_its_boot_override_is_live(rig: Rig) -> None:
    wanted = {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "CD/DVD"}
    assert rig.client.patch(SYSTEM, {"Boot": {**wanted, "BootSourceOverrideTarget": "Hdd"}}).status == 400
    assert rig.client.patch(SYSTEM, {"Boot": wanted}).status == 200
    assert wanted.items() <= rig.client.get(SYSTEM).json["Boot"].items()
    rig.client.post(f"{SYSTEM}/Actions/ComputerSystem.Reset", {"ResetType": "On"})
    assert rig.client.get(SYSTEM).json["Boot"]["BootSourceOverrideEnabled"] == "Disabled"
    assert rig.client.patch(SYSTEM, {"IndicatorLED": "Lit"}).json["IndicatorLED"] == "Lit"
    assert rig.client.patch(SYSTEM, {"SerialNumber": "x"}).status == 400


def test_it_lies_as_any_other(rig: Rig) -> None:
    rig.plant(settings_object=True)
    wanted = {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}}
    assert rig.client.patch(SYSTEM, wanted).status == 400
    assert rig.client.patch(f"{SYSTEM}/Settings", wanted).status == 204
    assert rig.client.get(SYSTEM).json["Boot"]["BootSourceOverrideTarget"] == "Pxe"


def test_sessions_are_real(rig: Rig) -> None:
    begun = rig.client.log_in()
    assert begun.status == 201
    assert rig.as_user(None).get(SYSTEM).status == 401
    assert rig.client.get(SYSTEM, X_Auth_Token=begun.headers["X-Auth-Token"]).status == 200


# -- trees of real BMCs


def got(service: Service, target: str) -> Any:
    path, _, query = target.partition("?")
    login = base64.b64encode(":".join(ADMIN).encode()).decode()
    told = dict(one.split("=") for one in query.split("&")) if query else {}
    return service.answer(Asked("GET", path.rstrip("/"), told, {"authorization": f"Basic {login}"}))


def ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            if (name == "@odata.id" or name.endswith("nextLink")) and isinstance(one, str):
                yield one.partition("#")[0]
            else:
                yield from ids(one)
    elif isinstance(value, list):
        for one in value:
            yield from ids(one)


@pytest.mark.parametrize(
    ("name", "least", "systems"),
    [
        ("cray-cmm", 260, 0),
        ("cray-ex425", 430, 2),
        ("dmtf-rackmount1", 55, 1),
        ("gigabyte-h262", 200, 1),
        ("hpe-dl325", 750, 1),
        ("hpe-ilo-dl360", 1270, 1),
        ("intel-s2600bpb", 95, 1),
        ("openbmc-stock", 700, 1),
        ("supermicro-x10", 125, 1),
    ],
)
def test_real_trees_can_be_walked(reference_data: Path, name: str, least: int, systems: int) -> None:
    place = reference_data / f"redfish/{name}.tar.xz"
    service = bmc(place, USERS)
    seen, missing, waiting, powered = set(), [], ["/redfish/v1/"], 0
    while waiting:
        path = waiting.pop()
        if path.rstrip("/") in seen or not path.startswith("/redfish"):
            continue
        seen.add(path.rstrip("/"))
        reply = got(service, path)
        if reply.status == 200:
            assert reply.headers.get("ETag") or isinstance(reply.body, bytes)
            waiting += ids(reply.body)
        else:
            missing.append((reply.status, path))
        if isinstance(reply.body, dict) and "#ComputerSystem.Reset" in reply.body.get("Actions", {}):
            powered += 1
    assert len(seen) - len(missing) >= least
    assert powered == systems
    assert {status for status, _ in missing} <= {404}  # links whose targets were not recorded
    assert len(missing) <= 4
