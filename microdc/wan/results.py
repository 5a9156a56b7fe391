"""The results of a measurement, apart from its steps."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from microdc.events import Step
from microdc.measure.model import PairResult


def collected(items: Iterator[Step | PairResult]) -> Generator[Step, None, list[PairResult]]:
    """Passes the steps of a measurement on, and returns its results when it is over.

    Where nobody wants more of it the measurement is ended at once, not when Python comes to it.
    """
    results = []
    try:
        for item in items:
            if isinstance(item, PairResult):
                results.append(item)
            else:
                yield item
    finally:
        if isinstance(items, Generator):
            items.close()
    return results
