"""One Redfish service: who asks, what for, whether he may; then its parts answer."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from microdc.errors import MicrodcError
from microdc.lab.redfish import etags, lies, query
from microdc.lab.redfish.access import check_password_is_kept, user_of
from microdc.lab.redfish.accounts import Accounts
from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.media import accepts, parsed
from microdc.lab.redfish.refusals import REGISTRY, RefusedRequest, error
from microdc.lab.redfish.resources.paths import ROOT
from microdc.lab.redfish.sessions import Sessions
from microdc.lab.redfish.world import NOBODY, Act, Asked, Document, Part, Reply

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"}
OPEN = {"/", "/redfish", ROOT, f"{ROOT}/odata", f"{ROOT}/$metadata"}
"""What can be read without a login, by DSP0266 13.3."""
RESTART_SECONDS = 1.0
"""How long the BMC is away when it is restarted."""


class Service:
    """A BMC. parts: where its resources come from, the first that knows a path answers for it; planted: gives the faults that hold now."""

    def __init__(
        self,
        parts: Sequence[Part],
        accounts: Accounts,
        sessions: Sessions,
        planted: Callable[[], dict[str, Any]],
    ) -> None:
        self._parts = (sessions, *parts)
        self._accounts, self._sessions, self._planted = accounts, sessions, planted
        self._writing = threading.RLock()
        self._away_until = 0.0

    def _restart(self) -> None:
        """The BMC restarts: its sessions are gone, and for a moment it is."""
        self._sessions.end_all()
        self._away_until = time.monotonic() + RESTART_SECONDS

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request. Never raises for anything that a client can send."""
        faults = self._planted()
        lie = lies.instead(asked, faults)
        if lie is None and time.monotonic() < self._away_until:
            lie = lies.starting(RESTART_SECONDS)
        if lie is not None:
            return lie
        try:
            reply = self._answered(asked, faults)
        except RefusedRequest as refused:
            reply = refused.reply
        except MicrodcError as failure:  # the machine could not do it: who asked reads why
            reply = Reply(500, error((f"{REGISTRY}.InternalError", str(failure))))
        except Exception:  # noqa: BLE001  a BMC that fails once must go on
            traceback.print_exc()
            reply = Reply(500, error("InternalError"))
        return lies.spoilt(reply, faults)

    def _answered(self, asked: Asked, faults: Mapping[str, Any]) -> Reply:
        if asked.method not in METHODS:
            raise RefusedRequest(501, "OperationNotAllowed")
        if asked.headers.get("odata-version", "4.0") != "4.0":
            raise RefusedRequest(412, "HeaderInvalid", "OData-Version")
        if asked.method == "POST":  # to Members is the same as to the collection, by DSP0266 7.8
            asked = replace(asked, path=asked.path.removesuffix("/Members"))
        opens = asked.path in OPEN and asked.method in {"GET", "HEAD", "OPTIONS"}
        login = asked.path == self._sessions.path and asked.method == "POST"
        asked = replace(
            asked, user=NOBODY if opens or login else user_of(asked, self._accounts, self._sessions, faults)
        )
        check_password_is_kept(asked, self._sessions)
        acts = self._acts(asked.path)
        if asked.method in {"GET", "HEAD"}:
            return self._got(asked, faults, acts.get("GET"))
        readable = "GET" in acts or self._read(asked.path) is not None
        if not acts and not readable:
            raise RefusedRequest(404, "ResourceMissingAtURI", asked.path)
        allow = {"Allow": ", ".join(_allowed(acts, readable=readable))}
        if asked.method == "OPTIONS":
            return Reply(204, None, allow)
        act = acts.get(asked.method)
        if act is None:
            raise RefusedRequest(405, "OperationNotAllowed", headers=allow)
        if not login and not asked.user.may(act.privilege):
            raise RefusedRequest(403, "InsufficientPrivilege")
        return self._written(asked if asked.method == "DELETE" else parsed(asked), faults, act)

    # -- what for

    def _read(self, path: str) -> Document | bytes | None:
        """The resource as it is now, with its ETag."""
        found = next((one for part in self._parts if (one := part.read(path)) is not None), None)
        if not isinstance(found, dict):
            return found
        faults = self._planted()
        if Fault.NULL_READINGS in faults:
            found = lies.without_readings({name: one for name, one in found.items() if name != "@odata.etag"})
        if path == ROOT and Fault.BASIC_ONLY in faults:
            found = {name: value for name, value in found.items() if name not in {"SessionService", "Links"}}
        return etags.with_etag(found, faults) if path != "/redfish" else found

    def _document(self, path: str) -> Document | None:
        """For $expand."""
        found = self._read(path.rstrip("/"))
        return found if isinstance(found, dict) else None

    def _acts(self, path: str) -> Mapping[str, Act]:
        return next((acts for part in self._parts if (acts := part.acts(path))), {})

    def _got(self, asked: Asked, faults: Mapping[str, Any], act: Act | None) -> Reply:
        if act:
            for name in ("$top", "$skip"):
                query.number(asked.query, name)
            reply = act.do(asked)
            if reply.stream or not isinstance(reply.body, dict):
                return replace(reply, stream=None) if asked.method == "HEAD" else reply
            body: Document | bytes | None = etags.with_etag(reply.body, faults)
            left = {name: value for name, value in asked.query.items() if name not in query.PAGING}
        else:
            body, left = self._read(asked.path), dict(asked.query)
        if body is None:
            acts = self._acts(asked.path)
            if acts:  # an action, which can only be posted to
                raise RefusedRequest(405, "OperationNotAllowed", headers={"Allow": ", ".join(acts)})
            raise RefusedRequest(404, "ResourceMissingAtURI", asked.path)
        if isinstance(body, bytes):
            accepts(asked, "application/xml")
            return Reply(200, body, {"Content-Type": "application/xml;charset=utf-8"})
        accepts(asked, "application/json")
        headers = {"Allow": ", ".join(_allowed(self._acts(asked.path), readable=True))}
        etag = body.get("@odata.etag")
        if etag:
            headers["ETag"] = str(etag)
        if etag and "if-none-match" in asked.headers and etags.matches(etag, asked.headers["if-none-match"]):
            return Reply(304, None, headers)
        if left:
            known = query.supported(self._document(ROOT) or {})
            body = query.apply(body, left, known, self._document)
        return Reply(200, body, headers)

    def _written(self, asked: Asked, faults: Mapping[str, Any], act: Act) -> Reply:
        """One write at a time, so that nothing comes between a precondition and what it allows."""
        with self._writing:
            current = self._read(asked.path)
            etag = str(current.get("@odata.etag", "")) if isinstance(current, dict) else ""
            etags.check_write(etag, asked.headers, faults, asked.method)
            reply = act.do(asked)
        if reply.restarts:
            self._restart()
        if isinstance(reply.body, dict):
            body = etags.with_etag(reply.body, faults)
            return replace(reply, body=body, headers={**reply.headers, "ETag": str(body["@odata.etag"])})
        return reply


def _allowed(acts: Mapping[str, Act], *, readable: bool) -> list[str]:
    """The methods that a path takes."""
    return [*(["GET", "HEAD"] if readable else []), *(method for method in acts if method != "GET")]
