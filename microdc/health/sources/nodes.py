"""Nodes as the store has them, all by one probe: whoever deploys writes down there how far each is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from microdc.deploy.operate import Deployment, status
from microdc.health.model import Kind, Observation
from microdc.health.sources.intervals import Pace
from microdc.health.sources.judging_nodes import observed


class NodesProbe:
    """All nodes of a testbed; see `polling.Probe`."""

    kind = Kind.NODE

    def __init__(
        self,
        deployment: Deployment,
        pace: Pace,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.devices = tuple(f"{Kind.NODE}/{name}" for name in deployment.declared)
        self.interval, self.timeout = pace.interval, pace.timeout
        self._deployment = deployment
        self._now = now

    def read(self) -> Iterable[Observation]:
        """Raises UnreachableError where the store cannot be read, MicrodcError for a row that a later microdc wrote."""
        records = status(self._deployment)
        now = self._now()
        return [observed(f"{Kind.NODE}/{record.name}", record, now) for record in records]
