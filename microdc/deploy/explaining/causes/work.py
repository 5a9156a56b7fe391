"""What the ramdisk gives up for by itself: it says why, by a code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis

_INSPECT = ("see which disks it has", "microdc deploy inspect {node}")
_HINTS = ("say which one it is: `deploy: {{disk: {{serial: ...}}}}` of the node", "")
_RETRY = ("begin again", "microdc deploy retry {node}")

CODES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "no-order": ("the boot services gave it no order", (_RETRY,)),
    "no-disk": (
        "it has no disk at all that the ramdisk sees",
        (_INSPECT, ("look for its controller: the ramdisk's kernel may lack the driver, or the firmware may hide the disks (RAID mode)", "")),
    ),
    "no-such-disk": ("no disk fits what is declared", (_INSPECT, _HINTS)),
    "many-disks": ("several disks fit, and none is taken by chance", (_INSPECT, _HINTS)),
    "foreign-data": (
        "the disk holds data that is not microdc's, and nobody said that it may be lost",
        (
            ("see what is on it", "microdc deploy inspect {node}"),
            ("if it may be lost, say so", "microdc deploy run {node} --wipe"),
        ),
    ),
    "disk-too-small": ("the disk is smaller than the image", (_INSPECT, _HINTS, ("or give the node a smaller image", ""))),
    "disk-error": (
        "the disk fails: what was written could not be written, or reads back otherwise",
        (("see what the BMC logged of it", "microdc bmc sel {node}"), ("replace the disk, or name another", "")),
    ),
    "no-space": ("the image has no room for what has to be written into it", (("build an image with a larger root", "microdc image build {image}"),)),
    "configure": ("the system on its disk could not be given its identity", (_RETRY, ("see whether the image is as it should be", "microdc image verify {image}"))),
    "loader": ("the loader on its disk could not be installed or set", (_RETRY, ("say `firmware: uefi` or `firmware: bios`, if it boots the other way than the image expects", ""))),
    "crash": ("the program of the ramdisk itself failed", (_RETRY, ("report it, with the lines of its console", "microdc deploy explain {node} -v"))),
}  # fmt: skip
"""By code of `kinds.RAMDISK_CODES`, but for those of `image`: what it means, and what to try."""


def judge(case: Case) -> Iterator[Diagnosis]:
    """A cause for each code, called by the code; disk-hangs."""
    yield from _hangs(case)
    for entry in case.seen("ramdisk", kinds.RAMDISK_FAILED)[-1:]:
        code = str(entry.evidence.data.get("code", ""))
        if code in CODES:
            what, advice = CODES[code]
            image = case.record.image.name if case.record.image else "IMAGE"
            own = str(entry.evidence.data.get("text") or entry.evidence.text)
            yield Diagnosis(
                code,
                Certainty.CERTAIN,
                f"{case.name}: {what}{f' ({own})' if own else ''}",
                lines([*case.seen("ramdisk", kinds.DISK)[-1:], entry]),
                tuple(
                    Advice(words.format(node=case.name), command.format(node=case.name, image=image))
                    for words, command in advice
                ),
            )


def hangs(case: Case) -> bool:
    """Whether the move was given up since the same bytes were reported for too long."""
    return case.failed and case.record.failure is not None and case.record.failure.cause == "disk-hangs"


def _hangs(case: Case) -> Iterator[Diagnosis]:
    """Whoever followed it saw the same bytes reported again and again; of those a timeline keeps the last."""
    failure = case.record.failure
    if failure is None or not hangs(case):
        return
    yield Diagnosis(
        "disk-hangs",
        Certainty.CERTAIN,
        f"{case.name}: its disk neither writes nor fails: {failure.text}",
        lines([*case.seen("ramdisk", kinds.DISK)[-1:], *case.seen("ramdisk", kinds.WRITING)[-1:]]),
        (
            Advice("see what the BMC logged of it", f"microdc bmc sel {case.name}"),
            Advice(
                "see whether the kernel complains of it on the console",
                f"microdc bmc console-hint {case.name}",
            ),
            Advice(
                "replace the disk or its cable, or name another: `deploy: {disk: {serial: ...}}` of the node"
            ),
            Advice("begin again: what is half written is written anew", f"microdc deploy retry {case.name}"),
        ),
    )
