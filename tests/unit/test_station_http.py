"""Who is answered what over HTTP: tokens, addresses, ranges, bounds."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from station_rig import FIRST, MAC, OTHER_MAC, SECOND, STRANGER, Rig, document, plan, serving, sha256

from microdc.deploy.station.resident import doubting, files, images, kept, wire
from microdc.deploy.station.resident import serving as servers
from microdc.deploy.station.resident.kept import Kept
from microdc.deploy.station.resident.place import boottime

KERNEL, INITRD, IMAGE = b"a kernel" * 1000, b"a ramdisk" * 1000, bytes(range(256)) * 4096
BOOT = {"ramdisk": {"kernel": sha256(KERNEL), "initrd": sha256(INITRD), "options": "console=ttyS0"}}


def with_order(**order: object) -> list[dict[str, object]]:
    first, second = document()["nodes"]
    return [{**first, "order": order}, second]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.chdir(tmp_path)
    nodes = with_order(action="deploy", image={"digest": sha256(IMAGE)})
    with serving(nodes=nodes, streams=2, **BOOT) as made:
        for data in (KERNEL, INITRD, IMAGE):
            made.store(data)
        yield made


def until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def denials(rig: Rig) -> list[tuple[str, str]]:
    return [(one["node"], one["data"]["reason"]) for one in rig.noted() if one["kind"] == "denied"]


def test_script_of_an_armed_node_leads_to_its_kernel(rig: Rig) -> None:
    script = rig.ask("GET", f"/boot/script?mac={MAC}").body.decode()
    assert script.startswith("#!ipxe\n")
    kernel = next(line.split() for line in script.splitlines() if line.startswith("kernel "))
    base = "http://127.0.0.1:8080"
    assert kernel[1] == f"{base}/boot/boot-one/kernel"
    assert {
        f"microdc.station={base}",
        "microdc.token=boot-one",
        "microdc.node=n1",
        f"BOOTIF={MAC}",
        "console=ttyS0",
    } <= set(kernel)
    assert f"initrd --name ramdisk {base}/boot/boot-one/ramdisk" in script
    assert rig.ask("GET", "/boot/boot-one/kernel").body == KERNEL
    assert rig.ask("GET", "/boot/boot-one/ramdisk").body == INITRD
    assert rig.asked == ["n1"]
    until(lambda: len(rig.noted()) == 3, "three notes")
    kinds = [(one["node"], one["kind"], one["data"].get("bytes"), one["data"]["move"]) for one in rig.noted()]
    assert kinds == [
        ("n1", "script", None, 7),
        ("n1", "kernel", len(KERNEL), 7),
        ("n1", "ramdisk", len(INITRD), 7),
    ]


def test_a_node_with_nothing_to_do_is_sent_to_its_disk(rig: Rig) -> None:
    script = rig.ask("GET", f"/boot/script?mac={OTHER_MAC.upper()}", source=SECOND).body.decode()
    assert "kernel" not in script
    assert "sanboot" in script
    assert [(one["node"], one["kind"]) for one in rig.noted()] == [("n2", "local-boot")]


def test_a_node_whose_token_is_spent_is_sent_to_its_disk(rig: Rig) -> None:
    """A ramdisk that is done restarts the machine while nobody is there to disarm it."""
    rig.session()
    assert "sanboot" in rig.ask("GET", f"/boot/script?mac={MAC}").body.decode()


@pytest.mark.parametrize(
    ("path", "source", "status", "reason"),
    [
        (f"/boot/script?mac={MAC}", STRANGER, 404, "unknown-address"),
        (f"/boot/script?mac={MAC}", SECOND, 404, "unknown-address"),
        ("/boot/script?mac=52:54:00:99:99:99", FIRST, 404, "unknown-address"),
        ("/boot/boot-one/kernel", STRANGER, 404, "unknown-address"),
        ("/boot/boot-one/kernel", SECOND, 403, "wrong-token"),
        ("/boot/boot-two/kernel", FIRST, 403, "wrong-token"),
        ("/boot/boot-two/kernel", SECOND, 403, "not-armed"),
        ("/boot//kernel", FIRST, 403, "wrong-token"),
        ("/boot/boot-one/passwd", FIRST, 404, "no-such-file"),
        ("/station.json", FIRST, 404, "no-such-file"),
        (f"/images/{sha256(IMAGE)}", FIRST, 403, "wrong-token"),
    ],
)
def test_denied_and_noted(rig: Rig, path: str, source: str, status: int, reason: str) -> None:
    answer = rig.ask("GET", path, source=source)
    assert (answer.status, answer.body) == (status, f"{reason}\n".encode())
    (noted,) = rig.noted()
    assert (noted["source"], noted["kind"], noted["data"]["reason"]) == ("http", "denied", reason)
    assert "boot-one" not in str(noted)
    assert "boot-two" not in str(noted)


def test_hello_spends_the_token(rig: Rig) -> None:
    hello = {"nonce": "abc", "hardware": {"memory": 5}}
    answer = rig.ask("POST", "/node/hello", hello, token="boot-one").json()
    assert answer["order"]["action"] == "deploy"
    assert answer["order"]["time"].endswith("Z")
    assert rig.ask("GET", "/boot/boot-one/kernel").status == 403
    again = rig.ask("POST", "/node/hello", hello, token="boot-one").json()
    assert again["session"] == answer["session"]
    assert rig.ask("POST", "/node/hello", {"nonce": "else", "hardware": {}}, token="boot-one").status == 403
    assert denials(rig) == [("n1", "spent-token")] * 2
    (said,) = [one for one in rig.noted() if one["kind"] == "hello"]
    assert (said["source"], said["data"]["hardware"]) == ("ramdisk", {"memory": 5})


def test_an_answer_to_hello_is_repeated_for_a_while(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.session()
    late = boottime() + kept.REPLAY_SECONDS + 1
    monkeypatch.setattr(kept, "boottime", lambda: late)
    assert rig.ask("POST", "/node/hello", {"nonce": "n", "hardware": {}}, token="boot-one").status == 403


def test_an_answer_to_hello_is_repeated_when_the_node_is_not_armed_any_more(rig: Rig) -> None:
    session = rig.session()
    rig.plan = plan(nodes=[{**document()["nodes"][0], "armed": False, "boot_token": ""}], **BOOT)
    rig.kept.forget(rig.plan.nodes)
    again = rig.ask("POST", "/node/hello", {"nonce": "n", "hardware": {}}, token="boot-one")
    assert again.json()["session"] == session


def test_hello_from_elsewhere(rig: Rig) -> None:
    hello = {"nonce": "abc", "hardware": {}}
    assert rig.ask("POST", "/node/hello", hello, token="boot-one", source=SECOND).status == 403
    assert rig.ask("POST", "/node/hello", hello, token="boot-two", source=SECOND).status == 403
    assert rig.ask("POST", "/node/hello", hello).status == 403
    assert denials(rig) == [("n2", "wrong-token"), ("n2", "not-armed"), ("n1", "wrong-token")]


def test_sessions_and_spent_tokens_outlive_the_program(rig: Rig) -> None:
    session = rig.session()
    anew = Kept()
    node = rig.plan.by_mac[MAC]
    assert anew.spent(node)
    assert anew.session(node, session)
    assert not anew.session(rig.plan.by_mac[OTHER_MAC], session)


def test_a_session_ends_with_its_move(rig: Rig) -> None:
    session = rig.session()
    assert rig.ask("POST", "/node/report", {"kind": "disk"}, token=session).status == 200
    rig.plan = plan(nodes=[{**document()["nodes"][0], "move": 8}])
    assert rig.ask("POST", "/node/report", {"kind": "disk"}, token=session).status == 403


def test_reports_become_evidence(rig: Rig) -> None:
    session = rig.session()
    report = {"kind": "writing", "text": "50 %", "data": {"done": 5, "move": 99}}
    assert rig.ask("POST", "/node/report", report, token=session).status == 200
    noted = rig.noted()[-1]
    assert {key: noted[key] for key in ("source", "kind", "node", "mac", "text", "data")} == {
        "source": "ramdisk",
        "kind": "writing",
        "node": "n1",
        "mac": MAC,
        "text": "50 %",
        "data": {"done": 5, "move": 7},
    }
    for bad in ({"kind": "No Kind"}, {"kind": 5}, {"kind": "disk", "data": []}, {}):
        assert rig.ask("POST", "/node/report", bad, token=session).status == 400


def test_home_once(rig: Rig) -> None:
    home = {"boot_id": "b1", "hostname": "n1"}
    assert rig.ask("POST", "/node/home", home, token="home-one", source=SECOND).status == 403
    assert rig.ask("POST", "/node/home", home, token="else").status == 403
    assert rig.ask("POST", "/node/home", home, token="home-one").status == 200
    assert rig.ask("POST", "/node/home", home, token="home-one").status == 200
    assert rig.ask("POST", "/node/home", {"boot_id": "b2"}, token="home-one").status == 403
    (noted,) = [one for one in rig.noted() if one["source"] == "node"]
    assert noted["data"] == {"boot_id": "b1", "hostname": "n1", "address": FIRST, "move": 7}


def test_an_image_in_parts(rig: Rig) -> None:
    session, path = rig.session(), f"/images/{sha256(IMAGE)}"
    whole = rig.ask("GET", path, token=session)
    assert (whole.status, whole.body) == (200, IMAGE)
    assert whole.headers["ETag"] == f'"{sha256(IMAGE)}"'
    rest = rig.ask("GET", path, token=session, headers={"Range": "bytes=1000-"})
    assert (rest.status, rest.body) == (206, IMAGE[1000:])
    assert rest.headers["Content-Range"] == f"bytes 1000-{len(IMAGE) - 1}/{len(IMAGE)}"
    some = rig.ask("GET", path, token=session, headers={"Range": "bytes=10-19"})
    assert some.body == IMAGE[10:20]
    assert rig.ask("GET", path, token=session, headers={"Range": "bytes=-7"}).body == IMAGE[-7:]
    beyond = rig.ask("GET", path, token=session, headers={"Range": f"bytes={len(IMAGE)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(IMAGE)}")
    other = {"Range": "bytes=10-19", "If-Range": '"another"'}
    assert rig.ask("GET", path, token=session, headers=other).body == IMAGE
    head = rig.ask("HEAD", path, token=session)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(IMAGE)))
    assert rig.ask("GET", f"/images/{sha256(KERNEL)}", token=session).status == 404


def test_so_many_images_at_once(rig: Rig) -> None:
    """Two may be sent at once; a connection that is cut makes room, and is noted with what it took."""
    large = rig.store(b"x" * (64 << 20))
    rig.plan = plan(nodes=with_order(image={"digest": large}), streams=2)
    session = rig.session()
    slow = [rig.connect() for _ in range(2)]
    for connection in slow:
        connection.request("GET", f"/images/{large}", headers={"Authorization": f"Bearer {session}"})
        assert connection.getresponse().status == 200
    refused = rig.ask("GET", f"/images/{large}", token=session)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    for connection in slow:
        connection.close()
    until(lambda: rig.ask("HEAD", f"/images/{large}", token=session).status == 200, "room for another")
    until(lambda: [one for one in rig.noted() if one["kind"] == "image"], "the cut is noted")
    cut = next(one["data"] for one in rig.noted() if one["kind"] == "image")
    assert (cut["of"], cut["offset"]) == (64 << 20, 0)
    assert cut["bytes"] < cut["of"]


def test_a_peer_that_takes_nothing_is_cut_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "STALLED_SECONDS", 0.2)
    large = rig.store(b"y" * (64 << 20))
    rig.plan = plan(nodes=with_order(image={"digest": large}))
    session = rig.session()
    connection = rig.connect()
    try:
        connection.request("GET", f"/images/{large}", headers={"Authorization": f"Bearer {session}"})
        until(lambda: [one for one in rig.noted() if one["kind"] == "image"], "it is given up")
    finally:
        connection.close()


def test_a_plan_that_changes_cuts_no_transfer(rig: Rig) -> None:
    large = rig.store(bytes(range(256)) * (128 << 10))
    rig.plan = plan(nodes=with_order(image={"digest": large}))
    session = rig.session()
    connection = rig.connect()
    try:
        connection.request("GET", f"/images/{large}", headers={"Authorization": f"Bearer {session}"})
        answer = connection.getresponse()
        first = answer.read(1000)
        rig.plan = plan(nodes=[document()["nodes"][1]], revision=2)
        assert sha256(first + answer.read()) == large
    finally:
        connection.close()


def test_packages(rig: Rig, tmp_path: Path) -> None:
    place = tmp_path / "served"
    (place / "dists").mkdir(parents=True)
    (place / "dists" / "Release").write_text("Origin: microdc\n")
    (tmp_path / "secret").write_text("no")
    (place / "way-out").symlink_to(tmp_path / "secret")
    rig.plan = plan(repository=str(place))
    assert rig.ask("GET", "/repo/dists/Release").body == b"Origin: microdc\n"
    for path in (
        "/repo/../secret",
        "/repo/%2e%2e/secret",
        "/repo/way-out",
        "/repo/dists",
        "/repo/",
        "/repo/%00",
    ):
        assert rig.ask("GET", path).status == 404
    assert rig.ask("GET", "/repo/dists/Release", source=STRANGER).status == 404


def test_a_loader_over_http(rig: Rig) -> None:
    loader = rig.store(b"MZ" * 500)
    rig.plan = plan(loaders={"x86_64": loader})
    assert rig.ask("GET", "/boot/loader/x86_64.efi").body == b"MZ" * 500
    assert rig.ask("GET", "/boot/loader/arm64.efi").status == 404
    until(lambda: rig.loaded == ["n1 x86_64.efi"], "it is counted")


def test_several_requests_on_a_connection(rig: Rig) -> None:
    connection = rig.connect()
    try:
        for _ in range(3):
            connection.request("GET", "/boot/boot-one/kernel")
            assert connection.getresponse().read() == KERNEL
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"no request\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nbroken line\r\n\r\n", b"400"),
        (b"POST /node/report HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /node/report HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"POST /node/report HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 17000, b"413"),
        (b"GET http://[x HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /node/report HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", b"413"),
        (b"POST /node/report HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"POST /node/home HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200000, b"400"),
        (b"GET /repo/" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_what_is_no_request(
    rig: Rig, sent: bytes, status: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is refused, and nobody's mistake but the peer's: a stranger must not fill a file with tracebacks."""
    rig.plan = plan(repository=str(tmp_path), revision=2, **BOOT)
    with socket.create_connection(("127.0.0.1", rig.port), 20, (FIRST, 0)) as sock:
        sock.sendall(sent)
        assert sock.recv(4096).split()[1] == status
    assert rig.ask("GET", "/boot/boot-one/kernel").status == 200
    assert capfd.readouterr().err == ""


