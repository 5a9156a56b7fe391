"""What is seen of a deployment, written by hand: a story is a node and the things that happen to it, second by second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Interface
from typing import Any

from microdc.deploy import kinds
from microdc.deploy.explaining.explain import explain
from microdc.deploy.explaining.model import Explanation, Facts, PortFact, Seat
from microdc.deploy.model import (
    Action,
    Evidence,
    Failure,
    ImageRef,
    NodeRecord,
    NodeSpec,
    Phase,
    Progress,
    Source,
    State,
)

BEGAN = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
MAC, SECOND = "52:54:00:00:00:01", "52:54:00:00:00:02"
NEIGHBOUR = "52:54:00:00:00:03"
ADDRESS = "10.1.1.11"
SEAT = Seat("a-sw1", "1")
PXE = "PXEClient:Arch:00000:UNDI:002001"
IMAGE = ImageRef("base", "d" * 64, 1000, "e" * 64, 4000, 3)
SPEC = NodeSpec(
    name="a-c1",
    site="a",
    rack="r1",
    where="a.yaml:7",
    role="compute",
    mac=MAC,
    nic="eno1",
    address=IPv4Interface(f"{ADDRESS}/16"),
    image="base",
)
FACTS = Facts(
    spec=SPEC,
    nics={MAC: "eno1", SECOND: "eno2"},
    others={NEIGHBOUR: "a-c2"},
    seats={MAC: SEAT, SECOND: Seat("a-sw1", "2")},
    ports=(PortFact(SEAT, up=True, enabled=True, vlan=10),),
    boot_vlan=10,
)
RECORD = NodeRecord(
    testbed="t",
    name="a-c1",
    site="a",
    state=State.DEPLOYING,
    phase=Phase.FIRMWARE,
    move=3,
    attempt=1,
    action=Action.DEPLOY,
    began=BEGAN,
    since=BEGAN,
    deadline=BEGAN + timedelta(minutes=30),
    image=IMAGE,
)


@dataclass
class Story:
    """Each call of a word adds what happens then; `second` goes on with each."""

    record: NodeRecord = RECORD
    facts: Facts = FACTS
    evidence: list[Evidence] = field(default_factory=list)
    second: int = 0

    def see(
        self,
        source: Source,
        kind: str,
        *,
        mac: str = "",
        node: str | None = None,
        text: str = "",
        **data: Any,
    ) -> Story:
        self.second += 2
        at = BEGAN + timedelta(seconds=self.second)
        name = node if node is not None else "a-c1"
        self.evidence.append(Evidence(at, source, kind, name, mac, text, data, len(self.evidence) + 1))
        return self

    def wait(self, seconds: int) -> Story:
        self.second += seconds
        return self

    # -- parts of a deployment

    def power(self, state: str = "on") -> Story:
        return self.see("bmc", kinds.POWER, state=state)

    def dhcp(self, kind: str, mac: str = MAC, **data: Any) -> Story:
        node = {MAC: "a-c1", SECOND: "a-c1", NEIGHBOUR: "a-c2"}.get(mac, "")
        return self.see("dhcp", kind, mac=mac, node=node, **data)

    def lease(self, **data: Any) -> Story:
        """All four messages; of firmware, unless told otherwise."""
        told = data or {"vendor_class": PXE, "arch": 0, "file": "undionly.kpxe"}
        for kind in (kinds.DISCOVER, kinds.OFFER, kinds.REQUEST, kinds.ACK):
            self.dhcp(kind, address=ADDRESS, **told)
        return self

    def proxied(self, **data: Any) -> Story:
        """Told what to load by ours, and an address from another server."""
        told = data or {"vendor_class": PXE, "arch": 0}
        self.dhcp(kinds.DISCOVER, **told).dhcp(kinds.OFFER, proxy=True, file="undionly.kpxe", **told)
        return self.dhcp(kinds.LEASED, address="10.1.9.9", server="10.1.0.66", **told)

    def console(self, *lines: str) -> Story:
        for line in lines:
            self.see("console", kinds.LINE, text=line)
        return self

    def loader(self) -> Story:
        """On, an address, the loader, and iPXE's own address."""
        self.power().lease().see("tftp", kinds.TFTP_SENT, file="undionly.kpxe", address=ADDRESS)
        return self.lease(user_class="iPXE", ipxe=True, arch=0)

    def script(self) -> Story:
        return self.loader().see("http", kinds.HTTP_SCRIPT, address=ADDRESS, move=3)

    def kernel(self) -> Story:
        self.script().see("http", kinds.HTTP_KERNEL, bytes=100, of=100, move=3)
        return self.see("http", kinds.HTTP_RAMDISK, bytes=900, of=900, move=3)

    def hello(self, **hardware: Any) -> Story:
        return self.kernel().report(kinds.HELLO, hardware=hardware)

    def report(self, kind: str, text: str = "", **data: Any) -> Story:
        return self.see("ramdisk", kind, text=text, move=3, **data)

    def writing(self, done: int = 500) -> Story:
        self.hello().report(kinds.DISK, disk="/dev/vda", size=4 << 30, serial="S1")
        return self.report(kinds.WRITING, done=done, total=4000, rate=100)

    def written(self) -> Story:
        self.writing(4000).see("http", kinds.HTTP_IMAGE, offset=0, bytes=1000, of=1000, move=3)
        return self.report(kinds.WRITTEN, digest=IMAGE.digest)

    def installed(self, *keys: str) -> Story:
        self.written().report(kinds.CONFIGURED, host_keys=list(keys or ("ssh-ed25519 AAAA1 root@a-c1",)))
        return self.report(kinds.REBOOTING)

    def home(self, **data: Any) -> Story:
        told = {"hostname": "a-c1", "root": "/dev/vda3", "image": IMAGE.digest, "move": 3, **data}
        return self.see("node", kinds.HOME, **told)

    # -- how it stands

    def moving(self, phase: Phase, *, progress: Progress | None = None) -> Story:
        now = BEGAN + timedelta(seconds=self.second)
        self.record = replace(
            RECORD, phase=phase, since=now, deadline=now + timedelta(minutes=5), progress=progress
        )
        return self

    def failed(self, phase: Phase, cause: str = "late", text: str = "its time was up") -> Story:
        self.record = replace(
            RECORD,
            state=State.FAILED,
            phase=None,
            since=None,
            deadline=None,
            failure=Failure(phase, cause, text),
        )
        return self

    def around(self, **changes: Any) -> Story:
        self.facts = replace(self.facts, **changes)
        return self

    def explained(self, *, later: int = 10) -> Explanation:
        now = BEGAN + timedelta(seconds=self.second + later)
        return explain(self.record, self.evidence, self.facts, now)


def causes(explanation: Explanation) -> list[str]:
    return [diagnosis.cause for diagnosis in explanation.diagnoses]


def certainties(explanation: Explanation) -> Mapping[str, str]:
    return {diagnosis.cause: diagnosis.certainty.value for diagnosis in explanation.diagnoses}
