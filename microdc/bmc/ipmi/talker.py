"""The program that holds the session with one BMC: `python -m microdc.bmc.ipmi.talker`, started by the driver.

pyghmi keeps one event loop and global state per process, cannot be told to give up, and its sockets stay in the network namespace
where they were made. So each BMC has a process of its own, in the right namespace, which can be killed. See `wire` for what is said on standard
input and output. When its input ends, it logs out and ends, also if the driver was killed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.ipmi.lines import Lines
from microdc.bmc.ipmi.wire import (
    Answer,
    Ask,
    Failure,
    GarbledError,
    Login,
    Message,
    Ready,
    line,
    read,
)

KEEPALIVE = 20.0
"""Seconds without a command after which the BMC is asked something: sessions end after 60 s ± 3 s of silence (section 6.12.15)."""
_DEVICE_ID = Ask(6, 1)


def serve(lines: Lines, say: Callable[[Message], None]) -> None:
    """Logs in, answers until the input ends, logs out."""
    from microdc.bmc.ipmi import greeting, session  # noqa: PLC0415 - pyghmi; a missing package is told to the driver

    login = read(lines.next(None) or b"")
    if not isinstance(login, Login):
        raise GarbledError("the first line is no login")
    try:
        greeted = greeting.greet(login.host, login.port, login.connect)
    except BmcError as error:
        say(Failure(error.cause, f"{error.what}" + (f" ({error.hint})" if error.hint else "")))
        return
    if not greeted.ipmi2:
        say(Failure(Cause.BROKEN_ANSWER, "it speaks IPMI 1.5 only, which encrypts nothing"))
        return
    opened = session.log_in(login, greeted)
    if isinstance(opened, Failure):
        say(opened)
        return
    try:
        say(Ready(opened.suite, opened.privlevel))
        _converse(lines, say, lambda ask: session.perform(opened, ask))
    finally:
        session.log_out(opened)


def _converse(
    lines: Lines, say: Callable[[Message], None], perform: Callable[[Ask], Answer | Failure]
) -> None:
    while True:
        try:
            text = lines.next(KEEPALIVE)
        except EOFError:
            return
        ask = _DEVICE_ID if text is None else read(text)
        if not isinstance(ask, Ask):
            raise GarbledError("not a command")
        told = perform(ask)
        if text is not None:
            say(told)
        if isinstance(told, Failure):
            return


def main() -> int:
    # what pyghmi prints must not come between the lines
    output = os.dup(1)
    os.dup2(2, 1)

    def say(message: Message) -> None:
        os.write(output, line(message))

    try:
        serve(Lines(0), say)
    except (EOFError, BrokenPipeError):
        return 1  # the driver is gone
    except Exception as error:
        say(Failure(Cause.ENDED, f"the talker failed: {type(error).__name__}: {error}", sent=True))
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
