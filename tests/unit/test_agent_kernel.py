"""The agent's netlink socket, with one that answers as a test wants."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable

import pytest

from microdc.agent.resident import kernel as module
from microdc.agent.resident.kernel import DUMP_ATTEMPTS, NLM_F_DUMP_INTR, Kernel, split

ERROR, DONE, QDISC = 2, 3, 36
Answer = Callable[[int], list[bytes | OSError]]


class Socket:
    """answers: for each request in turn, what comes for its sequence number, datagram by datagram."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.waiting: list[bytes | OSError] = []

    def send(self, data: bytes) -> None:
        (sequence,) = struct.unpack_from("=I", data, 8)
        self.waiting += self.answers.pop(0)(sequence)

    def recv(self, _size: int) -> bytes:
        if not self.waiting:
            raise TimeoutError("timed out")
        datagram = self.waiting.pop(0)
        if isinstance(datagram, OSError):
            raise datagram
        return datagram


def kernel(*answers: Answer) -> Kernel:
    made = Kernel()
    made.socket.close()
    made.socket = Socket(*answers)  # type: ignore[assignment]
    return made


def message(kind: int, sequence: int, body: bytes, flags: int = 2) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 7) + body + b"\0" * (-len(body) % 4)


def qdisc(sequence: int, interface: int, flags: int = 2) -> bytes:
    return message(QDISC, sequence, struct.pack("=BxxxiIII", 0, interface, 1, 2, 3), flags)


def done(sequence: int, flags: int = 2) -> bytes:
    return message(DONE, sequence, struct.pack("=i", 0), flags)


REQUEST = message(38, 0, struct.pack("=BxxxiIII", 0, 5, 0, 0, 0))
INTERRUPTED = 2 | NLM_F_DUMP_INTR


def whole(n: int) -> list[bytes | OSError]:
    return [qdisc(n, 5) + qdisc(n, 6), qdisc(n, 5) + done(n)]


def changed(n: int) -> list[bytes | OSError]:
    return [qdisc(n, 5, INTERRUPTED), done(n, INTERRUPTED)]


def changed_late(n: int) -> list[bytes | OSError]:
    return [qdisc(n, 5), done(n, INTERRUPTED)]


def overrun(n: int) -> list[bytes | OSError]:
    return [OSError(errno.ENOBUFS, "No buffer space"), qdisc(n, 5), done(n)]


def refused(code: int, attribute: bytes = b"") -> Answer:
    return lambda n: [message(ERROR, n, struct.pack("=i16x", -code) + attribute)]


def test_a_dump_holds_the_messages_of_the_interface_asked_for() -> None:
    found = kernel(whole).dump(REQUEST)
    assert len(found) == 2 * len(qdisc(0, 5))
    assert struct.unpack_from("=i", found, 20)[0] == 5


@pytest.mark.parametrize("first", [changed, changed_late, overrun])
def test_a_dump_that_is_not_whole_is_asked_for_again(first: Answer) -> None:
    assert kernel(first, whole).dump(REQUEST) == kernel(whole).dump(REQUEST)


def test_a_dump_that_never_comes_whole_is_an_error() -> None:
    with pytest.raises(OSError, match="too fast"):
        kernel(*[changed] * DUMP_ATTEMPTS).dump(REQUEST)


def test_answers_to_earlier_requests_are_passed_over() -> None:
    made = kernel(lambda n: [done(n - 1), qdisc(n - 1, 5), qdisc(n, 5), done(n)])
    assert len(made.dump(REQUEST)) == len(qdisc(0, 5))


def test_nothing_hangs_on_what_is_not_there() -> None:
    assert kernel(refused(errno.ENODEV)).dump(REQUEST) == b""


def test_a_dump_that_is_refused_is_an_error() -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EPERM)):
        kernel(refused(errno.EPERM)).dump(REQUEST)


def of_burst(**refused: int) -> Answer:
    """What comes for three messages: what is refused, and of the last one in any case."""

    def answer(first: int) -> list[bytes | OSError]:
        codes = [refused.get(name, 0) for name in ("one", "two", "three")]
        return [
            message(ERROR, first + at, struct.pack("=i16x", -code))
            for at, code in enumerate(codes)
            if code or at == len(codes) - 1
        ]

    return answer


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ({}, {}),
        ({"one": errno.EEXIST}, {0: errno.EEXIST}),
        ({"three": errno.EINVAL}, {2: errno.EINVAL}),
        ({"two": errno.EPERM, "three": errno.ENOENT}, {1: errno.EPERM, 2: errno.ENOENT}),
    ],
)
def test_of_many_messages_at_once_what_is_refused_is_told(
    refused: dict[str, int], told: dict[int, int]
) -> None:
    made = kernel(of_burst(**refused), refused_late)
    found = made.burst([REQUEST, REQUEST, REQUEST])
    assert {at: code for at, (code, _) in found.items()} == told
    assert made.request(REQUEST)[0] == errno.EPERM, "the next has a number of its own"


def refused_late(n: int) -> list[bytes | OSError]:
    """What may still come of an earlier message is not taken for the answer."""
    return [message(ERROR, n - 1, struct.pack("=i16x", 0)), *refused(errno.EPERM)(n)]


def test_only_the_last_of_many_messages_is_to_be_acknowledged() -> None:
    made, sent = kernel(of_burst()), []
    send = made.socket.send
    made.socket.send = lambda data: (sent.append(bytes(data)), send(data))  # type: ignore[method-assign, assignment, func-returns-value]
    asking = message(36, 0, b"\0" * 20, flags=5)
    made.burst([asking] * 3)
    each = list(split(sent[0]))
    assert [struct.unpack_from("=H", one, 6)[0] for one in each] == [1, 1, 5]
    assert [struct.unpack_from("=I", one, 8)[0] for one in each] == [1, 2, 3]


@pytest.mark.parametrize("wrong", [b"\0" * 16, message(36, 0, b"")[:15], message(36, 0, b"abcd")[:-1]])
def test_what_is_no_message_is_not_sent(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="no netlink messages"):
        list(split(message(36, 0, b"") + wrong))


def test_the_kernels_own_words_are_told() -> None:
    words = b"netem: no\0"
    attribute = struct.pack("=HH", 4 + len(words), 1) + words
    answer = refused(errno.EINVAL, attribute)
    late = message(ERROR, 0, struct.pack("=i16x", 0))
    assert kernel(lambda n: [late, *answer(n)]).request(REQUEST) == (errno.EINVAL, "netem: no")


def test_without_words_of_its_own_the_code_speaks() -> None:
    assert kernel(refused(errno.EPERM)).request(REQUEST) == (errno.EPERM, os.strerror(errno.EPERM))


def test_what_is_busy_is_asked_for_again_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, done_now = refused(errno.EBUSY), refused(0)
    assert kernel(busy, busy, done_now).request(REQUEST)[0] == 0
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.0)
    assert kernel(*[busy] * 5).request(REQUEST)[0] == errno.EBUSY


def test_a_kernel_that_does_not_answer_is_an_error_not_a_wait_for_ever() -> None:
    with pytest.raises(TimeoutError):
        kernel(lambda _: []).request(REQUEST)
    with pytest.raises(TimeoutError):
        kernel(lambda _: []).dump(REQUEST)
