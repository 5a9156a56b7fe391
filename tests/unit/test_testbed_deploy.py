"""What site documents say of deploying nodes: every mistake is told with its line, and what is right becomes values."""

from __future__ import annotations

from ipaddress import IPv4Interface
from pathlib import Path
from textwrap import indent

import pytest
from inventories import site, write

from microdc.documents.model import Problem
from microdc.testbed.describe import describe
from microdc.testbed.load import inspect, load
from microdc.testbed.selectors import select

DEPLOY = """
deploy: {host: "ssh://root@boot-a", interface: eno1, address: 10.1.0.2, image: base}
"""
SERVERS = """
racks:
  r1:
    servers:
"""
NODE = """
a-c1:
  nics: {eno1: {}, eno2: {mac: "52:54:00:00:00:01"}}
  deploy: {address: 10.1.1.11}
"""


def build(directory: Path, *nodes: str, deploy: str = DEPLOY, more: str = "", **sites: str) -> Path:
    """An inventory with the image `base`, whose site a has these servers."""
    racks = SERVERS + "".join(indent(node, "      ") for node in nodes) if nodes else ""
    write(directory, a=site("a", 1, deploy + more + racks), **sites)
    (directory / "images").mkdir()
    (directory / "images" / "base.yaml").write_text("image: base\n", "utf-8")
    return directory


def problems(directory: Path) -> list[Problem]:
    return inspect(directory)[1]


def only(directory: Path) -> Problem:
    (problem,) = problems(directory)
    return problem


def line(problem: Problem) -> str:
    """The line of the document that a problem points at."""
    return problem.where.file.read_text("utf-8").splitlines()[problem.where.line - 1]


def test_a_node_has_what_its_document_says_and_what_follows(tmp_path: Path) -> None:
    testbed = load(build(tmp_path, NODE))
    server = testbed.sites["a"].racks["r1"].servers["a-c1"]
    assert server.deploy is not None
    assert server.deploy.address == IPv4Interface("10.1.1.11/32")
    (item,) = select(testbed, ["a-c1"])
    assert describe(testbed, item)["deploy"] == {"address": "10.1.1.11"}
    (item,) = select(testbed, ["a"])
    shown = describe(testbed, item)["deploy"]
    assert (shown["host"], shown["interface"], shown["image"]) == ("ssh://root@boot-a", "eno1", "base")


def test_who_gives_the_addresses(tmp_path: Path) -> None:
    testbed = load(build(tmp_path, deploy=DEPLOY.replace("image", "dhcp: proxy, other_dhcp: tell, image")))
    deploy = testbed.sites["a"].deploy
    assert deploy is not None
    assert (deploy.dhcp, deploy.other_dhcp) == ("proxy", "tell")
    (item,) = select(testbed, ["a"])
    shown = describe(testbed, item)["deploy"]
    assert (shown["dhcp"], shown["other_dhcp"]) == ("proxy", "tell")


@pytest.mark.parametrize("wrong", ["dhcp: other", "other_dhcp: fight"])
def test_a_way_of_giving_addresses_that_there_is_none_of(tmp_path: Path, wrong: str) -> None:
    problem = only(build(tmp_path, deploy=DEPLOY.replace("image", f"{wrong}, image")))
    assert wrong.partition(":")[0] in line(problem)


def test_disk_hints_are_shown_in_the_words_of_the_document(tmp_path: Path) -> None:
    node = NODE.replace("10.1.1.11", "10.1.1.11/16, disk: {serial: S1, least: 100GiB, kind: nvme}")
    testbed = load(build(tmp_path, node))
    (item,) = select(testbed, ["a-c1"])
    shown = describe(testbed, item)["deploy"]
    assert shown == {"address": "10.1.1.11/16", "disk": {"serial": "S1", "least": "100GiB", "kind": "nvme"}}


def test_a_node_of_a_site_without_boot_services_is_refused(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE, deploy=""))
    assert "does not say by whom" in problem.what
    assert "deploy" in line(problem)


def test_the_boot_network_has_to_be_there_and_to_have_ipv4(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE, deploy=DEPLOY.replace("image", "network: dat, image")))
    assert "no network 'dat'" in problem.what
    assert problem.hint == "did you mean data?"


