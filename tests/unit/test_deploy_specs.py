"""What servers are to become, worked out of the inventory, and the keys that may log in to them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest
from inventories import site, write

from microdc.deploy.authorized import authorized_keys
from microdc.deploy.specs import node_spec, site_spec
from microdc.documents.model import DocumentError
from microdc.errors import InputError
from microdc.testbed.load import load
from microdc.testbed.model import Server, Testbed

SITE = """
deploy: {host: local, interface: eno1, image: base, gateway: 10.1.0.9}
racks:
  r1:
    servers:
      a-c1:
        role: compute
        nics: {eno1: {}, eno2: {mac: "52:54:00:00:00:01"}, eno3: {mac: "52:54:00:00:00:02"}}
        deploy: {address: 10.1.1.11}
      a-c2:
        nics: {eno1: {mac: "52:54:00:00:00:03"}, eno2: {mac: "52:54:00:00:00:04"}}
        deploy: {address: 10.1.1.12/16, nic: eno2, image: special, firmware: uefi}
      a-other: {}
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHbq4rgbQx0iYzC7sWl1XG9ZzrVqu3Vd1c2mDe7u8A8y"


@pytest.fixture
def testbed(tmp_path: Path) -> Testbed:
    write(tmp_path, a=site("a", 1, SITE))
    (tmp_path / "images").mkdir()
    for name in ("base", "special"):
        (tmp_path / "images" / f"{name}.yaml").write_text(f"image: {name}\n", "utf-8")
    return load(tmp_path)


def servers(testbed: Testbed) -> list[Server]:
    return list(testbed.sites["a"].racks["r1"].servers.values())


def test_what_a_document_leaves_out_follows(testbed: Testbed) -> None:
    shared = site_spec(testbed, testbed.sites["a"])
    first, second = (node_spec(testbed, server, shared) for server in servers(testbed)[:2])
    assert (first.nic, first.mac, first.image) == ("eno2", "52:54:00:00:00:01", "base")
    assert first.address == IPv4Interface("10.1.1.11/16")
    assert (first.role, first.where.rpartition(":")[2].isdigit()) == ("compute", True)
    assert (second.nic, second.image, second.firmware) == ("eno2", "special", "uefi")
    assert second.address == IPv4Interface("10.1.1.12/16")
    assert (shared.gateway, str(shared.network)) == (IPv4Address("10.1.0.9"), "10.1.0.0/16")


def test_the_gateway_is_the_first_address_behind_an_uplink(tmp_path: Path) -> None:
    write(tmp_path, a=site("a", 1, "deploy: {host: local, interface: eno1}"))
    loaded = load(tmp_path)
    assert site_spec(loaded, loaded.sites["a"]).gateway == IPv4Address("10.1.0.1")


def test_a_server_that_is_not_to_be_deployed_is_refused_with_its_place(testbed: Testbed) -> None:
    shared = site_spec(testbed, testbed.sites["a"])
    with pytest.raises(DocumentError, match="a-other is not to be deployed") as caught:
        node_spec(testbed, servers(testbed)[2], shared)
    assert caught.value.problems[0].where.line > 0


def test_a_site_without_boot_services_is_refused(testbed: Testbed) -> None:
    with pytest.raises(DocumentError, match="does not say how its nodes are deployed"):
        site_spec(testbed, testbed.sites["b"])


def test_keys_are_read_from_all_files_each_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text(f"# of the lab\n\n{KEY} anna\n", "utf-8")
    other.write_text(f'from="10.0.0.0/8" {KEY} berta\n{KEY} anna\n', "utf-8")
    keys = authorized_keys([str(one), str(other)])
    assert keys == (f"{KEY} anna", f'from="10.0.0.0/8" {KEY} berta')


def test_what_is_no_public_key_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{KEY}\nssh-ed25519 nonsense\n", "utf-8")
    with pytest.raises(InputError) as caught:
        authorized_keys([str(file)])
    assert caught.value.where == f"{file}:2"


def test_a_private_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "id"
    file.write_text(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n", "utf-8"
    )
    with pytest.raises(InputError, match="private key") as caught:
        authorized_keys([str(file)])
    assert "c2VjcmV0" not in str(caught.value)
    assert ".pub" in caught.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        authorized_keys([str(tmp_path / "none")])
