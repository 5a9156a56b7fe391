"""A repository of packages made here, served over HTTP to a real apt that has no other source: what is signed is taken, and nothing else."""

from __future__ import annotations

import errno
import http.client
import os
import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from microdc.errors import ApplyError, InputError, MicrodcError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.repository import layout, operate, signing, sources
from microdc.repository.apt import AptRoot
from microdc.repository.model import Repository, Sources

TOP = "a-top"


def run_to_end(operation: Generator[Step, None, Any]) -> Any:
    while True:
        try:
            next(operation)
        except StopIteration as end:
            return end.value


def package(directory: Path, name: str, depends: str = "", version: str = "1.0") -> None:
    """A package with one file, by dpkg."""
    tree = directory / f"{name}-tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / name).write_text(f"{name} {version}\n", "utf-8")
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: a test\nDescription: of a test\n"
    (tree / "DEBIAN" / "control").write_text(control + (f"Depends: {depends}\n" if depends else ""), "utf-8")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", str(tree), str(directory)], check=True, capture_output=True
    )


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """A distribution: `a-top` needs `a-low`, and there is one that nobody needs."""
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    directory = tmp_path / "upstream"
    directory.mkdir()
    package(directory, TOP, depends="a-low (>= 1)")
    package(directory, "a-low")
    package(directory, "a-none")
    return publish(directory)


def publish(directory: Path) -> Sources:
    """The flat index of a directory of packages, unsigned."""
    stanzas = []
    for file in sorted(directory.glob("*.deb")):
        control = subprocess.run(
            ["dpkg-deb", "-f", str(file)], check=True, capture_output=True, text=True
        ).stdout
        digest = subprocess.run(
            ["sha256sum", str(file)], check=True, capture_output=True, text=True
        ).stdout.split()[0]
        stanzas.append(f"{control}Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n")
    (directory / "Packages").write_text("\n".join(stanzas), "utf-8")
    return sources.of_document([f"deb [trusted=yes] copy:{directory} ./"])


def built(into: Path, upstream: Sources, *words: str, installed: str = "") -> Repository:
    made: Repository = run_to_end(operate.build(into, words or [TOP], given=upstream, installed=installed))
    return made


def client(tmp_path: Path, url: str, key: Path, name: str = "client") -> AptRoot:
    """An apt that knows nothing but the repository, and the key that it is to be signed by."""
    return AptRoot(tmp_path / name, Sources((operate.source_line(url, str(key)),)))


def test_a_real_apt_takes_a_package_and_what_it_needs_with_its_signature(
    tmp_path: Path, upstream: Sources
) -> None:
    made = built(tmp_path / "repo", upstream)
    assert [p.name for p in made.packages] == ["a-low", TOP]
    with operate.Server(made.directory, "127.0.0.1", 0) as server:
        apt = client(tmp_path, server.url, made.key)
        run_to_end(apt.update())
        found = apt.resolve([TOP])
        run_to_end(apt.fetch(found, tmp_path / "got"))
    assert sorted(file.name for file in (tmp_path / "got").glob("*.deb")) == [
        "a-low_1.0_all.deb",
        "a-top_1.0_all.deb",
    ]


def test_an_index_that_was_changed_is_refused(tmp_path: Path, upstream: Sources) -> None:
    made = built(tmp_path / "repo", upstream)
    file = made.directory / "dists/microdc/InRelease"
    file.write_text(file.read_text("utf-8").replace("Label: microdc", "Label: macrodc"), "utf-8")
    (made.directory / "dists/microdc/Release.gpg").unlink()
    with (
        operate.Server(made.directory, "127.0.0.1", 0) as server,
        pytest.raises(UnreachableError, match=r"(?i)sign"),
    ):
        run_to_end(client(tmp_path, server.url, made.key).update())
    with pytest.raises(ApplyError, match="signature"):
        operate.load(made.directory)


def test_a_repository_of_another_key_is_refused(tmp_path: Path, upstream: Sources) -> None:
    made = built(tmp_path / "repo", upstream)
    kept = tmp_path / "kept.gpg"
    kept.write_bytes(made.key.read_bytes())
    signing.key_file().unlink()
    other = built(tmp_path / "repo", upstream)
    assert other.fingerprint != made.fingerprint
    with operate.Server(other.directory, "127.0.0.1", 0) as server, pytest.raises(UnreachableError):
        run_to_end(client(tmp_path, server.url, kept).update())


def test_a_package_that_was_changed_is_found_out_by_apt_and_by_us(tmp_path: Path, upstream: Sources) -> None:
    made = built(tmp_path / "repo", upstream)
    file = made.directory / "pool/a-low_1.0_all.deb"
    data = bytearray(file.read_bytes())
    file.unlink()  # it may be one with that of the cache
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ApplyError, match="not what the index says"):
        operate.check(operate.load(made.directory))
    with operate.Server(made.directory, "127.0.0.1", 0) as server:
        apt = client(tmp_path, server.url, made.key)
        run_to_end(apt.update())
        with pytest.raises(MicrodcError):
            run_to_end(apt.fetch(apt.resolve([TOP]), tmp_path / "got"))
    run_to_end(operate.build(made.directory, [TOP], given=upstream))
    operate.check(operate.load(made.directory))


def test_what_systems_have_is_left_out(tmp_path: Path, upstream: Sources) -> None:
    status = "Package: a-low\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nMaintainer: m\nDescription: d\n"
    assert [p.name for p in built(tmp_path / "repo", upstream, installed=status).packages] == [TOP]


