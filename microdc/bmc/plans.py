"""What would be done to servers: they are read, and nothing is sent."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from microdc.bmc.driver import Bmc
from microdc.bmc.judging import Force, Patience, Stage, Wish, differs, stages, words
from microdc.bmc.model import Boot
from microdc.bmc.visiting import Report, Servers, reading, visit
from microdc.events import Step


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done to a server that reads so. steps: what would be asked, in order; none: it is as wished."""

    reads: str
    steps: tuple[str, ...] = ()


def power_plan(
    servers: Servers, wish: Wish, force: Force = Force.LATER, patience: Patience | None = None
) -> Generator[Step, None, Report[Planned]]:
    """What `power` would do."""
    known = patience or Patience()

    def read(bmc: Bmc) -> Planned:
        power = bmc.power()
        found = stages(wish, force, power, bmc.abilities())
        return Planned(str(power), tuple(_stage(stage, known) for stage in found))

    return visit(servers, f"power {wish}", reading(f"power {wish}", read))


def _stage(stage: Stage, patience: Patience) -> str:
    return f"{stage.act}, after {patience.graceful:g} s {stage.or_else}" if stage.or_else else str(stage.act)


def boot_plan(
    servers: Servers, wanted: Boot, *, reboot: bool = False, force: Force = Force.LATER
) -> Generator[Step, None, Report[Planned]]:
    """What `boot` would do."""

    def read(bmc: Bmc) -> Planned:
        before = bmc.boot()
        steps = [f"set {words(wanted)}"] if differs(wanted, before) else []
        if reboot:
            found = stages(Wish.CYCLE, force, bmc.power(), bmc.abilities())
            steps += [_stage(stage, Patience()) for stage in found]
        return Planned(words(before), tuple(steps))

    return visit(servers, "boot", reading("boot", read))
