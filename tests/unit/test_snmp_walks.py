"""What ends a walk, and what credentials of documents are: pure, and against an agent that makes no sense."""

from __future__ import annotations

import pytest
import snmp_agent
from pysnmp.proto import rfc1902, rfc1905

from microdc.errors import InputError
from microdc.snmp.client import Client
from microdc.snmp.model import Agent, Community, Limits, User, credentials
from microdc.snmp.walking import taken

ROOT = (1, 3, 6)
ONE = rfc1902.Integer32(1)


def bound(*last: int) -> tuple[tuple[int, ...], object]:
    return (*ROOT, *last), ONE


def test_rows_are_taken_until_the_subtree_is_left() -> None:
    assert taken(ROOT, ROOT, [bound(1), bound(2)]) == ([bound(1), bound(2)], False, "")
    left = ((1, 3, 7), ONE)
    assert taken(ROOT, ROOT, [bound(1), left, bound(2)]) == ([bound(1)], True, "")
    assert taken(ROOT, ROOT, [(ROOT, ONE)]) == ([], True, "")
    over = ((*ROOT, 9), rfc1905.endOfMibView)
    assert taken(ROOT, ROOT, [bound(1), over]) == ([bound(1)], True, "")


def test_a_row_that_does_not_come_after_the_last_one_ends_a_walk() -> None:
    rows, over, why = taken(ROOT, (*ROOT, 4), [bound(5), bound(5)])
    assert (rows, over) == ([bound(5)], True)
    assert "1.3.6.5 was told after 1.3.6.5" in why
    rows, over, why = taken(ROOT, (*ROOT, 4), [bound(3)])
    assert (rows, over) == ([], True)
    assert "1.3.6.3 was told after 1.3.6.4" in why


def test_an_empty_answer_ends_a_walk() -> None:
    rows, over, why = taken(ROOT, (*ROOT, 4), [])
    assert (rows, over) == ([], True)
    assert why


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (lambda _: [((1, 3, 6, 51, 13), 1)], 1),  # the same for ever
        (lambda after: [((*after[:3], 9 - len(after)), 1)], 1),  # backwards
        (lambda _: [], 0),
    ],
    ids=["repeats", "backwards", "empty"],
)
def test_a_walk_of_an_agent_that_would_never_end_ends_and_says_why(
    rows: snmp_agent.Answer, count: int
) -> None:
    with (
        snmp_agent.liar(rows) as port,
        Client(Agent("switch", "127.0.0.1", Community("any"), port), Limits(seconds=5)) as asked,
    ):
        walk = asked.walk("1.3.6")
    assert len(walk.rows) == count
    assert walk.cut


def test_a_walk_without_end_is_cut() -> None:
    def more(after: tuple[int, ...]) -> snmp_agent.Rows:
        first = after[3] + 1 if len(after) > 3 else 1
        return [((1, 3, 6, number), number) for number in range(first, first + 10)]

    with (
        snmp_agent.liar(more) as port,
        Client(Agent("switch", "127.0.0.1", Community("any"), port), Limits(seconds=5)) as asked,
    ):
        walk = asked.walk("1.3.6", limit=95)
    assert [value for _, value in walk.rows] == list(range(1, 96))
    assert "more than 95" in walk.cut


def test_credentials() -> None:
    assert credentials("pub:lic", 2) == Community("pub:lic")
    assert credentials("me:long-enough:also-long-enough", 3) == User("me", "long-enough", "also-long-enough")


@pytest.mark.parametrize(
    "secret", ["", "me", "me:long-enough", "me::long-enough", "me:long-enough:a:b", "me:short:long-enough"]
)
def test_wrong_credentials_are_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(InputError) as caught:
        credentials(secret, 3, where="site.yaml:7")
    assert caught.value.where == "site.yaml:7"
    assert "long-enough" not in str(caught.value)
    assert "short" not in str(caught.value)


def test_no_community() -> None:
    with pytest.raises(InputError):
        credentials("", 2)


def test_secrets_are_in_no_text() -> None:
    shown = repr(Agent("a", "::1", User("me", "long-enough", "also-secret"), 1161))
    assert "long-enough" not in shown
    assert "also-secret" not in shown
    assert "public" not in repr(Community("public"))
    assert Agent("a", "::1", Community("c"), 1161).where == "a (snmp://[::1]:1161)"
