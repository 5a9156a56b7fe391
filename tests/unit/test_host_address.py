from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.host.address import address_of, parse_address
from microdc.host.model import Address
from microdc.testbed.model import Reach


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local", Address("local")),
        ("netns:mdc-lab-paris", Address("netns", "mdc-lab-paris")),
        ("ssh://wan1", Address("ssh", "wan1")),
        ("ssh://ops@wan1.example.net:2222", Address("ssh", "wan1.example.net", "ops", 2222)),
        ("ssh://[fd00::1]:2222", Address("ssh", "fd00::1", "root", 2222)),
        ("ssh://10.0.0.1", Address("ssh", "10.0.0.1")),
    ],
)
def test_an_address_is_read_and_written_back(text: str, expected: Address) -> None:
    assert parse_address(text) == expected
    assert parse_address(str(expected)) == expected


def test_what_an_ssh_connection_needs_is_kept() -> None:
    address = parse_address("ssh://wan1", via="mgmt", identity=Path("id"), known_hosts=Path("known"))
    assert (address.via, address.identity, address.known_hosts) == ("mgmt", Path("id"), Path("known"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wan1",
        "netns:",
        "netns:../../etc/passwd",
        "netns:-n",
        "ssh://",
        "ssh://wan1/path",
        "ssh://wan1:port",
        "ssh://wan1:99999",
        "ssh://wan1:0",
        "ssh://-oProxyCommand=x",
        "ssh://@wan1",
        "ssh://a b",
        "ssh://[fd00::1",
        "telnet://wan1",
        "LOCAL",
    ],
)
def test_what_is_no_address_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_address(text)
    assert repr(text) in str(refused.value)
    assert refused.value.hint


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError) as refused:
        parse_address("ssh://root:secret@wan1")
    assert "secret" not in str(refused.value)


def test_a_host_of_the_inventory_becomes_an_address_with_all_that_it_needs() -> None:
    jump = Reach("ssh://op@gate:2222", identity="/k/gate", host_key="SHA256:x")
    address = address_of(Reach("ssh://wan1", identity="/k/id", known_hosts="/k/known", via="mgmt", jump=jump))
    assert (address.name, address.identity, address.known_hosts) == ("wan1", Path("/k/id"), Path("/k/known"))
    assert address.jump == Address(
        "ssh", "gate", "op", 2222, via="mgmt", identity=Path("/k/gate"), host_key="SHA256:x"
    )
    assert address.via == ""  # the namespace is that of the first connection


def test_a_host_of_the_inventory_that_is_plain_stays_so() -> None:
    assert address_of(Reach("netns:a")) == Address("netns", "a")
    assert address_of(Reach("ssh://h", via="mgmt")).via == "mgmt"
    assert address_of(Reach("ssh://h", identity="~/.ssh/lab")).identity == Path.home() / ".ssh/lab"
