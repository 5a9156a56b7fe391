"""The HTTP side of a station on the loopback: nodes are addresses of 127.0.0.0/8."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.deploy.station.resident.kept import Kept
from microdc.deploy.station.resident.knowing import Knowing
from microdc.deploy.station.resident.log import Log, read
from microdc.deploy.station.resident.plan import Node, Plan, parse
from microdc.deploy.station.resident.routes import Routes
from microdc.deploy.station.resident.serving import Server

MAC = "52:54:00:aa:00:01"
OTHER_MAC = "52:54:00:aa:00:02"
FIRST, SECOND, STRANGER = "127.0.0.11", "127.0.0.12", "127.0.0.99"


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def document(**changes: Any) -> dict[str, Any]:
    """A plan with two nodes, of which the first is armed."""
    return {
        "site": "s1",
        "revision": 1,
        "interface": "lo",
        "address": "127.0.0.1",
        "network": "127.0.0.0/24",
        "port": 8080,
        "nodes": [
            {
                "node": "n1",
                "mac": MAC,
                "macs": [MAC, "52:54:00:aa:01:01"],
                "address": f"{FIRST}/24",
                "armed": True,
                "move": 7,
                "boot_token": "boot-one",
                "home_token_sha256": sha256("home-one"),
                "order": {"action": "inspect"},
            },
            {"node": "n2", "mac": OTHER_MAC, "address": f"{SECOND}/24", "boot_token": "boot-two", "move": 3},
        ],
        **changes,
    }


def plan(**changes: Any) -> Plan:
    return parse(json.dumps(document(**changes)).encode())


@dataclass
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Rig:
    """plan: what holds now. asked, loaded: nodes of whom that was told."""

    plan: Plan
    log: Log
    kept: Kept
    port: int = 0
    asked: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def store(self, data: bytes) -> str:
        digest = sha256(data)
        Path("images", digest).write_bytes(data)
        return digest

    def connect(self, source: str = FIRST) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(source, 0))

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        source: str = FIRST,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        connection = self.connect(source)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, body=data, headers=sent)
            answer = connection.getresponse()
            return Answered(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def noted(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in read(0)[0]]

    def session(self) -> str:
        """That of the first node, whose token is spent by it."""
        answer = self.ask("POST", "/node/hello", {"nonce": "n", "hardware": {}}, token="boot-one")
        assert answer.status == 200
        return str(answer.json()["session"])


@contextmanager
def serving(**changes: Any) -> Iterator[Rig]:
    """A rig in the current directory."""
    Path("images").mkdir()
    rig = Rig(plan(**changes), Log(), Kept())

    def loaded(node: Node, file: str) -> None:
        rig.loaded.append(f"{node.name} {file}")

    knowing = Knowing(lambda: rig.plan, rig.log)
    routes = Routes(knowing, rig.log, rig.kept, lambda node: rig.asked.append(node.name), loaded)
    server = Server("127.0.0.1", 0, routes, lambda address: knowing.known(rig.plan, address))
    rig.port = server.bound
    try:
        yield rig
    finally:
        server.close()
        rig.log.close()
