"""What was measured, where, and how it is told."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(*distributions: str) -> dict[str, str]:
    """Processor, kernel, Python, tc, and the distributions that take part."""
    found = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("ascii", "replace"), re.MULTILINE
    )
    tc = subprocess.run(["tc", "-V"], check=False, capture_output=True, text=True).stdout
    told = {
        "processors": f"{os.cpu_count()} × {found[1] if found else platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "tc": tc.partition(",")[2].partition(",")[0].strip(),
    }
    return {**told, **{name: _version(name) for name in distributions}}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not in this environment"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns, the first to the left and the others to the right."""
    every = [head, *rows]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in every
    )


def write(file: str | None, text: str) -> None:
    """Keeps results: in a file, or (-) as the last line of what is printed."""
    if file == "-":
        print(f"\n{text}")
    elif file:
        Path(file).write_text(text + "\n", "utf-8")
