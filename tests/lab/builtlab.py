"""A lab that is up, as tests see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microdc.host.local import NamespaceHost
from microdc.lab.plan import HostPlan, LabPlan

EXAMPLE = Path(__file__).parents[1] / "data" / "lab"
"""The inventory that the tests build: two sites, east and west, behind the emulator wan1."""


@dataclass(frozen=True)
class Lab:
    """A lab that is up, as its commands see it. inventory: the directory that it wrote."""

    name: str
    plan: LabPlan
    inventory: Path

    def host(self, site: str, number: int = 1) -> HostPlan:
        sites = {each.name: each for each in self.plan.sites}
        return sites[site].hosts[number - 1]

    def unreachable(self, source: HostPlan, target: HostPlan) -> set[str]:
        """The addresses of the target that do not answer to pings from the source."""
        wanted = [str(address) for address in target.addresses]
        with NamespaceHost(source.namespace) as host:
            answers = host.run(["fping", "-a", "-r", "3", "-t", "1000", *wanted], timeout=60)
        return {*wanted} - {*answers.stdout.decode().split()}
