"""Which process acts, and whether one that acted is still there."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from typing import Literal

from microdc.host.daemon import Daemon
from microdc.store.clocks import boot_id
from microdc.store.model import Actor


def this_process(owner: str, argv: Sequence[str]) -> Actor:
    """The process that calls, acting for `owner`. argv: the command line to keep; it must hold no secret."""
    pid = os.getpid()
    return Actor(owner, _user(), os.uname().nodename, pid, tuple(argv), Daemon.of(pid).started, boot_id())


def presence(actor: Actor) -> Literal["running", "gone", "unknown"]:
    """Whether the actor's process still runs. Of a process of another host that cannot be told from here."""
    if actor.host != os.uname().nodename or not actor.started:
        return "unknown"
    if actor.boot != boot_id():
        return "gone"
    return "running" if Daemon(actor.pid, actor.started).alive() else "gone"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())
