"""Plans for people and for scripts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from microdc.cli.render import Human, Table

if TYPE_CHECKING:
    from microdc.wan.model import Plan, PortChange


def data(plan: Plan, *, applied: bool = False) -> dict[str, Any]:
    """A plan as data: every operation with its reason and the tc line that does the same."""
    from microdc.netlink.tc import tc_line

    return {
        "summary": plan.summary,
        "applied": applied and not plan.empty,
        "changes": not plan.empty,
        "structural": plan.structural,
        "overlay": plan.put.id if plan.put else None,
        "ends_in_seconds": plan.put.seconds if plan.put else None,
        "removed": list(plan.drop),
        "warnings": warnings(plan),
        "operations": [
            {
                "emulator": port.emulator,
                "interface": port.interface,
                "site": port.site,
                "verb": operation.verb,
                "reason": operation.reason,
                "tc": tc_line(operation, port.interface),
            }
            for port in plan.ports
            for operation in port.operations
        ],
    }


def table(plan: Plan, *, details: bool) -> Human:
    """What a person reads: a line an interface, or every operation with its reason and its tc line."""
    from microdc.netlink.tc import tc_line

    if plan.empty:
        return f"{plan.summary}: nothing to change."
    parts: list[Table | str] = []
    changed = [port for port in plan.ports if port.operations]
    if details:
        rows = [
            (port.emulator, port.interface, operation.reason, tc_line(operation, port.interface))
            for port in changed
            for operation in port.operations
        ]
        parts.append(Table(("emulator", "interface", "why", "the same with tc"), rows))
    elif changed:
        rows = [(port.emulator, port.interface, port.site, _counts(port)) for port in changed]
        parts.append(Table(("emulator", "interface", "site", "changes"), rows))
    parts.append("\n".join(_words(plan)))
    return parts


def _counts(port: PortChange) -> str:
    verbs = Counter(operation.verb for operation in port.operations)
    words = {"change": "changed in place", "add": "added", "delete": "removed"}
    return ", ".join(f"{count} {words[verb]}" for verb, count in verbs.items())


def warnings(plan: Plan) -> list[str]:
    """What a plan cannot bring about, although nothing is wrong with it."""
    from microdc.wan import underlay
    from microdc.wan.access import beyond_lines

    return [*underlay.warnings(plan.put.values), *beyond_lines(plan)] if plan.put else []


def _words(plan: Plan) -> list[str]:
    lines = []
    if plan.put:
        end = f", for {plan.put.seconds:g} s" if plan.put.seconds else ""
        lines.append(
            f"Overlay {plan.put.id}: {plan.put.reason}{end}.  microdc wan undo {plan.put.id} takes it away."
        )
    if plan.drop:
        lines.append(f"Taken away: {', '.join(plan.drop)}.")
    lines += [f"Mind: {words}." for words in warnings(plan)]
    if plan.structural:
        lines.append("Queues are built or removed: packets in them at that moment are lost.")
    elif any(port.operations for port in plan.ports):
        lines.append("Changed in place: no packet in flight is lost.")
    return lines
