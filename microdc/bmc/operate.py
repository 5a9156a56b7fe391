"""Servers through their BMCs: power, boot, logs, sensors. All that others call.

Each yields steps and returns a Report with an outcome for every server. What changes something asks the leases first and is written down.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from microdc.bmc import booting, control, tending
from microdc.bmc.control import PowerResult
from microdc.bmc.driver import Bmc
from microdc.bmc.fleet import Outcome, Task
from microdc.bmc.judging import Force, Patience, Wish, words
from microdc.bmc.model import Abilities, Boot, Console, Identity, Led, Log, Power, Sensors
from microdc.bmc.tending import Tended
from microdc.bmc.visiting import LONGEST, Report, Servers, Use, failed, reading, servers_of, visit
from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.store.pages import Book
from microdc.store.process import presence

T = TypeVar("T")
KINDS = ("power", "boot", "bmc")
"""What the journal calls acts on servers."""

__all__ = ["KINDS", "Report", "Servers", "servers_of"]


@dataclass(frozen=True, slots=True)
class About:
    """What a BMC tells cheaply of its server and of itself."""

    identity: Identity
    power: Power
    abilities: Abilities
    driver: str


# -- reading


def power_status(servers: Servers) -> Generator[Step, None, Report[Power]]:
    """The power state of each server."""
    return visit(servers, "power status", reading("power status", lambda bmc: bmc.power()))


def boot_status(servers: Servers) -> Generator[Step, None, Report[Boot]]:
    """The boot override of each server."""
    return visit(servers, "boot", reading("boot", lambda bmc: bmc.boot()))


def show(servers: Servers) -> Generator[Step, None, Report[About]]:
    """Who each server is, and what can be asked of its BMC."""
    return visit(
        servers,
        "show",
        reading("show", lambda bmc: About(bmc.identity(), bmc.power(), bmc.abilities(), bmc.driver)),
    )


def sensors(servers: Servers) -> Generator[Step, None, Report[Sensors]]:
    """The sensors of each server."""
    return visit(servers, "sensors", reading("sensors", lambda bmc: bmc.sensors()))


def led(servers: Servers) -> Generator[Step, None, Report[Led]]:
    """The identify LED of each server."""
    return visit(servers, "led", reading("led", lambda bmc: bmc.led()))


def console(servers: Servers) -> Generator[Step, None, Report[Console]]:
    """How the serial console of each server is reached."""
    return visit(servers, "console", reading("console", lambda bmc: bmc.console()))


def sel(
    servers: Servers, limit: int | None = None, since: datetime | None = None
) -> Generator[Step, None, Report[Log]]:
    """The event log of each server, newest first; since: only what is from then on, so nothing without a time."""

    def read(bmc: Bmc) -> Log:
        if since is None:
            return bmc.log(limit)
        log = bmc.log()
        entries = [entry for entry in log.entries if entry.at is not None and entry.at >= since]
        return replace(log, entries=tuple(entries[:limit]))

    return visit(servers, "log", reading("log", read))


# -- acts


def power(
    servers: Servers,
    wish: Wish,
    book: Book,
    *,
    force: Force = Force.LATER,
    patience: Patience | None = None,
) -> Generator[Step, None, Report[PowerResult]]:
    """Brings the power of each server to what is wished. Raises RefusedError where somebody else holds one of them; nothing is done then."""
    known = patience or Patience()
    longest = known.graceful + 4 * known.settle + servers.limits.busy + 60

    def use(bmc: Bmc, task: Task[Step]) -> Generator[Step, None, PowerResult]:
        return control.bring(bmc, wish, force=force, patience=known, clock=task)

    data = {"wish": wish, "force": force}
    return _act(servers, book, "power", f"power {wish}", use, data=data, longest=longest)


def boot(
    servers: Servers,
    wanted: Boot,
    book: Book,
    *,
    reboot: bool = False,
    force: Force = Force.LATER,
    patience: Patience | None = None,
) -> Generator[Step, None, Report[booting.BootResult]]:
    """Sets or clears the boot override of each server, and boots it where that is wanted. Raises as `power`."""
    known = patience or Patience()
    longest = known.graceful + 4 * known.settle + known.boot + servers.limits.busy + 60

    def use(bmc: Bmc, task: Task[Step]) -> Generator[Step, None, booting.BootResult]:
        return booting.override(bmc, wanted, reboot=reboot, force=force, patience=known, clock=task)

    data = {"wanted": asdict(wanted), "reboot": reboot, "force": force}
    return _act(servers, book, "boot", f"boot {words(wanted)}", use, data=data, longest=longest)


def clear_sel(servers: Servers, book: Book) -> Generator[Step, None, Report[Tended]]:
    """Empties the event log of each server. Raises as `power`."""
    return _act(servers, book, "bmc", "clear the log", lambda bmc, _: tending.clear_log(bmc))


def set_led(servers: Servers, wanted: Led, book: Book) -> Generator[Step, None, Report[Tended]]:
    """Sets the identify LED of each server. Raises as `power`."""

    def use(bmc: Bmc, _: Task[Step]) -> Generator[Step, None, Tended]:
        return tending.set_led(bmc, wanted)

    return _act(servers, book, "bmc", f"led {wanted}", use, data={"led": wanted})


def reset_controllers(
    servers: Servers, book: Book, patience: Patience | None = None
) -> Generator[Step, None, Report[Tended]]:
    """Restarts the BMCs themselves, and waits until they answer again; the servers run on. Raises as `power`."""
    known = patience or Patience()

    def use(bmc: Bmc, task: Task[Step]) -> Generator[Step, None, Tended]:
        return tending.restart_controller(bmc, servers.limits, known, task)

    longest = known.controller + servers.limits.busy + 60
    return _act(servers, book, "bmc", "restart the BMC", use, longest=longest)


def _act(
    servers: Servers,
    book: Book,
    kind: str,
    doing: str,
    use: Use[T],
    *,
    data: Mapping[str, Any] | None = None,
    longest: float = LONGEST,
) -> Generator[Step, None, Report[T]]:
    servers.check()
    book.ask_leave(servers.racks)
    settle(book)
    summary = f"{doing}: {', '.join(servers.names)}"
    with book.page(kind, summary, {**(data or {}), "servers": list(servers.names)}) as page:
        told: dict[str, Any] = {}
        page.result["servers"] = told

        def heard(outcome: Outcome[T]) -> None:
            told[outcome.target.name] = _kept(outcome)

        report = yield from visit(servers, doing, use, longest=longest, heard=heard)
        if any(map(failed, report.outcomes)):
            page.outcome = "failed"
    return report


def _kept(outcome: Outcome[Any]) -> dict[str, Any]:
    """What the journal keeps of an outcome."""
    value = outcome.value
    said = asdict(value) if is_dataclass(value) and not isinstance(value, type) else {}
    if isinstance(outcome.error, MicrodcError):
        said["error"] = str(outcome.error)
    return {**said, "driver": outcome.driver, "notes": list(outcome.notes)}


def settle(book: Book) -> None:
    """Closes what a process began at servers that is gone. What came of it is read from the servers, never guessed."""
    for entry in book.store.journal.unfinished(book.testbed):
        if entry.kind in KINDS and presence(entry.actor) == "gone":
            words_ = "the process was gone before it wrote this down; microdc power status tells how the servers are"
            book.store.journal.settle(entry.id, {"settled": words_})
