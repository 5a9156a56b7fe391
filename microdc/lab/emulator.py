"""Which kind of emulator a lab gets: a namespace where the running kernel has sch_netem, a guest elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.host.abilities import Ability, try_kernel
from microdc.lab.model import EmulatorChoice
from microdc.lab.plan import Kind


def choose(asked: EmulatorChoice, probe: Callable[[str], Ability] = try_kernel) -> tuple[Kind, Step]:
    """The kind of emulator, and the step that tells it with the reason.

    probe: tries the kernel by really adding a qdisc. Raises UnreachableError where a namespace is asked for and the
    running kernel has no sch_netem.
    """
    what = "Choosing the emulator"
    if asked == "guest":
        return "guest", Step(what, "done", "a guest, as asked")
    netem = probe("sch_netem")
    if netem.works:
        return "namespace", Step(what, "done", "a namespace: the running kernel has sch_netem")
    reason = f"the running kernel has no sch_netem ({netem.detail})" if netem.works is False else netem.detail
    if asked == "namespace":
        hint = "leave --emulator out and a guest is taken, or install the distribution's kernel modules"
        raise UnreachableError(
            f"a namespace cannot be the emulator: {reason}", where="this machine", hint=hint
        )
    return "guest", Step(what, "done", f"a guest: {reason}")
