"""What a probe has to measure with."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.errors import UnreachableError
from microdc.host.model import Host

TOOLS = ("irtt", "fping", "iperf3")
"""The programs; each is in the package of its name."""
_LOOK = (
    f'for tool in {" ".join(TOOLS)}; do command -v "$tool" >/dev/null && echo "$tool"; done;'
    " cat /proc/sys/kernel/random/boot_id"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """The tools that are there, and which boot of which machine this is: one boot has one clock."""

    tools: frozenset[str]
    boot: str


def look(host: Host) -> Probe:
    """Raises UnreachableError where the host cannot be used."""
    done = host.run(["sh", "-c", _LOOK], timeout=30.0)
    lines = done.stdout.decode(errors="replace").split()
    if not done.ok or not lines:
        complaint = done.stderr.decode(errors="replace").strip()
        raise UnreachableError(f"the probe cannot be used: {complaint}", where=str(host.address))
    return Probe(frozenset(lines[:-1]), lines[-1])
