"""What follows from what a machine has; and the one list of the system's programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from microdc import requirements
from microdc.cli import doctor, main
from microdc.errors import Exit
from microdc.host import abilities
from microdc.host.abilities import Ability

KERNEL = [
    "network namespaces",
    "veth",
    "bridge",
    "tap",
    "sch_htb",
    "sch_bfifo",
    "cls_u32",
    "sch_netem",
    "kvm",
]


def diagnosed(
    *lacking: str, root: bool = True, has_apt: bool = True, without: tuple[str, ...] = ()
) -> doctor.Diagnosis:
    return doctor.diagnose(
        root=root,
        abilities=[Ability(name, name not in lacking, "no" if name in lacking else "") for name in KERNEL],
        found=lambda program: None if program in without else f"/usr/bin/{program}",
        has_apt=has_apt,
    )


def missing(diagnosis: doctor.Diagnosis) -> set[str]:
    return {check.name for check in diagnosis.checks if check.state == "missing"}


def test_a_machine_that_has_all() -> None:
    diagnosis = diagnosed()
    assert (diagnosis.can_run, diagnosis.emulator, diagnosis.install) == (True, "namespace", "")


def test_without_netem_a_guest_serves() -> None:
    assert diagnosed("sch_netem", "kvm").can_run
    assert diagnosed("sch_netem", "kvm").emulator == "guest"


def test_without_netem_and_qemu_nothing_serves() -> None:
    diagnosis = diagnosed("sch_netem", without=("qemu-system-x86_64",))
    assert not diagnosis.can_run
    assert diagnosis.emulator == "none"
    assert missing(diagnosis) == {"qemu-system-x86_64"}
    assert diagnosis.install == "apt-get install --no-install-recommends qemu-system-x86"


def test_with_netem_the_guests_programs_and_tap_are_not_needed() -> None:
    diagnosis = diagnosed("tap", without=("qemu-system-x86_64", "dropbear"))
    assert diagnosis.can_run
    assert diagnosis.emulator == "namespace"


@pytest.mark.parametrize("name", ["network namespaces", "veth", "bridge", "sch_htb", "cls_u32", "sch_bfifo"])
def test_what_nothing_can_stand_in_for(name: str) -> None:
    diagnosis = diagnosed(name)
    assert not diagnosis.can_run
    assert missing(diagnosis) == {name}


def test_without_root() -> None:
    assert missing(diagnosed(root=False)) == {"root"}


def test_without_apt_projects_are_named() -> None:
    diagnosis = diagnosed(has_apt=False, without=("irtt", "ip"))
    hints = {check.name: check.hint for check in diagnosis.checks if check.hint}
    assert hints == {"irtt": "install irtt", "ip": "install iproute2"}
    assert not diagnosis.install


def test_every_missing_check_says_how_to_get_it() -> None:
    programs = tuple(tool.program for tool in requirements.TOOLS)
    diagnosis = diagnosed(*KERNEL, root=False, without=programs)
    assert all(check.hint for check in diagnosis.checks if check.state == "missing")


def test_the_command_on_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    code = main.call(["doctor", "-o", "json"])
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["kind"]) == ("microdc/v1", "Doctor")
    assert code == (Exit.OK if shown["can_run"] else Exit.UNREACHABLE)
    assert {check["name"] for check in shown["checks"]} >= {"root", "sch_netem", "kvm", "ip", "irtt"}
    assert all(set(check) == {"name", "state", "detail", "hint"} for check in shown["checks"])


def test_kvm_that_is_not_there_or_does_not_work(tmp_path: Path) -> None:
    assert not abilities.kvm(tmp_path / "kvm").works
    not_a_device = tmp_path / "file"
    not_a_device.touch()
    found = abilities.kvm(not_a_device)
    assert not found.works
    assert str(not_a_device) in found.detail


def test_a_trial_whose_program_is_missing_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find", lambda _: None)
    assert abilities.try_kernel("sch_netem").works is None


def test_the_list_runs_on_a_bare_python(tmp_path: Path) -> None:
    """As make calls it: no site packages, no microdc, and here with no program to be found at all."""
    argv = [sys.executable, "-S", "-E", requirements.__file__, "--missing-packages"]
    env = {"PATH": str(tmp_path)}
    done = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    known = {tool.package for tool in requirements.TOOLS} | {"python3-venv"}
    assert set(done.stdout.split()) <= known


def test_the_list_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "find", lambda program: None if program in {"irtt", "tc"} else program)
    assert requirements._main(["--missing-packages"]) == 0
    assert capsys.readouterr().out.split() == ["iproute2", "irtt"]
    assert requirements._main(["--missing"]) == 0
    assert "irtt" in capsys.readouterr().out
    assert requirements._main([]) == 2
