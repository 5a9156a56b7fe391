"""known_hosts files: which lines speak of a host, and what is trusted of it. No network."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from microdc.errors import InputError, UnreachableError
from microdc.host.address import parse_address
from microdc.host.known_hosts import KnownHosts, parse


def new_key() -> paramiko.Ed25519Key:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return paramiko.Ed25519Key(data=base64.b64decode(raw.split()[1]))


KEY, OTHER = new_key(), new_key()


def line(names: str, key: paramiko.PKey = KEY, marker: str = "") -> str:
    return f"{marker}{' ' if marker else ''}{names} {key.get_name()} {key.get_base64()} a comment\n"


def known(tmp_path: Path, address: str, text: str, host_key: str = "") -> KnownHosts:
    file = tmp_path / "known_hosts"
    file.write_text(text)
    return KnownHosts(parse_address(address, known_hosts=None if host_key else file, host_key=host_key))


HASHED = "|1|" + "|".join(
    (
        base64.b64encode(bytes(20)).decode(),
        # HMAC-SHA1 with a salt of zeros, of "wan1"
        base64.b64encode(hmac.digest(bytes(20), b"wan1", "sha1")).decode(),
    )
)

TRUSTED = {
    "its name": ("ssh://wan1", "wan1"),
    "one of several names": ("ssh://wan1", "gate,wan1,10.0.0.1"),
    "another case": ("ssh://WAN1", "wan1"),
    "a wildcard": ("ssh://wan1.example.net", "*.example.net"),
    "a question mark": ("ssh://wan1", "wan?"),
    "a hashed name": ("ssh://wan1", HASHED),
    "a port": ("ssh://wan1:2222", "[wan1]:2222"),
    "a wildcard and a port": ("ssh://wan1.example.net:2222", "[*.example.net]:2222"),
    "no port in the file": ("ssh://wan1:2222", "wan1"),
    "IPv6": ("ssh://[fd00::1]", "fd00::1"),
    "IPv6 and a port": ("ssh://[fd00::1]:2222", "[fd00::1]:2222"),
    "IPv6 written at length": ("ssh://[fd00:0:0::0001]", "fd00::1"),
}


@pytest.mark.parametrize(("address", "names"), TRUSTED.values(), ids=TRUSTED)
def test_a_key_is_trusted_by(tmp_path: Path, address: str, names: str) -> None:
    found = known(tmp_path, address, "# comment\n\n" + line(names))
    found.check(KEY)
    assert found.kinds() == ["ssh-ed25519"]
    with pytest.raises(UnreachableError, match="is known"):
        found.check(OTHER)


STRANGE = {
    "another name": ("ssh://wan1", "wan2"),
    "a name that ends alike": ("ssh://wan1", "n1"),
    "a dot is no wildcard": ("ssh://wan1xexample", "wan1.example"),
    "a negated name": ("ssh://wan1.example.net", "*.example.net,!wan1.example.net"),
    "another port": ("ssh://wan1:2222", "[wan1]:22"),
    "a port where none was meant": ("ssh://wan1", "[wan1]:2222"),
    "another name hashed": ("ssh://wan2", HASHED),
    "a broken hash": ("ssh://wan1", "|1|x"),
}


@pytest.mark.parametrize(("address", "names"), STRANGE.values(), ids=STRANGE)
def test_a_key_is_not_known_by(tmp_path: Path, address: str, names: str) -> None:
    with pytest.raises(UnreachableError, match="is not known") as refused:
        known(tmp_path, address, line(names)).check(KEY)
    assert f"host_key: {KEY.fingerprint}" in refused.value.hint
    assert "ssh-keyscan" in refused.value.hint


def test_a_line_for_the_port_comes_before_one_without(tmp_path: Path) -> None:
    found = known(tmp_path, "ssh://wan1:2222", line("[wan1]:2222", OTHER) + line("wan1", KEY))
    found.check(OTHER)
    with pytest.raises(UnreachableError, match="is known"):
        found.check(KEY)


def test_one_of_several_keys_will_do(tmp_path: Path) -> None:
    known(tmp_path, "ssh://wan1", line("wan1", OTHER) + line("wan1", KEY)).check(KEY)


def test_a_revoked_key_is_never_trusted(tmp_path: Path) -> None:
    found = known(tmp_path, "ssh://wan1", line("wan1") + line("*", marker="@revoked"))
    with pytest.raises(UnreachableError, match="is revoked"):
        found.check(KEY)


def test_a_certificate_authority_is_no_key_of_the_host(tmp_path: Path) -> None:
    found = known(tmp_path, "ssh://wan1", line("*", marker="@cert-authority"))
    assert found.kinds() == []
    with pytest.raises(UnreachableError, match="is not known") as refused:
        found.check(KEY)
    assert "@cert-authority" in refused.value.hint


def test_a_pin_is_all_that_counts(tmp_path: Path) -> None:
    found = known(tmp_path, "ssh://wan1", line("wan1", OTHER), KEY.fingerprint)
    found.check(KEY)
    with pytest.raises(UnreachableError, match="is pinned"):
        found.check(OTHER)


def test_the_way_to_remove_an_old_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError) as refused:
        known(tmp_path, "ssh://wan1:2222", line("[wan1]:2222", OTHER)).check(KEY)
    assert f"ssh-keygen -R '[wan1]:2222' -f {tmp_path / 'known_hosts'}" in refused.value.hint


def test_lines_that_are_not_understood_are_passed_over() -> None:
    text = "wan1\nwan1 ssh-ed25519\nwan1 ssh-ed25519 not-base64!\n@revoked\n\x00\n# x y z\n"
    assert parse(text) == []


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        KnownHosts(parse_address("ssh://wan1", known_hosts=tmp_path))
