"""Puts a BMC together from a directory: a machine's, or a recorded tree's."""

from __future__ import annotations

from pathlib import Path

from microdc.lab.redfish import common, trees
from microdc.lab.redfish.accounts import Accounts
from microdc.lab.redfish.described import TREES, DescribedMachine
from microdc.lab.redfish.events import Events
from microdc.lab.redfish.facts import MachineFiles
from microdc.lab.redfish.faults import Faults
from microdc.lab.redfish.memory import MemoryMachine
from microdc.lab.redfish.recorded import RecordedTree
from microdc.lab.redfish.service import Service
from microdc.lab.redfish.sessions import LIMIT, Sessions
from microdc.lab.redfish.users import Login
from microdc.lab.redfish.world import Machine, Part


def bmc(
    directory: Path,
    users: list[Login],
    *,
    sessions: int = LIMIT,
    in_memory: bool = False,
    machine: Machine | None = None,
    address: str = "",
    port: int = 443,
) -> Service:
    """The BMC of a directory.

    With `machine.json` in it, it is that machine's; with `tree` (a directory, an archive, or a link to one), or itself being such, it
    shows a recorded tree. `faults.json` is looked for in either. machine: instead of the one of `microdc.lab.machine`, which in_memory
    replaces by one that is state only. InputError where the directory is neither.
    """
    if not (directory / "machine.json").exists():
        tree = directory / "tree"
        return _recorded(tree if tree.exists() else directory, Faults(directory), users, sessions)
    if machine is None:
        machine = _in_memory(directory) if in_memory else _real(directory)
    return _described(directory, machine, users, sessions, (address, port))


def _recorded(place: Path, faults: Faults, users: list[Login], limit: int) -> Service:
    accounts = Accounts(users)
    tree = RecordedTree(trees.load(place.resolve()), faults.planted)
    sessions = Sessions(accounts, faults.planted, limit, tree.sessions)
    return Service([tree], accounts, sessions, faults.planted)


def _described(
    directory: Path, machine: Machine, users: list[Login], limit: int, where: tuple[str, int]
) -> Service:
    faults = Faults(directory)
    accounts = Accounts(users)
    world = DescribedMachine(directory, machine, faults.planted, where)
    documents = [one for build in TREES.values() for one in build(world.facts()).values()]
    types = common.types_of([*documents, *common.examples()])
    parts: list[Part] = [accounts, Events(world.entries), common.Common(types), world]
    return Service(parts, accounts, Sessions(accounts, faults.planted, limit), faults.planted)


def _in_memory(directory: Path) -> MemoryMachine:
    return MemoryMachine(mode=str(MachineFiles(directory).about().get("firmware", "bios")))


def _real(directory: Path) -> Machine:
    """The lab's own machine, loaded only where one is driven."""
    from microdc.lab.machine.machine import Machine as LabMachine  # noqa: PLC0415

    return LabMachine(directory)
