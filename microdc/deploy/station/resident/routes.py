"""Who is answered what over HTTP.

A node is known by its address (`knowing`); a token of one serves no other. Every refusal is noted with its reason.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import doubting, files, scripts, words
from .dnsmasq import LOADER_PATH, LOADERS, SCRIPT_PATH
from .kept import Kept, digest
from .knowing import Knowing
from .limiter import Limiter
from .log import Log
from .place import IMAGES
from .plan import Node, Plan
from .sending import DeniedError, file_answer
from .serving import Reply
from .wire import Answer, BadRequestError, Request

RETRY_SECONDS = 5
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z-]{0,31}")
_TEXT = 4000


class Routes:
    """Handles requests, in many threads. knowing: who asks. asked: told of nodes that asked for a script; loaded: that fetched a loader."""

    def __init__(
        self,
        knowing: Knowing,
        log: Log,
        kept: Kept,
        asked: Callable[[Node], None],
        loaded: Callable[[Node, str], None],
    ) -> None:
        self._knowing = knowing
        self._log, self._kept, self._asked, self._loaded = log, kept, asked, loaded
        self._denied, self._strangers = (
            Limiter(),
            Limiter(),
        )  # so that no stranger uses up what a node's refusals have
        self._streams = 0
        self._streams_lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        plan = self._knowing.plan()
        node = self._knowing.node(plan, request.address)
        try:
            if node is None:
                raise DeniedError("unknown-address", 404)  # noqa: TRY301 - refused like all else that is
            return self._known(plan, node, request)
        except DeniedError as denied:
            self._note_denied(request, node, denied.reason)
            return Answer.failure(denied.status, denied.reason)

    def _known(self, plan: Plan, node: Node, request: Request) -> Reply:
        head, _, rest = request.path.lstrip("/").partition("/")
        reading = request.method in ("GET", "HEAD")
        if request.path == SCRIPT_PATH and reading:
            return self._script(plan, node, request)
        if request.path.startswith(f"{LOADER_PATH}/") and reading:
            return self._loader(plan, node, request)
        if head == "boot" and reading:
            return self._kernel(plan, node, request, *rest.partition("/")[::2])
        if head == "images" and reading:
            return self._image(plan, node, request, rest)
        if head == "repo" and reading:
            return self._package(plan, request, rest)
        acts = {"/node/hello": self._hello, "/node/report": self._report, "/node/home": self._home}
        if request.path in acts and request.method == "POST":
            return acts[request.path](node, request)
        raise DeniedError("no-such-file", 404)

    def _script(self, plan: Plan, node: Node, request: Request) -> Answer:
        mac = request.query.get("mac", "").lower().replace("-", ":")
        if plan.by_mac.get(mac) is not node:
            raise DeniedError("unknown-address", 404)
        if request.method == "GET":
            self._asked(node)
        about = {"address": request.address, "user_agent": request.headers.get("user-agent", "")[:200]}
        spent = bool(node.boot) and self._kept.spent(node)
        if node.armed and plan.kernel and node.boot and not spent:
            self._note(node, words.HTTP_SCRIPT, "was given its script", about)
            return Answer(200, scripts.start(plan, node, request.address).encode())
        self._note(node, words.HTTP_LOCAL, "was sent on to its disk", {**about, "spent": spent})
        return Answer(200, scripts.local(node).encode())

    def _loader(self, plan: Plan, node: Node, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        kind = next((kind for kind, file in LOADERS.items() if file == name and kind in plan.loaders), None)
        if kind is None:
            raise DeniedError("no-such-file", 404)

        def done(sent: int, size: int) -> None:
            if request.method == "GET":
                self._note(
                    node, words.HTTP_LOADER, f"fetched {name}", {"file": name, "bytes": sent, "of": size}
                )
                self._loaded(node, name)

        return self._stored(plan.loaders[kind], request, done)

    def _kernel(self, plan: Plan, node: Node, request: Request, token: str, what: str) -> Reply:
        kinds = {
            scripts.KERNEL: (plan.kernel, words.HTTP_KERNEL),
            scripts.RAMDISK: (plan.initrd, words.HTTP_RAMDISK),
        }
        if what not in kinds:
            raise DeniedError("no-such-file", 404)
        if not _same(node.boot, token):
            raise DeniedError("wrong-token")
        if not node.armed:
            raise DeniedError("not-armed")
        if self._kept.spent(node):
            raise DeniedError("spent-token")
        stored, kind = kinds[what]

        def done(sent: int, size: int) -> None:
            if request.method == "GET":
                whole = (
                    f"fetched the {what}" if sent == size else f"fetched {sent} of {size} bytes of the {what}"
                )
                self._note(node, kind, whole, {"bytes": sent, "of": size})

        return self._stored(stored, request, done)

    def _image(self, plan: Plan, node: Node, request: Request, stored: str) -> Reply:
        if not self._kept.session(node, request.bearer):
            raise DeniedError("wrong-token")
        if (node.order.get("image") or {}).get("digest") != stored:
            raise DeniedError("no-such-file", 404)  # not a node's to ask for: what its order names is
        with self._streams_lock:
            if self._streams >= plan.streams:
                return Answer.failure(503, "too many images are being sent", Retry_After=str(RETRY_SECONDS))
            self._streams += 1
        try:
            return self._stored(
                stored, request, lambda sent, size: self._sent(node, request, stored, sent, size)
            )
        except BaseException:
            self._stream_ended()
            raise

    def _sent(self, node: Node, request: Request, stored: str, sent: int, size: int) -> None:
        self._stream_ended()
        if request.method == "GET":
            begin = (files.part(request.headers.get("range", ""), size) or (0, 0))[0]
            text = "fetched the image" if begin + sent == size else "the image was cut"
            self._note(
                node, words.HTTP_IMAGE, text, {"digest": stored, "offset": begin, "bytes": sent, "of": size}
            )

    def _stream_ended(self) -> None:
        with self._streams_lock:
            self._streams -= 1

    def _package(self, plan: Plan, request: Request, path: str) -> Reply:
        found = files.within(Path(plan.repository), path) if plan.repository else None
        if found is None:
            raise DeniedError("no-such-file", 404)
        return file_answer(found, request, "", lambda _sent, _size: None)

    def _stored(self, stored: str, request: Request, done: Callable[[int, int], None]) -> Reply:
        """A file by its digest, which is its ETag."""
        if not _DIGEST.fullmatch(stored):
            raise DeniedError("no-such-file", 404)
        return file_answer(IMAGES / stored, request, f'"{stored}"', done)

    def _hello(self, node: Node, request: Request) -> Answer:
        told = request.json()
        nonce, hardware = told.get("nonce"), told.get("hardware", {})
        if not isinstance(nonce, str) or not nonce or not isinstance(hardware, dict):
            raise BadRequestError(400, "a hello has a nonce and hardware")
        session = self._kept.again(node, request.bearer, nonce)
        if session is None:
            session = self._admit(node, request, nonce)
            data = {"hardware": hardware, "address": request.address, "move": node.move}
            self._log.note(
                "ramdisk", words.HELLO, "the ramdisk runs", node=node.name, mac=node.mac, data=data, sync=True
            )
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return Answer.of({"session": session, "order": {**node.order, "time": now}})

    def _admit(self, node: Node, request: Request, nonce: str) -> str:
        """A session for a token that is spent by it. Raises DeniedError."""
        if not _same(node.boot, request.bearer):
            raise DeniedError("wrong-token")
        if not node.armed:
            raise DeniedError("not-armed")
        session = self._kept.spend(node, nonce)
        if session is None:
            raise DeniedError("spent-token")
        return session

    def _report(self, node: Node, request: Request) -> Answer:
        if not self._kept.session(node, request.bearer):
            raise DeniedError("wrong-token")
        told = request.json()
        kind, text, data = told.get("kind"), told.get("text", ""), told.get("data", {})
        if not isinstance(kind, str) or not _KIND.fullmatch(kind) or not isinstance(data, dict):
            raise BadRequestError(400, "a report has a kind, text and data")
        about = {**data, "move": node.move}
        durable = kind != "writing"  # the next one tells it as well
        stored = str((node.order.get("image") or {}).get("digest", ""))
        doubtful = kind == words.RAMDISK_FAILED and data.get("code") == doubting.CODE
        handle = doubting.hold(stored) if doubtful and _DIGEST.fullmatch(stored) else None
        self._log.note(
            "ramdisk", kind, str(text)[:_TEXT], node=node.name, mac=node.mac, data=about, sync=durable
        )
        if (
            handle is not None
        ):  # held before it was told: whoever hears of it, and brings the image again, waits
            doubting.look_into(handle, stored, lambda: self._damaged(stored))
        return Answer.of({})

    def _damaged(self, stored: str) -> None:
        text = f"the image {stored[:12]}... was damaged here, and is taken away: it is brought anew when it is needed"
        self._log.note("station", words.IMAGE_DAMAGED, text, data={"digest": stored}, sync=True)

    def _home(self, node: Node, request: Request) -> Answer:
        told = request.json()
        boot = told.get("boot_id")
        if not isinstance(boot, str) or not boot:
            raise BadRequestError(400, "a first report has a boot_id")
        if not node.home or not _same(node.home, digest(request.bearer)):
            raise DeniedError("wrong-token")
        news = self._kept.home(node, boot)
        if news is None:
            raise DeniedError("spent-token")
        if news:
            about = {**told, "address": request.address, "move": node.move}
            self._log.note(
                "node", words.HOME, "the system runs", node=node.name, mac=node.mac, data=about, sync=True
            )
        return Answer.of({})

    def _note(self, node: Node, kind: str, text: str, data: dict[str, Any]) -> None:
        self._log.note("http", kind, text, node=node.name, mac=node.mac, data={**data, "move": node.move})

    def _note_denied(self, request: Request, node: Node | None, reason: str) -> None:
        path = _without_token(request.path)
        limiter = self._denied if node else self._strangers
        if not limiter.allows(request.address, reason, path if node else ""):
            return
        data: dict[str, Any] = {"address": request.address, "path": path, "reason": reason}
        asked = request.query.get("mac", "").lower().replace("-", ":")[:17]
        name, mac = (node.name, node.mac) if node else ("", asked)
        if node:
            data["move"] = node.move
        text = f"{request.method} {path}: {reason}"
        self._log.note("http", words.HTTP_DENIED, text, node=name, mac=mac, data=data)


def _same(expected: str, shown: str) -> bool:
    """Compared in a time that tells nothing; an empty one is nobody's."""
    return bool(expected) and hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))


def _without_token(path: str) -> str:
    """A log is read by more people than may have a token."""
    if path.startswith((SCRIPT_PATH, LOADER_PATH)):
        return path[:200]
    return re.sub(r"^/boot/+[^/]+", "/boot/TOKEN", path)[:200]
