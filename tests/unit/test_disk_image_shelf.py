"""Images in the cache: what was signed here is handed out, and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.images.disk import operate, shelf, signing
from microdc.images.disk.model import DiskImage, Manifest


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(shelf.VARIABLE, raising=False)


STATUS = "Package: jq\nStatus: install ok installed\nVersion: 1\n"


def put(name: str, data: bytes = b"a disk", *, age: int = 0) -> Path:
    """An image on the shelf; age: seconds since it was used."""
    key = hashlib.sha256(name.encode() + data).hexdigest()
    directory = shelf.directory_of(name, key)
    directory.mkdir(parents=True)
    (directory / shelf.DISK).write_bytes(data)
    (directory / "dpkg-status").write_text(STATUS, "utf-8")
    digest = hashlib.sha256(data).hexdigest()
    manifest = Manifest(
        name,
        key,
        digest,
        len(data),
        digest,
        len(data),
        3,
        2,
        "6.1",
        "bookworm",
        "amd64",
        "d",
        "me",
        {"jq": "1"},
    )
    shelf.sign(directory, manifest)
    used = directory.stat().st_mtime - age
    os.utime(directory, (used, used))
    return directory


def the(name: str) -> DiskImage:
    found = operate.find(name)
    assert found is not None
    return found


def test_an_image_is_found_by_its_name_and_the_one_used_last_first() -> None:
    old = put("base", b"old", age=100)
    put("other")
    assert the("base").directory == old
    new = put("base", b"new")
    assert the("base").directory == new
    assert the("base").manifest.packages == {"jq": "1"}
    assert operate.find("bas") is None


def test_the_key_is_for_its_owner_only_and_stays() -> None:
    put("base")
    assert signing.key_file().stat().st_mode & 0o777 == 0o600
    before = operate.public_key()
    put("other")
    assert operate.public_key() == before


@pytest.mark.parametrize("file", [shelf.MANIFEST, shelf.SIGNATURE])
def test_a_manifest_that_was_changed_is_no_image(file: str) -> None:
    directory = put("base")
    data = bytearray((directory / file).read_bytes())
    data[20] ^= 1
    (directory / file).write_bytes(data)
    assert operate.find("base") is None
    assert [(verdict.name, "not signed" in verdict.wrong) for verdict in operate.audit()] == [("base", True)]


def test_an_image_that_another_key_signed_is_none() -> None:
    put("base")
    signing.key_file().unlink()
    assert operate.find("base") is None
    put("other")
    assert operate.find("base") is None


def test_a_disk_of_another_size_is_no_image_and_one_of_other_contents_is_found_out() -> None:
    directory = put("base")
    (directory / shelf.DISK).write_bytes(b"a disc")
    with pytest.raises(InputError, match="not what the manifest says"):
        operate.verify(the("base"))
    assert [verdict.wrong for verdict in operate.audit()] == ["the disk is not what the manifest says"]
    (directory / shelf.DISK).write_bytes(b"short")
    assert operate.find("base") is None


def test_an_image_of_another_controller_is_taken_in_by_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, key = put("base"), operate.public_key()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "shelf"))
    with pytest.raises(InputError, match="not signed by the owner of that key"):
        operate.adopt(theirs, operate.public_key())
    assert operate.find("base") is None
    taken = operate.adopt(theirs, key)
    assert the("base") == taken
    assert taken.path.read_bytes() == b"a disk"
    assert taken.path.is_relative_to(tmp_path / "shelf")


def test_a_damaged_image_is_not_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, key = put("base"), operate.public_key()
    (theirs / shelf.DISK).write_bytes(b"a disc")
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "shelf"))
    with pytest.raises(InputError, match="not what the manifest says"):
        operate.adopt(theirs, key)
    assert operate.find("base") is None


def test_an_image_in_the_place_of_another_is_none() -> None:
    """All of it is as it was signed, but it is not what somebody asks for by that name."""
    base, control = put("base"), put("control")
    shutil.rmtree(control)
    base.rename(control)
    assert operate.find("control") is None
    assert [(verdict.name, "in the place of another" in verdict.wrong) for verdict in operate.audit()] == [
        ("control", True)
    ]


@pytest.mark.parametrize("name", ["../../outside", "/outside", "", ".work", "a b"])
def test_an_image_whose_name_leads_elsewhere_is_not_taken_in(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = put("base")
    manifest = dataclasses.replace(the("base").manifest, name=name)
    shelf.sign(theirs, manifest)
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "a/shelf"))
    with pytest.raises(InputError, match="not the name of an image"):
        operate.adopt(theirs, operate.public_key())
    assert not list(tmp_path.glob("**/*outside*"))


def test_what_is_taken_in_is_a_copy_that_nobody_changes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, key = put("base"), operate.public_key()
    (theirs / shelf.DISK).rename(tmp_path / "disk")
    (theirs / shelf.DISK).symlink_to(tmp_path / "disk")
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "shelf"))
    taken = operate.adopt(theirs, key)
    (tmp_path / "disk").write_bytes(b"a disc")
    operate.verify(taken)
    assert not taken.path.is_symlink()


@pytest.mark.parametrize("text", ["", STATUS.replace("1", "2"), None])
def test_another_list_of_packages_is_not_believed(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operate.status_of(None) == ""
    theirs = put("base")
    assert operate.status_of("base") == STATUS
    if text is None:
        the("base").status.unlink()
    else:
        the("base").status.write_text(text, "utf-8")
    with pytest.raises(InputError, match="list of installed packages"):
        operate.status_of("base")
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "shelf"))
    with pytest.raises(InputError):
        operate.adopt(theirs, operate.public_key())
    assert operate.find("base") is None


def test_pruning_leaves_the_last_of_each_name_and_takes_what_is_no_image() -> None:
    old, new, other = put("base", b"old", age=100), put("base", b"new"), put("other")
    broken = put("broken")
    (broken / shelf.SIGNATURE).write_bytes(bytes(64))
    assert set(operate.prune(1)) == {old, broken}
    assert {image.directory for image in operate.found()} == {new, other}
    assert operate.prune(0) == sorted([new, other])
