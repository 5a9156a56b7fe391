"""A system that phoned home, and is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, line, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """host-key, wrong-image, boot-order, no-ssh."""
    if case.phase is not Phase.VERIFY or case.settled:
        return
    yield from _keys(case)
    yield from _image(case)
    yield from _order(case)
    yield from _ssh(case)


def _keys(case: Case) -> Iterator[Diagnosis]:
    made, home = case.last("ramdisk", kinds.CONFIGURED), case.last("node", kinds.HOME)
    cause = case.record.failure.cause if case.record.failure else ""
    differ = made is not None and home is not None and not _common(made.evidence.data, home.evidence.data)
    if not differ and cause != "host-key":
        return
    gave_up = case.last("controller", kinds.GAVE_UP)
    yield Diagnosis(
        "host-key",
        Certainty.CERTAIN,
        f"what answers for {case.name} has another SSH host key than the one that was made for it: another system, or somebody between",
        lines([entry for entry in (made, home, gave_up) if entry is not None]),
        (
            Advice("look whether another host has its address", "microdc switch macs"),
            Advice(
                "look whether it booted an older system from another disk",
                f"microdc deploy inspect {case.name}",
            ),
        ),
    )


def _common(made: object, home: object) -> bool:
    """Whether two reports share a key; where one tells none, they do not differ."""
    keys = [{" ".join(str(key).split()[:2]) for key in _listed(data)} for data in (made, home)]
    return not all(keys) or bool(keys[0] & keys[1])


def _listed(data: object) -> list[object]:
    found = data.get("host_keys") if hasattr(data, "get") else None
    return list(found) if isinstance(found, (list, tuple)) else []


def _image(case: Case) -> Iterator[Diagnosis]:
    home, image = case.last("node", kinds.HOME), case.record.image
    told = home.evidence.data.get("image") if home else None
    if home is None or image is None or not told:
        return
    if str(told) not in {image.name, image.digest, image.raw_digest}:
        yield Diagnosis(
            "wrong-image",
            Certainty.CERTAIN,
            f"{case.name} boots a system of the image {told}, and {image.name} was written: it boots from another disk",
            lines([home]),
            (
                Advice(
                    "see which disks it has, and which one its firmware boots from",
                    f"microdc deploy inspect {case.name}",
                ),
                Advice("name the disk that it boots from: `deploy: {disk: {serial: ...}}` of the node"),
            ),
        )


def _order(case: Case) -> Iterator[Diagnosis]:
    boot = case.last("bmc", kinds.BOOT)
    if boot is not None and case.over and str(boot.evidence.data.get("target")) in {"pxe", "http"}:
        yield Diagnosis(
            "boot-order",
            Certainty.CERTAIN,
            f"{case.name} would boot from the network again: its BMC keeps the override",
            (line(boot),),
            (Advice("take it away, and see that it stays away", f"microdc boot {case.name} --clear"),),
        )


def _ssh(case: Case) -> Iterator[Diagnosis]:
    cause = case.record.failure.cause if case.record.failure else ""
    home = case.last("node", kinds.HOME)
    gave_up = case.last("controller", kinds.GAVE_UP)
    if cause in {"ssh", "verify"}:
        yield Diagnosis(
            "no-ssh",
            Certainty.LIKELY,
            f"{case.name} phoned home, and its SSH server does not answer at its address",
            lines([entry for entry in (home, gave_up) if entry is not None]),
            (
                Advice(
                    "look whether its address and gateway are right in the document",
                    f"microdc inventory show {case.name}",
                ),
                Advice("see its console", f"microdc bmc console-hint {case.name}"),
            ),
        )