def test_a_slow_head_has_an_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", rig.port), 20, (FIRST, 0)) as sock:
        sock.sendall(b"GET / HT")
        assert sock.recv(4096) == b""


def test_connections_of_one_address_are_bounded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """One machine that opens many keeps nobody else out."""
    monkeypatch.setattr(servers, "OF_ONE_ADDRESS", 4)
    held = [socket.create_connection(("127.0.0.1", rig.port), 20, (FIRST, 0)) for _ in range(12)]
    try:
        ended = []
        for sock in held:
            sock.settimeout(0.5)
            try:
                ended.append(sock.recv(1) == b"")
            except TimeoutError:
                ended.append(False)
        assert ended == [False] * 4 + [True] * 8
        assert rig.ask("GET", f"/boot/script?mac={OTHER_MAC}", source=SECOND).status == 200
    finally:
        for sock in held:
            sock.close()


def test_strangers_with_many_addresses_keep_no_node_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "CONNECTIONS", 12)
    monkeypatch.setattr(servers, "OF_STRANGERS", 8)
    held = [
        socket.create_connection(("127.0.0.1", rig.port), 20, (f"127.0.0.{100 + number}", 0))
        for number in range(20)
    ]
    try:
        assert rig.ask("GET", f"/boot/script?mac={OTHER_MAC}", source=SECOND).status == 200
    finally:
        for sock in held:
            sock.close()


