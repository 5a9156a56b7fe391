"""Power and the BMC."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Action, Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """bmc-lost, no-power, power-lost."""
    told = case.last("bmc", kinds.POWER, kinds.BOOT, kinds.BMC_LOST)
    if told is not None and told.kind == kinds.BMC_LOST:
        yield from _dead(case)
    power = case.last("bmc", kinds.POWER)
    if power is not None and str(power.evidence.data.get("state")) == "off":
        yield from _off(case)


def _dead(case: Case) -> Iterator[Diagnosis]:
    """It matters while the BMC has something to do: at the start, and for the last look at the boot order."""
    if case.phase not in {Phase.PREPARE, Phase.POWER, Phase.VERIFY} or not (
        case.over or case.phase is Phase.POWER
    ):
        return
    lost = case.seen("bmc", kinds.BMC_LOST)
    yield Diagnosis(
        "bmc-lost",
        Certainty.CERTAIN if case.over else Certainty.LIKELY,
        f"the BMC of {case.name} does not answer",
        lines(lost),
        (
            Advice("ask it, and see where it fails", f"microdc bmc show {case.name}"),
            Advice("look at the link of its own network port", f"microdc switch ports {case.record.site}"),
            Advice("if its server runs, take its power away for 30 s: a BMC that hangs starts anew by that"),
        ),
    )


def _off(case: Case) -> Iterator[Diagnosis]:
    off = case.last("bmc", kinds.POWER)
    if off is None:
        return
    log = case.seen("bmc", kinds.LOG)
    look = (
        Advice("see what the BMC logged", f"microdc bmc sel {case.name}"),
        Advice("and whether it gets power", f"microdc bmc sensors {case.name}"),
    )
    if case.within(Phase.POWER, Phase.FIRMWARE) and not case.dhcp():
        asked = case.seen("controller", kinds.DECIDED)
        if asked or case.over:
            yield Diagnosis(
                "no-power",
                Certainty.CERTAIN if case.over else Certainty.POSSIBLE,
                f"{case.name} was turned on, and is off",
                lines([*asked[-1:], off, *log[-2:]]),
                (*look, Advice("look for its power supplies and cables")),
            )
    elif case.within(Phase.RAMDISK, Phase.CONFIGURE) and not _ended(case):
        writing = case.last("ramdisk", kinds.WRITING)
        half = "; its disk is half written, and boots nothing" if writing else ""
        yield Diagnosis(
            "power-lost",
            Certainty.CERTAIN,
            f"{case.name} lost its power while the ramdisk was at work{half}",
            lines([*([writing] if writing else []), off, *log[-2:]]),
            (
                *look,
                Advice(
                    "begin again: what is half written is written anew", f"microdc deploy retry {case.name}"
                ),
            ),
        )


def _ended(case: Case) -> bool:
    """Whether the ramdisk turned it off itself, at the end of its work or after it had given up."""
    if case.record.action in {Action.INSPECT, Action.CLEAN} and case.seen(
        "ramdisk", kinds.INSPECTED, kinds.WIPED
    ):
        return True
    return bool(case.seen("ramdisk", kinds.REBOOTING, kinds.RAMDISK_FAILED))
