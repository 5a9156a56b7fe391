"""A node's whole life in a real Ironic, driven through the backend: enrolled, inspected, deployed, deployed anew, cleaned, and what fails on the way."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Interface
from pathlib import Path

import ironic_service
import pytest
from ironic_bench import CONTENT, DIGEST, Bench
from ironic_service import BMC_PASSWORD, IronicService

from microdc.deploy import kinds
from microdc.deploy.ironic.api import Api
from microdc.deploy.ironic.errors import IronicAwayError, IronicError
from microdc.deploy.ironic.operate import open_backend
from microdc.deploy.ironic.provision import Way, meaning_of
from microdc.deploy.model import Action, Phase
from microdc.errors import RefusedError

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.extra, pytest.mark.timeout(900)]

_NUMBERS = itertools.count(11)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IronicService]:
    slow = {"inspect_delay": "1", "power_delay": "1"}
    waits = {
        "deploy_callback_timeout": "4",
        "clean_callback_timeout": "4",
        "check_provision_state_interval": "1",
    }
    with ironic_service.ironic(tmp_path_factory.mktemp("ironic"), {"fake": slow, "conductor": waits}) as made:
        yield made


@pytest.fixture(scope="module")
def images() -> Iterator[str]:
    """A web server that has the image."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._head()

        def do_GET(self) -> None:
            if self._head():
                self.wfile.write(CONTENT)

        def _head(self) -> bool:
            known = self.path == f"/{DIGEST}.raw"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(CONTENT) if known else 0))
            self.end_headers()
            return known

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def bench(service: IronicService, images: str, tmp_path: Path) -> Iterator[Bench]:
    """Servers whose names are the test's own, since Ironic remembers."""
    number = next(_NUMBERS)
    name = f"n{number}"
    testbed = ironic_service.inventory(tmp_path / "inventory", service.url, name, images=images)
    made = Bench(testbed)
    with made.backend:
        yield made
        _forgotten(made.backend.api, name, service)


def _forgotten(api: Api, name: str, service: IronicService) -> None:
    """Has Ironic forget a node, whatever it is; when it rests."""

    def rests() -> bool:
        node = api.node(name)
        return node is None or not (node.reserved or meaning_of(node.state).way is Way.WORKS)

    ironic_service.wait(rests, "the node rests", service)
    if api.node(name) is not None:
        api.maintain(name, "the test is over")
        api.delete(name)


def _deploys_by(bench: Bench, name: str, interface: str) -> None:
    """direct: Ironic's real deployment, by a ramdisk that nobody boots here; fake: one that does nothing. As an operator would change it."""
    api = bench.backend.api
    api.maintain(name, "its deployment is being changed")
    api.patch(name, [{"op": "replace", "path": "/deploy_interface", "value": interface}])
    api.maintain(name, None)


def _name(bench: Bench) -> str:
    return next(iter(bench.testbed.sites["here"].racks["r1"].servers))


def test_a_node_lives_through_all_of_it(service: IronicService, bench: Bench) -> None:
    name, api = _name(bench), bench.backend.api
    inspected = bench.run(bench.job(name, 1, Action.INSPECT))
    assert inspected.done, inspected
    assert [nic["mac"][:11] for nic in inspected.hardware["nics"]] == ["52:54:00:77"] * 2
    node = api.node(name)
    assert node is not None
    assert node.state == "manageable"
    assert sorted(boots for _, boots in api.ports(node).values()) == [False, True]

    with pytest.raises(RefusedError, match="--wipe"):
        bench.backend.begin(bench.job(name, 2))
    deployed = bench.run(bench.job(name, 2, wipe=True))
    assert deployed.done, deployed
    assert deployed.phase is Phase.VERIFY
    told = api.wire.ask("GET", f"/v1/nodes/{name}")
    assert told["provision_state"] == "active"
    assert told["driver_info"]["redfish_address"] == f"https://10.77.1.{name[1:]}"
    assert told["properties"]["capabilities"] == "boot_mode:uefi"
    info = told["instance_info"]
    assert info["image_os_hash_value"] == DIGEST
    assert info["image_source"].endswith(f"/{DIGEST}.raw")
    assert info["root_device"] == {"size": ">= 4"}
    assert info["configdrive"] == "******"

    again = bench.run(bench.job(name, 3))  # it is ours by now: no --wipe
    assert again.done, again
    assert service.entered(node.uuid, "deploying") == 2

    cleaned = bench.run(bench.job(name, 4, Action.CLEAN))
    assert cleaned.done, cleaned
    left = api.node(name)
    assert left is not None
    assert left.state == "available"
    assert not left.instance


def test_what_was_begun_or_done_is_not_done_twice(service: IronicService, bench: Bench) -> None:
    job = bench.job(_name(bench), 1, wipe=True)
    assert bench.run(job).done
    node = bench.backend.api.node(job.spec.name)
    assert node is not None
    bench.backend.begin(job)
    with open_backend(bench.testbed, "here") as other:
        other.begin(job)
        assert other.look(job).done
    assert service.entered(node.uuid, "deploying") == 1
    assert len(bench.backend.api.ports(node)) == 2


