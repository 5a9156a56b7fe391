"""How soon the TUI shows something, and how soon it answers a key, as its terminal sees it.

Wanted: first useful frame of the demo <= 1 s after start; key to paint p95 <= 50 ms with 1,000 servers; opening and filtering a table of
them <= 300 ms. An empty Python and the import of Textual are measured beside it, and the processor's time (median), since a busy
machine makes all of them slower by the clock.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from report import machine, milliseconds, table
from tui_session import Session

STARTS, KEYS, OPENINGS = 7, 60, 4
CURSOR = b"48;2;44;74;90"  # the background of the row under the cursor


def seconds(code: str) -> tuple[float, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start(sites: int, servers: int) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    with Session(["--demo", "--sites", str(sites), "--servers", str(servers)]) as session:
        return session.until(b"barcelona", b"kW", b"old"), session.processor()


def press(session: Session, key: bytes, *wanted: bytes) -> tuple[float, float]:
    """Seconds by the clock and of the processor until a key is answered."""
    session.mark()
    before = session.processor()
    took = session.press(key, *wanted)
    return took, session.processor() - before


def row(name: str, values: list[tuple[float, float]], wanted: str) -> tuple[str, ...]:
    clock = sorted(took for took, _ in values)
    p95 = clock[min(len(clock) - 1, int(len(clock) * 0.95))]
    cpu = statistics.median(used for _, used in values)
    return (
        name,
        milliseconds(statistics.median(clock)),
        milliseconds(p95),
        milliseconds(clock[-1]),
        milliseconds(cpu),
        wanted,
    )


def main() -> None:
    rows = [
        row("python -c pass", [seconds("pass") for _ in range(STARTS)], ""),
        row("import textual.app", [seconds("import textual.app") for _ in range(STARTS)], ""),
        row("first useful frame, 20 × 20", [start(20, 20) for _ in range(STARTS)], "1000"),
    ]
    with Session(["--demo", "--sites", "20", "--servers", "50", "--start", "devices"]) as session:
        session.until(b"bcn-c1", CURSOR)
        session.live(3)
        rows.append(row("down, 1,120 rows", [press(session, b"j", CURSOR) for _ in range(KEYS)], "50 (p95)"))
        rows.append(row("page down", [press(session, b"\x06", CURSOR) for _ in range(15)], "50 (p95)"))
        rows.append(
            row("end and home", [press(session, key, CURSOR) for key in (b"G", b"g") * 10], "50 (p95)")
        )
        opened, filtered, cleared = [], [], []
        for _ in range(OPENINGS):
            press(session, b"S", b"barcelona")
            opened.append(press(session, b"E", b"inlet", CURSOR))
            for letter in (b"z", b"k", b"9"):
                press(session, b"/", b"role=compute")
                filtered.append(press(session, letter, b" of 1"))
                cleared.append(press(session, b"\x1b", CURSOR, b"lock"))
        rows.append(row("open the table", opened, "300"))
        rows.append(row("a letter of the filter", filtered, "300"))
        rows.append(row("end the filter (Escape waits 100 ms)", cleared, "300"))
    for name, value in machine("textual").items():
        print(f"{name}: {value}")
    print()
    print(table(("milliseconds", "median", "p95", "most", "processor", "wanted"), rows))


if __name__ == "__main__":
    main()