def test_an_older_repository_is_brought_up_to_date(tmp_path: Path, upstream: Sources) -> None:
    first = built(tmp_path / "repo", upstream, TOP, "a-none")
    assert len(first.packages) == 3
    directory = tmp_path / "upstream"
    (directory / "a-low_1.0_all.deb").unlink()
    package(directory / "new", "a-low", version="1.1")
    (directory / "new/a-low_1.1_all.deb").rename(directory / "a-low_1.1_all.deb")
    kept = (first.directory / "pool/a-top_1.0_all.deb").stat()
    second = built(tmp_path / "repo", publish(directory))
    assert [p.exact for p in second.packages] == ["a-low=1.1", "a-top=1.0"]
    assert {file.name for file in (first.directory / "pool").iterdir()} == {
        "a-low_1.1_all.deb",
        "a-top_1.0_all.deb",
    }
    assert (first.directory / "pool/a-top_1.0_all.deb").stat().st_ino == kept.st_ino
    assert second.fingerprint == first.fingerprint
    assert operate.load(second.directory).packages == second.packages


def test_an_unknown_package_is_named_and_nothing_is_written(tmp_path: Path, upstream: Sources) -> None:
    with pytest.raises(InputError, match="a-nothing"):
        built(tmp_path / "repo", upstream, "a-nothing")
    assert not (tmp_path / "repo").exists()


def test_a_directory_of_somebody_is_left_alone(tmp_path: Path, upstream: Sources) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/thesis.txt").write_text("x", "utf-8")
    with pytest.raises(RefusedError, match=r"thesis\.txt"):
        built(tmp_path / "repo", upstream)
    with pytest.raises(InputError, match="no package repository"):
        operate.load(tmp_path / "repo")


@pytest.mark.parametrize("file", ["pool/main/a.deb", "pool/a.deb", "dists/stable/Release", "dists/microdc/x"])
def test_a_mirror_of_somebody_is_left_alone(tmp_path: Path, upstream: Sources, file: str) -> None:
    """Its parts have the names that ours have."""
    place = tmp_path / "repo" / file
    place.parent.mkdir(parents=True)
    place.write_text("x", "utf-8")
    with pytest.raises(RefusedError, match="something else"):
        built(tmp_path / "repo", upstream)
    assert place.read_text("utf-8") == "x"
    built(tmp_path / "mine", upstream)
    other = tmp_path / "mine/dists/stable"
    other.mkdir()
    with pytest.raises(RefusedError, match="dists/stable"):
        built(tmp_path / "mine", upstream)


def test_what_is_served_holds_wherever_the_writing_of_the_next_ended(
    tmp_path: Path, upstream: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(tmp_path / "repo", upstream, TOP, "a-none")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for room, name in ((signing.Signer, "clear"), (layout, "place"), (layout, "publish")):
        with monkeypatch.context() as patch:
            patch.setattr(room, name, full)
            with pytest.raises(ApplyError, match="No space left"):
                built(tmp_path / "repo", upstream, "a-low")
        kept = operate.load(first.directory) if name != "clear" else first
        operate.check(kept)
    # the first that is cut off is gone on with
    with monkeypatch.context() as patch:
        patch.setattr(layout, "publish", full)
        with pytest.raises(ApplyError):
            built(tmp_path / "new", upstream)
    (tmp_path / "new/pool/.half.deb").write_text("half", "utf-8")
    assert len(built(tmp_path / "new", upstream).packages) == 2
    assert not (tmp_path / "new/pool/.half.deb").exists()


def test_of_two_builders_one_waits_for_the_other(tmp_path: Path, upstream: Sources) -> None:
    wanted = [[TOP], ["a-none"], ["a-low", "a-none"], ["a-low"]]
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda words: built(tmp_path / "repo", upstream, *words), wanted)]
    last = operate.load(tmp_path / "repo")
    operate.check(last)
    assert last.packages in [each.packages for each in made]
    assert {file.name for file in (tmp_path / "repo/pool").iterdir()} == {p.file for p in last.packages}


def test_the_key_is_for_its_owner_only_and_no_agent_stays(tmp_path: Path, upstream: Sources) -> None:
    built(tmp_path / "repo", upstream)
    assert signing.key_file().stat().st_mode & 0o777 == 0o600
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "cmdline").exists():
            assert b"mdc-gpg-" not in (entry / "cmdline").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/pool/", "/dists/microdc/.Release", "/../upstream/Packages", "/pool/link"),
        *("/dists/microdc/%2eRelease", "/%2e%2e/upstream/Packages", "/pool/a%00b", "/.lock", "/pool/ring"),
    ],
)
def test_nothing_but_files_of_the_repository_is_served(tmp_path: Path, upstream: Sources, path: str) -> None:
    made = built(tmp_path / "repo", upstream)
    (made.directory / "dists/microdc/.Release").write_text("half", "utf-8")
    (made.directory / "pool/link").symlink_to(tmp_path / "upstream/Packages")
    (made.directory / "pool/ring").symlink_to(made.directory / "pool/ring")
    with operate.Server(made.directory, "127.0.0.1", 0) as server:
        address = urlsplit(server.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
        connection.close()


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with operate.Server(tmp_path, "127.0.0.1", 0) as server:
        port = urlsplit(server.url).port
        assert port is not None
        with pytest.raises(UnreachableError, match="cannot serve there"):
            operate.Server(tmp_path, "127.0.0.1", port)