def test_nodes_do_not_boot_over_ipv6(tmp_path: Path) -> None:
    directory = build(tmp_path, NODE, deploy=DEPLOY.replace("image", "network: six, image"))
    file = directory / "sites" / "a.yaml"
    file.write_text(file.read_text("utf-8").replace("mgmt:", "six: ['fd01:1::/64']\n  mgmt:"), "utf-8")
    problem = only(directory)
    assert "no IPv4" in problem.what
    assert "six" in line(problem)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("10.2.1.11", "another network"),
        ("10.1.0.0", "the network itself"),
        ("10.1.255.255", "the network itself"),
        ("10.1.1.11/24", "write 10.1.1.11"),
        ("10.1.0.2", "see "),
        ("10.1.0.1", "see "),
    ],
)
def test_an_address_that_no_node_can_have_is_refused(tmp_path: Path, address: str, said: str) -> None:
    problem = only(build(tmp_path, NODE.replace("10.1.1.11", address)))
    assert address.partition("/")[0] in problem.what
    assert said in problem.hint
    assert "address" in line(problem)


def test_whose_address_it_is_already_is_told(tmp_path: Path) -> None:
    assert "boot services" in only(build(tmp_path, NODE.replace("10.1.1.11", "10.1.0.2"))).what


def test_without_an_uplink_the_first_address_is_free(tmp_path: Path) -> None:
    directory = build(tmp_path, NODE.replace("10.1.1.11", "10.1.0.1"))
    file = directory / "sites" / "a.yaml"
    edge = "a-x1: {edge: {host: local, interface: eth0}}"
    text = file.read_text("utf-8").replace("uplink: {emulator: wan1, interface: if1}\n", "")
    file.write_text(text.replace("    servers:\n", f"    servers:\n      {edge}\n"), "utf-8")
    assert not [problem for problem in problems(directory) if "10.1.0.1" in problem.what]


@pytest.mark.parametrize(("probe", "refused"), [("netns:a-h1", 1), ("ssh://root@a-c1", 0)])
def test_the_address_of_a_probe_is_that_of_a_node_only_where_the_probe_may_be_on_it(
    tmp_path: Path, probe: str, refused: int
) -> None:
    found = problems(build(tmp_path, NODE, more=f'probe: "{probe}"\nprobe_ip: 10.1.1.11\n'))
    assert ["the probe" in problem.what for problem in found] == [True] * refused


def test_two_nodes_have_two_addresses_and_two_macs(tmp_path: Path) -> None:
    twin = NODE.replace("a-c1", "a-c2")
    found = problems(build(tmp_path, NODE, twin))
    assert sorted(problem.what.partition(" 1")[0].partition(" 5")[0] for problem in found) == [
        "the MAC address",
        "the address",
    ]
    assert all("a.yaml" in problem.hint for problem in found)


def test_a_node_boots_from_a_nic_of_its_own_with_a_mac(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE.replace("address", "nic: eno3, address")))
    assert "no NIC 'eno3'" in problem.what
    assert "eno" in problem.hint


def test_a_nic_without_a_mac_is_none_to_boot_from(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE.replace("address", "nic: eno1, address")))
    assert "eno1 of a-c1 has no `mac`" in problem.what
    assert "eno1" in line(problem)


def test_a_server_without_any_mac_cannot_be_deployed(tmp_path: Path) -> None:
    problem = only(build(tmp_path, "a-c1: {nics: {eno1: {}}, deploy: {address: 10.1.1.11}}\n"))
    assert "no NIC with a `mac`" in problem.what


def test_a_node_without_an_address_is_told(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE.replace("address: 10.1.1.11", "firmware: uefi")))
    assert "no `address`" in problem.what
    assert "10.1.0.0/16" in problem.hint


def test_an_image_is_named_and_described(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE.replace("address", "image: bas, address")))
    assert "'bas'" in problem.what
    assert problem.hint == "did you mean base?"


def test_an_image_that_neither_node_nor_site_names_is_missed(tmp_path: Path) -> None:
    problem = only(build(tmp_path, NODE, deploy=DEPLOY.replace(", image: base", "")))
    assert "neither a-c1 nor its site" in problem.what


def test_the_boot_services_of_two_sites_do_not_share_an_interface(tmp_path: Path) -> None:
    other = site("b", 2, DEPLOY.replace("10.1.0.2", "10.2.0.2"))
    problem = only(build(tmp_path, NODE, b=other))
    assert "another site already" in problem.what
    assert "a.yaml" in problem.hint
    assert problem.where.file.name == "b.yaml"


def test_boot_services_and_gateway_are_in_the_network(tmp_path: Path) -> None:
    deploy = DEPLOY.replace("10.1.0.2", "10.9.0.2, gateway: 10.9.0.3")
    found = [problem.what for problem in problems(build(tmp_path, deploy=deploy))]
    assert found == [f"{ip} is no address of a host in 10.1.0.0/16" for ip in ("10.9.0.2", "10.9.0.3")]


def test_boot_services_and_gateway_are_two_hosts(tmp_path: Path) -> None:
    problem = only(build(tmp_path, deploy=DEPLOY.replace("10.1.0.2", "10.1.0.2, gateway: 10.1.0.2")))
    assert "the boot services and the gateway" in problem.what
