"""From the script to the first word of the ramdisk: files that are cut, kernels that do not start or panic."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines, whole
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """kernel-cut, kernel-unasked, kernel-refused, no-memory, kernel-panic, kernel-resets: of the ramdisk's kernel."""
    if not case.within(Phase.LOADER, Phase.WORK):
        return
    if case.before(Phase.RAMDISK):
        yield from _cut(case)
        yield from _refused(case)
    yield from _panic(case)
    yield from _resets(case)


def _cut(case: Case) -> Iterator[Diagnosis]:
    for kind, what in ((kinds.HTTP_KERNEL, "the kernel"), (kinds.HTTP_RAMDISK, "the ramdisk")):
        sent = case.seen("http", kind)
        if sent and not whole(sent[-1]) and (case.over or len(sent) > 1 or sent[-1].times > 1):
            yield Diagnosis(
                "kernel-cut",
                Certainty.CERTAIN,
                f"{case.name} did not get all of {what}: the connection was cut",
                lines(sent),
                (
                    Advice(
                        "look for errors at its port", f"microdc switch show {case.record.site} --over 10s"
                    ),
                    Advice("then begin again", f"microdc deploy retry {case.name}"),
                ),
            )
    script = case.last("http", kinds.HTTP_SCRIPT)
    asked = case.seen("http", kinds.HTTP_KERNEL, kinds.HTTP_RAMDISK, kinds.HTTP_DENIED)
    if script is not None and not asked and case.over:
        yield Diagnosis(
            "kernel-unasked",
            Certainty.LIKELY,
            f"{case.name} has its script, and did not ask for the kernel that it names",
            lines(
                [script, *(entry for _, entry in case.signs("ipxe-timeout", "ipxe-no-file", "ipxe-denied"))]
            ),
            (Advice("see its console", f"microdc bmc console-hint {case.name}"),),
        )


def _refused(case: Case) -> Iterator[Diagnosis]:
    refused = [entry for _, entry in case.signs("not-runnable", "secure-boot")]
    if refused and case.seen("http", kinds.HTTP_SCRIPT):
        yield Diagnosis(
            "kernel-refused",
            Certainty.CERTAIN,
            f"{case.name} fetched the kernel, and does not run it: by its format, or by Secure Boot",
            lines(refused),
            (Advice("switch Secure Boot off in its firmware", f"microdc boot {case.name} --once bios"),),
        )
    if full := [entry for _, entry in case.signs("ipxe-memory")]:
        yield _memory(case, lines(full))


def _panic(case: Case) -> Iterator[Diagnosis]:
    if memory := [entry for _, entry in case.signs("no-memory")]:
        yield _memory(case, lines(memory))
    panic = [entry for _, entry in case.signs("panic")]
    if panic and not memory:
        yield Diagnosis(
            "kernel-panic",
            Certainty.CERTAIN,
            f"the kernel of the ramdisk panicked on {case.name}",
            lines(panic),
            (
                Advice("see the lines before it on the console", f"microdc deploy explain {case.name} -v"),
                Advice(
                    "try the ramdisk with the kernel for real servers, where it has that for virtual ones"
                ),
            ),
        )


def fetched_again(case: Case) -> list[Entry]:
    """The ramdisk, fetched whole more than once, of a node that never said a word: it was reset each time. Empty where it was not."""
    fetched = [entry for entry in case.seen("http", kinds.HTTP_RAMDISK) if whole(entry)]
    often = sum(entry.times for entry in fetched)
    return fetched if case.phase is Phase.RAMDISK and often > 1 and (case.over or often > 2) else []


def _resets(case: Case) -> Iterator[Diagnosis]:
    """A kernel that finds too little memory to unpack itself says nothing: the machine starts anew, and fetches all of it again."""
    fetched = fetched_again(case)
    if not fetched or case.signs("panic", "no-memory"):
        return
    yield Diagnosis(
        "kernel-resets",
        Certainty.LIKELY,
        f"{case.name} fetches kernel and ramdisk again and again, and is reset before the ramdisk says a word: it has too little memory for them, "
        "the kernel crashes at once, or a watchdog is faster",
        lines(fetched),
        (
            Advice("see what memory it has: 384 MiB are enough", f"microdc inventory collect {case.name}"),
            Advice("see what its BMC logged", f"microdc bmc sel {case.name}"),
            Advice("see what it says on its console", f"microdc bmc console-hint {case.name}"),
        ),
    )


def _memory(case: Case, because: tuple[str, ...]) -> Diagnosis:
    return Diagnosis(
        "no-memory",
        Certainty.CERTAIN,
        f"{case.name} has too little memory for the ramdisk",
        because,
        (Advice("see what memory it has", f"microdc inventory collect {case.name}"),),
    )
