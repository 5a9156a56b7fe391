"""What an SSH connection runs over, and how it is noticed that nothing comes any more."""

from __future__ import annotations

import contextlib
import errno
import socket
import time

import paramiko

KEEPALIVE = 5
"""Seconds in which nothing was heard after which the other end is asked whether it is there."""
LOST_AFTER = 15.0
"""Seconds in which nothing was heard, not even an answer to that, after which a connection is lost. No call waits longer
for a machine that is gone."""
FAILURES = (paramiko.SSHException, OSError, EOFError)
"""What paramiko raises where a line ends under a call, and it is any call: also reading sends (that there is room again), and so
does closing. EOFError is a send that failed, which may be seen well before the transport knows that it has ended."""
_ALIVE = "keepalive@openssh.com"  # any server answers a global request, if only that it does not know it


class Line:
    """A TCP connection, or a channel of the connection to a jump host, with the little that paramiko needs of it.

    That packets vanish is seen at neither: TCP goes on trying for minutes, and a channel's TCP connection ends at the
    jump host. So what counts is when something was heard last. A line that was silent for too long raises
    ConnectionAbortedError in whoever reads or writes, which ends the transport and every wait on it.
    """

    def __init__(self, carrier: socket.socket | paramiko.Channel) -> None:
        self._carrier = carrier
        self._heard = self._asked = time.monotonic()
        self._limit: float | None = None
        self._transport: paramiko.Transport | None = None
        self._closed = False  # paramiko looks at this name of a socket

    @property
    def overdue(self) -> bool:
        """Whether an answer should have been heard by now."""
        return time.monotonic() - self._heard > 2 * KEEPALIVE

    @property
    def loss(self) -> str:
        """Why it counts as lost; "" while it does not."""
        lost = self._limit is not None and time.monotonic() - self._heard > self._limit
        return f"nothing was heard for {self._limit:g} s" if lost else ""

    def guard(self, transport: paramiko.Transport) -> None:
        """From now on the other end is asked whether it is there, and lost when it does not answer."""
        self._heard = self._asked = time.monotonic()
        self._limit = LOST_AFTER
        self._transport = transport

    def recv(self, size: int) -> bytes:
        try:
            data = self._carrier.recv(size)
        except TimeoutError:
            self._check()
            self._ask()
            raise
        self._heard = time.monotonic()
        return data

    def send(self, data: bytes) -> int:
        try:
            return self._carrier.send(data)
        except TimeoutError:
            self._check()
            raise

    def settimeout(self, seconds: float | None) -> None:
        self._carrier.settimeout(seconds)

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(*FAILURES):  # a channel says so to the jump host, which may be gone
            self._carrier.close()

    def _check(self) -> None:
        if self.loss:
            # not ETIMEDOUT, which Python makes a TimeoutError of, which paramiko takes for a reason to try again
            raise ConnectionAbortedError(errno.ECONNABORTED, self.loss)

    def _ask(self) -> None:
        """Asks, in the transport's own thread, which alone changes keys; paramiko's keepalive asks for no answer."""
        now = time.monotonic()
        if self._transport is None or now - max(self._heard, self._asked) < KEEPALIVE:
            return
        if self._transport.clear_to_send.is_set():  # not while keys are exchanged: then packets come anyway
            self._asked = now
            question = paramiko.Message()
            question.add_byte(bytes([80]))  # SSH_MSG_GLOBAL_REQUEST
            question.add_string(_ALIVE)
            question.add_boolean(True)  # an answer is wanted
            self._transport.packetizer.send_message(question)
