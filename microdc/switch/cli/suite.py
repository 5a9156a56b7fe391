"""The change suite: whether microdc can change the ports of a platform, tried on one port of a real switch that nobody needs.

`python -m microdc.switch.cli.suite --platform cisco_ios --port Gi1/0/24 admin@10.0.0.2` runs it; the password is taken from MICRODC_SUITE_LOGIN
(`user:password`, and `enable:PASSWORD` in a second line). Each check changes one thing, reads it back and puts it back. What it proves goes into
the `proved` of the platform's file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from microdc.errors import Exit, InputError, MicrodcError
from microdc.switch.cli import operate
from microdc.switch.cli.conversation import PATIENCE
from microdc.switch.cli.errors import ReadOnlyError
from microdc.switch.cli.model import Facts, Plan, PortChange, PortSetting, Target
from microdc.switch.cli.targets import login_of

_LOGIN = "MICRODC_SUITE_LOGIN"
_ABSENT = "microdc-no-such-port0"


@dataclass(frozen=True, slots=True)
class Check:
    """One trial. passed: None where the platform does not know what was tried."""

    name: str
    passed: bool | None
    detail: str = ""


def run(target: Target, port: str, *, vlan: int | None = None, patience: float = PATIENCE) -> Iterator[Check]:
    """Every check on one port. vlan: another one than the port's, None leaves VLANs out.

    A port that a failed check left otherwise than it was is told of by the last check, which puts nothing right.
    """
    began = operate.plan(
        target, PortChange(port, description="microdc"), unproved=True, patience=patience
    ).before
    changes = {
        "description": PortChange(port, description="microdc change suite"),
        "state": PortChange(port, up=not began.up),
        **({"VLAN": PortChange(port, vlan=vlan)} if vlan else {}),
        "all at once": PortChange(port, up=not began.up, description="microdc all at once", vlan=vlan),
    }
    yield _check("facts", lambda: _facts(target, patience))
    yield _check("configuration twice the same", lambda: _still(target, patience))
    for name, change in changes.items():
        yield _check(f"{name} changed and put back", partial(_to_and_fro, target, change, began, patience))
    yield _check("a port that is not there is refused", lambda: _absent(target, patience))
    yield _check("the port is as it was", lambda: _unchanged(target, port, began, patience))


def _check(name: str, trial: Callable[[], str]) -> Check:
    try:
        return Check(name, passed=True, detail=trial())
    except ReadOnlyError as problem:
        return Check(name, passed=None, detail=problem.what)
    except MicrodcError as problem:
        return Check(name, passed=False, detail=str(problem))


def _facts(target: Target, patience: float) -> str:
    found: Facts = operate.facts(target, patience=patience)
    if not found.version:
        raise InputError("no version was found in what it says of itself")
    return ", ".join(filter(None, (found.vendor, found.model, found.version)))


def _still(target: Target, patience: float) -> str:
    first, second = (operate.config(target, patience=patience) for _ in range(2))
    if first != second:
        raise InputError("some lines change by themselves: name them in the platform's `volatile`")
    return f"{len(first.splitlines())} lines"


def _to_and_fro(target: Target, change: PortChange, began: PortSetting, patience: float) -> str:
    there = _applied(target, change, patience)
    back = PortChange(began.port, began.up, began.description, None if change.vlan is None else began.vlan)
    _applied(target, back, patience)
    return "; ".join(there.diff)


def _applied(target: Target, change: PortChange, patience: float) -> Plan:
    plan = operate.plan(target, change, unproved=True, patience=patience)
    for _ in operate.apply(target, plan, unproved=True, patience=patience):
        pass
    return plan


def _absent(target: Target, patience: float) -> str:
    try:
        operate.plan(target, PortChange(_ABSENT, up=False), unproved=True, patience=patience)
    except MicrodcError as problem:
        return problem.what
    raise InputError(f"{_ABSENT} was taken for a port")


def _unchanged(target: Target, port: str, began: PortSetting, patience: float) -> str:
    now = operate.plan(target, PortChange(port, up=began.up), unproved=True, patience=patience).before
    if now != began:
        raise InputError(f"it was {began}, and is {now}")
    return ""


def main(words: Sequence[str] | None = None) -> int:
    """Runs the suite and prints a line for each check. The exit code is 0 where none failed."""
    parser = argparse.ArgumentParser(
        prog="python -m microdc.switch.cli.suite", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("address", help="name or IP address of the switch")
    parser.add_argument("--platform", required=True)
    parser.add_argument("--port", required=True, help="a port that nobody needs: it goes down and up")
    parser.add_argument("--vlan", type=int, help="a VLAN that the switch has and the port is not in")
    parser.add_argument("--ssh-port", type=int, default=22)
    parser.add_argument(
        "--host-key", default="", help="SHA256:... of the switch; left out, your known_hosts decides"
    )
    parser.add_argument("--via", default="", help="network namespace from which it is reached")
    given = parser.parse_args(words)
    failed = False
    try:
        target = Target(
            name=given.address,
            address=given.address,
            platform=given.platform,
            login=login_of(os.environ.get(_LOGIN, ""), _LOGIN),
            where=given.address,
            port=given.ssh_port,
            host_key=given.host_key,
            via=given.via,
        )
        for check in run(target, given.port, vlan=given.vlan):
            word = {True: "passed", False: "FAILED", None: "not known"}[check.passed]
            sys.stdout.write(f"{word:9}  {check.name}" + (f": {check.detail}" if check.detail else "") + "\n")
            sys.stdout.flush()
            failed |= check.passed is False
    except MicrodcError as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    return Exit.FAILED if failed else Exit.OK


if __name__ == "__main__":
    sys.exit(main())
