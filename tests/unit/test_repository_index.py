"""The index of a repository read and written, and which of a machine's sources count."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from microdc.errors import InputError
from microdc.repository import index, sources
from microdc.repository.model import source_line
from microdc.repository.running import reason
from microdc.repository.sources import Target

HELLO = """Package: hello
Version: 1:2.10-3
Architecture: amd64
Description: greets
 with several lines
Filename: pool/main/h/hello/hello_2.10-3_amd64.deb
Size: 5
SHA256: aa"""
OTHER = HELLO.replace("hello", "adieu")


def test_packages_are_read_once_and_written_where_they_lie() -> None:
    found = index.parse(f"{HELLO}\n\n{OTHER}\n\n{HELLO}\n")
    assert [package.name for package in found] == ["adieu", "hello"]
    assert found[1].file == "hello_1%3a2.10-3_amd64.deb"
    assert (found[1].exact, found[1].size, found[1].sha256) == ("hello=1:2.10-3", 5, "aa")
    text = index.packages_text(found, "pool")
    assert text.count("\nFilename: pool/") == 2
    assert "Filename: pool/hello_1%3a2.10-3_amd64.deb\n" in text
    assert " with several lines\n" in text
    assert [package.exact for package in index.parse(text)] == [package.exact for package in found]
    assert "Filename: ./adieu_" in index.packages_text(found)


@pytest.mark.parametrize("field", ["Version", "SHA256", "Size"])
def test_a_stanza_that_is_not_whole_is_refused(field: str) -> None:
    text = "\n".join(line for line in HELLO.splitlines() if not line.startswith(field))
    with pytest.raises(InputError, match=f"no {field} of hello"):
        index.parse(text)


def test_a_release_says_what_each_file_is() -> None:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    text = index.release_text(
        {"b": b"two", "a": b"one"}, origin="o", label="l", suite="s", date=date, architectures=["amd64"]
    )
    assert "Date: Fri, 02 Jan 2026 03:04:05 GMT\n" in text
    digests = [hashlib.sha256(data).hexdigest() for data in (b"one", b"two")]
    assert text.endswith(f"SHA256:\n {digests[0]} 3 a\n {digests[1]} 3 b\n")


def target(origin: str, codename: str, component: str = "main", trusted: str = "yes") -> Target:
    return Target(origin, codename, f"http://{origin.lower()}/", codename, component, trusted)


def test_only_the_distribution_s_own_release_counts() -> None:
    targets = [
        target("Debian", "bookworm"),
        target("Debian", "bookworm", "contrib"),
        target("Debian", "bookworm-security"),
        target("Debian", "bookworm-backports"),
        target("Debian", "trixie"),
        target("Debian", "bookworm-updates", trusted="no"),
        target("Somebody", "bookworm"),
    ]
    assert sources.lines_of(targets, "debian", "bookworm") == (
        "deb http://debian/ bookworm main contrib",
        "deb http://debian/ bookworm-security main",
    )


def test_the_name_of_a_system_is_read_with_and_without_quotes() -> None:
    told = sources.os_release('# a remark\nID=debian\nPRETTY_NAME="Debian 12"\n')
    assert told == {"ID": "debian", "PRETTY_NAME": "Debian 12"}


@pytest.mark.parametrize("line", ["http://x", "deb http://x", "rpm http://x y z"])
def test_a_line_that_is_no_source_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="no source of packages"):
        sources.of_document([line])


def test_of_what_apt_tells_its_errors_count() -> None:
    assert reason("W: old\nE: no such package\nE: broken\n") == "no such package; broken"
    assert reason("gpgv: BAD signature\n") == "gpgv: BAD signature"
    assert reason("") == "it said nothing"


def test_the_line_of_sources_names_the_key() -> None:
    assert source_line("http://10.20.0.2:8080/repo/") == (
        "deb [signed-by=/etc/apt/keyrings/microdc.gpg] http://10.20.0.2:8080/repo microdc main"
    )