@pytest.mark.parametrize("asked", ["bytes=-0", "bytes=9999999-", "bytes=7-6"])
def test_a_part_of_nothing_is_none(rig: Rig, asked: str) -> None:
    session = rig.session()
    answer = rig.ask("GET", f"/images/{sha256(IMAGE)}", token=session, headers={"Range": asked})
    assert (answer.status, answer.body) == (416, b"")


def test_a_range_beyond_all_bounds_is_none_that_is_followed(rig: Rig) -> None:
    session, asked = rig.session(), {"Range": f"bytes={'9' * 5000}-"}
    answer = rig.ask("GET", f"/images/{sha256(IMAGE)}", token=session, headers=asked)
    assert (answer.status, answer.body) == (200, IMAGE)


def test_what_is_forgotten_lets_nobody_in_also_where_that_cannot_be_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = rig.session()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept, "write_whole", full)
    rig.plan = plan(nodes=[document()["nodes"][1]], revision=2)
    rig.kept.forget(rig.plan.nodes)
    rig.plan = plan(revision=3)
    assert rig.ask("POST", "/node/report", {"kind": "writing"}, token=session).status == 403


def test_a_flood_of_refusals_is_not_noted_one_by_one(rig: Rig) -> None:
    for number in range(300):
        rig.ask("GET", f"/{number}", source=STRANGER)
        rig.ask("GET", f"/{number}")
    assert len(rig.noted()) <= 110


