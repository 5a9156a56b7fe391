"""An image over HTTP onto a disk, from a station that cuts, stalls, lies and corrupts. The disk is a file."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import ramdisk_image
from microdc.deploy.ramdisk.resident import device, gpt, imaging
from microdc.deploy.ramdisk.resident.fetching import Patience
from microdc.deploy.ramdisk.resident.imaging import Progress, Telling
from microdc.deploy.ramdisk.resident.promise import Promise, Written, read_back
from microdc.deploy.ramdisk.resident.station import Station
from microdc.deploy.ramdisk.resident.wire import Place, request
from microdc.deploy.ramdisk.resident.words import FailedError
from ramdisk_image import MIB, MadeImage
from ramdisk_station import Nastiness, NastyStation

QUICK = Patience(cuts=3, pause=0.01, longest=0.02, stall=1.0, busy=10.0)
DISK = 32 * MIB


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> MadeImage:
    return ramdisk_image.make(tmp_path_factory.mktemp("image"), b"boot code", noise=6)


@pytest.fixture
def station(image: MadeImage) -> Iterator[NastyStation]:
    made = NastyStation()
    made.files = {"/images/packed": image.packed, "/images/raw": image.raw}
    try:
        yield made
    finally:
        made.close()


class Writer:
    """Writes to a file that holds other things before."""

    def __init__(self, station: NastyStation, promise: Promise, path: Path) -> None:
        self.place, self.promise, self.path = Place(station.address, station.port), promise, path
        self.resumed: list[tuple[int, str]] = []
        self.progress: list[Progress] = []
        path.write_bytes(b"\xa5" * DISK)

    def run(self, patience: Patience = QUICK) -> Written:
        name = "/images/raw" if self.promise.form == "raw" else "/images/packed"
        telling = Telling(self.progress.append, lambda offset, why: self.resumed.append((offset, why)))
        ask = partial(Station(self.place, "session").image, name, stall=patience.stall)
        with device.writing(self.path) as target:
            written = imaging.write(ask, self.promise, target, telling, patience)
            read_back(target, written, whole=self.promise)
            return written

    def content(self, written: Written) -> str:
        """The digest of what would be there with its first block."""
        data = bytearray(self.path.read_bytes()[: self.promise.raw])
        data[: len(written.first)] = written.first
        return hashlib.sha256(data).hexdigest()


@pytest.fixture(params=["raw.zst", "raw"])
def writer(request: pytest.FixtureRequest, station: NastyStation, image: MadeImage, tmp_path: Path) -> Writer:
    promise = Promise.of(image.promise())
    if request.param == "raw":
        promise = Promise(promise.raw_digest, promise.raw, promise.raw_digest, promise.raw, "raw")
    return Writer(station, promise, tmp_path / "disk")


def test_all_of_it_but_for_the_first_block(writer: Writer) -> None:
    threads = threading.active_count()
    written = writer.run()
    assert writer.content(written) == writer.promise.raw_digest
    with writer.path.open("rb") as disk:
        assert disk.read(MIB) == b"\xa5" * MIB  # kept back
        disk.seek(writer.promise.raw)
        assert set(disk.read()) == {0xA5}  # what lies behind it is left alone
    assert gpt.parse(written.first) is not None
    assert writer.progress[-1].done == writer.promise.raw
    assert writer.resumed == []
    assert threading.active_count() == threads


def test_cut_connections_go_on_where_they_were(writer: Writer, station: NastyStation) -> None:
    half = writer.promise.size // 2
    station.nastiness = Nastiness(cut_at=[1000, half, half + 100_000])
    written = writer.run()
    assert writer.content(written) == writer.promise.raw_digest
    assert [offset for offset, _ in writer.resumed] == [1000, half, half + 100_000]
    assert station.asked == ["", *(f"bytes={offset}-" for offset, _ in writer.resumed)]


def test_a_station_that_knows_no_ranges_is_read_over(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(cut_at=[writer.promise.size // 2], whole=True)
    assert writer.content(writer.run()) == writer.promise.raw_digest
    assert len(station.asked) == 2


def test_a_stalled_connection_is_given_up_and_goes_on(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(stall_at=[1 << 20], stall=30)
    assert writer.content(writer.run()) == writer.promise.raw_digest
    ((offset, why),) = writer.resumed
    assert (offset, why) == (1 << 20, "nothing came any more")


def test_a_busy_station_is_waited_for(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(busy=2)
    assert writer.content(writer.run()) == writer.promise.raw_digest
    assert len(station.asked) == 3
    assert writer.resumed == []


def test_a_station_that_is_busy_for_ever_is_given_up(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(busy=1000)
    with pytest.raises(FailedError, match="busy") as failed:
        writer.run(Patience(busy=0.5))
    assert failed.value.code == "image-cut"


def test_cuts_without_progress_end_it(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(cut_always_after=100)
    with pytest.raises(FailedError, match="cut 4 times at byte") as failed:
        writer.run()
    assert failed.value.code == "image-cut"
    assert writer.path.read_bytes()[:MIB] == b"\xa5" * MIB


def test_cuts_with_progress_do_not(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(cut_always_after=writer.promise.size // (QUICK.cuts + 3))
    assert writer.content(writer.run()) == writer.promise.raw_digest
    assert len(writer.resumed) > QUICK.cuts


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_not_tried_again(writer: Writer, station: NastyStation, status: int) -> None:
    station.nastiness = Nastiness(status=status)
    with pytest.raises(FailedError, match=str(status)) as failed:
        writer.run()
    assert failed.value.code == "image-cut"
    assert len(station.asked) == 1


def test_an_error_of_the_station_is(writer: Writer, station: NastyStation) -> None:
    station.nastiness = Nastiness(status=500)
    with pytest.raises(FailedError, match="the station answers 500") as failed:
        writer.run()
    assert failed.value.code == "image-cut"
    assert len(station.asked) == QUICK.cuts + 1


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_wrong_bit_is_seen(writer: Writer, station: NastyStation, place: str) -> None:
    at = {"first": 9, "middle": writer.promise.size // 2, "last": writer.promise.size - 1}[place]
    station.nastiness = Nastiness(flip_at=[at])
    with pytest.raises(FailedError, match=r"SHA-256|cannot be unpacked") as failed:
        writer.run()
    assert failed.value.code == "image-hash"
    assert writer.path.read_bytes()[:MIB] == b"\xa5" * MIB


@pytest.mark.parametrize("more", [-1000, 1000])
def test_another_length_than_promised_is_refused(writer: Writer, station: NastyStation, more: int) -> None:
    station.nastiness = Nastiness(claim=writer.promise.size + more)
    with pytest.raises(FailedError, match=f"sends {writer.promise.size + more} bytes") as failed:
        writer.run()
    assert failed.value.code == "image-hash"


@pytest.mark.parametrize("more", [-MIB, MIB])
def test_unpacking_to_another_length_is_refused(
    station: NastyStation, image: MadeImage, tmp_path: Path, more: int
) -> None:
    promise = Promise.of(image.promise(raw=image.raw.stat().st_size + more))
    with pytest.raises(FailedError, match="unpacks to") as failed:
        Writer(station, promise, tmp_path / "disk").run()
    assert failed.value.code == "image-hash"


def test_another_raw_digest_is_refused(station: NastyStation, image: MadeImage, tmp_path: Path) -> None:
    promise = Promise.of(image.promise(raw_digest="0" * 64))
    with pytest.raises(FailedError, match=f"not {promise.raw} and 0000") as failed:
        Writer(station, promise, tmp_path / "disk").run()
    assert failed.value.code == "image-hash"


@pytest.mark.root
def test_a_full_disk_is_an_error_of_the_disk(writer: Writer) -> None:
    writer.path.unlink()
    writer.path.symlink_to("/dev/full")
    with pytest.raises(FailedError, match="No space left") as failed:
        writer.run()
    assert failed.value.code == "disk-error"


def test_nobody_answers(image: MadeImage, tmp_path: Path) -> None:
    station = NastyStation()
    station.close()
    with pytest.raises(FailedError, match="refused") as failed:
        Writer(station, Promise.of(image.promise()), tmp_path / "disk").run()
    assert failed.value.code == "image-cut"


def test_reading_back_finds_what_the_disk_lost(writer: Writer) -> None:
    written = writer.run()
    with writer.path.open("r+b") as disk:
        disk.seek(writer.promise.raw - 10)
        disk.write(b"lost")
    with device.writing(writer.path) as target, pytest.raises(FailedError, match="does not hold") as failed:
        read_back(target, written)
    assert failed.value.code == "image-hash"


def test_what_is_no_http_is_told() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection = listening.accept()[0]
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example.org\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Exception, match="no answer of HTTP"):
            request(Place(*listening.getsockname()), "GET", "/", stall=2)
        thread.join()
