"""The first boot from the disk: again from the network, from nothing, or without a word."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, any_of, is_firmware, line, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """no-boot-device, root-missing, system-panic, network-again, home-denied, no-home."""
    if case.phase is not Phase.FIRST_BOOT:
        return
    begun = case.last("ramdisk", kinds.REBOOTING) or case.last("ramdisk", kinds.CONFIGURED)
    found = [*_console(case, begun), *_again(case, begun), *_denied(case, begun)]
    yield from found
    if not found and case.over:
        yield _silence(case, begun)


def _console(case: Case, begun: Entry | None) -> Iterator[Diagnosis]:
    nothing = [entry for _, entry in case.signs("no-boot-device", "no-loader-on-disk", after=begun)]
    if nothing:
        mode = case.facts.spec.firmware if case.facts.spec else ""
        yield Diagnosis(
            "no-boot-device",
            Certainty.CERTAIN,
            f"the firmware of {case.name} finds nothing to boot on the disk that was written",
            lines(nothing),
            (
                Advice("see whether it boots the way that it was installed for", f"microdc boot {case.name}"),
                Advice(
                    f"the document says `firmware: {mode}`: correct it if that is wrong"
                    if mode
                    else "say `firmware: uefi` or `firmware: bios` under `deploy` of the node"
                ),
                Advice(
                    "see whether the disk that was chosen is the one that its firmware boots from",
                    f"microdc deploy inspect {case.name}",
                ),
            ),
        )
    lost = [entry for _, entry in case.signs("root-missing", after=begun)]
    if lost:
        yield Diagnosis(
            "root-missing",
            Certainty.CERTAIN,
            f"the system of {case.name} starts, and does not find its root file system: its kernel lacks the driver of the disk",
            lines(lost),
            (
                Advice(
                    "give it an image with the kernel for real servers: `kernel: generic` in the image's document",
                    f"microdc image build {case.record.image.name if case.record.image else 'IMAGE'}",
                ),
            ),
        )
    panic = [entry for _, entry in case.signs("panic", after=begun)]
    if panic and not lost:
        yield Diagnosis(
            "system-panic",
            Certainty.CERTAIN,
            f"the kernel of the system panicked on {case.name}",
            lines(panic),
            (Advice("see the lines before it on the console", f"microdc deploy explain {case.name} -v"),),
        )


def _again(case: Case, begun: Entry | None) -> Iterator[Diagnosis]:
    """A firmware that always tries the network first is sent on to its disk; what counts is that no system comes after it."""
    if begun is None:
        return
    asked = [
        *case.dhcp(kinds.DISCOVER, kinds.ACK, kinds.IGNORED, after=begun),
        *case.seen("http", kinds.HTTP_LOCAL, kinds.HTTP_SCRIPT, after=begun),
    ]
    firmware = [e for e in asked if e.source == "http" or is_firmware(e)]
    boot = case.last("bmc", kinds.BOOT, after=begun)
    still = boot is not None and str(boot.evidence.data.get("target")) in {"pxe", "http"}
    if not firmware or not (case.over or len(firmware) > 4 or any(e.times > 2 for e in firmware)):
        return
    yield Diagnosis(
        "network-again",
        Certainty.CERTAIN
        if still or any(e.kind == kinds.HTTP_SCRIPT for e in firmware)
        else Certainty.LIKELY,
        f"{case.name} boots from the network again after its deployment, and does not come to its disk",
        (*lines(firmware), *((line(boot),) if boot and still else ())),
        (
            Advice("take the override away", f"microdc boot {case.name} --clear"),
            Advice(
                "put the disk before the network in its firmware's boot order",
                f"microdc boot {case.name} --once bios",
            ),
            Advice(
                "see that its firmware boots as it was installed for: `firmware` under `deploy` of the node"
            ),
        ),
    )


def _denied(case: Case, begun: Entry | None) -> Iterator[Diagnosis]:
    denied = [
        e
        for e in case.seen("http", kinds.HTTP_DENIED, after=begun)
        if any_of(e.evidence.data.get("path", ""), {"/node/home"})
    ]
    if denied:
        reason = str(denied[-1].evidence.data.get("reason") or "")
        address = denied[-1].evidence.data.get("address") or "another address"
        why = (
            f"it called from {address}, which is not its own"
            if reason == "unknown-address"
            else reason or "no reason given"
        )
        yield Diagnosis(
            "home-denied",
            Certainty.CERTAIN,
            f"the system of {case.name} runs and phoned home, and was refused: {why}",
            lines(denied),
            (
                Advice(
                    "begin again, with a new token and the address of the document",
                    f"microdc deploy retry {case.name}",
                ),
            ),
        )


def _silence(case: Case, begun: Entry | None) -> Diagnosis:
    runs = [entry for _, entry in case.signs("login", after=begun)]
    stuck = [entry for _, entry in case.signs("emergency", after=begun)]
    disk = [entry for _, entry in case.signs("disk-boot", after=begun)]
    what = (
        "runs, and its call does not come in: it has no network, or a wrong address or gateway"
        if runs
        else "stopped in the middle of its start"
        if stuck
        else "was not heard: it does not start, or has no network"
    )
    return Diagnosis(
        "no-home",
        Certainty.LIKELY if runs or stuck else Certainty.POSSIBLE,
        f"the system of {case.name} {what}",
        lines([*([begun] if begun else []), *disk[-1:], *stuck[-1:], *runs[-1:]]),
        (
            Advice("see its console", f"microdc bmc console-hint {case.name}"),
            Advice("see whether its port has a link", f"microdc switch ports {case.record.site}"),
            Advice("see whether it is on", f"microdc power status {case.name}"),
        ),
    )
