"""The records of an exporter that runs elsewhere, or beside: so that one poller feeds all who show health."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from microdc.errors import InputError, UnreachableError
from microdc.health.model import Fleet
from microdc.health.stream import LONGEST, Record, decode

PORT: Final = 9723
PATH: Final = "/feed"
CONNECTING: Final = 10.0
SILENCE: Final = 15.0
"""Seconds after which an exporter that says nothing is gone: five of its heart-beats."""
_LOOK: Final = 0.25
_TYPE: Final = "application/x-ndjson"
_IS_IT: Final = "is that the address of microdc exporter? one of an earlier version has no /feed"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a feed is served. host: without brackets; port; path: with what follows it; secure: over TLS."""

    host: str
    port: int = PORT
    path: str = PATH
    secure: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


def address_of(text: str) -> Address:
    """HOST, HOST:PORT or a URL. Raises InputError for what is none, and for a URL with a password, which would be seen by all."""
    hint = f"write 127.0.0.1:{PORT}, [::1]:{PORT} or http://HOST:PORT{PATH}"
    scheme, mark, _ = text.partition("://")
    try:
        found = urlsplit(text if mark else f"http://{text}")
        host, port = found.hostname, found.port
    except ValueError:
        raise InputError(f"{text!r} is no address of an exporter", hint=hint) from None
    if found.username is not None or found.password is not None:
        raise InputError("the address of an exporter holds a user or a password", hint=hint)
    secure = scheme == "https"
    bare = not host or host.isdecimal() or any(one.isspace() or ord(one) < 33 for one in text)
    if bare or host is None or (mark and scheme not in {"http", "https"}) or port == 0:
        raise InputError(f"{text!r} is no address of an exporter", hint=hint)
    path = found.path if found.path not in {"", "/"} else PATH
    usual = PORT if not mark else 443 if secure else 80
    return Address(host, port or usual, f"{path}?{found.query}" if found.query else path, secure)


class Remote:
    """A feed that is read: connected, its fleet known. A context manager; it is read once, by `run` or by `once`.

    silence: seconds. Raises UnreachableError where nobody listens, where no exporter answers, or where it answers with what is no feed; and later where
    the feed ends, says nothing for too long, or sends what is no record.
    """

    def __init__(self, address: Address, *, silence: float = SILENCE) -> None:
        self.address = address
        self._silence = silence
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        self._connection = kind(address.host, address.port, timeout=CONNECTING)
        try:
            self._socket, self._answer = self._ask()
            self.fleet = self._first()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._answer.close()
        self._connection.close()

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        """The fleet, what is known of its devices, then records as they come, until `stop` is set."""
        over = threading.Event()
        threading.Thread(target=self._end, args=(stop, over), name="end of feed", daemon=True).start()
        try:
            yield self.fleet
            while not stop.is_set():
                record = self._next(stop)
                if record is not None:
                    yield record
        finally:
            over.set()

    def once(self, stop: threading.Event) -> Iterator[Record]:
        """The fleet, and what is known of its devices now."""
        yield self.fleet
        while not stop.is_set() and (record := self._next(stop)) is not None:
            yield record

    # --

    def _ask(self) -> tuple[socket.socket, http.client.HTTPResponse]:
        try:
            self._connection.connect()
            asked = self._connection.sock
            asked.settimeout(self._silence)
            self._connection.request("GET", self.address.path, headers={"Accept": _TYPE})
            answer = self._connection.getresponse()
        except TimeoutError:
            raise self._failed("no answer in time", _IS_IT) from None
        except (OSError, UnicodeError) as error:
            told = getattr(error, "strerror", None) or str(error)
            raise self._failed(
                f"no exporter can be reached there: {told}", "microdc exporter serves one; does it run?"
            ) from None
        except http.client.HTTPException as error:
            raise self._failed(f"what answers there is no web server: {error!r:.80}", _IS_IT) from None
        self._check(answer)
        return asked, answer

    def _check(self, answer: http.client.HTTPResponse) -> None:
        if answer.status == http.client.SERVICE_UNAVAILABLE:
            with suppress(OSError, http.client.HTTPException):
                told = answer.read(500).decode("utf-8", "replace").strip().partition("\n")[0]
                raise self._failed(f"it serves no feed now: {_shown(told)}", "try again in a moment")
        if answer.status != http.client.OK:
            raise self._failed(f"no feed is served there: {answer.status} {_shown(answer.reason)}", _IS_IT)
        kind = answer.headers.get_content_type()
        if kind != _TYPE:
            raise self._failed(f"what is served there is no feed, but {_shown(kind)}", _IS_IT)

    def _first(self) -> Fleet:
        """The fleet; before it there may be heart-beats of an exporter that has just begun."""
        while True:
            record = self._next(threading.Event())
            if isinstance(record, Fleet):
                return record
            if record is not None:
                raise self._failed("a feed that does not begin with its fleet", _IS_IT)

    def _next(self, stop: threading.Event) -> Record | None:
        """One line: its record, or None where it is empty, which says that nothing waits. None as well where `stop` ended the reading."""
        try:
            line = self._answer.readline(LONGEST + 1)
        except TimeoutError:
            raise self._failed(
                f"the feed has said nothing for {self._silence:.0f} s", "does that exporter still run?"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            line, why = b"", getattr(error, "strerror", None) or str(error)
        else:
            why = ""
        if stop.is_set():
            return None
        if not line:
            ended = f"the feed ended: {why}" if why else "the feed ended"
            raise self._failed(ended, "was that exporter ended? its own log tells why")
        if not line.endswith(b"\n"):
            what = "a line that is too long" if len(line) > LONGEST else "the feed ended within a line"
            raise self._failed(what, "was that exporter ended? its own log tells why")
        if line in {b"\n", b"\r\n"}:
            return None
        try:
            return decode(line.decode("ascii", "backslashreplace").rstrip("\r\n"))
        except InputError as error:
            raise self._failed(
                error.what, "does another microdc run there, or something before it?"
            ) from None

    def _end(self, stop: threading.Event, over: threading.Event) -> None:
        """Wakes who waits for a line once nobody wants more."""
        while not stop.wait(_LOOK):
            if over.is_set():
                return
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _failed(self, what: str, hint: str) -> UnreachableError:
        return UnreachableError(what, where=str(self.address), hint=hint)


def _shown(text: str) -> str:
    """What a stranger sent, as a terminal may show it."""
    return "".join(one if one.isprintable() else "?" for one in text[:200])
