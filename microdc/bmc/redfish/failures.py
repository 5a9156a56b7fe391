"""What goes wrong on the way to a BMC and back, put into words: exceptions of sockets and HTTP become `BmcError`."""

from __future__ import annotations

import errno
import re
import socket
import ssl

from microdc.bmc.errors import BmcError, Cause

SHOWN = 80
"""How many characters of a stranger's answer a message shows."""

_NOT_TLS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
    }
)
"""What the versions of OpenSSL say of an answer that is no TLS."""


def shown(text: str | bytes, length: int = SHOWN) -> str:
    """Somebody else's text in one line, cut, without what would move a terminal's cursor."""
    if isinstance(text, bytes):
        text = text[: 8 * length].decode("utf-8", "replace")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def opening_failure(error: OSError, where: str, seconds: float) -> BmcError:
    """A connection that was not made."""
    if isinstance(error, socket.gaierror):
        return BmcError(
            Cause.NO_ROUTE,
            f"its host name has no address: {error.strerror}",
            where=where,
            hint="check its spelling, or DNS",
        )
    if isinstance(error, ConnectionRefusedError):
        return BmcError(
            Cause.REFUSED,
            "nobody listens there",
            where=where,
            hint="is it the address of a BMC, with its Redfish service switched on?",
        )
    if isinstance(error, TimeoutError):
        return BmcError(
            Cause.NO_ROUTE,
            f"no answer to a connection in {seconds:g} s",
            where=where,
            hint="is it powered, cabled, and in the management network?",
        )
    return BmcError(Cause.NO_ROUTE, f"no way to it: {_reason(error)}", where=where)


def handshake_failure(error: OSError, where: str, seconds: float) -> BmcError:
    """A connection that was made and did not become a TLS connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return BmcError(
            Cause.UNTRUSTED,
            f"its certificate is not trusted: {error.verify_message}",
            where=where,
            hint="`microdc bmc trust` shows it and stores its fingerprint; or name its authority as `ca`",
        )
    if isinstance(error, ssl.SSLError) and error.reason in _NOT_TLS:
        return no_tls(where)
    if isinstance(error, TimeoutError):
        return BmcError(
            Cause.TIMEOUT, f"it accepts connections and did not begin TLS in {seconds:g} s", where=where
        )
    if isinstance(error, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return BmcError(
            Cause.ENDED,
            "it closed the connection instead of beginning TLS",
            where=where,
            hint="is the port right?",
        )
    hint = "an old BMC may need newer firmware: TLS 1.2 is the least that is spoken"
    return BmcError(Cause.NOT_TLS, f"TLS cannot be agreed on: {_reason(error)}", where=where, hint=hint)


def no_tls(where: str) -> BmcError:
    """Something that answers, and not in TLS."""
    hint = "is the port right? An http:// address is not encrypted"
    return BmcError(Cause.NOT_TLS, "it answers without TLS", where=where, hint=hint)


def exchange_failure(error: BaseException, where: str, *, seconds: float, began: str, sent: bool) -> BmcError:
    """An answer that did not come, or not whole. began: in words, "" where nothing of it came."""
    cause = _root(error)
    if isinstance(cause, TimeoutError) or "timed out" in str(cause):
        what = f"no whole answer in {seconds:g} s: {began}" if began else f"no answer in {seconds:g} s"
        hint = "it takes connections: is it overloaded, or does it hang?"
        return BmcError(Cause.TIMEOUT, what, where=where, hint=hint, sent=sent)
    if began:
        what = f"half an answer: {began} and ended the connection"
        return BmcError(Cause.BROKEN_ANSWER, what, where=where, sent=sent)
    if isinstance(cause, OSError):  # also http.client.RemoteDisconnected
        return BmcError(Cause.ENDED, "it ended the connection instead of answering", where=where, sent=sent)
    return BmcError(
        Cause.BROKEN_ANSWER,
        f"its answer is no HTTP: {shown(str(cause) or type(cause).__name__)}",
        where=where,
        sent=sent,
    )


def _root(error: BaseException) -> BaseException:
    """The exception inside those that urllib3 lays around it, as arguments or as causes."""
    while True:
        inner = next((one for one in reversed(error.args) if isinstance(one, BaseException)), None)
        inner = inner or error.__cause__
        if inner is None:
            return error
        error = inner


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return re.sub(r"[_ ]+", " ", error.reason or "no reason given").lower()
    if error.errno in {errno.EHOSTUNREACH, errno.ENETUNREACH}:
        return "no route, or nobody has this address"
    return error.strerror or str(error)
