"""Events as a service sends them over an answer that does not end (server-sent events, DSP0266 section 13.5)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping

import urllib3
from urllib3.exceptions import HTTPError

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.contents import NoObjectError, as_object
from microdc.bmc.redfish.failures import exchange_failure
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.reply import Reply
from microdc.bmc.redfish.timed import pool_of

_SILENCE = 24 * 3600.0  # seconds; a connection that is dead is found by TCP's keep-alive long before
_CHUNK = 65536


def open_stream(
    line: Line, path: str, headers: Mapping[str, str], limits: Limits
) -> urllib3.BaseHTTPResponse:
    """A GET over a connection of its own, up to its content. Raises BmcError; its status is the caller's to judge."""
    line.deadline.start(limits.answer)
    wanted = {"Accept": "text/event-stream", "OData-Version": "4.0", "Cache-Control": "no-cache", **headers}
    try:
        return pool_of(line).urlopen(
            "GET", path, headers=wanted, redirect=False, preload_content=False, timeout=limits.answer
        )
    except (HTTPError, OSError) as error:
        where = f"{line.where}{path}"
        raise exchange_failure(error, where, seconds=limits.answer, began="", sent=False) from error


def refusal_of(answer: urllib3.BaseHTTPResponse, line: Line, limits: Limits) -> Reply:
    """An answer that is no stream, read to its end or to a sensible size."""
    line.deadline.start(limits.answer)
    content = b""
    with contextlib.suppress(HTTPError, OSError):
        content = answer.read(_CHUNK)
    answer.close()
    found = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(answer.status, answer.reason or "", found, content)


def events_of(
    answer: urllib3.BaseHTTPResponse, line: Line, where: str, stop: threading.Event, most_bytes: int
) -> Iterator[Resource]:
    """What comes in it, until `stop` is set. Raises BmcError when the service ends it, or sends what is no event."""
    with _ended_by(stop, answer):
        try:
            for event in _events(_lines(answer, line), most_bytes, where):
                yield event
                if stop.is_set():
                    return
        except (HTTPError, OSError) as error:
            if not stop.is_set():
                raise BmcError(Cause.ENDED, "its stream of events broke off", where=where) from error
    if not stop.is_set():
        raise BmcError(Cause.ENDED, "it ended its stream of events", where=where)


@contextlib.contextmanager
def _ended_by(stop: threading.Event, answer: urllib3.BaseHTTPResponse) -> Iterator[None]:
    """Who waits in a read is woken by the end of the connection."""
    over = threading.Event()

    def watch() -> None:
        while not stop.wait(0.25):
            if over.is_set():
                return
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it ended by itself meanwhile
            answer.shutdown()

    watcher = threading.Thread(target=watch, name="redfish events", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        answer.close()


def _lines(answer: urllib3.BaseHTTPResponse, line: Line) -> Iterator[bytes]:
    rest = b""
    while True:
        line.deadline.start(_SILENCE)
        came = answer.read1(_CHUNK, decode_content=True)
        if not came:
            return
        *whole, rest = (rest + came).split(b"\n")
        yield from (one.rstrip(b"\r") for one in whole)
        if len(rest) > _CHUNK * 128:
            raise OSError("a line without an end")


def _events(lines: Iterable[bytes], most_bytes: int, where: str) -> Iterator[Resource]:
    """The JSON objects in `data:` lines, an empty line after each; comments and other fields are passed over."""
    data = bytearray()
    for one in lines:
        if one.startswith(b"data:"):
            data += one[5:].removeprefix(b" ") + b"\n"
            if len(data) > most_bytes:
                raise BmcError(Cause.TOO_LARGE, "it sends an event without an end", where=where)
        elif not one and data:
            try:
                yield as_object(bytes(data))
            except NoObjectError as error:
                raise BmcError(
                    Cause.BROKEN_ANSWER, f"its event is no resource: {error}", where=where
                ) from None
            data.clear()
