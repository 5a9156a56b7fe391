"""The frame of the command line: lazy loading, shared options, errors and exit codes."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from microdc.cli import context, main, render
from microdc.cli.frame import Entry
from microdc.documents.model import DocumentError, Problem, Where
from microdc.errors import ApplyError, Exit, InputError, MicrodcError, RefusedError, UnreachableError

Define = Callable[[Callable[[], object]], None]


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Define:
    """Puts a function into the table of commands as `probe`, and as `group probe`."""

    def put(function: Callable[[], object]) -> None:
        group = click.Group("group")
        group.add_command(click.Command("probe", callback=function))
        module = types.ModuleType("probe_commands")
        vars(module).update(probe=click.Command("probe", callback=function), group=group)
        monkeypatch.setitem(sys.modules, "probe_commands", module)
        for name in ("probe", "group"):
            monkeypatch.setitem(main.COMMANDS, name, Entry("probe_commands", name, "A command of this test."))
            monkeypatch.delitem(main.cli.commands, name, raising=False)

    return put


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that a command line loads, asked in a process of its own."""
    script = (
        "import sys; from microdc.cli.main import call; call(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], []])
def test_help_loads_no_driver(arguments: list[str]) -> None:
    heavy = {"pyroute2", "paramiko", "pydantic", "rich", "ruamel", "cryptography", "yaml"}
    heavy |= {"sqlalchemy", "sqlite3", "psycopg"}
    assert not heavy & loaded_by(*arguments)


def test_help_shows_every_command_without_importing_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call(["--help"]) == Exit.OK
    shown = capsys.readouterr().out
    for name, entry in main.COMMANDS.items():
        assert f"  {name} " in shown
        assert entry.help in shown
    for code in Exit:
        assert str(int(code)) in shown


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call(["aply-profile"]) == Exit.USAGE
    captured = capsys.readouterr()
    assert "apply-profile" in captured.err
    assert not captured.out


def test_unknown_option_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call(["--inventry", "x", "version"]) == Exit.USAGE
    assert "--inventory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MicrodcError("it broke"), 1),
        (ApplyError("rolled back"), 1),
        (InputError("bad", where="a.yaml:3", hint="write 10ms"), 2),
        (UnreachableError("no answer", where="bmc1"), 3),
        (RefusedError("foreign qdisc", where="eth0"), 4),
    ],
)
def test_errors_become_a_message_and_a_code(
    define: Define, capsys: pytest.CaptureFixture[str], error: MicrodcError, code: int
) -> None:
    def fail() -> None:
        raise error

    define(fail)
    assert main.call(["probe"]) == code
    captured = capsys.readouterr()
    assert not captured.out
    for part in (error.what, error.where, error.hint):
        assert part in captured.err
    assert "Traceback" not in captured.err


def test_all_problems_of_documents_are_told(define: Define, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise DocumentError(
            [Problem(Where(Path("b.yaml"), 7), "second"), Problem(Where(Path("a.yaml"), 3), "first")]
        )

    define(fail)
    assert main.call(["probe"]) == Exit.USAGE
    assert capsys.readouterr().err.splitlines() == ["a.yaml:3: first", "b.yaml:7: second"]


def test_unexpected_errors_say_how_to_get_the_traceback(
    define: Define, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    define(lambda: dict[str, str]()["nothing"])
    monkeypatch.delenv("MICRODC_DEBUG", raising=False)
    assert main.call(["probe"]) == Exit.FAILED
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "MICRODC_DEBUG=1" in told
    assert "Traceback" not in told
    monkeypatch.setenv("MICRODC_DEBUG", "1")
    assert main.call(["probe"]) == Exit.FAILED
    assert "Traceback" in capsys.readouterr().err


def test_interrupt(define: Define, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    define(interrupt)
    assert main.call(["probe"]) == Exit.INTERRUPTED
    assert "Interrupted." in capsys.readouterr().err


@pytest.mark.parametrize("code", list(Exit))
def test_a_command_returns_its_exit_code(define: Define, code: Exit) -> None:
    define(lambda: code)
    assert main.call(["probe"]) == code
    define(lambda: click.get_current_context().exit(code))
    assert main.call(["probe"]) == code


@pytest.mark.parametrize("command", [["probe"], ["group", "probe"]])
def test_shared_options_stand_before_or_after(define: Define, command: list[str], tmp_path: Path) -> None:
    seen: list[context.Settings] = []
    define(lambda: seen.append(context.settings()))
    options = ["-i", str(tmp_path), "-o", "json", "--yes", "--no-input", "--no-color", "-v"]
    assert main.call([*options, *command]) == Exit.OK
    assert main.call([*command, *options]) == Exit.OK
    assert main.call([*options[:4], *command, *options[4:]]) == Exit.OK
    assert seen[0] == seen[1] == seen[2]
    found = seen[0]
    assert found.inventory.value == tmp_path
    assert found.output.value == "json"
    assert found.yes.value
    assert found.no_input.value
    assert found.no_color.value
    assert found.verbosity.value == 1


def test_an_option_after_the_command_wins(define: Define) -> None:
    seen: list[str] = []
    define(lambda: seen.append(context.settings().output.value))
    main.call(["-o", "json", "probe", "-o", "yaml"])
    assert seen == ["yaml"]


def test_a_closed_pipe_is_quiet() -> None:
    script = "from microdc.cli.main import call; import sys; [call(['--help']) for _ in range(2000)]"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert not process.stderr.read()


class TestConfirm:
    """Consent before an act that destroys something. Under pytest standard input is no terminal."""

    def test_without_a_terminal_it_refuses(self, define: Define, capsys: pytest.CaptureFixture[str]) -> None:
        done: list[int] = []

        def reset() -> None:
            render.confirm("Reset the WAN?")
            done.append(1)

        define(reset)
        assert main.call(["probe"]) == Exit.USAGE
        told = capsys.readouterr().err
        assert "Reset the WAN?" in told
        assert "--yes" in told
        assert not done

    def test_yes_consents(self, define: Define) -> None:
        done: list[int] = []

        def reset() -> None:
            render.confirm("Reset the WAN?")
            done.append(1)

        define(reset)
        assert main.call(["probe", "--yes"]) == Exit.OK
        assert done

    @pytest.mark.parametrize(
        ("answer", "typed", "code"), [("y", "", 0), ("n", "", 1), ("paris", "paris", 0), ("y", "paris", 1)]
    )
    def test_a_person_is_asked(
        self, define: Define, monkeypatch: pytest.MonkeyPatch, answer: str, typed: str, code: int
    ) -> None:
        monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
        define(lambda: render.confirm("Reset?", typed=typed))
        assert main.call(["probe"]) == code

    def test_no_input_never_asks(self, define: Define, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
        define(lambda: render.confirm("Reset?"))
        assert main.call(["--no-input", "probe"]) == Exit.USAGE
