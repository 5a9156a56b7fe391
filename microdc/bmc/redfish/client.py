"""A Redfish service, logged in: `Service` over DMTF's library, without its habits (see `wire`)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Self
from urllib.parse import urlsplit

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Limits, Target
from microdc.bmc.redfish import reaping
from microdc.bmc.redfish.access import Access
from microdc.bmc.redfish.answers import Answer, Resource
from microdc.bmc.redfish.contents import NoObjectError, as_object
from microdc.bmc.redfish.etags import Etags
from microdc.bmc.redfish.expanding import expand_query, whole_collection
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.patience import repeated
from microdc.bmc.redfish.refusals import check, expired
from microdc.bmc.redfish.reply import Reply
from microdc.bmc.redfish.root import ROOT, read_root
from microdc.bmc.redfish.streaming import events_of, open_stream, refusal_of
from microdc.bmc.redfish.tls import Trust, trust_of
from microdc.bmc.redfish.wire import Wire

_TOO_MUCH = frozenset({Cause.TOO_LARGE, Cause.TIMEOUT, Cause.BROKEN_ANSWER})
"""How services fail whose `$expand` is more than they can do."""
_FLEETING = frozenset({500, 502, 504})
"""What may well work the next moment: Dell's /Thermal fails now and then (github.com/bb-Ricardo/check_redfish, issue 195)."""
_log = logging.getLogger(__name__)


