"""How long a change may wait to be confirmed, on the command line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from microdc.cli import main
from microdc.cli.confirming import confirm_option
from microdc.errors import Exit


@click.command()
@confirm_option
def change(*, confirm_within: float | None) -> None:
    click.echo(str(confirm_within))


@pytest.mark.parametrize(
    ("given", "seconds"),
    [([], "None"), (["--confirm-within", "10m"], "600.0"), (["--confirm-within", "5s"], "5.0")],
)
def test_up_to_ten_minutes(given: list[str], seconds: str) -> None:
    done = CliRunner().invoke(change, given)
    assert (done.exit_code, done.stdout.strip()) == (0, seconds)


@pytest.mark.parametrize(
    "command",
    [["apply"], ["apply-profile", "lte", "--pair", "paris:boston"], ["wan", "undo"], ["wan", "reset"]],
)
def test_more_is_refused_with_the_reason(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call([*command, "--confirm-within", "601s"]) == Exit.USAGE
    said = " ".join(capsys.readouterr().err.split())
    assert "601s is more than 10m" in said
    assert "would stay" in said
