"""`microdc image` and `microdc repo` on images and repositories that are there, or are not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from microdc.cli import main
from microdc.errors import Exit
from microdc.images.disk import operate, shelf
from microdc.images.disk.model import Manifest

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    monkeypatch.delenv(shelf.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


def put(name: str, data: bytes) -> Path:
    digest = hashlib.sha256(data).hexdigest()
    directory = shelf.directory_of(name, digest)
    directory.mkdir(parents=True)
    (directory / shelf.DISK).write_bytes(data)
    status = "Package: jq\nStatus: install ok installed\nVersion: 1.6\n"
    (directory / "dpkg-status").write_text(status, "utf-8")
    sizes = (digest, len(data), digest, 9_000_000)
    manifest = Manifest(
        name, digest, *sizes, 3, 2, "6.1.0", "bookworm", "amd64", "d", "microdc 1", {"jq": "1.6"}
    )
    shelf.sign(directory, manifest)
    return directory


def answer(capsys: Output, *words: str) -> Any:
    assert main.call([*words, "-o", "json"]) == Exit.OK
    return json.loads(capsys.readouterr().out)


def test_what_can_be_built_and_what_was_is_listed(capsys: Output) -> None:
    put("base", b"disk")
    put("old", b"older")
    items = {item["name"]: item for item in answer(capsys, "image", "list")["items"]}
    assert items["base"]["built"]["raw"] == 9_000_000
    assert items["compute"]["built"] is None
    assert items["old"]["description"] == "its document is gone"


def test_an_image_is_shown_with_its_packages_and_where_it_lies(capsys: Output) -> None:
    directory = put("base", b"disk")
    told = answer(capsys, "image", "show", "base")
    assert told["packages"] == {"jq": "1.6"}
    assert answer(capsys, "image", "path", "base")["path"] == str(directory / shelf.DISK)
    assert main.call(["image", "show", "base", "-v"]) == Exit.OK
    assert "jq" in capsys.readouterr().out


def test_verify_fails_where_an_image_is_not_what_was_built(capsys: Output) -> None:
    put("base", b"disk")
    other = put("other", b"data")
    assert main.call(["image", "verify"]) == Exit.OK
    (other / shelf.DISK).write_bytes(b"atad")
    assert main.call(["image", "verify", "base"]) == Exit.OK
    assert main.call(["image", "verify"]) == Exit.FAILED
    assert "the disk is not what the manifest says" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["show", "path", "verify"])
def test_an_image_that_was_not_built_is_told_with_what_to_do(capsys: Output, command: str) -> None:
    assert main.call(["image", command, "base"]) == Exit.USAGE
    assert "microdc image build base" in capsys.readouterr().err
    assert main.call(["image", command, "bade"]) == Exit.USAGE
    assert "did you mean base?" in capsys.readouterr().err


def test_an_image_is_taken_in_by_the_key_of_who_built_it(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, key = put("base", b"disk"), answer(capsys, "image", "key")["key"]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv(shelf.VARIABLE, str(tmp_path / "shelf"))
    assert main.call(["image", "import", str(theirs), "--key", "no key"]) == Exit.USAGE
    assert main.call(["image", "import", str(theirs), "--key", "00" * 32]) == Exit.USAGE
    assert operate.find("base") is None
    assert answer(capsys, "image", "import", str(theirs), "--key", key)["name"] == "base"
    assert operate.find("base") is not None


def test_pruning_tells_what_went(capsys: Output) -> None:
    gone = put("base", b"disk")
    assert answer(capsys, "image", "prune", "--keep", "0")["removed"] == [str(gone)]
    assert answer(capsys, "image", "prune")["removed"] == []


def test_a_repository_wants_packages_and_an_image_that_is_there(capsys: Output, tmp_path: Path) -> None:
    assert main.call(["repo", "build", "--into", str(tmp_path / "repo")]) == Exit.USAGE
    assert "no packages are named" in capsys.readouterr().err
    assert main.call(["repo", "build", "jq", "--on", "base", "--into", str(tmp_path / "repo")]) == Exit.USAGE
    assert "microdc image build base" in capsys.readouterr().err
    assert main.call(["repo", "show", str(tmp_path)]) == Exit.USAGE
    assert main.call(["repo", "serve", str(tmp_path)]) == Exit.USAGE
    assert "no package repository" in capsys.readouterr().err
