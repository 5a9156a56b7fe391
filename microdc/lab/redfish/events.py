"""Events: each new entry of the log goes to who subscribed, by POST to a destination or through an open stream."""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from microdc.errors import MicrodcError
from microdc.lab.redfish.clock import now
from microdc.lab.redfish.delivery import ATTEMPTS, PAUSE, delivered
from microdc.lab.redfish.media import accepts
from microdc.lab.redfish.properties import typed
from microdc.lab.redfish.refusals import REGISTRY, RefusedRequest
from microdc.lab.redfish.resources import event_service as documents
from microdc.lab.redfish.resources.event_service import SERVICE, STREAM, SUBSCRIPTIONS
from microdc.lab.redfish.resources.shapes import collection
from microdc.lab.redfish.subscribing import wanted
from microdc.lab.redfish.world import Act, Acts, Asked, Document, Reader, Reply

MOST = 8
"""Subscriptions at a time, streams included."""
LOOK_SECONDS = 0.5
"""How often the log is looked at while somebody is subscribed."""
WAITING = 1000
"""Events that wait for one subscriber at most; then the newest are lost to it."""

_Entry = dict[str, Any]


@dataclass(slots=True)
class _Subscription:
    document: Document
    headers: dict[str, str] = field(default_factory=dict)
    waiting: queue.Queue[Document | None] = field(default_factory=lambda: queue.Queue(WAITING))

    def put(self, event: Document | None) -> None:
        with contextlib.suppress(queue.Full):
            self.waiting.put_nowait(event)


class Events:
    """The event service of one BMC. entries: gives the log, oldest first; reading it also looks at the world for what is new."""

    def __init__(self, entries: Callable[[], Sequence[_Entry]]) -> None:
        self._entries = entries
        self._lock = threading.Lock()
        self._subscriptions: dict[str, _Subscription] = {}
        self._numbers = 0
        self._watching = False

    # -- as resources

    def read(self, path: str) -> Document | None:
        if path == SERVICE:
            return documents.service(ATTEMPTS, PAUSE)
        if path == SUBSCRIPTIONS:
            return collection(SUBSCRIPTIONS, "EventDestination", list(self._subscriptions))
        parent, _, number = path.rpartition("/")
        found = self._subscriptions.get(number) if parent == SUBSCRIPTIONS else None
        return found.document if found else None

    def acts(self, path: str) -> Acts:
        if path == SUBSCRIPTIONS:
            return {"POST": Act(self._subscribe, "ConfigureManager")}
        if path == STREAM:
            return {"GET": Act(self._stream, "Login")}
        if path == f"{SERVICE}/Actions/EventService.SubmitTestEvent":
            return {"POST": Act(self._test, "ConfigureManager")}
        parent, _, number = path.rpartition("/")
        if parent == SUBSCRIPTIONS and number in self._subscriptions:
            return {"DELETE": Act(self._unsubscribe, "ConfigureManager")}
        return {}

    def _subscribe(self, asked: Asked) -> Reply:
        about = wanted(asked.document)
        headers = {name: value for one in about.pop("HttpHeaders", []) for name, value in one.items()}
        path, subscription = self._add(about, headers)
        threading.Thread(target=self._push, args=(path, subscription), daemon=True).start()
        return Reply(201, subscription.document, {"Location": path})

    def _add(self, about: dict[str, Any], headers: dict[str, str] | None = None) -> tuple[str, _Subscription]:
        with self._lock:
            if len(self._subscriptions) >= MOST:
                raise RefusedRequest(400, "CreateLimitReachedForResource")
            number = secrets.token_hex(4)
            path = f"{SUBSCRIPTIONS}/{number}"
            subscription = _Subscription(documents.destination(path, about), headers or {})
            seen = len(self._entries())
            self._subscriptions[number] = subscription
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, args=(seen,), daemon=True).start()
        return path, subscription

    def _unsubscribe(self, asked: Asked) -> Reply:
        self._remove(asked.path)
        return Reply.done()

    def _remove(self, path: str) -> None:
        with self._lock:
            subscription = self._subscriptions.pop(path.rpartition("/")[2], None)
        if subscription:
            subscription.put(None)

    def _test(self, asked: Asked) -> Reply:
        told = asked.document
        severity = typed(told, "Severity", str, "OK")
        message = typed(told, "Message", str, "A test event")
        code = typed(told, "MessageId", str, f"{REGISTRY}.Success")
        self._send([{"at": now(), "severity": severity, "message": message, "code": code}])
        return Reply.done()

    # -- what happens

    def _watch(self, seen: int) -> None:
        """Sends on what is new in the log, until nobody is subscribed any more."""
        pause = threading.Event()
        while True:
            pause.wait(LOOK_SECONDS)
            with self._lock:
                if not self._subscriptions:
                    self._watching = False
                    return
            with contextlib.suppress(OSError, MicrodcError):  # the machine's directory is gone: so is its log
                entries = self._entries()
                new = entries[seen:] if len(entries) >= seen else entries
                seen = len(entries)
                if new:
                    self._send(new)

    def _send(self, entries: Sequence[_Entry]) -> None:
        with self._lock:
            self._numbers += 1
            records = [
                documents.record(f"{self._numbers}.{number}", one) for number, one in enumerate(entries)
            ]
            for subscription in self._subscriptions.values():
                context = str(subscription.document.get("Context", ""))
                subscription.put(documents.event(self._numbers, records, context))

    def _push(self, path: str, subscription: _Subscription) -> None:
        while (event := subscription.waiting.get()) is not None:
            if not delivered(subscription.document["Destination"], subscription.headers, event):
                self._remove(path)
                return

    def _stream(self, asked: Asked) -> Reply:
        accepts(asked, "text/event-stream")

        def run(reader: Reader) -> None:
            path, subscription = self._add({"SubscriptionType": "SSE", "Protocol": "Redfish", "Context": ""})
            try:
                reader.write(b": stream opened\n\n")
                while not reader.gone():
                    try:
                        event = subscription.waiting.get(timeout=LOOK_SECONDS)
                    except queue.Empty:
                        continue
                    if event is None:
                        return
                    reader.write(f"id: {event['Id']}\ndata: {json.dumps(event)}\n\n".encode())
            finally:
                self._remove(path)

        return Reply(200, None, {"Content-Type": "text/event-stream;charset=utf-8"}, stream=run)