def test_an_inventory_becomes_hardware_and_hints_that_mean_two_of_its_disks_stop_a_deployment(
    service: IronicService, bench: Bench
) -> None:
    name, api = _name(bench), bench.backend.api
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done
    disks = [{"name": f"/dev/sd{letter}", "size": 8 << 30, "serial": f"S{letter}"} for letter in "ab"]
    # Ironic's ramdisk would have sent it, and none runs here: from here on it is Ironic that keeps and tells it.
    with (
        contextlib.closing(sqlite3.connect(service.directory / "ironic.db", timeout=30)) as database,
        database,
    ):
        database.execute(
            "INSERT INTO node_inventory (version, inventory_data, plugin_data, node_id) SELECT '1.0', ?, '{}', id FROM nodes WHERE name = ?",
            [json.dumps({"disks": disks, "memory": {"physical_mb": 2048}}), name],
        )
    inspected = bench.run(bench.job(name, 2, Action.INSPECT))
    assert inspected.hardware["memory"] == {"total": 2 << 30}
    assert [disk["name"] for disk in inspected.hardware["disks"]] == ["sda", "sdb"]
    ended = bench.run(bench.job(name, 3, wipe=True))
    assert ended.failure is not None
    assert ended.failure.cause == "ironic-disk"
    assert "2 disks: sda Sa, sdb Sb" in ended.failure.text
    node = api.node(name)
    assert node is not None
    assert service.entered(node.uuid, "deploying") == 0


def test_power_and_boot_device_through_ironic(service: IronicService, bench: Bench) -> None:
    name, api = _name(bench), bench.backend.api
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done
    api.power(name, on=True)
    ironic_service.wait(lambda: getattr(api.node(name), "power", "") == "power on", "it is on", service)
    api.set_boot_device(name, "pxe", lasting=False)
    assert api.boot_device(name) == ("pxe", False)


def test_a_locked_node_is_waited_for_a_while_and_then_told(service: IronicService, bench: Bench) -> None:
    """The fake BMC takes a second for its power: a lock of that long is waited for."""
    name, api = _name(bench), bench.backend.api
    job = bench.job(name, 1, Action.INSPECT)
    assert bench.run(job).done
    uuid = getattr(api.node(name), "uuid", "")
    api.power(name, on=True)
    api.patch(name, [{"op": "add", "path": "/extra/hello", "value": 1}])
    assert api.wire.ask("GET", f"/v1/nodes/{uuid}")["extra"]["hello"] == 1
    ironic_service.wait(lambda: not getattr(api.node(name), "reserved", ""), "the node is free", service)


def test_an_image_that_is_not_there_is_told(service: IronicService, bench: Bench, tmp_path: Path) -> None:
    name = _name(bench)
    assert bench.run(bench.job(name, 1, Action.CLEAN, wipe=True)).done
    _deploys_by(bench, name, "direct")
    lost = Bench(ironic_service.inventory(tmp_path / "other", service.url, name, images="http://127.0.0.1:9"))
    with lost.backend:
        end = lost.run(lost.job(name, 2))
    assert end.failure is not None
    assert f"http://127.0.0.1:9/{DIGEST}.raw" in end.failure.text, end.failure
    _deploys_by(bench, name, "fake")
    assert bench.run(bench.job(name, 3)).done


def test_a_ramdisk_that_never_calls_ends_in_ironics_own_words_and_a_new_job_begins_anew(bench: Bench) -> None:
    name = _name(bench)
    assert bench.run(bench.job(name, 1, Action.CLEAN, wipe=True)).done
    _deploys_by(bench, name, "direct")
    ended = bench.run(bench.job(name, 2))
    assert ended.failure is not None, bench.states
    assert ended.failure.cause == "ironic-failed"
    assert "Timeout" in ended.failure.text
    assert "wait call-back" in bench.states
    assert any(glimpse.phase is Phase.RAMDISK for glimpse in bench.seen)
    history = [one for glimpse in bench.seen for one in glimpse.evidence if one.kind == kinds.HISTORY]
    assert any("Timeout" in entry.text for entry in history), history

    _deploys_by(bench, name, "fake")
    assert bench.run(bench.job(name, 3)).done
    assert not [one for glimpse in bench.seen for one in glimpse.evidence if one.kind == kinds.HISTORY]


def test_a_cleaning_that_fails_is_told_and_a_new_job_takes_ironics_own_maintenance_away(
    service: IronicService, bench: Bench
) -> None:
    name, api = _name(bench), bench.backend.api
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done
    _deploys_by(bench, name, "direct")
    ended = bench.run(bench.job(name, 2, wipe=True))
    assert ended.failure is not None
    assert "clean failed: Timeout" in ended.failure.text
    _deploys_by(bench, name, "fake")
    # Ironic does this itself where a step fails that its ramdisk had begun, and none runs here.
    with (
        contextlib.closing(sqlite3.connect(service.directory / "ironic.db", timeout=30)) as database,
        database,
    ):
        database.execute("UPDATE nodes SET maintenance = 1, fault = 'clean failure' WHERE name = ?", [name])
    node = api.node(name)
    assert node is not None
    assert (node.maintenance, node.fault) == (True, "clean failure")
    assert bench.run(bench.job(name, 3, wipe=True)).done


