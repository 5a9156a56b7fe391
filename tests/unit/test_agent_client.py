"""The controller's side of the conversation, with shell scripts in the agent's place."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microdc.agent import client
from microdc.agent.client import Agent, ChangedError, RejectedError, UnconfirmedError, greet, open_agent
from microdc.agent.model import Commit, Confirm, Hello, Interface, Layer, Value
from microdc.agent.program import source
from microdc.errors import ApplyError, RefusedError, UnreachableError
from microdc.host.local import LocalHost

HELLO = {
    "protocol": client.PROTOCOL,
    "pid": 7,
    "kernel": "6.1",
    "boot": "b",
    "uid": 0,
    "interfaces": {"lo": [1, 65536, "00:00:00:00:00:00"]},
}
STATE = {
    "generation": 5,
    "layers": [],
    "notes": [],
    "touched": {},
    "watched_since": 1.0,
    "unconfirmed": None,
    "last": "",
    "serial": 0,
    "ports": [],
}


@pytest.fixture
def talk() -> Iterator[Any]:
    """Agents whose far side is a shell script."""
    made: list[Agent] = []

    def start(script: str) -> Agent:
        host = LocalHost()
        made.append(Agent(host, Hello(7, "6.1", "b", 0, {}), host.start(["sh", "-c", script])))
        return made[-1]

    yield start
    for agent in made:
        agent.close()


def says(reply: Any) -> str:
    """A script that reads a request and gives this reply."""
    return f"read request; echo '{json.dumps(reply)}'"


def greeted(reply: Any) -> Agent:
    host = LocalHost()
    return greet(host, host.start(["echo", json.dumps(reply)]))


def test_the_greeting_is_understood() -> None:
    with greeted(HELLO) as agent:
        hello = agent.hello
    assert (hello.pid, hello.kernel, hello.uid) == (7, "6.1", 0)
    assert hello.interfaces == {"lo": Interface("lo", 1, 65536, "00:00:00:00:00:00")}


def test_another_protocol_is_refused_with_a_way_on() -> None:
    with pytest.raises(RefusedError, match="protocol 99") as failure:
        greeted({**HELLO, "protocol": 99})
    assert "kill 7" in failure.value.hint


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "agent"),
        ("read request", "does not answer"),
        ("read request; echo no python >&2; exit 127", "no python"),
        ('read request; printf \'{"generation": 1, "lay\'', "does not answer"),
        ("echo Welcome to wan1; read request; sleep 100", "Welcome to wan1"),
    ],
)
def test_a_connection_that_is_lost_is_told(talk: Any, script: str, words: str) -> None:
    agent = talk(script)
    with pytest.raises(UnreachableError, match=words) as failure:
        agent.read({})
    assert failure.value.where == "local"
    assert failure.value.hint


def test_a_far_side_that_reads_no_more_is_told(talk: Any) -> None:
    agent = talk("exec <&-; echo closed; sleep 100")
    assert agent._process.stdout.readline() == b"closed\n"
    with pytest.raises(UnreachableError, match="broke"):
        agent.read({})


def test_an_agent_that_hangs_is_given_up(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "REPLY_SECONDS", 0.1)
    agent = talk("sleep 1000")
    with pytest.raises(UnreachableError, match="does not answer"):
        agent.read({})
    with pytest.raises(UnreachableError):  # a late answer is not taken for that to the next question
        agent.read({})


def test_what_the_agent_refuses_is_told_apart(talk: Any) -> None:
    commit = Commit(0, [])
    with pytest.raises(ChangedError, match="somebody else"):
        talk(says({"error": "changed", "generation": 4})).commit(commit)
    with pytest.raises(UnconfirmedError, match="ann waits") as waiting:
        talk(says({"error": "unconfirmed", "by": "ann", "remaining": 12.4})).commit(commit)
    assert "12 s" in waiting.value.hint
    with pytest.raises(ApplyError, match="no space"):
        talk(says({"error": "no space", "errno": 28})).commit(commit)
    rejected = {"error": "bad", "errno": 22, "index": 3, "not_rolled_back": ["x"], "interfaces": ["lo", "a"]}
    with pytest.raises(RejectedError, match="bad") as failure:
        talk(says(rejected)).commit(commit)
    problem = failure.value
    assert (problem.errno, problem.index, list(problem.left)) == (22, 3, ["x"])
    assert problem.interfaces == {"lo", "a"}


def test_a_commit_is_one_line_of_json(talk: Any, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    layer = Layer("o1", "me", "why", {"x/1": Value([b"\x01"], {"k": 1})}, seconds=3.5)
    agent = talk(
        f"read -r request; echo \"$request\" > {heard}; echo '{json.dumps({'state': STATE, 'dumps': {}})}'"
    )
    change = Commit(4, [(b"\x00\x01", [b"\x02"])], [layer], ["o9"], confirm=Confirm(30.0, "me"))
    assert agent.commit(change).state.generation == 5
    request = json.loads(heard.read_text())
    assert (request["batch"], request["inverse"]) == ("AAE=", ["Ag=="])
    assert request["confirm"] == {"seconds": 30.0, "by": "me"}
    assert request["layers"]["drop"] == ["o9"]
    assert request["layers"]["put"][0]["values"] == {"x/1": {"messages": "AQ==", "data": {"k": 1}}}
    assert request["layers"]["put"][0]["seconds"] == 3.5


def test_the_agents_program_is_the_same_each_time() -> None:
    first = source()
    source.cache_clear()
    assert source() == first


def _parts() -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(source())) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist() if name.endswith(".py")}


def test_the_agents_program_runs_on_python_3_8_without_other_packages() -> None:
    for name, text in _parts().items():
        tree = ast.parse(text, name, feature_version=(3, 8))
        imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
        imported |= {
            node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and not node.level and node.module != "resident.start"
        }
        assert {module.partition(".")[0] for module in imported} <= sys.stdlib_module_names | {"__future__"}


def test_the_agents_program_says_how_it_is_used(tmp_path: Path) -> None:
    program = tmp_path / "agent.pyz"
    program.write_bytes(source())
    for argv in ([], ["connect"], ["format", "x"]):
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, *argv], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "connect DIR" in done.stderr


def test_a_host_without_python_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(UnreachableError, match="/no/such/python"):
        open_agent(LocalHost(), directory=str(tmp_path))
