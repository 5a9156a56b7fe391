"""Bringing labs up, looking at them, and taking them down: what everybody outside this room calls."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from microdc import locations, requirements
from microdc.errors import InputError, MicrodcError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.lab import emulator as emulators
from microdc.lab import fabric, guests, inventory, lock, names, teardown
from microdc.lab.model import EmulatorChoice, LabRecord, LabStatus
from microdc.lab.plan import LabPlan, plan
from microdc.lab.rack import start as racks
from microdc.lab.status import look, stands
from microdc.lab.switch import start as switches
from microdc.testbed.load import load

_TOOLS = ("ip", "tc", "nsenter", "unshare", "fping")


def up(
    lab: str, source: Path, *, emulator: EmulatorChoice = "auto", hosts: int = 2, rack: bool = False
) -> Generator[Step, None, Path]:
    """Brings up a lab of the inventory `source`, with `hosts` hosts at each site; returns the lab's own inventory.

    rack: with a machine and a BMC for each server that has one declared; the machines are off.
    Nothing is changed where the lab is up already; what a crash left of it is built anew. A failure or an interrupt
    takes down again what was built. Raises InputError for what cannot be built, UnreachableError where this machine
    cannot build it, RefusedError where another command is at it.
    """
    names.check(lab)
    _check_machine()
    testbed = load(source)
    inventory.check_source(lab, source)
    # what cannot be built is said before anything else is done
    if wired := plan(testbed, lab, "namespace", hosts=hosts, rack=rack).switches:
        switches.check_tools(wired)
    with lock.held(lab):
        if stands(lab):
            _refuse_other_kind(lab, rack=rack)
            yield Step(f"Lab {lab}", "skipped", f"it is up already; nothing was changed{_broken(lab)}")
            return inventory.directory_of(lab)
        _refuse_anothers(lab)
        kind, step = emulators.choose(emulator)
        yield step
        yield from bring_up(plan(testbed, lab, kind, hosts=hosts, rack=rack), source, hosts)
    return inventory.directory_of(lab)


def bring_up(made: LabPlan, source: Path, hosts: int) -> Generator[Step, None, None]:
    """Builds a plan for which the lock is held, from a clean start, whole or not at all."""
    if teardown.exists(made.lab):
        yield Step(f"Lab {made.lab}", "progress", "an earlier command left it half built: it is built anew")
        yield from teardown.clear(made.lab)
    try:
        yield from _build(made, source, hosts)
    except BaseException as failure:
        for _ in teardown.clear(made.lab):
            pass  # told with the reason, since a generator that is being closed can tell nothing
        if isinstance(failure, MicrodcError):
            failure.hint = "; ".join(
                filter(None, (failure.hint, "what was built of the lab is taken down again"))
            )
        raise


def _build(made: LabPlan, source: Path, hosts: int) -> Iterator[Step]:
    image = yield from guests.prepare(made)
    names.lab_dir(made.lab).mkdir(parents=True, mode=0o700)
    yield from fabric.build(made)
    if image:
        reached = yield from guests.start(made, image)
    else:
        reached = {emulator.name: {"host": f"netns:{emulator.namespace}"} for emulator in made.emulators}
    wired = yield from switches.start(made)  # before the machines, which are plugged into them
    stands = yield from racks.start(made)
    for station in made.stations:
        fabric.add_station(station)
    directory = inventory.directory_of(made.lab)
    inventory.write(made, source, reached, stands, wired)
    locations.current_lab_file().write_text(f"{directory}\n", "utf-8")
    inventory.record(
        LabRecord(made.lab, made.kind, hosts, source.resolve(), rack=bool(made.machines or made.switches))
    )  # last: from now on it stands
    yield Step("Writing the lab's inventory", "done", str(directory))


def down(lab: str) -> Generator[Step, None, None]:
    """Takes all of a lab down, also what a crash left of it. Nothing happens where there is none."""
    names.check(lab)
    if not teardown.exists(lab):
        yield Step(f"Lab {lab}", "skipped", "it is not up")
        return
    _check_root()
    with lock.held(lab):
        yield from teardown.clear(lab)


def status(lab: str) -> LabStatus:
    """A lab as it is now; pings every gateway from its site's first host."""
    names.check(lab)
    _check_root()
    return look(lab)


def list_labs() -> list[str]:
    """The labs of which something exists, sorted."""
    return names.existing_labs()


def command_at(lab: str, place: str, command: Sequence[str]) -> list[str]:
    """The argv that runs a command at a place of the lab, its first word a path.

    place: `SITE/HOST`, `SITE` for its first host, or an emulator that is a namespace. Raises InputError for a place
    that the lab does not have.
    """
    names.check(lab)
    _check_root()
    site, _, host = place.partition("/")
    parts = [f"{site}-{host or 'h1'}", *([] if host else [site])]
    for namespace in (names.namespace(lab, part) for part in parts):
        if namespaces.path(namespace).exists():
            program, *words = namespaces.inside(namespace)
            return [requirements.find(program) or program, *words, *command]
    known = [name.removeprefix(names.namespace(lab, "")) for name in names.namespaces_of(lab)]
    hint = f"this lab has {', '.join(known)}" if known else f"bring it up with: microdc lab up --name {lab}"
    raise InputError(f"the lab {lab} has no host {place}", hint=hint)


def _broken(lab: str) -> str:
    """What to do where parts of a lab that stands do not work any more."""
    broken = [machine.name for machine in look(lab).machines if not machine.works]
    return f". The BMCs of {', '.join(broken)} do not run: lab down, then up, mends that" if broken else ""


def _refuse_other_kind(lab: str, *, rack: bool) -> None:
    """A rack cannot be added to a lab that stands: its inventory and its management network are made once."""
    record = inventory.recorded(lab)
    if rack and record is not None and not record.rack:
        hint = f"microdc lab down --name {lab}, then lab up --rack; or take another --name"
        raise InputError(f"the lab {lab} is up already, without a rack", hint=hint)


def _refuse_anothers(lab: str) -> None:
    """A lab's directory is made before its namespaces and goes after them: without it they are not ours."""
    found = names.namespaces_of(lab)
    if found and not names.lab_dir(lab).exists():
        what = f"a lab {lab} is here that was made with another state directory than {locations.state_dir()}"
        hint = f"take another --name; `microdc lab down --name {lab}` ends that one"
        raise RefusedError(what, where=f"netns:{found[0]}", hint=hint)


def _check_machine() -> None:
    _check_root()
    wanted = [tool for tool in requirements.missing() if tool.program in _TOOLS]
    if wanted:
        programs, packages = (
            sorted(set(column)) for column in zip(*((t.program, t.package) for t in wanted), strict=True)
        )
        hint = f"{requirements.install_line(packages)}; microdc doctor tells more"
        raise UnreachableError(f"not installed: {', '.join(programs)}", where="this machine", hint=hint)


def _check_root() -> None:
    if os.geteuid() != 0:
        what = "a lab is made of network namespaces, which only root can make, enter and remove"
        raise UnreachableError(what, where="this machine", hint="run it with sudo")
