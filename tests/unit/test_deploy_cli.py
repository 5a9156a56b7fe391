"""`microdc deploy` on a simulated site: what is planned and asked, done and told, and where it can be left and taken up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from deploy_world import IMAGE, SimulatedHands, SimulatedWorld
from inventories import TESTBED

from microdc.bmc.model import Power
from microdc.cli import deploy_watch, main
from microdc.cli.narrate import Narrator
from microdc.deploy import operate
from microdc.deploy.lifecycle import Patience
from microdc.deploy.operate import Deployment
from microdc.errors import Exit, InputError

SITE = """
site: here
networks: {data: [10.20.0.0/16]}
deploy: {host: local, interface: br0, address: 10.20.0.2, image: base}
racks:
  r1:
    servers:
"""
SERVER = """      NAME:
        role: compute
        bmc: {{redfish: "https://127.0.0.1:1"}}
        nics: {{eno1: {{mac: "52:54:00:00:00:{number:02x}"}}}}
        deploy: {{address: 10.20.1.{number}, disk: {{serial: S{number}}}}}
"""
NAMES = ("n1", "n2")
GIVEN = {"base": IMAGE}
"""The images that there are."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedWorld]:
    """Two nodes of an inventory, and a server that is none; what acts on them is simulated, the store is real."""
    found = SimulatedWorld(NAMES)
    found.clock.at = datetime.now(UTC)
    inventory = tmp_path / "inventory"
    (inventory / "sites").mkdir(parents=True)
    (inventory / "testbed.yaml").write_text(TESTBED.lstrip(), "utf-8")
    servers = [SERVER.format(number=16 + n).replace("NAME", name) for n, name in enumerate(NAMES)]
    text = SITE + "".join(servers) + "      plain: {}\n"
    (inventory / "sites" / "here.yaml").write_text(text.lstrip(), "utf-8")
    monkeypatch.setenv("MICRODC_INVENTORY", str(inventory))
    monkeypatch.setenv("MICRODC_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("MICRODC_OWNER", "anna")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    real = operate.open_deployment

    def opened(testbed: Any, book: Any) -> Deployment:
        made = real(
            testbed, book, find_image=lambda name: GIVEN[name], world=found, patience=Patience(stagger=0.0)
        )
        return replace(made, hands=SimulatedHands(found))

    monkeypatch.setattr(operate, "open_deployment", opened)
    yield found
    assert found.cut == []


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], world: SimulatedWorld) -> Callable[..., tuple[int, str, str]]:
    del world

    def calling(*words: str) -> tuple[int, str, str]:
        code = main.call(["deploy", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return calling


Call = Callable[..., tuple[int, str, str]]


def nodes(output: str) -> dict[str, dict[str, Any]]:
    return {one["node"]: one for one in json.loads(output)["nodes"]}


def test_a_plan_tells_what_would_become_of_each_node(call: Call) -> None:
    code, out, _ = call("plan", "here", "-o", "json")
    found = nodes(out)
    assert code == Exit.PENDING
    assert [*found] == ["n1", "n2"]
    one = found["n1"]
    assert (one["how"], one["action"], one["state"]) == ("begin", "deploy", "enrolled")
    assert (one["image"]["name"], one["address"], one["nic"]) == ("base", "10.20.1.16/16", "eno1")
    assert (one["disk"], one["wipe"]) == ({"serial": "S16"}, False)
    assert one["power"] == "nobody listens there"


def test_a_plan_for_people_names_disk_and_image(call: Call) -> None:
    code, out, _ = call("plan", "n1", "--no-ask", "--wipe")
    header, row = out.splitlines()[:2]
    assert code == Exit.PENDING
    assert header.split()[:4] == ["NODE", "IS", "POWER", "WILL"]
    assert "be deployed" in row
    assert "serial=S16, wiped" in row
    assert "also of others" in row


def test_a_run_deploys_and_tells(call: Call, world: SimulatedWorld) -> None:
    code, out, err = call("run", "here", "--yes", "-o", "json")
    found = nodes(out)
    assert code == Exit.OK
    assert {name: (one["result"], one["state"]) for name, one in found.items()} == dict.fromkeys(
        NAMES, ("done", "active")
    )
    assert found["n1"]["host_keys"]
    assert {machine.stage for machine in world.machines.values()} == {"running"}
    assert "n1: work ..." in err
    code, out, _ = call("run", "here", "--yes", "-o", "json")
    assert (code, {one["result"] for one in nodes(out).values()}) == (Exit.OK, {"nothing"})
    assert {machine.starts for machine in world.machines.values()} == {1}


@pytest.fixture
def built_anew(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called: the image is another one than before."""
    anew = replace(IMAGE, ref=replace(IMAGE.ref, digest="f" * 64))
    return lambda: monkeypatch.setitem(GIVEN, "base", anew)


def test_nodes_that_are_active_are_not_installed_again_by_yes_alone(
    call: Call, world: SimulatedWorld, built_anew: Callable[[], None]
) -> None:
    call("run", "n1", "--yes")
    built_anew()
    code, _, err = call("run", "here", "--yes")
    assert code == Exit.USAGE
    assert "1 node (n1) is active and would be installed again" in err
    assert "--again" in err
    assert (world.machines["n1"].starts, world.machines["n2"].starts) == (1, 0)
    code, out, _ = call("run", "n2", "--yes", "-o", "json")
    assert (code, nodes(out)["n2"]["result"]) == (Exit.OK, "done")
    code, out, _ = call("run", "here", "--yes", "--again", "-o", "json")
    assert (code, {one["result"] for one in nodes(out).values()}) == (Exit.OK, {"done"})
    assert (world.machines["n1"].starts, world.machines["n2"].starts) == (2, 2)


@pytest.mark.parametrize("more", [[], ["--wipe"], ["--again"]])
def test_the_question_names_the_nodes_that_are_active(
    call: Call, built_anew: Callable[[], None], monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    call("run", "n1", "--yes")
    built_anew()
    asked: list[str] = []

    def answer(question: str, **_: Any) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", answer)
    code, _, _ = call("run", "here", *more)
    assert code == Exit.FAILED
    assert asked[0].startswith("1 node (n1) is active and would be installed again")
    assert "2 nodes (n1, n2)" in asked[0]


def test_a_plan_minds_that_nobody_could_log_in(call: Call, tmp_path: Path) -> None:
    _, out, _ = call("plan", "here", "--no-ask")
    assert (
        "Mind: nobody will be able to log in to the nodes of here: no `authorized_keys` are declared." in out
    )
    _, _, err = call("run", "n1", "--yes")
    assert "Mind: nobody will be able to log in" in err
    keys, site = tmp_path / "keys", tmp_path / "inventory/sites/here.yaml"
    text = site.read_text("utf-8").replace("image: base}", f"image: base, authorized_keys: [{keys}]}}")
    site.write_text(text, "utf-8")
    keys.write_text("# nobody yet\n", "ascii")
    _, out, _ = call("plan", "n2", "--no-ask", "-o", "json")
    assert json.loads(out)["remarks"] == [
        f"nobody will be able to log in to the nodes of here: there is no key in {keys}"
    ]
    keys.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL anna\n", "ascii")
    _, out, _ = call("plan", "n2", "--no-ask", "-o", "json")
    assert json.loads(out)["remarks"] == []
    keys.unlink()
    _, out, _ = call("plan", "n2", "--no-ask", "-o", "json")
    assert "cannot be read" in json.loads(out)["remarks"][0]


def test_nothing_begins_without_consent(call: Call, world: SimulatedWorld) -> None:
    code, _, err = call("run", "n1", "--no-input")
    assert code == Exit.USAGE
    assert "1 node (n1) will be deployed" in err
    assert "--yes" in err
    assert world.machines["n1"].starts == 0


def test_wiping_is_asked_once_and_names_the_nodes(
    call: Call, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(question: str, **_: Any) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", answer)
    code, _, err = call("run", "here", "--wipe")
    assert code == Exit.FAILED
    assert len(asked) == 1
    assert "2 nodes (n1, n2)" in asked[0]
    assert "is lost" in asked[0]
    assert "be deployed" in err  # the plan is shown before it is asked
    assert world.machines["n1"].starts == 0


def test_a_run_that_is_interrupted_says_how_to_go_on_and_the_next_one_does(
    call: Call, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Narrator.__call__

    def interrupted(self: Narrator, step: Any) -> None:
        heard(self, step)
        if step.what == "n1: work":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Narrator, "__call__", interrupted)
        code, _, err = call("run", "n1", "--yes")
    assert code == Exit.INTERRUPTED
    assert "microdc deploy run n1" in err
    assert "microdc log show" in err
    code, out, _ = call("status", "n1", "-o", "json")
    assert nodes(out)["n1"]["phase"] == "work"
    code, out, _ = call("run", "n1", "--no-input", "-o", "json")  # consented to before
    assert (code, nodes(out)["n1"]["result"]) == (Exit.OK, "done")
    assert world.machines["n1"].starts == 1


def test_a_node_that_fails_is_explained_and_tried_again(call: Call, world: SimulatedWorld) -> None:
    world.machines["n1"].broken = ["foreign-data"]
    code, out, _ = call("run", "n1", "n2", "--yes")
    assert code == Exit.FAILED
    assert "microdc deploy explain n1" in out
    code, out, _ = call("explain", "n1", "--no-ask", "-o", "json")
    told = json.loads(out)
    assert code == Exit.FAILED
    assert [(one["cause"], one["certainty"]) for one in told["diagnoses"]] == [("foreign-data", "certain")]
    assert "microdc deploy run n1 --wipe" in [step["command"] for step in told["diagnoses"][0]["next"]]
    assert {one["source"] for one in told["timeline"]} >= {"dhcp", "http", "ramdisk", "controller"}
    code, out, _ = call("explain", "n1", "--no-ask")
    assert "certain: n1: the disk holds data" in out
    code, out, _ = call("retry", "n1", "--yes", "-o", "json")
    assert (code, nodes(out)["n1"]["state"]) == (Exit.OK, "active")
    code, out, _ = call("explain", "n1", "--no-ask")
    assert code == Exit.OK
    assert "n1 is active" in out


def test_a_console_that_was_kept_is_looked_through(call: Call, world: SimulatedWorld, tmp_path: Path) -> None:
    world.machines["n1"].hangs_at, world.machines["n1"].hangs = "ramdisk", 9
    call("run", "n1", "--yes", "--attempts", "1")
    log = tmp_path / "console.log"
    log.write_text("SeaBIOS (version 1)\n[ 1.0] Kernel panic - not syncing: x\n", "utf-8")
    _, out, _ = call("explain", "n1", "--no-ask", "-o", "json")
    assert [one["cause"] for one in json.loads(out)["diagnoses"]] == ["ramdisk-no-network"]
    code, out, _ = call("explain", "n1", "--no-ask", "--console", str(log), "-o", "json")
    assert code == Exit.FAILED
    assert [one["cause"] for one in json.loads(out)["diagnoses"]] == ["kernel-panic"]


def test_who_does_not_answer_is_a_remark_of_an_explanation(call: Call, world: SimulatedWorld) -> None:
    call("run", "n1", "--yes")
    world.station_.gone = datetime.max.replace(tzinfo=UTC)
    code, out, _ = call("explain", "n1")
    assert code == Exit.OK
    assert "Mind: the boot services of here were not asked" in out


def test_inspected_nodes_tell_their_hardware_and_are_off(call: Call, world: SimulatedWorld) -> None:
    code, out, _ = call("inspect", "n1", "--yes", "-o", "json")
    assert code == Exit.OK
    assert nodes(out)["n1"]["state"] == "inspected"
    assert nodes(out)["n1"]["hardware"] == {"serial": "n1"}
    world.advance(60)
    assert world.machines["n1"].power is Power.OFF


def test_cleaned_nodes_are_as_before(call: Call, world: SimulatedWorld) -> None:
    call("run", "n1", "--yes")
    code, out, _ = call("clean", "n1", "--yes", "-o", "json")
    assert (code, nodes(out)["n1"]["state"]) == (Exit.OK, "enrolled")
    assert world.machines["n1"].disk == "empty"


def test_what_goes_on_can_be_ended(
    call: Call, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Narrator, step: Any) -> None:
        del self
        if step.what == "n1: ramdisk":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Narrator, "__call__", interrupted)
        call("run", "n1", "--yes")
    code, out, _ = call("abort", "n1", "--off", "--why", "wrong image", "--yes", "-o", "json")
    told = nodes(out)["n1"]
    assert (code, told["state"], told["failure"]["cause"]) == (Exit.OK, "failed", "aborted")
    assert "wrong image" in told["failure"]["what"]
    assert world.machines["n1"].power is Power.OFF
    code, out, _ = call("abort", "n1", "--yes")
    assert (code, out.strip()) == (Exit.OK, "Nothing goes on with these nodes.")


def test_a_node_in_maintenance_is_left_alone(call: Call, world: SimulatedWorld) -> None:
    code, _, err = call("maintenance", "n1")
    assert (code, "--why" in err) == (Exit.USAGE, True)
    assert call("maintenance", "n1", "--why", "new fan")[0] == Exit.OK
    code, _, err = call("run", "n1", "n2", "--yes")
    assert code == Exit.LOCKED
    assert "new fan" in err
    assert call("plan", "n1", "--no-ask")[0] == Exit.LOCKED
    assert world.machines["n2"].starts == 0
    assert call("maintenance", "n1", "--off")[0] == Exit.OK
    assert call("run", "n1", "n2", "--yes")[0] == Exit.OK


def test_status_of_all_counts_them(call: Call) -> None:
    call("run", "n2", "--yes")
    code, out, _ = call("status", "-o", "json")
    assert code == Exit.OK
    assert json.loads(out)["counts"] == {"enrolled": 1, "active": 1}
    assert nodes(out)["n2"]["address"] == "10.20.1.17/16"
    code, out, _ = call("status")
    assert [row.split()[:2] for row in out.splitlines()[1:]] == [["n1", "enrolled"], ["n2", "active"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "name a node"),
        (("run", "plain"), "no node is among plain"),
        (("run", "n3"), "nothing in the testbed is called"),
        (("explain", "plain"), "no node is among plain"),
        (("maintenance", "n1", "--off", "--why", "x"), "takes them back"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Call, words: tuple[str, ...], said: str) -> None:
    code, _, err = call(*words)
    assert code == Exit.USAGE
    assert said in err


def test_an_image_that_is_not_built_is_told_before_anything_is_done(
    call: Call, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = operate.open_deployment

    def without(testbed: Any, book: Any) -> Deployment:
        missing = InputError("the image base is not built", hint="microdc image build base")
        return replace(real(testbed, book), find_image=lambda _: missing)

    monkeypatch.setattr(operate, "open_deployment", without)
    code, _, err = call("run", "n1", "--yes")
    assert code == Exit.LOCKED
    assert "microdc image build base" in err
    assert world.machines["n1"].starts == 0


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(0, 10, f"{'.' * 16} 0 %"), (5, 10, f"{'#' * 8}{'.' * 8} 50 %"), (99, 10, f"{'#' * 16} 100 %")],
)
def test_bars(done: int, total: int, shown: str) -> None:
    assert deploy_watch.bar(done, total) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, None), (0.2, "1 s"), (89, "89 s"), (300, "5 min"), (7300, "2 h 2 min")]
)
def test_times_that_are_left(seconds: float | None, shown: str | None) -> None:
    assert deploy_watch.left(seconds) == shown
