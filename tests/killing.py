"""Controllers that die by kill -9 at a chosen exchange with an agent: imported by the script of a process that is to die."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Any

from microdc.agent.client import Agent


def at(exchange: int, *, before: bool) -> None:
    """Kills this process at the exchange of that number, counted from 1: before it is asked, or when it was answered."""
    numbers, ask = itertools.count(1), Agent._ask

    def counted(agent: Agent, verb: str, **arguments: Any) -> dict[str, Any]:
        number = next(numbers)
        if before and number == exchange:
            os.kill(os.getpid(), signal.SIGKILL)
        reply = ask(agent, verb, **arguments)
        if number == exchange:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    Agent._ask = counted  # type: ignore[method-assign]
