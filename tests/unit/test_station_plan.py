"""The document that a station follows, and what becomes of it: dnsmasq's configuration and hosts, iPXE's scripts."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from io import BytesIO
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from station_rig import MAC, OTHER_MAC, document, plan, sha256

from microdc.deploy import kinds
from microdc.deploy.ports import Payload, Ramdisk, StationConfig, StationNode
from microdc.deploy.specs import SiteSpec
from microdc.deploy.station import config, loaders, program
from microdc.deploy.station.resident import dnsmasq, loops, scripts, words
from microdc.deploy.station.resident.plan import PlanError, parse
from microdc.testbed.nodes import Deploy
from microdc.testbed.reach import Reach

A, B, C = (sha256(text) for text in "abc")


def test_what_the_controller_writes_is_what_the_station_reads() -> None:
    deploy = Deploy(
        Reach("local"),
        "eth1",
        dhcp="proxy",
        other_dhcp="tell",
        dns=("10.0.0.53",),
        port=8081,
        directory="/srv/boot/",
        streams=3,
    )
    spec = SiteSpec("s1", "s1.yaml:3", deploy, IPv4Network("10.0.0.0/24"), IPv4Address("10.0.0.1"))
    order = {"node": "n1", "identity": {"hostname": "n1"}}
    address = IPv4Interface("10.0.0.11/24")
    node = StationNode("n1", MAC.upper(), (OTHER_MAC,), address, True, 4, "boot", "home", order)
    file = Path("unread")
    wanted = StationConfig("s1", 9, (node,), Ramdisk(Payload(A, 1, file), Payload(B, 1, file), "quiet"))
    made = parse(config.document(spec, wanted, IPv4Address("10.0.0.2"), {"bios": C}))
    assert (made.site, made.revision, made.interface, made.url) == ("s1", 9, "eth1", "http://10.0.0.2:8081")
    assert (made.kernel, made.initrd, made.options, made.streams) == (A, B, "quiet", 3)
    assert (made.gateway, made.dns) == (IPv4Address("10.0.0.1"), (IPv4Address("10.0.0.53"),))
    assert (made.proxy, made.other_dhcp) == (True, "tell")
    assert made.repository == "/srv/boot/s1/repo"
    (read,) = made.nodes
    assert (read.name, read.mac, read.macs, read.address) == ("n1", MAC, (MAC, OTHER_MAC), address.ip)
    assert (read.armed, read.move, read.boot, read.home) == (True, 4, "boot", sha256("home"))
    assert read.order == order
    again = config.document(spec, wanted, IPv4Address("10.0.0.2"), {"bios": C})
    assert parse(again) == made


def changed(path: str, value: Any) -> bytes:
    whole = document()
    target: Any = whole
    *way, last = path.split(".")
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[last] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Expecting value"),
        (b"[]", "list indices"),
        (changed("network", "10.0.0.1/24"), "host bits set"),
        (changed("port", 0), "port is 0"),
        (changed("interface", "eth0\nport=53"), "interface cannot be"),
        (changed("other_dhcp", "fight"), "other_dhcp"),
        (changed("dhcp", ["proxy"]), "dhcp is"),
        (changed("ramdisk", {"kernel": "../../etc/shadow", "initrd": A}), "digest cannot be"),
        (changed("ramdisk", {"kernel": A, "initrd": A, "options": "a\nboot"}), "options cannot be"),
        (changed("nodes.0.node", "n1\nn2"), "node cannot be"),
        (changed("nodes.0.mac", "52:54:00:AA:00:01"), "mac cannot be"),
        (changed("nodes.0.address", "10.9.9.9/24"), "not in 127.0.0.0/24"),
        (changed("nodes.0.boot_token", "a b"), "boot_token cannot be"),
        (changed("nodes.1.mac", MAC), "is of two nodes, n1 and n2"),
        (changed("nodes.1.address", "127.0.0.11/24"), "is of two nodes, n1 and n2"),
        (json.dumps({"site": "s1", "nodes": []}).encode(), "'network' is missing"),
    ],
)
def test_refused(data: bytes, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        parse(data)


def test_dnsmasq_answers_known_hosts_only_and_on_one_interface() -> None:
    lines = dnsmasq.configuration(plan(), Path("/d")).splitlines()
    assert {
        "port=0",
        "interface=lo",
        "bind-dynamic",
        "dhcp-range=127.0.0.0,static,255.255.255.0,1h",
        "dhcp-ignore=tag:!known",
        "dhcp-hostsfile=/d/hosts",
        "dhcp-leasefile=/d/leases",
        "tftp-root=/d/tftp",
        "dhcp-option=option:router",
    } <= set(lines)
    assert not [line for line in lines if "proxy" in line]


def test_with_proxydhcp_there_is_nothing_that_gives_an_address() -> None:
    made = plan(dhcp="proxy", gateway="127.0.0.254", dns=["127.0.0.53"], loaders={"bios": A, "x86_64": B})
    lines = dnsmasq.configuration(made, Path("/d")).splitlines()
    assert [line for line in lines if line.startswith("dhcp-range")] == [
        "dhcp-range=127.0.0.0,proxy,255.255.255.0"
    ]
    assert "dhcp-ignore=tag:!known" in lines
    assert not [line for line in lines if "authoritative" in line or "router" in line or "dns-server" in line]
    assert dnsmasq.hosts(made, frozenset({"n2"})) == f"{MAC},set:node\n{OTHER_MAC},set:looping\n"
    loaded = [line for line in lines if "tag:arch-" in line and not line.startswith("dhcp-match")]
    assert all("tag:!ipxe,tag:!looping" in line for line in loaded)
    assert len(loaded) == 4


def test_firmware_that_boots_by_http_is_spoken_to_only_where_there_is_a_loader_for_it() -> None:
    """An older dnsmasq does not know the word by which that is done."""
    with_loader = dnsmasq.configuration(plan(dhcp="proxy", loaders={"x86_64": A}), Path("/d"))
    assert "dhcp-pxe-vendor=PXEClient,HTTPClient\n" in with_loader
    assert "pxe-vendor" not in dnsmasq.configuration(plan(dhcp="proxy", loaders={"bios": A}), Path("/d"))


def test_hosts() -> None:
    told = dnsmasq.hosts(plan(), frozenset({"n2"}))
    assert told == f"{MAC},127.0.0.11\n{OTHER_MAC},set:looping,127.0.0.12\n"


def test_each_architecture_gets_a_loader_that_it_can_run() -> None:
    made = plan(loaders={"bios": A, "x86_64": B, "arm64": C})
    assert dnsmasq.files(made) == {
        0: "undionly.kpxe",
        7: "x86_64.efi",
        9: "x86_64.efi",
        11: "arm64.efi",
        16: "http://127.0.0.1:8080/boot/loader/x86_64.efi",
        19: "http://127.0.0.1:8080/boot/loader/arm64.efi",
    }
    assert dnsmasq.files(plan(loaders={"bios": A})) == {0: "undionly.kpxe"}


def test_a_loop_is_four_loads_in_five_minutes_without_a_script() -> None:
    seen = loops.Loops()
    assert [seen.loaded("n", at) for at in (0.0, 10.0, 20.0, 30.0, 40.0)] == [0, 0, 0, 4, 0]
    assert seen.looping() == {"n"}
    assert seen.over("n")
    assert not seen.over("n")
    assert [seen.loaded("n", at) for at in (50.0, 60.0, 70.0)] == [0, 0, 0]
    seen.over("n")
    assert [seen.loaded("n", at) for at in (80.0, 90.0, 100.0)] == [0, 0, 0]
    assert [seen.loaded("slow", at) for at in (0.0, 150.0, 290.0, 310.0)] == [0, 0, 0, 0]
    assert seen.looping() == frozenset()


def test_the_kernel_is_told_an_address_with_and_without_a_way_out() -> None:
    without = scripts.start(plan(), plan().nodes[0], "127.0.0.11")
    assert " ip=127.0.0.11:::255.255.255.0:n1::none" in without
    with_gateway = plan(gateway="127.0.0.254")
    assert " ip=127.0.0.11::127.0.0.254:255.255.255.0:n1::none" in scripts.start(
        with_gateway, with_gateway.nodes[0], "127.0.0.11"
    )


def test_the_words_of_the_station_are_those_of_the_controller() -> None:
    def named(module: object, keep: Callable[[str], bool]) -> dict[str, str]:
        return {name: value for name, value in vars(module).items() if name.isupper() and keep(name)}

    spoken = named(words, lambda _: True)
    assert spoken == named(kinds, spoken.__contains__)


def test_loaders_of_the_labs_own_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    system = tmp_path / "ipxe"
    system.mkdir()
    for name in ("undionly.kpxe", "ipxe.efi", "snponly.efi"):
        (system / name).write_bytes(b"x")
    assert loaders.find((system,)) == {"bios": system / "undionly.kpxe", "x86_64": system / "snponly.efi"}
    own = loaders.own_directory()
    own.mkdir(parents=True)
    (own / "arm64.efi").write_bytes(b"x")
    (own / "bios.kpxe").write_bytes(b"x")
    assert loaders.find((system,)) == {
        "bios": own / "bios.kpxe",
        "x86_64": system / "snponly.efi",
        "arm64": own / "arm64.efi",
    }


def test_the_program_is_one_that_older_pythons_read() -> None:
    with ZipFile(BytesIO(program.source())) as bundle:
        names = [name for name in bundle.namelist() if name.endswith(".py")]
        assert "resident/start.py" in names
        for name in names:
            tree = ast.parse(bundle.read(name), name, feature_version=(3, 8))
            imported = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
            assert not [node for node in imported if "microdc" in ast.unparse(node)]
