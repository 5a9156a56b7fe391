"""Output: the same answer as a table, JSON and YAML; steps as lines."""

from __future__ import annotations

import io
import json
from collections.abc import Generator
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_network
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from microdc.cli import context, main, narrate, render
from microdc.events import Step


class Verdict(IntEnum):
    PASS = 1


@dataclass(frozen=True)
class Sample:
    name: str
    rtt: float
    network: object
    verdict: Verdict


SAMPLE = Sample("münchen", float("nan"), ip_network("10.0.0.0/8"), Verdict.PASS)
PLAIN = {"name": "münchen", "rtt": None, "network": "10.0.0.0/8", "verdict": 1}
TABLE = render.Table(
    ("name", "rtt", "state"),
    [("a", 1.5, render.Styled("ok", "green")), ("long-name", None, "no")],
    title="Two",
)


def shown(capsys: pytest.CaptureFixture[str], *flags: str, table: render.Human | None = TABLE) -> str:
    with main.cli.make_context("microdc", [*flags, "version"]):
        render.emit("Sample", [SAMPLE], table)
    return capsys.readouterr().out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(shown(capsys, "-o", "json")) == {
        "schema": "microdc/v1",
        "kind": "Sample",
        "items": [PLAIN],
    }


def test_yaml_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "-o", "yaml")
    assert text.startswith("schema: microdc/v1\nkind: Sample\n")
    assert YAML(typ="safe").load(text)["items"] == [PLAIN]
    assert shown(capsys, table=None) == text


def test_a_table_in_a_pipe_is_plain_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert text.splitlines() == [
        "Two",
        "NAME       RTT  STATE",
        "a          1.5  ok",
        "long-name    -  no",
    ]
    assert text.isascii()


def test_a_terminal_gets_colours_unless_it_does_not_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def written(*flags: str, **env: str) -> str:
        terminal = Terminal()
        with monkeypatch.context() as patch, main.cli.make_context("microdc", [*flags, "version"]):
            patch.setenv("TERM", "xterm-256color")
            patch.delenv("NO_COLOR", raising=False)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdout", terminal)
            render.show(TABLE)
        return terminal.getvalue()

    assert "\x1b[" in written()
    plain = written("--no-color")
    assert "\x1b[" not in plain
    assert plain.isascii()
    assert written(NO_COLOR="1") == plain
    assert written(TERM="dumb") == plain


def operation() -> Generator[Step, None, str]:
    yield Step("fetch", "started")
    yield Step("fetch", "progress", done=1_000_000, total=2_000_000, unit="bytes")
    yield Step("fetch", "done", done=2_000_000, total=2_000_000, unit="bytes")
    yield Step("boot", "skipped", detail="it runs already")
    return "result"


def test_steps_are_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert narrate.watch(operation()) == "result"
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.splitlines() == ["fetch ...", "fetch: done, 2.0 MB", "boot: skipped, it runs already"]


def test_quiet_tells_no_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with main.cli.make_context("microdc", ["-q", "version"]):
        assert context.settings().verbosity.value == -1
        assert narrate.watch(operation()) == "result"
        render.note("nothing")
    assert not capsys.readouterr().err


def test_a_failing_operation_fails() -> None:
    def failing() -> Generator[Step, None, None]:
        yield Step("fetch", "started")
        raise click.UsageError("no")

    with pytest.raises(click.UsageError):
        narrate.watch(failing())


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step("ping", "progress", done=3, total=12, unit="pairs"), "ping: 3 of 12 pairs"),
        (Step("get", "progress", done=5_000_000, total=61_200_000, unit="bytes"), "get: 5.0 MB of 61.2 MB"),
        (Step("get", "started"), "get ..."),
        (Step("get", "done", detail="from the cache"), "get: done, from the cache (3.1 s)"),
    ],
)
def test_a_step_as_a_line(step: Step, text: str) -> None:
    assert narrate.line(step, 3.14 if step.state == "done" else None) == text


def test_paths_and_sets_become_plain() -> None:
    assert render.to_plain({Path("/a"): {1}}) == {"/a": [1]}