def test_a_flood_of_strangers_hides_no_refusal_of_a_node(rig: Rig) -> None:
    for number in range(110):
        rig.ask("GET", "/", source=f"127.0.0.{100 + number}")
    rig.ask("GET", "/boot/another/kernel")
    assert ("n1", "wrong-token") in denials(rig)


def test_many_at_once_get_what_is_theirs(rig: Rig) -> None:
    failures: list[str] = []

    def fetch() -> None:
        try:
            bodies = {rig.ask("GET", "/boot/boot-one/kernel").body for _ in range(10)}
            if bodies != {KERNEL}:
                failures.append("other bytes")
        except (OSError, http.client.HTTPException) as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_who_asks_for_a_script_from_elsewhere_is_noted_with_the_address_that_it_names(rig: Rig) -> None:
    """Only so can it be told whose boot went wrong."""
    rig.ask("GET", f"/boot/script?mac={MAC.upper().replace(':', '-')}&more={'x' * 100}", source=STRANGER)
    (denied,) = [one for one in rig.noted() if one["kind"] == "denied"]
    assert (denied["node"], denied["mac"]) == ("", MAC)


class TestDamage:
    """A node says that its image is not what was promised: the file at the site is read again."""

    def fail(self, rig: Rig, code: str = "image-hash") -> None:
        session = rig.session()
        body = {"kind": "failed", "text": "it is not", "data": {"code": code, "text": "it is not"}}
        assert rig.ask("POST", "/node/report", body, token=session).status == 200

    def test_one_that_was_damaged_is_taken_away_and_told_of(self, rig: Rig) -> None:
        stored = Path("images", sha256(IMAGE))
        stored.write_bytes(IMAGE[:-1] + b"!")
        self.fail(rig)
        until(lambda: not stored.exists(), "it is taken away")
        until(lambda: "image-damaged" in [one["kind"] for one in rig.noted()], "it is told")
        (told,) = [one for one in rig.noted() if one["kind"] == "image-damaged"]
        assert (told["source"], told["data"]) == ("station", {"digest": sha256(IMAGE)})
        assert not images.held(sha256(IMAGE))

    def test_one_that_is_whole_stays(self, rig: Rig) -> None:
        self.fail(rig)
        assert images.held(sha256(IMAGE))  # once it was read
        assert "image-damaged" not in [one["kind"] for one in rig.noted()]

    def test_nothing_is_read_for_another_reason(self, rig: Rig) -> None:
        stored = Path("images", sha256(IMAGE))
        stored.write_bytes(b"other bytes")
        self.fail(rig, "disk-error")
        assert images.held(sha256(IMAGE))

    def test_one_that_is_being_read_is_not_said_to_be_whole(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(doubting, "WAIT_SECONDS", 0.3)
            handle = self.held(rig)
        doubting.look_into(handle, sha256(IMAGE), lambda: None)
        assert doubting.settled(sha256(IMAGE))

    def held(self, rig: Rig) -> int:
        """The image of a rig, which is being read from now on."""
        digest = sha256((Path("images") / rig.plan.nodes[0].order["image"]["digest"]).read_bytes())
        handle = doubting.hold(digest)
        assert handle is not None
        assert doubting.hold(digest) is None  # one at a time
        with pytest.raises(images.ReceiveError) as refused:
            images.held(digest)
        assert refused.value.code == "busy"
        return handle
