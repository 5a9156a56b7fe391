"""Whatever a command says, and however it comes in pieces: the answer is that and nothing else."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ssh_switch import Script, Terminal, switch

from microdc.switch.cli.prompts import ends_in, plain, prompt_of
from microdc.switch.cli.session import Session, open_session

LINES = st.one_of(
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=40),
    st.sampled_from(
        [
            "sw1#",
            "sw1(config)#",
            "sw1# show running-config",
            "hostname sw1",
            "!",
            "! 0123456789ab",
            "password:",
            "Proceed? [confirm]",
            " --More-- ",
            "x" * 3000,
        ]
    ),
)
ANSWERS = st.lists(LINES, max_size=30).map(lambda lines: "\n".join([*lines, "end"]))


@pytest.fixture(scope="module")
def talk() -> Iterator[tuple[Session, list[list[str]]]]:
    """A session, and the pieces that the next answer comes in."""
    pieces: list[list[str]] = []

    def say(terminal: Terminal) -> None:
        for piece in pieces[-1]:
            terminal.say(piece)

    with switch(Script(answers={"show it": say})) as device, open_session(device.target("frr")) as session:
        yield session, pieces


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(answer=ANSWERS, cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_an_answer_is_what_was_said_whatever_it_looks_like(
    talk: tuple[Session, list[list[str]]], answer: str, cuts: list[int]
) -> None:
    session, pieces = talk
    text = f"{answer}\n"
    places = sorted({0, len(text), *(cut % len(text) for cut in cuts)})
    # not where what was said so far looks like what the switch says when it waits
    prompt = prompt_of("sw1#")
    places = [place for place in places if place in (0, len(text)) or not ends_in(text[:place], prompt)]
    pieces.append([text[a:b] for a, b in itertools.pairwise(places)])
    assert session.conversation.ask("show it") == answer


@pytest.mark.parametrize(
    ("line", "fits", "others"),
    [
        (
            "sw1#",
            ["sw1#", "sw1# ", "sw1(config-if)#", "sw1(config)# "],
            ["sw2#", "hostname sw1", " sw1#", "sw1"],
        ),
        ("a-switch-with-a-very-long-name>", ["a-switch-with-a-very-(config-if)#"], ["a-switch#"]),
        ("root@sw1:~# ", ["root@sw1:~# ", "root@sw1:~$ "], ["root@sw1:~"]),
        ("# ", ["# ", "#"], ["x#", "## Last commit"]),
        ("admin@ex1> ", ["admin@ex1> ", "admin@ex1# "], ["admin@ex2> "]),
    ],
)
def test_a_prompt_is_known_again_in_every_mode(line: str, fits: list[str], others: list[str]) -> None:
    prompt = prompt_of(line)
    assert [text for text in fits if not prompt.search(text)] == []
    assert [text for text in others if prompt.search(text)] == []


def test_what_a_terminal_draws_is_taken_away() -> None:
    drawn = "\x1b[?2004hsw1# \x1b]0;title\x07show\r\r\n --More-- \r          \r\x08\x08\x08  \x08\x08\x08 line two\x1b[K\r\n\x00"
    assert plain(drawn) == "sw1# show\n --More--  line two\n"


def test_a_long_answer_in_one_line_is_not_searched_for_ever() -> None:
    text = "-" * 200_000
    assert ends_in(text, re.compile("x")) == ""
