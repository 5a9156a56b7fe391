"""The driver over a service: what can be asked, how many requests it takes, what it hands on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest
from recorded_tree import RecordedTree
from redfish_small import CHASSIS, MANAGER, ROOT, SYSTEM, bmc, collection, link, small

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import Act, BootMode, BootTarget, Console, Feature, Target
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.driver import RedfishBmc

EVENTS = f"{ROOT}/EventService"


class Whole(RecordedTree):
    """Opens and closes, puts members into collections, streams events."""

    notes = ("its certificate is not verified",)
    opened = 0
    events: tuple[Any, ...] = ()

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(self, *failure: object) -> None:
        self.opened -= 1

    def expand(self, path: str) -> Resource:
        self.asked.append(f"{path}?$expand=.")
        found = dict(self.resources[path.rstrip("/")])
        found["Members"] = [self.resources.get(one["@odata.id"], one) for one in found.get("Members", [])]
        return found

    def stream(self, path: str, stop: threading.Event) -> Iterator[Resource]:
        assert path == f"{EVENTS}/SSE"
        for event in self.events:
            if stop.is_set():
                return
            yield event


def able() -> dict[str, Any]:
    """The system of a BMC that can do most of what there is."""
    return {
        "Actions": {
            "#ComputerSystem.Reset": {"ResetType@Redfish.AllowableValues": ["On", "ForceOff", "PowerCycle"]}
        },
        "Boot": {
            "BootSourceOverrideTarget": "None",
            "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "CD/DVD", "Usb"],
            "BootSourceOverrideEnabled@Redfish.AllowableValues": ["Once", "Disabled"],
            "BootSourceOverrideMode": "UEFI",
            "BootSourceOverrideMode@Redfish.AllowableValues": ["UEFI"],
        },
        "IndicatorLED": "Off",
    }


def test_it_is_a_bmc() -> None:
    server: Bmc = bmc(small())
    assert server.driver == "redfish"


def test_it_opens_and_closes_its_service() -> None:
    service = Whole(small().resources)
    with RedfishBmc(Target("node"), service) as server:
        assert service.opened == 1
        assert server.notes == service.notes
    assert service.opened == 0
    assert RedfishBmc(Target("node"), small()).notes == ()


def test_what_it_can_do() -> None:
    found = bmc(small(able())).abilities()
    assert found.acts == {Act.ON, Act.FORCE_OFF, Act.CYCLE}
    assert found.targets == {BootTarget.NONE, BootTarget.PXE, BootTarget.CD}
    assert found.modes == {BootMode.UEFI}
    assert {Feature.HARDWARE, Feature.LED, Feature.BOOT_ONCE, Feature.BOOT_MODE} <= found.features
    missing = {one.value for kind in (Act, BootTarget, Feature) for one in kind}
    missing -= {one.value for some in (found.acts, found.targets, found.features) for one in some}
    assert missing - {BootTarget.OTHER.value} == {name for name, why in found.lacks.items() if why}
    assert "On, ForceOff, PowerCycle" in found.lacks[Act.NMI.value]


def test_what_a_bmc_without_anything_lacks() -> None:
    found = bmc(small()).abilities()
    assert not found.acts | found.targets | found.modes
    assert found.features == {Feature.HARDWARE}


def test_requests_are_few() -> None:
    service = small({"Manufacturer": "A", "Model": "B", "SerialNumber": "C"})
    server = bmc(service)
    server.identity()
    service.asked.clear()
    server.identity()
    server.power()
    assert service.asked == [SYSTEM, SYSTEM]


def test_collections_are_fetched_whole_where_the_service_can() -> None:
    path = f"{SYSTEM}/Memory"
    dimms = {
        f"{path}/{n}": {"@odata.id": f"{path}/{n}", "Id": str(n), "CapacityMiB": 1024} for n in range(16)
    }
    service = Whole(small({"Memory": link(path)}, **{path: collection(path, *dimms)}, **dimms).resources)
    assert len(bmc(service).hardware().modules) == 16
    assert not [one for one in service.asked if one.startswith(f"{path}/")]
    assert f"{path}?$expand=." in service.asked


def test_no_resource_is_fetched_twice_in_one_reading() -> None:
    service = small(
        able(), {"Thermal": link(f"{CHASSIS}/Thermal")}, **{f"{CHASSIS}/Thermal": {"Temperatures": []}}
    )
    server = bmc(service)
    server.hardware()
    assert len(service.asked) == len(set(service.asked))
    service.asked.clear()
    server.sensors()
    assert sorted(service.asked) == [CHASSIS, f"{CHASSIS}/Thermal", SYSTEM]


def test_events() -> None:
    service = Whole(small().resources)
    service.resources[ROOT]["EventService"] = link(EVENTS)
    service = Whole(
        {**service.resources, EVENTS: {"ServiceEnabled": True, "ServerSentEventUri": f"{EVENTS}/SSE"}}
    )
    service.events = (
        {
            "@odata.type": "#Event.v1_6_0.Event",
            "Events": [{"MessageId": "A.1.0.Hot", "EventTimestamp": "2024-01-01T00:00:00Z"}],
        },
        {"@odata.type": "#MetricReport.v1_0_0.MetricReport", "MetricValues": []},
        {"Events": [{"Message": "cool again", "Severity": "OK", "OriginOfCondition": link(CHASSIS)}, None]},
    )
    found = list(bmc(service).events(threading.Event()))
    assert [(one.message, one.severity, one.source) for one in found] == [
        ("A.1.0.Hot", None, ""),
        ("cool again", "ok", CHASSIS),
    ]
    assert Feature.EVENTS in bmc(service).abilities().features


def test_without_a_stream_the_log_is_to_be_polled() -> None:
    server = bmc(small())
    with pytest.raises(UnsupportedError, match="log"):
        next(iter(server.events(threading.Event())))
    assert Feature.EVENTS.value in server.abilities().lacks


def test_consoles() -> None:
    ssh = small(
        {
            "SerialConsole": {
                "SSH": {"ServiceEnabled": True, "Port": 2200, "ConsoleEntryCommand": "vsp; reboot"}
            }
        }
    )
    assert bmc(ssh).console() == Console("ssh -t -p 2200 USER@10.0.0.1 'vsp; reboot'", ("SSH",))
    shell = {"SerialConsole": {"ConnectTypesSupported": ["IPMI"], "ServiceEnabled": False}}
    found = bmc(small(None, None, shell)).console()
    assert found.command == "ipmitool -I lanplus -H 10.0.0.1 -U USER -a sol activate"
    assert [one.where for one in found.remarks] == [f"{MANAGER} SerialConsole.ServiceEnabled"]
    own = bmc(small(None, None, {"SerialConsole": {"ConnectTypesSupported": ["Oem"]}}))
    assert (own.console().command, own.console().kinds) == ("", ("Oem",))
    assert "offered as Oem only" in own.console().remarks[0].what
    assert Feature.CONSOLE in own.abilities().features
    with pytest.raises(UnsupportedError):
        bmc(small()).console()


def test_a_console_behind_a_namespace_is_opened_from_there() -> None:
    told = {"SerialConsole": {"SSH": {"ServiceEnabled": True}}}
    inside = RedfishBmc(Target("a1", redfish="https://10.0.0.1", via="hall"), small(told))
    assert inside.console().command == "nsenter --net=/run/netns/hall -- ssh -t USER@10.0.0.1"
