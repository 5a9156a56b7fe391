"""What the kernel's refusal of a message means to a person."""

from __future__ import annotations

import errno

from microdc.agent.client import RejectedError
from microdc.errors import ApplyError
from microdc.netlink.tc import tc_line
from microdc.wan.model import Plan

_HINTS: dict[int, str] = {
    errno.ENOENT: "the kernel lacks a qdisc or classifier: netem, htb, bfifo and u32 are needed, and for a shared access line "
    "ingress and mirred; microdc doctor tells",
    errno.EPERM: "root is needed on the emulator",
    errno.EOPNOTSUPP: "the kernel or the device cannot do this; for a shared access line ifb is needed",
}


def explained(problem: RejectedError, plan: Plan, emulator: str) -> ApplyError:
    """Which operation the kernel refused, and in what state that left the emulator."""
    numbered = [(p, o) for p in plan.ports if p.emulator == emulator for o in p.operations]
    port, operation = numbered[problem.index]
    where = f"{emulator}:{port.interface}"
    if port.interface not in problem.interfaces:
        return ApplyError(
            "the interface vanished between plan and apply; nothing is left half-applied",
            where=where,
            hint="bring it back and run the command again",
        )
    state = (
        f"NOT all could be taken back: {', '.join(problem.left)}" if problem.left else "all was taken back"
    )
    return ApplyError(
        f"{problem.what} ({tc_line(operation, port.interface)}); {state}",
        where=where,
        hint=_HINTS.get(problem.errno, ""),
    )
