"""Changes as the agent carries them out in the kernel and takes them back.

A change: {"inverse": [messages, ...], "switches": [[interface, offload, was, becomes], ...]}; inverse: for each message of the batch
those that take it back. Messages are base64 of one behind the other: to JSON one text, however many they are.
"""

from __future__ import annotations

import base64
import errno
import struct
from collections.abc import Iterator
from typing import Any

from .interfaces import interfaces, offload, single
from .kernel import BURST_BYTES, BURST_MESSAGES, Kernel, split

REMOVES = 1
"""The numbers of rtnetlink(7) come in fours: what makes, removes, tells and sets a thing."""


def carry_out(kernel: Kernel, batch: list[bytes], change: dict[str, Any]) -> dict[str, Any] | None:
    """Sends a batch; what the kernel refused of it, once the part before was taken back."""
    inverse = change["inverse"]
    for begin, end in bursts(batch, inverse):
        first, left = begin, []
        if end - begin > 1:
            refused = kernel.burst(batch[begin:end])
            if not refused:
                continue
            first = begin + min(refused)
            early = [inverse[i] for i in range(first + 1, end) if i - begin not in refused]
            left = take_back(kernel, {"inverse": early, "switches": []})
        for index in range(first, end):
            code, words = kernel.request(batch[index])
            if code:
                left += take_back(kernel, {"inverse": inverse[:index], "switches": []})
                told = {"error": words, "errno": code, "index": index, "not_rolled_back": left}
                return {**told, "interfaces": list(interfaces())}
    for name, what, _was, becomes in change["switches"]:
        offload(name, what, on=becomes)
    return None


def bursts(batch: list[bytes], inverse: list[str]) -> Iterator[tuple[int, int]]:
    """Which messages go to the kernel at once: from, and up to.

    It does not stop at one that it refuses; so what came behind that one is taken back, and goes again one by one. Therefore what
    removes something goes alone, since what comes next may only be right without it; and a message on whose inverse others
    rely, since they have none, ends a burst: they are not sent before it is known to be done.
    """
    begin = size = 0
    for end, message in enumerate(batch, 1):
        size += len(message)
        if (
            end == len(batch)
            or end - begin == BURST_MESSAGES
            or size + len(batch[end]) > BURST_BYTES
            or REMOVES in (_act(message), _act(batch[end]))
            or (inverse[end - 1] and not inverse[end])
        ):
            yield begin, end
            begin, size = end, 0


def _act(message: bytes) -> int:
    return int(struct.unpack_from("=H", message, 4)[0] % 4)


def messages(text: str) -> list[bytes]:
    """Messages as they come from a controller. Raises ValueError for what are none."""
    return list(split(base64.b64decode(text)))


def take_back(kernel: Kernel, change: dict[str, Any], *ignored: int) -> list[str]:
    """Takes a change back, last message first; gives what could not be. ignored: errnos that mean no harm."""
    left = []
    for message in (m for inverse in reversed(change["inverse"]) for m in messages(inverse)):
        code, words = tell(kernel, message)
        if code not in (0, errno.ENODEV, *ignored):
            left.append(words)
    for name, what, was, _becomes in change["switches"]:
        offload(name, what, on=was)
    return left


def tell(kernel: Kernel, message: bytes) -> tuple[int, str]:
    """One message whose failure stops nothing: 0 or an errno, and words."""
    try:
        return kernel.request(message)
    except OSError as problem:
        return problem.errno or errno.EIO, str(problem)


def switches(ports: dict[str, Any], bare: list[str], off: dict[str, dict[str, int]]) -> list[list[Any]]:
    """The offloads that a change turns: off where packets must come singly, back where a port is given back.

    ports: each names in "singly" those that must be off. off: by interface, what those were that were turned off before.
    """
    wanted = [(name, what) for name, port in ports.items() for what in port["singly"]]
    found = [
        [name, what, was, single(what)]
        for name, what in wanted
        if (was := offload(name, what)) is not None and was != single(what)
    ]
    return found + [
        [name, what, single(what), was] for name in bare for what, was in off.get(name, {}).items()
    ]
