"""What is made of a Python that does not start the agent: programs of all kinds stand in for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from microdc.agent import client, starting
from microdc.agent.client import SilentError, open_agent
from microdc.errors import UnreachableError
from microdc.host.local import LocalHost
from microdc.host.model import Address

pytestmark = pytest.mark.root

MEAN_TRACEBACK = (
    'Traceback (most recent call last):\n  File "x", line 1\nOSError: [Errno 28] No space left on device'
)


def refusal(monkeypatch: pytest.MonkeyPatch, directory: Path, script: str) -> UnreachableError:
    """What comes of a shell script in Python's place."""
    python = directory / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with LocalHost() as host, pytest.raises(UnreachableError) as refused:
        open_agent(host, directory=str(directory))
    assert "Traceback" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "status 3"),
        ("echo Hello", "Hello"),
        ("echo '[1]'", "[1]"),
        ("echo '{\"a\": 1}'", "cannot be used"),
        ("echo some words >&2; exit 1", "some words"),
    ],
)
def test_a_python_that_is_none_is_told_with_what_it_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, words: str
) -> None:
    refused = refusal(monkeypatch, tmp_path, script)
    assert words in refused.what
    assert "3.8" in refused.hint


def test_a_python_that_is_too_old_is_told_with_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = f'[ "$1" = -c ] && exec {sys.executable} -c "import sys; sys.version_info = (2, 7, 18); $2"'
    refused = refusal(monkeypatch, tmp_path, f"{old}\nexit 1")
    assert "Python 2.7, too old" in refused.what
    assert "3.8" in refused.hint


def test_what_stops_the_agent_is_told_in_one_line_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = f'[ "$1" = -c ] && exec {sys.executable} "$@"'
    refused = refusal(monkeypatch, tmp_path, f"{real}\ncat >&2 <<'END'\n{MEAN_TRACEBACK}\nEND\nexit 1")
    assert "OSError: [Errno 28] No space left on device" in refused.what
    assert "make room" in refused.hint


def test_a_python_that_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "REPLY_SECONDS", 0.1)
    monkeypatch.setattr(starting, "PYTHON_SECONDS", 0.1)
    refused = refusal(monkeypatch, tmp_path, f"echo once >>{tmp_path}/starts; exec sleep 1000")
    assert "did not end within 0.1 s" in refused.what
    assert (
        tmp_path / "starts"
    ).read_text() == "once\nonce\n"  # the agent's program, and the question for the version


def test_a_machine_that_is_too_slow_to_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(client, "REPLY_SECONDS", 0.1)
    real = f'[ "$1" = -c ] && exec {sys.executable} "$@"'
    refused = refusal(monkeypatch, tmp_path, f"{real}\nexec sleep 1000")
    assert isinstance(refused, SilentError)
    assert "nothing came within 0.1 s" in refused.what


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = f"{tmp_path}/file/agents"
    with LocalHost() as host, pytest.raises(UnreachableError, match=place) as refused:
        starting.bring(host, place, f"{place}/agent")
    assert os.strerror(20) in refused.value.what  # ENOTDIR


@pytest.mark.parametrize("said", ["sh: python3: not found", "sh: line 1: python3: command not found"])
def test_no_python_is_told(said: str) -> None:
    explained = starting.explained(UnreachableError("x", where=str(Address("local")), hint=said), "python3")
    assert explained is not None
    assert "no python3" in explained.what
    assert "install" in explained.hint