def test_abort_ends_what_waits_for_its_ramdisk(service: IronicService, bench: Bench) -> None:
    name = _name(bench)
    assert bench.run(bench.job(name, 1, Action.CLEAN, wipe=True)).done
    _deploys_by(bench, name, "direct")
    job, end = bench.job(name, 2), time.monotonic() + 60
    bench.backend.begin(job)
    while bench.backend.look(job).phase is not Phase.RAMDISK:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "deleted" in bench.backend.abort(job)
    ironic_service.wait(
        lambda: getattr(bench.backend.api.node(name), "state", "") == "clean wait", "cleaning", service
    )
    assert "abort" in bench.backend.abort(job)
    ironic_service.wait(
        lambda: getattr(bench.backend.api.node(name), "state", "") == "clean failed", "at rest", service
    )


def test_a_job_that_was_aborted_before_anything_went_on_stays_so(bench: Bench) -> None:
    name = _name(bench)
    job = bench.job(name, 1, wipe=True)
    bench.backend.begin(job)
    assert "nothing goes on" in bench.backend.abort(job)
    failure = bench.backend.look(job).failure
    assert failure is not None
    assert failure.cause == "ironic-aborted"
    assert "no such job" in bench.backend.abort(bench.job(name, 2, wipe=True))


def test_maintenance_in_ironic_stops_a_job_with_its_reason(bench: Bench) -> None:
    name, api = _name(bench), bench.backend.api
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done
    api.maintain(name, "a fan is being changed")
    ended = bench.run(bench.job(name, 2, wipe=True))
    assert ended.failure is not None
    assert ended.failure.cause == "ironic-maintenance"
    assert "a fan is being changed" in ended.failure.text


def test_nodes_of_others_are_left_alone(service: IronicService, bench: Bench, tmp_path: Path) -> None:
    name, api = _name(bench), bench.backend.api
    api.create({"name": name, "driver": "fake-hardware"})
    with pytest.raises(RefusedError, match="another"):
        bench.backend.begin(bench.job(name, 1, Action.INSPECT))
    api.delete(name)
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done
    testbed = ironic_service.inventory(tmp_path / "theirs", service.url, name, title="theirs")
    theirs = Bench(testbed)
    with theirs.backend, pytest.raises(RefusedError, match="testbed bench"):
        theirs.backend.begin(theirs.job(name, 1, Action.INSPECT))
    twin = f"twin-{name[1:]}"
    same_macs = Bench(ironic_service.inventory(tmp_path / "twin", service.url, twin))
    try:
        with same_macs.backend, pytest.raises(RefusedError, match="52:54:00:77"):
            same_macs.backend.begin(same_macs.job(twin, 1, Action.INSPECT))
    finally:
        api.delete(twin)


def test_another_controller_that_took_over_is_noticed(bench: Bench) -> None:
    name = _name(bench)
    first, second = bench.job(name, 1, Action.INSPECT), bench.job(name, 2, Action.INSPECT)
    assert bench.run(first).done
    bench.backend.begin(second)
    with pytest.raises(RefusedError, match="another job"):
        bench.backend.look(first)


def test_no_secret_is_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    name, api = _name(bench), bench.backend.api
    caplog.set_level("DEBUG")
    assert bench.run(bench.job(name, 1, wipe=True)).done
    assert api.wire.ask("GET", f"/v1/nodes/{name}")["driver_info"]["redfish_password"] == "******"
    with pytest.raises(IronicError) as refused:
        api.patch(name, [{"op": "replace", "path": f"/{BMC_PASSWORD}", "value": 1}])
    told = [repr(bench.seen), caplog.text, str(refused.value), repr(bench.backend.__dict__)]
    assert not [text for text in told if BMC_PASSWORD in text or ironic_service.PASSWORD in text]


def test_addresses_are_the_nodes_own(bench: Bench) -> None:
    name = _name(bench)
    spec = bench.job(name, 1).spec
    assert spec.address == IPv4Interface(f"10.77.0.{name[1:]}/24")
    assert spec.nic == "eno2"


def test_a_lock_that_stays_is_told(
    service: IronicService, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake BMC takes a second for each change of its power, and the conductor holds the node as long."""
    monkeypatch.setattr("microdc.deploy.ironic.wire._TRIES", 1)
    name, api, seen = _name(bench), bench.backend.api, threading.Event()
    assert bench.run(bench.job(name, 1, Action.INSPECT)).done

    def switch() -> None:
        other = service.api()
        for on in itertools.cycle((True, False)):
            if seen.is_set():
                return
            with contextlib.suppress(IronicAwayError):
                other.power(name, on=on)

    def locked() -> bool:
        try:
            api.patch(name, [{"op": "add", "path": "/extra/hello", "value": 1}])
        except IronicAwayError as error:
            return error.locked and "locked by host" in error.what
        return False

    thread = threading.Thread(target=switch)
    thread.start()
    try:
        ironic_service.wait(locked, "it is locked", service)
    finally:
        seen.set()
        thread.join()