class Client:
    """One BMC's Redfish service. A context manager: logged in inside, logged out after. Used by one thread at a time.

    Raises BmcError where the BMC cannot be used, BmcRefusedError where it says no.
    """

    def __init__(self, target: Target, limits: Limits | None = None) -> None:
        self.target = target
        self.limits = limits or Limits()
        self._wire = Wire(target, self.limits)
        self._access = Access(self._wire, self.limits)
        self._root: Resource | None = None
        self._unread: Resource | None = None
        self._etags = Etags()
        self._whole_until = 0.0
        self._expand = ""

    # -- open and close

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def open(self) -> None:
        """Reads the service's root, ends sessions that killed processes left there, and logs in. Nothing happens when it is open."""
        if self._root is not None:
            return
        root = repeated(lambda: read_root(self._wire), self.limits)
        reaping.reap(self._wire)
        self._access.open(root)
        self._root, self._expand = root, expand_query(root)
        # to strangers a service may tell less: what links all of these is what it tells everybody
        self._unread = root if {"Systems", "Chassis", "Managers"} <= root.keys() else None

    def close(self) -> None:
        """Logs out and ends the connection; never raises. A session that could not be ended stays on file for `reaping`."""
        self._access.close()
        self._wire.close()
        self._root = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What every report repeats: certificate not verified, not encrypted, no session."""
        return (*_standing_notes(self.target), *self._access.notes)

    @property
    def requests(self) -> int:
        """How many requests were sent, logins, redirects and repetitions included."""
        return self._wire.requests

    @property
    def root(self) -> Resource:
        """The service's root, as it was when the client was opened; empty where it is not told without a login."""
        return self._root or {}

    # -- Service

    def get(self, path: str) -> Resource:
        """The resource at a path. The root, just read to open the service, is not read again the first time that it is asked for."""
        if self._path(path).rstrip("/") == ROOT.rstrip("/"):
            self._be_in()
            known, self._unread = self._unread, None
            if known is not None:
                return known
        return self.read(path).body

    def read(self, path: str) -> Answer:
        """As `get`, with status and headers. What did not change since it was read last comes without content and from memory."""
        asked = self._path(path)
        where = f"{self._wire.line.where}{asked}"
        return _answer(repeated(lambda: self._got(asked, where), self.limits), where)

    def send(self, method: str, path: str, body: Resource | None = None, *, if_match: str = "") -> Answer:
        """POST, PATCH, PUT or DELETE, sent once and never again; only what a 401 says was not done is sent again after a new login."""
        asked = self._path(path)
        where = f"{self._wire.line.where}: {method} {asked}"
        # a service whose ETags do not follow its changes is found out by reading whole what an act may change
        self._whole_until = time.monotonic() + self.limits.busy
        reply = self._asked(method, asked, body, {"If-Match": if_match} if if_match else {})
        check(reply, where, user=self._access.user)
        return _answer(reply, where, sent=True)

    def expand(self, path: str) -> Resource:
        """A collection with all pages, and with its members in it instead of references: in one request for each page where the service
        can. A member that cannot be read stays a reference, so that who reads it next learns why.
        """
        return whole_collection(self.get, path, self._expanded(path))

    def stream(self, path: str, stop: threading.Event) -> Iterator[Resource]:
        """Events as they happen, from a `ServerSentEventUri`, over a connection of its own, until `stop` is set.

        The login stays that of the client, which must be open meanwhile.

        Raises BmcRefusedError where the service gives no stream there, BmcError of Cause.ENDED when it ends the stream.
        """
        asked = self._path(path)
        where = f"{self._wire.line.where}{asked}"
        self._be_in()
        line = Line.to(self.target, self.limits.connect)
        answer = open_stream(line, asked, self._access.headers, self.limits)
        if answer.status == 401 and self._access.renewable and not self._access.accepted(but=asked):
            answer.close()
            self._access.renew()
            answer = open_stream(line, asked, self._access.headers, self.limits)
        if answer.status != 200 or "event-stream" not in answer.headers.get("content-type", ""):
            reply = refusal_of(answer, line, self.limits)
            check(reply, where, user=self._access.user)
            raise BmcError(
                Cause.BROKEN_ANSWER, f"its answer ({reply.status}) is no stream of events", where=where
            )
        yield from events_of(answer, line, where, stop, self.limits.answer_bytes)

    # -- inside

    def _be_in(self) -> None:
        """Open, and logged in if that is declared."""
        if self._root is None:
            self.open()
        if self._access.missing:
            self._access.renew()

    def _expanded(self, path: str) -> Resource:
        if self._expand and "?" not in path:
            try:
                return self.get(f"{path}?{self._expand}")
            except BmcRefusedError as error:
                if error.status in {401, 403, 404}:
                    raise
                _log.debug("%s: $expand is not used any more: %s", path, error.what)
            except BmcError as error:
                if error.cause not in _TOO_MUCH:
                    raise
                _log.debug("%s: $expand is not used any more: %s", path, error.what)
            self._expand = ""
        return self.get(path)

    def _got(self, path: str, where: str) -> Reply:
        """A GET, once. Raises what its status means."""
        now = time.monotonic()
        # the ETag of an expanded collection may well be that of the collection, which does not know of its members' changes
        tagged = "$expand" not in path
        etag = self._etags.ask(path, now) if tagged and now > self._whole_until else ""
        headers = {"If-None-Match": etag} if etag else {}
        reply = self._asked("GET", path, None, headers)
        if reply.status in _FLEETING:
            time.sleep(self.limits.pause)
            reply = self._asked("GET", path, None, headers)
        if reply.status == 304:
            kept = self._etags.unchanged(path, reply)
            if kept is None:
                what = "it says unchanged (304) of what was asked for whole"
                raise BmcError(Cause.BROKEN_ANSWER, what, where=where)
            return kept
        check(reply, where, user=self._access.user)
        if tagged:
            self._etags.keep(path, reply, now)
        return reply

    def _asked(self, method: str, path: str, body: Resource | None, headers: Mapping[str, str]) -> Reply:
        """One request; where the login has expired, one new login, and then the request, which was not carried out, again."""
        self._be_in()
        reply = self._wire.ask(method, path, body, {**headers, **self._access.headers})
        if not expired(reply) or not self._access.headers:
            return reply
        if self._access.renewable:
            if self._access.accepted(but=path):
                return reply
            self._access.renew()
            reply = self._wire.ask(method, path, body, {**headers, **self._access.headers})
            if not expired(reply):
                return reply
        self._access.require(path)
        return reply

    def _path(self, path: str) -> str:
        """A path as it is asked for. A BMC may name a resource by its whole URL, or a part of it by a fragment; another host it may not."""
        found = self._wire.line.path_of(path, ROOT)
        if path and found:
            return found
        what = f"a link that leads nowhere in this service: {shown(path)}"
        raise BmcError(Cause.BROKEN_ANSWER, what, where=self._wire.line.where)


def _standing_notes(target: Target) -> tuple[str, ...]:
    """What is so by the documents."""
    if urlsplit(target.redfish).scheme == "http":
        return ("not encrypted: its address begins with http://",)
    return ("its certificate is not verified",) if trust_of(target) is Trust.BLIND else ()


def _answer(reply: Reply, where: str, *, sent: bool = False) -> Answer:
    """With the JSON object in it. An answer to something sent may have no content."""
    if not reply.content.strip() and (sent or reply.status == 204):
        return Answer(reply.status, reply.headers, {})
    try:
        return Answer(reply.status, reply.headers, as_object(reply.content))
    except NoObjectError as error:
        what = f"its answer ({reply.status}) is no resource: {error}"
        raise BmcError(Cause.BROKEN_ANSWER, what, where=where, sent=sent) from None
