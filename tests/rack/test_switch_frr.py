"""Changes of ports on real command lines: FRR's vtysh and bash behind OpenSSH, with ports and bridges of the kernel."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import frr_switch
import pytest
from frr_switch import NEEDED, Switch

from microdc.errors import ApplyError, RefusedError
from microdc.switch.cli import operate, suite
from microdc.switch.cli.errors import Cause, ReadOnlyError, SwitchError
from microdc.switch.cli.model import Login, Plan, PortChange
from microdc.switch.cli.session import open_session

pytestmark = NEEDED
BOTH = pytest.mark.parametrize("platform", ["frr", "linux"])


@pytest.fixture(scope="module")
def device() -> Iterator[Switch]:
    with frr_switch.switch() as made:
        yield made


def link(device: Switch, port: str = "swp1") -> tuple[bool, str, str]:
    """Up, description and bridge of a port, as the kernel has them."""
    (told,) = json.loads(device.ip("-j", "link", "show", "dev", port))
    return "UP" in told["flags"], told.get("ifalias", ""), told.get("master", "")


def applied(device: Switch, platform: str, change: PortChange) -> Plan:
    target = device.target(platform)
    plan = operate.plan(target, change)
    steps = [step.state for step in operate.apply(target, plan)]
    assert steps == ["started", "progress", "done"]
    return plan


@BOTH
def test_facts_and_configuration_are_read_and_stay_the_same(
    device: Switch, platform: str, tmp_path: Path
) -> None:
    target = device.target(platform)
    assert operate.facts(target).version
    kept = operate.backup(target, tmp_path)
    assert (kept.state, stat.S_IMODE(kept.file.stat().st_mode)) == ("new", 0o600)
    assert operate.backup(target, tmp_path).state == "same"
    text = kept.file.read_text()
    assert ("zebra-password" if platform == "frr" else "to c2, Ñandú") in text


def test_what_changed_since_the_last_backup_is_shown_without_secrets(device: Switch, tmp_path: Path) -> None:
    target = device.target("frr")
    operate.backup(target, tmp_path)
    plan = applied(device, "frr", PortChange("swp2", description="spare"))
    try:
        now = operate.difference(target, tmp_path)
        assert now.state == "changed"
        assert "+ description spare" in now.diff
        assert "zebra-password" not in "\n".join(now.diff)
    finally:
        applied(device, "frr", PortChange("swp2", description=plan.before.description))


def test_vtysh_changes_a_port_saves_it_and_puts_it_back(device: Switch) -> None:
    applied(device, "frr", PortChange("swp1", up=False, description="to c1 & it's Ñ"))
    try:
        assert link(device)[0] is False
        saved = (device.directory / "frr.conf").read_text()
        assert " description to c1 & it's Ñ\n shutdown\n" in saved
    finally:
        applied(device, "frr", PortChange("swp1", up=True, description=""))
    assert link(device)[0] is True
    assert operate.plan(device.target("frr"), PortChange("swp1", up=True, description="")).commands == ()


def test_a_shell_moves_a_port_to_another_vlan_and_back(device: Switch) -> None:
    before = link(device)
    made = applied(device, "linux", PortChange("swp1", up=False, description="to 'c1'; $(reboot)", vlan=20))
    try:
        assert link(device) == (False, "to 'c1'; $(reboot)", "br20")
        with open_session(device.target("linux")) as session:
            assert "microdc" not in session.ask("ls /run")  # nothing is left that would take it back
    finally:
        back = PortChange("swp1", made.before.up, made.before.description, made.before.vlan)
        applied(device, "linux", back)
    assert link(device) == before


def test_a_change_that_cuts_us_off_is_taken_back_by_the_switch(device: Switch) -> None:
    target = device.target("linux", address="10.77.0.1", via=device.far)
    plan = operate.plan(target, PortChange("mgmt0", up=False), dead_man=6)
    with pytest.raises(ApplyError, match="the switch took the change back by itself: mgmt0 is as before"):
        list(operate.apply(target, plan, patience=2))
    assert link(device, "mgmt0")[0] is True


def test_where_nothing_takes_it_back_it_is_said_how_to(device: Switch) -> None:
    target = device.target("frr", address="10.77.0.1", via=device.far)
    plan = operate.plan(target, PortChange("mgmt0", up=False))
    assert any("takes nothing back by itself" in remark for remark in plan.remarks)
    try:
        with pytest.raises(SwitchError, match="no shutdown") as caught:
            list(operate.apply(target, plan, patience=2))
        assert caught.value.sent
    finally:
        applied(device, "frr", PortChange("mgmt0", up=True))  # over its other address
    assert link(device, "mgmt0")[0] is True


@BOTH
def test_what_is_not_as_planned_afterwards_is_taken_back(device: Switch, platform: str) -> None:
    target, before = device.target(platform), link(device)
    plan = operate.plan(target, PortChange("swp1", up=False))
    wrong = replace(plan, after=replace(plan.after, description="something that nobody sends"))
    with pytest.raises(ApplyError, match="it was taken back: swp1 is as before"):
        list(operate.apply(target, wrong))
    assert link(device) == before


@BOTH
def test_a_command_that_is_not_taken_takes_back_those_before_it(device: Switch, platform: str) -> None:
    target, before = device.target(platform), link(device)
    plan = operate.plan(target, PortChange("swp1", up=False))
    wrong = replace(plan, commands=(*plan.commands, "no-such-command"))
    with pytest.raises(ApplyError, match=r"`no-such-command` was not taken.*it was taken back"):
        list(operate.apply(target, wrong))
    assert link(device) == before


@BOTH
def test_an_interruption_takes_the_change_back(device: Switch, platform: str) -> None:
    target, before = device.target(platform), link(device)
    steps = operate.apply(target, operate.plan(target, PortChange("swp1", up=False)))
    assert [next(steps).state, next(steps).state] == ["started", "progress"]
    assert link(device)[0] is False
    steps.close()  # type: ignore[attr-defined]
    assert link(device) == before


def test_a_port_that_changed_since_the_plan_is_left_alone(device: Switch) -> None:
    target = device.target("linux")
    plan = operate.plan(target, PortChange("swp1", description="mine"))
    device.ip("link", "set", "dev", "swp1", "alias", "theirs")
    try:
        with pytest.raises(RefusedError, match="no longer as the plan found it"):
            list(operate.apply(target, plan))
        assert link(device)[1] == "theirs"
    finally:
        device.ip("link", "set", "dev", "swp1", "alias", "")


@pytest.mark.parametrize(("platform", "user"), [("frr", "admin"), ("linux", "ops"), ("linux", "plain")])
def test_the_change_suite_passes(device: Switch, platform: str, user: str) -> None:
    """At vtysh, bash, and dash, which is the shell of the smallest."""
    before = link(device)
    vlan = 20 if platform == "linux" else None
    target = device.target(platform, login=Login(user, frr_switch.PASSWORD))
    checks = list(suite.run(target, "swp1", vlan=vlan))
    assert [check for check in checks if check.passed is not True] == []
    assert len(checks) == (8 if vlan else 7)
    assert link(device) == before


def test_the_suite_as_a_command(
    device: Switch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MICRODC_SUITE_LOGIN", f"admin:{frr_switch.PASSWORD}")
    words = ["127.0.0.1", "--platform", "frr", "--host-key", device.host_key, "--via", device.namespace]
    assert suite.main([*words, "--port", "swp1", "--vlan", "20"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0].strip() for line in told] == ["passed"] * 4 + ["not known"] * 2 + [
        "passed"
    ] * 2
    assert suite.main([*words, "--port", "swp9"]) == 1


def test_other_platforms_are_read_only_before_anything_is_sent(device: Switch) -> None:
    target = device.target("cisco_ios", login=Login("nobody", "nothing"))
    with pytest.raises(ReadOnlyError, match=r"microdc\.switch\.cli\.suite"):
        operate.plan(target, PortChange("swp1", up=False))


def test_an_sshd_that_speaks_only_sha1_is_named() -> None:
    words = "-oKexAlgorithms=diffie-hellman-group14-sha1"
    with frr_switch.switch(sshd=words) as old, pytest.raises(SwitchError) as caught:
        operate.facts(old.target("frr"))
    assert caught.value.cause is Cause.TOO_OLD
    assert (
        "speaks only SSH that is broken by now: key exchange diffie-hellman-group14-sha1" in caught.value.what
    )
    assert "OpenSSH" in caught.value.what


@pytest.mark.parametrize("user", ["ops", "plain"])
def test_what_pauses_at_something_like_a_prompt_is_read_to_its_end(device: Switch, user: str) -> None:
    target = device.target("linux", login=Login(user, frr_switch.PASSWORD))
    with open_session(target) as session:
        said = session.ask("printf 'one\\n# '; sleep 1; echo two; echo '#'; sleep 3; echo three")
        assert said == "one\n# two\n#\nthree"
        assert session.ask("echo four") == "four"


def test_a_password_that_has_expired_is_named_by_what_a_real_sshd_says(device: Switch) -> None:
    with pytest.raises(SwitchError) as caught:
        operate.facts(device.target("linux", login=Login("expired", frr_switch.PASSWORD)))
    assert caught.value.cause is Cause.PASSWORD_EXPIRED
