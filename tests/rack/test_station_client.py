"""A station from the controller's side: brought, started, killed, found again; in a namespace and over SSH."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from netboot import wait_for
from stationlab import ADDRESS, Segment, config, evidence, kinds, node, payload, segment

from microdc.deploy.ports import Payload, Ramdisk, StaleError
from microdc.deploy.station import loaders, program
from microdc.errors import InputError, UnreachableError
from microdc.host import namespaces
from microdc.host.local import NamespaceHost

pytestmark = [pytest.mark.root, pytest.mark.lab]


@pytest.fixture(autouse=True)
def _no_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "find", dict)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Segment]:
    with segment(tmp_path_factory.mktemp("st")) as made:
        yield made


def running(site: Segment) -> list[str]:
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in namespaces.pids(site.namespace)]
    return sorted(names)


def test_asked_again_nothing_changes(site: Segment) -> None:
    with site.station() as station:
        assert station.status()["state"] == "none"
        assert station.evidence("", 0).evidence == ()
        station.ensure(config(1, node(1)))
        before = station.status()
        station.ensure(config(1, node(1)))
        after = station.status()
        assert {key: after[key] for key in ("pid", "dnsmasq", "last")} == {
            key: before[key] for key in ("pid", "dnsmasq", "last")
        }
        station.stop()
        station.stop()
        assert running(site) == []
        assert kinds(station) == ["started", "applied", "stopped"]


def test_its_address_is_found(site: Segment) -> None:
    with site.station() as station:
        assert station.url() == f"http://{ADDRESS}:8080"
    with site.station(interface="br9") as station, pytest.raises(InputError, match="br9") as caught:
        station.url()
    assert "site.yaml:9" in str(caught.value)
    with site.station(interface="lo") as station, pytest.raises(InputError, match="no address in"):
        station.url()


def test_two_controllers(site: Segment) -> None:
    """What is older than what is there is refused, and changes nothing."""
    with site.station() as first, site.station() as second:
        first.ensure(config(5, node(1)))
        second.ensure(config(6, node(1), node(2)))
        with pytest.raises(StaleError):
            first.ensure(config(5, node(1)))
        with pytest.raises(StaleError):
            first.ensure(config(6, node(1)))
        assert first.status()["revision"] == 6
        second.ensure(config(6, node(1), node(2)))
        assert kinds(first).count("refused") == 2


def test_one_program_where_many_start_it(site: Segment) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            with site.station() as station:
                station.ensure(config(1, node(1)))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert running(site).count("dnsmasq") == 1
    with site.station() as station:
        assert kinds(station).count("started") == 1


def test_killed_and_started_again(site: Segment) -> None:
    """Nothing is lost: the numbers go on, a spent token stays spent and a session holds."""
    machine = site.client(node(1).mac)
    hello = json.dumps({"nonce": "abc", "hardware": {}})
    post = ["-d", hello, "-H", "Authorization: Bearer boot-1", f"http://{ADDRESS}:8080/node/hello"]
    with site.station() as station:
        station.ensure(config(1, node(1)))
        machine.settle("10.97.0.11")
        session = json.loads(machine.curl(*post))["session"]
        os.kill(station.status()["pid"], signal.SIGKILL)
        wait_for(lambda: running(site) == [], 10, "dnsmasq ends with it")
        assert "hello" in kinds(station)
        station.ensure(config(1, node(1)))
        assert machine.ask()["ip"] == "10.97.0.11"
        again = [*post[:1], json.dumps({"nonce": "other", "hardware": {}}), *post[2:]]
        assert machine.curl(*again) == "spent-token\n"
        report = ["-d", '{"kind": "disk"}', "-H", f"Authorization: Bearer {session}"]
        assert machine.curl(*report, f"http://{ADDRESS}:8080/node/report") == "{}\n"
        assert [one.kind for one in evidence(station) if one.source in ("ramdisk", "station")] == [
            "started",
            "applied",
            "hello",
            "started",
            "disk",
        ]


def test_a_broken_plan_is_not_followed(site: Segment) -> None:
    with site.station() as station:
        station.ensure(config(1, node(1)))
        with pytest.raises(InputError, match="is of two nodes"):
            station.ensure(config(2, node(1), node(2, mac=node(1).mac)))
        assert station.status()["revision"] == 1
        assert site.client(node(1).mac).ask()["ip"] == "10.97.0.11"
        os.kill(station.status()["pid"], signal.SIGKILL)
        wait_for(lambda: running(site) == [], 10, "it ends")
        (site.place / "station.json").write_text('{"site": ')
        station.ensure(config(3, node(1)))
        assert station.status()["state"] == "answering"
        assert kinds(station).count("refused") == 2


def test_another_version_takes_over(site: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.station() as station:
        station.ensure(config(1, node(1)))
        old = station.status()
        source = program.source()
        monkeypatch.setattr(program, "file_name", lambda: "station-000000000000.pyz")
        monkeypatch.setattr(program, "source", lambda: source)
        with site.station() as newer:
            newer.ensure(config(2, node(1)))
            assert newer.status()["program"] == "station-000000000000.pyz"
        assert not (site.place / old["program"]).exists()
        assert running(site).count("dnsmasq") == 1


def test_a_port_that_is_taken(site: Segment) -> None:
    listener = namespaces.call(site.namespace, lambda: socket.create_server((ADDRESS, 8080)))
    with (
        listener,
        site.station() as station,
        pytest.raises(InputError, match="another program has that port"),
    ):
        station.ensure(config(1, node(1)))


def test_a_host_without_dnsmasq_or_python(site: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are looked for in the system's directories, so a host that lacks one is one whose directories are others."""
    bare = site.directory / "bare"
    bare.mkdir()
    for name in ("env", "mkdir", "sh", "ip"):
        (bare / name).symlink_to(shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") or name)
    hide = f'mount --bind {bare} /usr/local/sbin; mount -t tmpfs none /usr/sbin; exec "$@"'
    host = NamespaceHost(site.namespace)
    host._prefix = (*host._prefix, "unshare", "-m", "sh", "-c", hide, "sh")
    with site.station(host) as station, pytest.raises(InputError, match="dnsmasq is not installed") as caught:
        station.ensure(config(1, node(1)))
    assert "apt install dnsmasq-base" in str(caught.value)
    monkeypatch.setattr("microdc.deploy.station.client.sys.executable", "python-that-is-none")
    with site.station() as station, pytest.raises(InputError, match="no python-that-is-none"):
        station.ensure(config(1, node(1)))


def test_a_file_is_brought_once_and_on_from_where_it_was_cut(site: Segment, tmp_path: Path) -> None:
    file = payload(tmp_path / "image", os.urandom(3 << 20))
    told: list[int] = []
    with site.station() as station:
        station.status()
        half = Payload(file.digest, file.size, tmp_path / "half")
        half.path.write_bytes(file.path.read_bytes()[: 1 << 20])
        with pytest.raises(UnreachableError, match="not all of"):
            station.push(half, told.append)
        assert told[-1] == 1 << 20
        told.clear()
        station.push(file, told.append)
        assert (told[0], told[-1]) == (1 << 20, file.size)
        told.clear()
        station.push(file, told.append)
        assert told == [file.size]
        assert (site.place / "images" / file.digest).read_bytes() == file.path.read_bytes()


def test_a_file_that_is_another_is_not_served(site: Segment, tmp_path: Path) -> None:
    file = payload(tmp_path / "image", b"x" * 100_000)
    file.path.write_bytes(b"y" * 100_000)
    with site.station() as station:
        with pytest.raises(InputError, match="not what its digest says"):
            station.push(file, lambda _: None)
        assert list((site.place / "images").iterdir()) == []


def test_a_damaged_begin_is_brought_anew(site: Segment, tmp_path: Path) -> None:
    file = payload(tmp_path / "image", os.urandom(1 << 20))
    with site.station() as station:
        station.status()
        (site.place / "images").mkdir(parents=True)
        (site.place / "images" / f"{file.digest}.part").write_bytes(b"damaged" * 1000)
        station.push(file, lambda _: None)
        assert (site.place / "images" / file.digest).read_bytes() == file.path.read_bytes()


def test_files_are_brought_while_it_is_asked(site: Segment, tmp_path: Path) -> None:
    file = payload(tmp_path / "kernel", b"kernel" * 300_000)
    machine = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1), ramdisk=Ramdisk(file, file)))
        machine.settle("10.97.0.11")
        assert machine.curl(f"http://{ADDRESS}:8080/boot/boot-1/kernel") == "no-such-file\n"
        pushing = threading.Thread(target=station.push, args=(file, lambda _: None))
        pushing.start()
        while pushing.is_alive():
            evidence(station)
        pushing.join()
        assert machine.curl(f"http://{ADDRESS}:8080/boot/boot-1/kernel") == "kernel" * 300_000
        wait_for(lambda: "kernel" in kinds(station, "n1"), 10, "it is noted")
