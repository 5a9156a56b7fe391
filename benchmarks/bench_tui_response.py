"""How soon the TUI shows something, and how soon it answers a key, as its terminal sees it.

Wanted: first useful frame of the demo <= 1 s after start; key to paint p95 <= 50 ms with 1,000 servers; opening and filtering a table of
them <= 300 ms. An empty Python and the import of Textual are measured beside it, since a busy machine makes all of them slower.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from report import machine, milliseconds, table
from tui_session import Session

STARTS, KEYS, OPENINGS = 7, 60, 7
CURSOR = b"48;2;44;74;90"  # the background of the row under the cursor


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def start(sites: int, servers: int) -> float:
    with Session(["--demo", "--sites", str(sites), "--servers", str(servers)]) as session:
        return session.until(b"barcelona", b"kW", b"old")


def row(name: str, values: list[float], wanted: str) -> tuple[str, ...]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return (
        name,
        milliseconds(statistics.median(values)),
        milliseconds(p95),
        milliseconds(ordered[-1]),
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
        rows.append(row("down, 1,120 rows", [session.press(b"j", CURSOR) for _ in range(KEYS)], "50 (p95)"))
        rows.append(row("page down", [session.press(b"\x06", CURSOR) for _ in range(15)], "50 (p95)"))
        rows.append(
            row("end and home", [session.press(key, CURSOR) for key in (b"G", b"g") * 10], "50 (p95)")
        )
        opened, filtered, cleared = [], [], []
        for _ in range(OPENINGS):
            session.press(b"S", b"barcelona")
            opened.append(session.press(b"E", b"inlet", CURSOR))
            for letter in (b"z", b"k", b"9"):
                session.press(b"/", b"role=compute")
                filtered.append(session.press(letter, b" of 1"))
                cleared.append(session.press(b"\x1b", CURSOR, b"lock"))
        rows.append(row("open the table", opened, "300"))
        rows.append(row("a letter of the filter", filtered, "300"))
        rows.append(row("end the filter (Escape waits 100 ms)", cleared, "300"))
    for name, value in machine("textual").items():
        print(f"{name}: {value}")
    print()
    print(table(("milliseconds", "median", "p95", "most", "wanted"), rows))


if __name__ == "__main__":
    main()
