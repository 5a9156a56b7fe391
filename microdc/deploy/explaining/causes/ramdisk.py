"""A ramdisk that is not heard, or no more."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, any_of, is_firmware, lines, whole
from microdc.deploy.explaining.causes import kernel, work
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry
from microdc.deploy.model import Phase

_IN_SCRIPTS = frozenset({", move ", "nothing to be done", "could not be started"})
"""In the lines that the boot services have iPXE say."""


def judge(case: Case) -> Iterator[Diagnosis]:
    """hello-denied, ramdisk-no-network, restarted, ramdisk-silent."""
    if case.phase is Phase.RAMDISK:
        yield from _no_hello(case)
    elif case.within(Phase.WORK, Phase.CONFIGURE):
        yield from _silent(case)


def _no_hello(case: Case) -> Iterator[Diagnosis]:
    denied = [
        e
        for e in case.seen("http", kinds.HTTP_DENIED)
        if any_of(e.evidence.data.get("path", ""), {"/node/hello"})
    ]
    if denied:
        yield Diagnosis(
            "hello-denied",
            Certainty.CERTAIN,
            f"the ramdisk of {case.name} runs, and was refused its order: {denied[-1].evidence.data.get('reason') or 'no reason given'}",
            lines(denied),
            (Advice("begin again, with a new token", f"microdc deploy retry {case.name}"),),
        )
        return
    trouble = case.signs("panic", "no-memory", "root-missing", "emergency")
    if trouble or not case.over or kernel.fetched_again(case):
        return
    fetched = [entry for entry in case.seen("http", kinds.HTTP_RAMDISK) if whole(entry)]
    said = [entry for entry in case.seen("console") if _by_ramdisk(entry.evidence.text)]
    yield Diagnosis(
        "ramdisk-no-network",
        Certainty.LIKELY if fetched or said else Certainty.POSSIBLE,
        f"{case.name} fetched kernel and ramdisk, and nothing was heard of it since: the ramdisk has no driver for the NIC, or no network by it",
        lines([*fetched, *said]),
        (
            Advice("see what it says on its console", f"microdc bmc console-hint {case.name}"),
            Advice("see whether the link of its port came back", f"microdc switch ports {case.record.site}"),
            Advice("try the ramdisk with the kernel for real servers, which has more drivers"),
        ),
    )


def _by_ramdisk(line: str) -> bool:
    """Whether it said that line; what iPXE says in its scripts begins alike."""
    return "microdc:" in line and not any_of(line, _IN_SCRIPTS)


def _silent(case: Case) -> Iterator[Diagnosis]:
    told = case.seen("ramdisk")
    if not told or not case.over or told[-1].kind == kinds.RAMDISK_FAILED:
        return
    if work.hangs(case):
        return  # it reported to the end
    power = case.last("bmc", kinds.POWER)
    off = power is not None and str(power.evidence.data.get("state")) == "off"
    if off or case.signs("panic", "no-memory", after=told[-1]):
        return
    if again := _booted(case, told[-1]):
        yield Diagnosis(
            "restarted",
            Certainty.CERTAIN,
            f"{case.name} booted again while the ramdisk was at work: it was reset, or its kernel crashed",
            lines([told[-1], *again]),
            (
                Advice("see what its BMC logged", f"microdc bmc sel {case.name}"),
                Advice("see who did something with it", "microdc log"),
                Advice(
                    "begin again: what is half written is written anew", f"microdc deploy retry {case.name}"
                ),
            ),
        )
        return
    yield Diagnosis(
        "ramdisk-silent",
        Certainty.LIKELY,
        f"the ramdisk of {case.name} stopped reporting: it hangs, or its network is gone",
        lines(told),
        (
            Advice("see whether it is on", f"microdc power status {case.name}"),
            Advice("see what it says on its console", f"microdc bmc console-hint {case.name}"),
            Advice("see whether its port has a link", f"microdc switch ports {case.record.site}"),
            Advice("begin again: what is half written is written anew", f"microdc deploy retry {case.name}"),
        ),
    )


def _booted(case: Case, told: Entry) -> list[Entry]:
    """What firmware does, after that."""
    asked = [e for e in case.dhcp(kinds.DISCOVER, after=told) if is_firmware(e)]
    return [*asked, *case.seen("http", kinds.HTTP_LOCAL, kinds.HTTP_SCRIPT, after=told)]
