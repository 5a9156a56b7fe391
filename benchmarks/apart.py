"""Rounds that know nothing of each other."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from microdc.cli.main import GC_THRESHOLD

T = TypeVar("T")


def apart(act: Callable[..., T], *arguments: object) -> T:
    """What a function gives, called in a process of its own, which has imported what this one has and done nothing.

    Its garbage is collected as a command's is.
    """
    patience = (GC_THRESHOLD,)
    with ProcessPoolExecutor(
        1, mp_context=get_context("fork"), initializer=gc.set_threshold, initargs=patience
    ) as pool:
        return pool.submit(act, *arguments).result()


def rounds_apart(
    parts: Callable[..., Mapping[str, float]], argument: object, rounds: int
) -> dict[str, float]:
    """The medians of what `parts` gives by name, of rounds in a process each."""
    found = [apart(parts, argument) for _ in range(rounds)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}
