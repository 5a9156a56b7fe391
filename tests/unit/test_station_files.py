"""Files that are brought to a station: once, on from where they were cut, and never under a wrong digest."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from station_rig import sha256

from microdc.deploy.station.resident import images, trouble
from microdc.deploy.station.resident.images import ReceiveError, begun, receive, there

DATA = bytes(range(256)) * 8192
DIGEST = sha256(DATA)


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def kept() -> list[str]:
    return [path.name for path in Path("images").iterdir()]


def test_whole() -> None:
    assert receive(DIGEST, len(DATA), 0, BytesIO(DATA)) == len(DATA)
    assert there(DIGEST)
    assert Path("images", DIGEST).read_bytes() == DATA
    assert kept() == [DIGEST]


def test_cut_and_gone_on_with() -> None:
    assert receive(DIGEST, len(DATA), 0, BytesIO(DATA[:1000])) == 1000
    assert not there(DIGEST)
    assert begun(DIGEST) == 1000
    assert receive(DIGEST, len(DATA), 1000, BytesIO(DATA[1000:])) == len(DATA)
    assert there(DIGEST)


def test_brought_once() -> None:
    receive(DIGEST, len(DATA), 0, BytesIO(DATA))
    assert receive(DIGEST, len(DATA), 0, BytesIO(b"")) == len(DATA)
    assert kept() == [DIGEST]


def test_other_bytes_are_not_kept() -> None:
    with pytest.raises(ReceiveError) as caught:
        receive(DIGEST, len(DATA), 0, BytesIO(DATA[:-1] + b"!"))
    assert caught.value.code == "wrong-digest"
    assert kept() == []


def test_a_begin_that_was_damaged_is_not_gone_on_with() -> None:
    receive(DIGEST, len(DATA), 0, BytesIO(b"damaged!" * 10))
    with pytest.raises(ReceiveError, match="SHA-256"):
        receive(DIGEST, len(DATA), 80, BytesIO(DATA[80:]))
    assert begun(DIGEST) == 0


def test_another_one_brings_it() -> None:
    receive(DIGEST, len(DATA), 0, BytesIO(DATA[:10]))
    with Path("images", f"{DIGEST}.part").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ReceiveError) as caught:
            receive(DIGEST, len(DATA), 10, BytesIO(DATA[10:]))
    assert caught.value.code == "busy"
    assert begun(DIGEST) == 10


def test_less_is_there_than_was_said() -> None:
    with pytest.raises(ReceiveError) as caught:
        receive(DIGEST, len(DATA), 10, BytesIO(DATA[10:]))
    assert caught.value.code == "moved"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ABC", DIGEST[:-1], DIGEST + "0"])
def test_names_that_are_no_digests(name: str) -> None:
    assert not there(name)
    with pytest.raises(ReceiveError):
        receive(name, 1, 0, BytesIO(b"x"))


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("microdc.deploy.station.resident.images.os.write", full)
    with pytest.raises(ReceiveError) as caught:
        receive(DIGEST, len(DATA), 0, BytesIO(DATA))
    assert (caught.value.code, str(caught.value)) == ("no-space", os.strerror(errno.ENOSPC))


def test_what_no_plan_names_goes_after_a_while() -> None:
    other = sha256(b"other")
    receive(DIGEST, len(DATA), 0, BytesIO(DATA))
    receive(other, 5, 0, BytesIO(b"other"))
    receive(sha256(b"half"), 4, 0, BytesIO(b"ha"))
    now = Path("images", other).stat().st_mtime
    images.tidy({DIGEST}, now + images.KEEP_SECONDS - 60)
    assert len(kept()) == 3
    images.tidy({DIGEST}, now + images.KEEP_SECONDS + 60)
    assert kept() == [DIGEST]


def test_what_a_controller_has_just_asked_for_stays() -> None:
    """It is named by the plan that comes next; until then others may bring plans that do not name it."""
    receive(DIGEST, len(DATA), 0, BytesIO(DATA))
    old = Path("images", DIGEST).stat().st_mtime - images.KEEP_SECONDS - 60
    os.utime(Path("images", DIGEST), (old, old))
    assert images.held(DIGEST)
    images.tidy(set(), time.time())
    assert kept() == [DIGEST]
    assert not images.held(sha256(b"another"))


def test_what_is_told_of_trouble_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "program.log").open("a", encoding="utf-8") as told:
        monkeypatch.setattr("sys.stderr", told)
        monkeypatch.setattr(trouble, "MOST_BYTES", 1000)
        for number in range(200):
            trouble.say(f"trouble {number}")
    said = (tmp_path / "program.log").read_text()
    assert len(said) < 1100
    assert said.endswith("trouble 199\n")
