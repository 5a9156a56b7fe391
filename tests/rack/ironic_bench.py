"""Jobs of a testbed that an Ironic deploys, run to their ends.

`python ironic_bench.py INVENTORY NODE MOVE EXCHANGE` runs a deployment and kills itself at the request to Ironic of that number, counted
from 1; it ends with status 0 where the job is done before.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from microdc.deploy import kinds
from microdc.deploy.ironic.backend import IronicBackend
from microdc.deploy.ironic.operate import open_backend
from microdc.deploy.ironic.wire import Wire
from microdc.deploy.model import Action, ImageRef
from microdc.deploy.ports import Glimpse, Image, Job, Payload
from microdc.deploy.specs import node_spec, site_spec
from microdc.errors import UnreachableError
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

CONTENT = b"a disk image, as far as Ironic's conductor looks into it"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
IMAGE = Image(
    ImageRef("base", "0" * 64, 1, DIGEST, len(CONTENT), root_partition=3),
    Payload("0" * 64, 1, Path("/nonexistent")),
)


class Bench:
    """A testbed of one Ironic, and its backend."""

    def __init__(self, testbed: Testbed) -> None:
        self.testbed = testbed
        self.backend: IronicBackend = open_backend(testbed, "here")
        self.seen: list[Glimpse] = []

    def job(self, name: str, move: int, action: Action = Action.DEPLOY, *, wipe: bool = False) -> Job:
        site = self.testbed.sites["here"]
        spec = node_spec(self.testbed, site.racks["r1"].servers[name], site_spec(self.testbed, site))
        return Job(spec, move, action, IMAGE if action is Action.DEPLOY else None, wipe)

    def run(self, job: Job, seconds: float = 240) -> Glimpse:
        """Begins a job and looks until it ends; a part of Ironic that is away is waited for. Raises TimeoutError."""
        end, away = time.monotonic() + seconds, ""
        self.seen = []
        while time.monotonic() < end:
            try:
                if not self.seen:
                    self.backend.begin(job)
                self.seen.append(self.backend.look(job))
                if self.seen[-1].done or self.seen[-1].failure:
                    return self.seen[-1]
            except UnreachableError as error:
                away = str(error)
            time.sleep(0.1)
        raise TimeoutError(f"not in {seconds:g} s: {[glimpse.text for glimpse in self.seen[-5:]]}, {away}")

    @property
    def states(self) -> list[str]:
        """The states of Ironic that were seen, in their order."""
        return [
            str(evidence.data["state"])
            for glimpse in self.seen
            for evidence in glimpse.evidence
            if evidence.kind == kinds.PROVISION
        ]


def _killed_at(exchange: int) -> None:
    """Kills this process when the answer to that request has come, and what was asked is done, but not noted by anybody."""
    numbers, ask = itertools.count(1), Wire._exchange

    def counted(wire: Wire, method: str, path: str, body: Any, headers: Any) -> Any:
        told = ask(wire, method, path, body, headers)
        if next(numbers) == exchange:
            os.kill(os.getpid(), signal.SIGKILL)
        return told

    Wire._exchange = counted  # type: ignore[method-assign, assignment]


def main(directory: str, name: str, move: str, exchange: str) -> None:
    bench = Bench(load(Path(directory)))
    job = bench.job(name, int(move), wipe=True)
    _killed_at(int(exchange))
    assert bench.run(job).done, bench.seen


if __name__ == "__main__":
    main(*sys.argv[1:])
