"""A command that is asked to end, or whose terminal is gone, ends as on Ctrl-C: what it has open is closed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

LONG = 30.0
"""Seconds after which a test has failed."""
_COMMAND = """
import signal, sys
from microdc.cli import main

def call(argv):
    try:
        print("at work", flush=True)
        sys.stdin.read()  # until nobody wants it any more
        return 0
    finally:
        print("closed", flush=True)

main.call = call
try:
    main.run([])
except KeyboardInterrupt:
    sys.exit(130)
"""


@contextmanager
def at_work(*, nohup: bool = False) -> Iterator[subprocess.Popen[str]]:
    if nohup:
        ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    else:
        ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"
    with subprocess.Popen(
        [sys.executable, "-c", ignoring + _COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "at work\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_closes_what_is_open(number: signal.Signals) -> None:
    with at_work() as process:
        process.send_signal(number)
        told, _ = process.communicate(timeout=LONG)
        assert (told, process.returncode) == ("closed\n", 130)


def test_under_nohup_it_goes_on_without_a_terminal() -> None:
    with at_work(nohup=True) as process:
        process.send_signal(signal.SIGHUP)
        told, _ = process.communicate(timeout=LONG)  # ends its input
        assert (told, process.returncode) == ("closed\n", 0)
