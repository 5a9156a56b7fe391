"""Changes as the agent carries them out in the kernel and takes them back.

A change: {"inverse": [[message, ...], ...], "switches": [[interface, offload, was, becomes], ...]}; messages in base64.
"""

from __future__ import annotations

import base64
import errno
from typing import Any

from .interfaces import interfaces, offload, single
from .kernel import Kernel


def carry_out(kernel: Kernel, batch: list[bytes], change: dict[str, Any]) -> dict[str, Any] | None:
    """Sends a batch; what the kernel refused of it, once the part before was taken back."""
    for index, message in enumerate(batch):
        code, words = kernel.request(message)
        if code:
            left = take_back(kernel, {"inverse": change["inverse"][:index], "switches": []})
            told = {"error": words, "errno": code, "index": index, "not_rolled_back": left}
            return {**told, "interfaces": list(interfaces())}
    for name, what, _was, becomes in change["switches"]:
        offload(name, what, on=becomes)
    return None


def take_back(kernel: Kernel, change: dict[str, Any], *ignored: int) -> list[str]:
    """Takes a change back, last message first; gives what could not be. ignored: errnos that mean no harm."""
    left = []
    for message in (m for inverse in reversed(change["inverse"]) for m in inverse):
        code, words = tell(kernel, message)
        if code not in (0, errno.ENODEV, *ignored):
            left.append(words)
    for name, what, was, _becomes in change["switches"]:
        offload(name, what, on=was)
    return left


def tell(kernel: Kernel, message: str) -> tuple[int, str]:
    """One message whose failure stops nothing: 0 or an errno, and words."""
    try:
        return kernel.request(base64.b64decode(message))
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
