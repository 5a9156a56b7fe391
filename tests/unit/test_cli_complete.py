"""The Tab key: the right names, and never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from microdc import locations
from microdc.cli import complete, main
from microdc.errors import Exit
from microdc.topology.atlas import Atlas
from microdc.topology.selecting import links_named


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/bcn.yaml").write_text("# $schema\nsite: barcelona\ntitle: x\n", "utf-8")
    (tmp_path / "sites/par.yaml").write_text('site: "paris"  # quoted\n', "utf-8")
    (tmp_path / "sites/broken.yaml").write_bytes(b"\xff\xfe\x00[[[")
    (tmp_path / "mine.yaml").write_text("profile: my-line\nrtt: 3ms\n", "utf-8")
    (tmp_path / "testbed.yaml").write_text(
        "testbed: t\nemulators:\n\n  wan1:\n    host: local\n  # a comment\n  wan2: {host: 'netns:x'}\nwan: {}\n",
        "utf-8",
    )
    monkeypatch.setenv("MICRODC_INVENTORY", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("inventory")
def test_names() -> None:
    assert complete.site_names() == ["barcelona", "paris"]
    assert complete.pair_names() == ["barcelona:paris", "paris:barcelona"]
    assert complete.emulator_names() == ["wan1", "wan2"]
    assert "my-line" in complete.profile_names()


def asked(source: complete.Source, incomplete: str, ctx: click.Context | None = None) -> list[str]:
    ctx = ctx or click.Context(click.Command("x"))
    return [item.value for item in complete.completer(source)(ctx, click.Argument(["name"]), incomplete)]


@pytest.mark.usefixtures("inventory")
def test_only_what_begins_so() -> None:
    assert asked(complete.site_names, "ba") == ["barcelona"]


def test_directions_know_the_pair() -> None:
    ctx = click.Context(click.Command("x"))
    assert asked(complete.directions, "", ctx) == ["a-to-b", "b-to-a"]
    ctx.params["pairs"] = (("paris", "boston"),)
    assert asked(complete.directions, "b", ctx) == ["boston-to-paris"]


@pytest.mark.parametrize("output", ["table", "xml"])
def test_nothing_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    monkeypatch.setenv("MICRODC_INVENTORY", str(tmp_path / "nowhere"))
    monkeypatch.setenv("MICRODC_OUTPUT", output)  # xml: the settings themselves are wrong
    assert asked(complete.site_names, "") == []
    assert asked(complete.emulator_names, "") == []


@pytest.mark.parametrize("text", ["paris", "paris:", ":paris", "a:b:c", "a:a", ""])
def test_what_is_no_pair(text: str) -> None:
    with pytest.raises(click.BadParameter, match="two different sites"):
        complete.PairType().convert(text, None, None)


def test_a_pair() -> None:
    assert complete.PairType().convert("paris:boston", None, None) == ("paris", "boston")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call(["completion", shell]) == Exit.OK
    assert "_MICRODC_COMPLETE" in capsys.readouterr().out


def test_bash_takes_a_pair_as_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    main.call(["completion", "bash"])
    script = capsys.readouterr().out
    shell = f'{script}\necho -n "$COMP_WORDBREAKS"'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert "=" in done.stdout  # bash's own list
    assert ":" not in done.stdout


@pytest.mark.usefixtures("inventory")
def test_a_pair_is_completed_behind_its_colon() -> None:
    offered = complete.PairType().shell_complete(
        click.Context(click.Command("x")), click.Option(["--pair"]), "barcelona:p"
    )
    assert [item.value for item in offered] == ["barcelona:paris"]


def offered_by_bash(words: str) -> set[str]:
    """What a shell offers for a command line, in a process of its own; fails where anything is told on stderr."""
    env = {
        **os.environ,
        "_MICRODC_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    argv = [sys.executable, "-m", "microdc.cli"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert not done.stderr
    return {line.partition(",")[2] for line in done.stdout.split()}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("microdc app", {"apply-profile", "apply"}),
        ("microdc config ", {"show"}),
        ("microdc completion z", {"zsh"}),
    ],
)
def test_what_a_shell_is_offered(words: str, offered: set[str]) -> None:
    assert offered_by_bash(words) == offered


NET = """topology: net
links:
  - {between: [a, b], rtt: 1ms}
  - {between: [ b , net2/c ], name: sea-1, rtt: 1ms}
  - {rtt: 1ms, between: [net2/c, net2/d]}
"""


@pytest.mark.parametrize("command", ["wan matrix --cut", "wan path x y --cut", "wan cut", "wan mend"])
def test_links_are_offered_by_their_name_or_else_by_their_ends(inventory: Path, command: str) -> None:
    (inventory / "topologies").mkdir()
    (inventory / "topologies/net.yaml").write_text(NET, "utf-8")
    (inventory / "topologies/broken.yaml").write_bytes(b"\xff\xfe between: [")
    assert offered_by_bash(f"microdc {command} net/") == {"net/a:b", "net/sea-1", "net/net2/c:net2/d"}
    assert "cables/ellalink" in offered_by_bash(f"microdc {command} cables/")


@pytest.mark.usefixtures("inventory")
def test_every_link_that_is_offered_is_one_and_none_is_left_out() -> None:
    atlas = Atlas(locations.data_dir("netem_profiles") / "topologies")
    links: set[str] = set()
    for home in atlas:
        offered = [name for name in complete.link_names() if name.startswith(f"{home}/")]
        links |= {link.name for name in offered for link in links_named(name, [atlas[home]])}
    assert links == {link for topology in atlas.values() for link in topology.links}
