"""dnsmasq as a plan wants it: its files written, and it started, told or stopped as that asks for."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import answering, dnsmasq
from .dhcplog import Seen
from .loops import Loops
from .place import DNSMASQ_CONF, HOSTS, IMAGES, TFTP, boottime, write_whole
from .plan import Plan

READ_SECONDS = 3.0
"""How long dnsmasq may take to read its hosts before that is taken for done: versions say it in different words."""
LAY_AGAIN = 5.0
"""Seconds until files that could not be written are tried again."""


class Keeper:
    """failure: why it does not answer as it should, "" where it does or is about to. All is the main thread's but `stale`.

    loops: which nodes are given no loader; stale: set where that changed, so that the hosts are written anew.
    """

    def __init__(self, directory: Path, loops: Loops) -> None:
        self.directory, self.loops = directory, loops
        self.dnsmasq = answering.Dnsmasq(directory)
        self.failure = ""
        self.stale = threading.Event()
        self._lay_at: float | None = None
        self._reread_at = 0.0

    @property
    def answers(self) -> bool:
        """Whether it answers as the plan says."""
        return self.dnsmasq.ready and self._lay_at is None and not self.stale.is_set()

    def lay(self, plan: Plan) -> None:
        """Writes the files, again later where that fails: then it does not answer as the plan says, and is said to fail."""
        self.stale.clear()
        try:
            self._write(plan)
            self._lay_at = None
        except OSError as problem:
            self.failure = f"dnsmasq's files cannot be written: {problem}"
            self._lay_at = boottime() + LAY_AGAIN

    def _write(self, plan: Plan) -> None:
        """A new configuration starts dnsmasq anew; hosts are read while it answers."""
        self._write_loaders(plan)
        text = dnsmasq.configuration(plan, self.directory).encode()
        same = DNSMASQ_CONF.exists() and DNSMASQ_CONF.read_bytes() == text
        write_whole(HOSTS, dnsmasq.hosts(plan, self.loops.looping()).encode())
        if not same:
            write_whole(DNSMASQ_CONF, text)
            self.dnsmasq.stop()
        elif self.dnsmasq.runs:
            self._reread_at = boottime()
            self.dnsmasq.reread()

    def _write_loaders(self, plan: Plan) -> None:
        for kind, name in dnsmasq.LOADERS.items():
            stored, file = plan.loaders.get(kind), TFTP / name
            if stored is None:
                if file.exists():
                    file.unlink()
            elif (IMAGES / stored).exists():
                part = TFTP / f".{name}"
                shutil.copyfile(IMAGES / stored, part)
                part.replace(file)

    def tick(self, plan: Plan, *, permitted: bool) -> Iterator[Seen]:
        """What is due, and what was seen that was held back. permitted: whether it may answer."""
        if self.stale.is_set() or (self._lay_at is not None and boottime() >= self._lay_at):
            self.lay(plan)
        yield from self.dnsmasq.settled()
        if not permitted:
            yield from self.dnsmasq.stop()
            return
        due = self.dnsmasq.restart_at
        if not self.dnsmasq.runs and (due is None or boottime() >= due):
            self._start()
        elif self.dnsmasq.runs and boottime() - self._reread_at > READ_SECONDS:
            self.dnsmasq.reader.ready = True
        if self.answers:
            self.failure = ""
            self.dnsmasq.calm()

    def _start(self) -> None:
        try:
            self.dnsmasq.start()
            self._reread_at = boottime()
        except OSError as problem:
            self.failure = f"dnsmasq cannot be started: {problem}"
            self.dnsmasq.restart_at = boottime() + answering.LONGEST_PAUSE

    def died(self) -> dict[str, Any] | None:
        """How it ended, where it has by itself since the last call."""
        status = self.dnsmasq.died()
        if status is None:
            return None
        said = self.dnsmasq.said()
        self.failure = f"dnsmasq ended with status {status}: {said}"
        return {"status": status, "said": said}
