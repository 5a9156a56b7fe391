"""The station as the ramdisk reaches it: hello, reports, images."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import wire
from .saying import say
from .wire import Answer, Place, WireError
from .words import NO_ORDER, FailedError

HELLO_SECONDS = 300.0
"""For how long a station that does not answer is asked for the order."""
REPORT_SECONDS = 120.0
"""For how long a report that matters is tried to be brought to a station that does not answer."""
_ANSWER_SECONDS = 10.0
_PAUSE = 2.0
OK, NOT_READY = 200, (429, 500, 502, 503, 504)


@dataclass(slots=True)
class Station:
    """session: "" before the hello."""

    place: Place
    session: str = field(default="", repr=False)

    def hello(
        self, token: str, hardware: Mapping[str, Any], seconds: float = HELLO_SECONDS
    ) -> dict[str, Any]:
        """Says what machine this is and returns the order. Raises FailedError where it gets none.

        An answer may be lost, so the same nonce is sent again: the station then repeats it.
        """
        body = {"hardware": hardware, "nonce": os.urandom(16).hex()}
        answer = self._asked("/node/hello", token, body, seconds)
        if answer is None:
            raise FailedError(NO_ORDER, f"the station did not answer within {seconds:.0f} s")
        status, said = answer
        if status != OK or "order" not in said or "session" not in said:
            raise FailedError(
                NO_ORDER, f"the station gives no order: {status} {said.get('error', '')}".strip()
            )
        self.session = str(said["session"])
        order = said["order"]
        if not isinstance(order, dict) or "action" not in order:
            raise FailedError(NO_ORDER, "the station's order holds no action")
        return order

    def report(
        self, kind: str, text: str, data: Mapping[str, Any] | None = None, seconds: float = REPORT_SECONDS
    ) -> bool:
        """Says it on the console, and to the station; whether it was heard there."""
        say(f"{kind}: {text}")
        if not self.session:
            return False
        body = {"kind": kind, "text": text, "data": dict(data or {})}
        answer = self._asked("/node/report", self.session, body, seconds)
        if answer is None or answer[0] // 100 != 2:
            say(f"the station did not take the report: {answer[0] if answer else 'no answer'}")
            return False
        return True

    def image(self, path: str, offset: int, stall: float) -> Answer:
        """The answer to a request for a file from an offset on. Raises WireError."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        return wire.request(self.place, "GET", path, token=self.session, headers=headers, stall=stall)

    def _asked(
        self, path: str, token: str, body: Mapping[str, Any], seconds: float
    ) -> tuple[int, dict[str, Any]] | None:
        """Status and body; None where nothing answered in time. Only what is no answer is tried again."""
        data, deadline = json.dumps(body).encode(), time.monotonic() + seconds
        while True:
            try:
                with wire.request(
                    self.place,
                    "POST",
                    path,
                    token=token,
                    body=data,
                    stall=min(_ANSWER_SECONDS, max(seconds, 1)),
                ) as answer:
                    said = answer.body()
                    if answer.status not in NOT_READY:
                        return answer.status, _json(said)
                    problem = f"it answers {answer.status}"
            except WireError as error:
                problem = str(error)
            if time.monotonic() + _PAUSE > deadline:
                return None
            say(f"the station at {self.place.host}:{self.place.port}: {problem}; trying again")
            time.sleep(_PAUSE)


def _json(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data or b"{}")
    except ValueError:
        return {"error": data[:200].decode(errors="replace")}
    return said if isinstance(said, dict) else {}
