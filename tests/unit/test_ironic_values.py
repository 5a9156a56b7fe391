"""From the inventory to what Ironic is told, and from what it tells to values: without an Ironic."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

import pytest

from microdc.bmc.model import Login, Target
from microdc.deploy.ironic import disks, enrolling, telling
from microdc.deploy.ironic.configdrive import configdrive
from microdc.deploy.ironic.hardware import hardware_of, hardware_of_properties
from microdc.deploy.ironic.instance import instance_info, root_device
from microdc.deploy.ironic.model import Mark, Node, mark_of, node_of
from microdc.deploy.model import Action, ImageRef, NodeSpec
from microdc.deploy.specs import SiteSpec
from microdc.errors import InputError
from microdc.testbed.nodes import Deploy, DiskHints, Ironic
from microdc.testbed.reach import Reach

GIB = 1 << 30
SPEC = NodeSpec(
    name="a-c1", site="a", rack="r1", where="sites/a.yaml:9", role="compute", mac="52:54:00:00:00:01", nic="eno1",
    address=IPv4Interface("10.1.1.11/16"), image="base", firmware="uefi",
)  # fmt: skip
IMAGE = ImageRef("base", "ab" * 32, 100, "cd" * 32, 4 * GIB, root_partition=3)
IRONIC = Ironic("http://127.0.0.1:6385", images="https://images.example.net/disks/")
REDFISH = Target("a-c1", "sites/a.yaml:12", redfish="https://10.2.0.11", login=Login("admin", "s3cret"))
KEY = "ssh-ed25519 AAAAC3 somebody@here"


def site(gateway: str = "10.1.0.1", *dns: str) -> SiteSpec:
    deploy = Deploy(reach=Reach("local"), interface="eno1", dns=dns)
    address = IPv4Address(gateway) if gateway else None
    return SiteSpec("a", "sites/a.yaml:3", deploy, IPv4Network("10.1.0.0/16"), address)


def test_the_image_is_the_disk_itself_with_the_digest_that_ironics_ramdisk_checks() -> None:
    info = instance_info(SPEC, IMAGE, IRONIC, "sites/a.yaml:3")
    assert info["image_source"] == f"https://images.example.net/disks/{IMAGE.raw_digest}.raw"
    assert (info["image_os_hash_algo"], info["image_os_hash_value"]) == ("sha256", IMAGE.raw_digest)
    assert "root_device" not in info


def test_a_site_that_does_not_say_where_images_lie_is_told_its_line() -> None:
    with pytest.raises(InputError, match=r"sites/a\.yaml:3") as told:
        instance_info(SPEC, IMAGE, Ironic("http://127.0.0.1:6385"), "sites/a.yaml:3")
    assert "images:" in told.value.hint


@pytest.mark.parametrize(
    ("hints", "told"),
    [
        (DiskHints(), {}),
        (DiskHints(serial="S1"), {"serial": "s== S1"}),
        (DiskHints(wwn="5000C500A1B2"), {"wwn": "s== 0x5000c500a1b2"}),
        (DiskHints(wwn="naa.5000c500a1b2"), {"wwn": "s== 0x5000c500a1b2"}),
        (DiskHints(wwn="eui.0025385b"), {"wwn": "s== eui.0025385b"}),
        (DiskHints(model="PM883"), {"model": "<in> PM883"}),
        (
            DiskHints(path="pci-0000:00:1f.2-ata-1"),
            {"by_path": "s== /dev/disk/by-path/pci-0000:00:1f.2-ata-1"},
        ),
        (DiskHints(kind="hdd"), {"rotational": True}),
        (DiskHints(kind="nvme"), {"rotational": False, "name": "<in> nvme"}),
        (DiskHints(least=100 * GIB), {"size": ">= 100"}),
        (DiskHints(least=100 * GIB + 1), {"size": ">= 101"}),
        (DiskHints(most=100 * GIB + 1), {"size": "<= 100"}),
    ],
)
def test_disk_hints_in_ironics_words(hints: DiskHints, told: dict[str, Any]) -> None:
    assert root_device(hints) == told


@pytest.mark.parametrize("hints", [DiskHints(least=GIB, most=2 * GIB), DiskHints(most=GIB - 1)])
def test_disk_hints_that_ironic_has_no_words_for_are_refused(hints: DiskHints) -> None:
    with pytest.raises(InputError, match="Ironic cannot be told"):
        root_device(hints)


DISKS = [
    {"name": "sda", "serial": "S1", "wwn": "0x5000c5", "model": "ATA PM883", "size": 100 * GIB, "kind": "ssd", "paths": ["p1"]},
    {"name": "sdb", "serial": "S2", "wwn": "0x5000c6", "model": "ATA PM883", "size": 200 * GIB, "kind": "hdd", "paths": ["p2"]},
    {"name": "nvme0n1", "serial": "S3", "wwn": "eui.00", "model": "X", "size": 50 * GIB, "kind": "nvme", "paths": ["p3"]},
]  # fmt: skip


@pytest.mark.parametrize(
    "hints",
    [
        DiskHints(serial="s1"),
        DiskHints(wwn="naa.5000c5"),
        DiskHints(model="pm883", kind="ssd"),
        DiskHints(path="p2"),
        DiskHints(least=150 * GIB),
        DiskHints(most=60 * GIB),
        DiskHints(kind="nvme"),
    ],
)
def test_hints_that_mean_one_disk_leave_no_doubt(hints: DiskHints) -> None:
    assert disks.doubt(hints, DISKS) == ""


def test_hints_that_mean_several_disks_or_none_do() -> None:
    assert "2 disks: sda S1 ATA PM883, sdb" in disks.doubt(DiskHints(model="PM883"), DISKS)
    assert "none of its disks: sda" in disks.doubt(DiskHints(serial="S9"), DISKS)
    assert "no hint says which disk" in disks.doubt(DiskHints(), DISKS)
    assert disks.doubt(DiskHints(), DISKS[:1]) == ""
    assert disks.doubt(DiskHints(serial="S9"), []) == ""  # nothing was inspected: Ironic's ramdisk decides


def test_the_configuration_drive_has_name_keys_and_network() -> None:
    drive = configdrive(SPEC, site("10.1.0.1", "10.1.0.3"), [KEY])
    assert drive["meta_data"]["hostname"] == "a-c1"
    assert drive["meta_data"]["public_keys"] == {"microdc-0": KEY}
    (link,) = drive["network_data"]["links"]
    (network,) = drive["network_data"]["networks"]
    assert link["ethernet_mac_address"] == SPEC.mac
    assert (network["ip_address"], network["netmask"], network["link"]) == (
        "10.1.1.11",
        "255.255.0.0",
        link["id"],
    )
    assert network["routes"] == [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.1"}]
    assert drive["network_data"]["services"] == [{"type": "dns", "address": "10.1.0.3"}]
    head, _, config = drive["user_data"].partition("\n")
    assert head == "#cloud-config"
    assert json.loads(config)["users"] == [{"name": "root", "ssh_authorized_keys": [KEY]}]
    assert configdrive(SPEC, site(""), [])["network_data"]["networks"][0]["routes"] == []


def test_how_ironic_reaches_a_bmc_over_redfish() -> None:
    info = enrolling.driver_info(replace(REDFISH, system="437XR/1"))
    assert info == {
        "redfish_address": "https://10.2.0.11",
        "redfish_verify_ca": True,
        "redfish_system_id": "/redfish/v1/Systems/437XR%2F1",
        "redfish_username": "admin",
        "redfish_password": "s3cret",
    }
    assert enrolling.driver_info(replace(REDFISH, cafile="/ca.pem"))["redfish_verify_ca"] == "/ca.pem"
    assert (
        enrolling.driver_info(replace(REDFISH, verify=False, cafile="/ca.pem"))["redfish_verify_ca"] is False
    )


def test_a_pinned_certificate_is_refused_and_never_left_unchecked() -> None:
    with pytest.raises(InputError, match=r"sites/a\.yaml:12: Ironic cannot check the fingerprint"):
        enrolling.driver_info(replace(REDFISH, fingerprint="ab" * 32))


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("10.2.0.11", "10.2.0.11", None),
        ("10.2.0.11:6230", "10.2.0.11", 6230),
        ("[fd00::1]:623", "fd00::1", 623),
        ("[fd00::1]", "fd00::1", None),
        ("fd00::1", "fd00::1", None),
    ],
)
def test_how_ironic_reaches_a_bmc_over_ipmi(address: str, host: str, port: int | None) -> None:
    info = enrolling.driver_info(Target("a-c1", ipmi=address, login=Login("admin", "s3cret")))
    assert (info["ipmi_address"], info.get("ipmi_port")) == (host, port)
    assert info["ipmi_password"] == "s3cret"


def test_the_driver_follows_from_the_bmc_unless_it_is_named() -> None:
    both = replace(REDFISH, ipmi="10.2.0.11")
    assert enrolling.driver_of(both, IRONIC) == "redfish"
    assert enrolling.driver_of(replace(both, redfish=""), IRONIC) == "ipmi"
    assert enrolling.driver_of(both, replace(IRONIC, driver="idrac")) == "idrac"
    with pytest.raises(InputError, match="no way to a-c1"):
        enrolling.driver_of(Target("a-c1"), IRONIC)


def test_what_others_wrote_at_a_node_stays() -> None:
    mark = Mark("t", 1, Action.DEPLOY)
    node = Node("u", "a-c1", "enroll", driver="redfish", properties={"capabilities": "a:b,boot_mode:bios"})
    patch = enrolling.changes(node, SPEC, REDFISH, IRONIC, mark)
    by_path = {change["path"]: change["value"] for change in patch}
    assert by_path["/properties/capabilities"] == "a:b,boot_mode:uefi"
    assert by_path["/driver_info/redfish_password"] == "s3cret"
    assert by_path["/extra/microdc"]["move"] == 1
    assert "/driver" not in by_path
    assert "/driver_info" not in by_path


def test_hints_of_an_earlier_job_are_taken_away() -> None:
    node = Node("u", "a-c1", "available", instance={"root_device": {"serial": "s== S1"}, "image_source": "x"})
    patch = enrolling.instance({"image_source": "x", "image_type": "whole-disk"}, node)
    assert {change["path"]: change["op"] for change in patch} == {
        "/instance_info/image_type": "add",
        "/instance_info/root_device": "remove",
    }


def test_a_mark_is_read_as_it_was_written_and_what_is_none_is_not() -> None:
    mark = Mark("t", 7, Action.CLEAN, "s", "i", "h", ours=True, aborted=True)
    assert mark_of(json.loads(json.dumps(mark.told()))) == mark
    for other in (None, "x", {}, {"move": "x", "action": "deploy"}, {"move": 1, "action": "juggle"}):
        assert mark_of(other) is None


def test_a_node_with_little_in_it_is_read() -> None:
    assert node_of({"uuid": "u", "name": "n", "provision_state": None}) == Node("u", "n", "enroll")


def test_the_hardware_that_ironics_ramdisk_found_in_microdcs_shape() -> None:
    """The answer is of the shape that Ironic's API reference gives for an inventory."""
    inventory = {
        "inventory": {
            "interfaces": [{"name": "eth0", "mac_address": "52:54:00:90:35:d6", "has_carrier": True, "speed_mbps": 1000}],
            "disks": [{"name": "/dev/vda", "size": 13958643712, "rotational": True, "by_path": "/dev/disk/by-path/pci-0000:00:07.0"}],
            "memory": {"physical_mb": 3072, "total": 3160453120},
            "cpu": {"model_name": "QEMU Virtual CPU", "count": 1, "architecture": "x86_64"},
            "system_vendor": {"product_name": "Standard PC", "serial_number": "", "manufacturer": "QEMU"},
            "boot": {"current_boot_mode": "bios"},
        },
        "plugin_data": {"root_disk": {}},
    }  # fmt: skip
    found = hardware_of(inventory)
    assert found["disks"] == [
        {"name": "vda", "size": 13958643712, "kind": "hdd", "paths": ["pci-0000:00:07.0"]}
    ]
    assert found["nics"] == [{"name": "eth0", "mac": "52:54:00:90:35:d6", "speed": 1000, "link": True}]
    assert found["memory"] == {"total": 3072 << 20}
    assert found["cpu"] == {"model": "QEMU Virtual CPU", "threads": 1, "architecture": "x86_64"}
    assert (found["firmware"], found["product"], "serial" in found) == ("bios", "Standard PC", False)
    assert hardware_of({}) == {}
    assert hardware_of_properties({"memory_mb": "1024", "cpus": "x"}, ["m"]) == {
        "memory": {"total": 1 << 30},
        "nics": [{"mac": "m"}],
    }


def test_history_after_the_entry_that_was_newest() -> None:
    entries = [{"uuid": str(n), "created_at": f"2026-01-0{n}T00:00:00", "event": f"e{n}"} for n in (3, 1, 2)]
    assert [entry["uuid"] for entry in telling.newer(entries, "1")] == ["2", "3"]
    assert [entry["uuid"] for entry in telling.newer(entries, "forgotten")] == ["1", "2", "3"]
    assert (telling.newest(entries), telling.newest([])) == ("3", "")
    now = datetime(2026, 2, 1, tzinfo=UTC)
    (first, *_) = telling.entries(telling.newer(entries, ""), "a-c1", 7, now)
    assert (first.at, first.text, first.data["move"]) == (datetime(2026, 1, 1, tzinfo=UTC), "e1", 7)
    (odd,) = telling.entries([{"created_at": "yesterday"}], "a-c1", 7, now)
    assert odd.at == now
