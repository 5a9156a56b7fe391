"""The HTTP server: a thread for each connection, and a bound to how many there are: in all, of one address, and of all that are nobody's."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections import Counter
from typing import Callable, Union  # noqa: UP035 - an alias below is evaluated, on Python 3.8 as well

from . import files, trouble
from .wire import Answer, BadRequestError, Peer, Request

CONNECTIONS = 256
OF_ONE_ADDRESS = 16
OF_STRANGERS = 32
"""Of all addresses together that are no node's: whoever takes many of them keeps no node out."""
_BACKLOG = 128
SEND_SECONDS = 30.0


class FileAnswer:
    """An answer whose body is a part of an open file. done: told how many bytes went, none for a HEAD. The file is closed in any case."""

    def __init__(self, answer: Answer, file: int, begin: int, end: int, done: Callable[[int], None]) -> None:
        self.answer, self.file, self.begin, self.end, self.done = answer, file, begin, end, done


Reply = Union[Answer, FileAnswer]  # noqa: UP007 - evaluated, on Python 3.8 as well
Handler = Callable[[Request], Reply]


class Server:
    """Listens on one address. close: nothing new is taken in; what is being sent goes on."""

    def __init__(
        self, address: str, port: int, handler: Handler, known: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.address, self.port, self.handler, self.known = address, port, handler, known
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((address, port))
            self._listener.listen(_BACKLOG)
        except OSError:
            self._listener.close()
            raise
        threading.Thread(target=self._accept, name="http", daemon=True).start()

    @property
    def bound(self) -> int:
        """The port that was got where any was asked for."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, (address, _port) = self._listener.accept()
            except OSError as problem:
                if self._listener.fileno() < 0 or problem.errno in (9, 22):  # EBADF, EINVAL: it was closed
                    return
                time.sleep(0.1)  # too many files are open: some will be closed
                continue
            with self._lock:
                full = self._full(address)
                if not full:
                    self._open[address] += 1
            if full:
                sock.close()
                continue
            threading.Thread(target=self._serve, args=(sock, address), name=address, daemon=True).start()

    def _full(self, address: str) -> bool:
        if sum(self._open.values()) >= CONNECTIONS or self._open[address] >= OF_ONE_ADDRESS:
            return True
        strangers = sum(count for one, count in self._open.items() if not self.known(one))
        return not self.known(address) and strangers >= OF_STRANGERS

    def _serve(self, sock: socket.socket, address: str) -> None:
        try:
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peer = Peer(sock, address)
                while self._one(peer):
                    pass
        except OSError:
            pass  # the peer is gone
        except Exception:  # noqa: BLE001 - one connection's failure is no other's
            trouble.trace()
        finally:
            with self._lock:
                self._open[address] -= 1
                if not self._open[address]:
                    del self._open[address]

    def _one(self, peer: Peer) -> bool:
        """One request and its answer; whether another may come."""
        try:
            request: Request | None = peer.request()
        except BadRequestError as problem:
            if problem.status:
                self._send(peer, Answer.failure(problem.status, str(problem)), lasting=False)
            return False
        if request is None:
            return False
        try:
            answer = self.handler(request)
        except BadRequestError as problem:
            answer = Answer.failure(problem.status, str(problem))
        except Exception:  # noqa: BLE001 - whatever is asked, the others are served
            trouble.trace()
            answer = Answer.failure(500, "the station failed; its program.log tells how")
        if isinstance(answer, FileAnswer):
            return self._send_file(peer, request, answer)
        self._send(peer, answer, lasting=request.lasting, body=request.method != "HEAD")
        return request.lasting

    def _send(self, peer: Peer, answer: Answer, *, lasting: bool, body: bool = True) -> None:
        peer.socket.settimeout(SEND_SECONDS)
        peer.socket.sendall(answer.head(len(answer.body), lasting=lasting) + (answer.body if body else b""))

    def _send_file(self, peer: Peer, request: Request, answer: FileAnswer) -> bool:
        length, sent = answer.end - answer.begin, 0
        try:
            peer.socket.settimeout(SEND_SECONDS)
            peer.socket.sendall(answer.answer.head(length, lasting=request.lasting))
            if request.method == "HEAD":
                return request.lasting
            sent = files.send(peer.socket, answer.file, answer.begin, answer.end)
        finally:
            os.close(answer.file)
            answer.done(sent)
        return request.lasting and sent == length
