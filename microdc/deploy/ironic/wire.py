"""One request to Ironic's API: its whole answer in time, or an error that says what to do. No secret is in any message."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from microdc.deploy.ironic.errors import IronicAwayError, IronicError

LEAST = (1, 56)
"""API version of Train (2019): the first that takes a configuration drive as values."""
BEST = (1, 82)
"""API version of 2023.1. No later one is asked for, so that a newer Ironic answers as the one that the tests run."""

_VERSION = "X-OpenStack-Ironic-API-Version"
_CONNECT, _ANSWER = 5.0, 60.0  # seconds; an answer may wait for a conductor, which waits for a BMC
_TRIES, _PAUSE = 4, 0.5  # of what a lock keeps from being done: 3.5 s in all
_AWAY = frozenset({500, 502, 503, 504})
_CONNECTIONS = 8  # that are kept
_SHOWN = 600  # characters of Ironic's own words


class Wire:
    """See the module. login: user and password, for HTTP Basic. Several threads may use it."""

    def __init__(self, url: str, login: tuple[str, str] | None = None) -> None:
        self.where = url.rstrip("/").removesuffix("/v1")
        self._prefix = urlsplit(self.where).path
        self._secrets: set[str] = {login[1]} if login else set()
        self._headers = {"Accept": "application/json", "User-Agent": "microdc"}
        if login:
            self._headers |= urllib3.make_headers(basic_auth=":".join(login))
        tls = {"ssl_context": ssl.create_default_context()} if self.where.startswith("https:") else {}
        self._pool = urllib3.connection_from_url(self.where, maxsize=_CONNECTIONS, **tls)
        self._version: tuple[int, int] | None = None

    @property
    def version(self) -> tuple[int, int]:
        """The API version that is spoken: agreed on at the first call. Raises IronicError for a service that is too old or no Ironic."""
        if self._version is None:
            self._version = self._agreed()
        return self._version

    def hide(self, secrets: Iterable[str]) -> None:
        """Takes these out of every message that follows: Ironic repeats what it refuses."""
        self._secrets.update(filter(None, secrets))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer, None where it has none. A node that is locked is waited for, some seconds.

        Raises IronicError where Ironic says no, IronicAwayError where trying again may help.
        """
        headers = {_VERSION: "{}.{}".format(*self.version)}
        for number in range(_TRIES - 1):
            try:
                return self._exchange(method, path, body, headers)
            except IronicAwayError as error:
                if not error.locked:
                    raise
            time.sleep(_PAUSE * 2**number)
        return self._exchange(method, path, body, headers)

    def close(self) -> None:
        self._pool.close()

    def _agreed(self) -> tuple[int, int]:
        told = self._exchange("GET", "/v1", None, {})
        try:
            least, best = (_numbers(told["version"][key]) for key in ("min_version", "version"))
        except (KeyError, TypeError, ValueError):
            hint = "`url` is that of Ironic's API, such as http://127.0.0.1:6385"
            raise IronicError("what answers is not Ironic", status=200, where=self.where, hint=hint) from None
        if best < LEAST or least > BEST:
            spoken = f"{least[0]}.{least[1]} to {best[0]}.{best[1]}"
            what = f"Ironic speaks API {spoken}; microdc needs one of {LEAST[0]}.{LEAST[1]} to {BEST[0]}.{BEST[1]}"
            raise IronicError(
                what, status=406, where=self.where, hint="1.56 came with the release Train, in 2019"
            )
        return min(best, BEST)

    def _exchange(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        kind = {} if sent is None else {"Content-Type": "application/json"}
        try:
            answer = self._pool.request(
                method,
                f"{self._prefix}{path}",
                body=sent,
                headers={**self._headers, **headers, **kind},
                timeout=urllib3.Timeout(connect=_CONNECT, read=_ANSWER),
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            hint = "is `url` of the site's `ironic` right, and does its API run?"
            what = f"Ironic does not answer: {self._clean(str(error))}"
            raise IronicAwayError(what, where=self.where, hint=hint) from None
        if answer.status < 300:
            return self._json(answer.data, method, path)
        raise self._refused(answer.status, answer.data, f"{self.where}: {method} {path}")

    def _json(self, data: bytes, method: str, path: str) -> Any:
        try:
            return json.loads(data) if data.strip() else None
        except ValueError:
            where = f"{self.where}: {method} {path}"
            raise IronicError(
                "the answer is no JSON", status=200, where=where, hint="is `url` right?"
            ) from None

    def _refused(self, status: int, data: bytes, where: str) -> IronicError | IronicAwayError:
        said = self._clean(fault(data)) or "no reason is given"
        if status == 409 and "locked" in said:
            return IronicAwayError(said, where=where, status=status, locked=True)
        if status in _AWAY:
            hint = (
                "does its conductor run?" if status in {500, 503} else "does its API run behind that proxy?"
            )
            full = "worker" in said  # NoFreeConductorWorker: there is one in a moment
            return IronicAwayError(said, where=where, hint=hint, status=status, locked=status == 503 and full)
        if status in {401, 403}:
            hint = "check `credentials` of the site's `ironic`: user:password for HTTP Basic; Keystone is not spoken"
            return IronicError(f"Ironic refuses the login: {said}", status=status, where=where, hint=hint)
        return IronicError(said, status=status, where=where)

    def _clean(self, text: str) -> str:
        """In one line, cut, and without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        line = " ".join(text.split())
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def fault(data: bytes) -> str:
    """Ironic's own words in a refusal: `error_message` holds JSON in a text, whose `faultstring` or `description` says it."""
    text = data.decode("utf-8", "replace")
    for key in ("error_message", "faultstring", "description", "title"):
        with contextlib.suppress(ValueError):
            told = json.loads(text)
            if isinstance(told, dict) and told.get(key):
                inner = told[key]
                text = inner if isinstance(inner, str) else json.dumps(inner)
    return text


def _numbers(text: str) -> tuple[int, int]:
    major, minor = map(int, text.split("."))
    return major, minor
