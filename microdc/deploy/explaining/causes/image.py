"""The image on its way to the disk."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, any_of, lines, whole
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """image-hash, image-cut, image-denied."""
    failed = case.seen("ramdisk", kinds.RAMDISK_FAILED)
    code = str(failed[-1].evidence.data.get("code", "")) if failed else ""
    name = case.record.image.name if case.record.image else "IMAGE"
    if code == "image-hash":
        yield from _hash(case, name)
    elif code == "image-cut":
        cut = [entry for entry in case.seen("http", kinds.HTTP_IMAGE) if not whole(entry)]
        yield Diagnosis(
            "image-cut",
            Certainty.CERTAIN,
            f"the connection that brings the image to {case.name} was cut again and again",
            lines([*cut[-1:], *case.seen("ramdisk", kinds.RESUMED)[-1:], failed[-1]]),
            (
                Advice("look for errors at its port", f"microdc switch show {case.record.site} --over 10s"),
                Advice("send fewer nodes an image at once: `streams` of the site's `deploy`"),
                Advice("begin again", f"microdc deploy retry {case.name}"),
            ),
        )
    elif case.phase is Phase.WORK:
        yield from _denied(case)


def _hash(case: Case, name: str) -> Iterator[Diagnosis]:
    """Where all of it was sent, what was sent is wrong; where the sum differs once, a bit may have tipped on the way or in memory."""
    failed = case.seen("ramdisk", kinds.RAMDISK_FAILED)[-1]
    sent = [entry for entry in case.seen("http", kinds.HTTP_IMAGE) if whole(entry)]
    damaged = case.seen("station", kinds.IMAGE_DAMAGED, after=failed)
    where = f": it was damaged at {case.record.site}, where it is taken away" if damaged else ""
    yield Diagnosis(
        "image-hash",
        Certainty.CERTAIN,
        f"what came to {case.name} is not the image that was promised{where}; its disk was left without a partition table",
        lines([*sent[-1:], failed, *damaged]),
        (
            Advice("see whether the image here is whole", f"microdc image verify {name}"),
            Advice(
                "begin again: a copy at the site that is not what its name says is brought there anew",
                f"microdc deploy retry {case.name}",
            ),
            Advice("if it is only this node, test its memory"),
        ),
    )


def _denied(case: Case) -> Iterator[Diagnosis]:
    denied = [
        e
        for e in case.seen("http", kinds.HTTP_DENIED)
        if any_of(e.evidence.data.get("path", ""), {"/images/"})
    ]
    if denied and not case.seen("ramdisk", kinds.WRITING, kinds.WRITTEN, after=denied[-1]):
        yield Diagnosis(
            "image-denied",
            Certainty.CERTAIN if case.over else Certainty.LIKELY,
            f"{case.name} was refused its image: {denied[-1].evidence.data.get('reason') or 'no reason given'}",
            lines(denied),
            (
                Advice(
                    "begin again: the image is brought to the site where it is not there",
                    f"microdc deploy retry {case.name}",
                ),
            ),
        )
