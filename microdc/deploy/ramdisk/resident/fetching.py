"""An image over HTTP, from its first byte to its last, however often the connection is cut."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .line import Block, Channel, Line, StoppedError, taken
from .saying import say
from .wire import Answer, WireError
from .words import IMAGE_CUT, IMAGE_HASH, FailedError

_WHOLE, _PART, _BUSY = 200, 206, (429, 503)
_REFUSED = (401, 403, 404, 410)
_PROGRESS = 64 << 10
"""Bytes between two cuts that count as progress."""


@dataclass(frozen=True, slots=True)
class Patience:
    """cuts: without progress between them; pause: s after the first of them, doubled up to `longest` for each that follows.

    stall: s without a byte; busy: s for which a station is waited for that sends to others.
    """

    cuts: int = 12
    pause: float = 0.5
    longest: float = 10.0
    stall: float = 30.0
    busy: float = 7200.0


PATIENT = Patience()


@dataclass(slots=True)
class Fetch:
    """Fetches `size` bytes. ask: the answer to a request from an offset on; resumed: told an offset and why it was cut.

    waits: whether the station sends to others at the moment, and this one has to wait for its turn.
    """

    ask: Callable[[int], Answer]
    size: int
    line: Line
    patience: Patience
    resumed: Callable[[int, str], None]
    done: int = 0
    waits: bool = False
    _block: Block = field(init=False)

    def run(self, free: Channel, out: Channel) -> None:
        """Puts all of it into the channel, in full blocks. Raises FailedError."""
        cuts, reached, why, busy = 0, 0, "", time.monotonic() + self.patience.busy
        self._begin(free)
        while self.done < self.size:
            try:
                with self._answer() as answer:
                    self.line.on_stop(answer.interrupt)
                    self.waits = answer.status in _BUSY
                    if self.waits:
                        self._wait(answer, busy)
                        continue
                    if why:
                        self.resumed(self.done, why)
                    self._skip(answer)
                    self._take(answer, free, out)
            except WireError as error:
                if self.line.failure:
                    raise StoppedError from None
                why = str(error)
                cuts = 1 if self.done - reached >= _PROGRESS else cuts + 1
                reached = self.done
                self._pause(cuts, why)
        out.put(self._block)
        out.put(None)

    def _begin(self, free: Channel) -> None:
        self._block = taken(free)
        self._block.offset, self._block.length = self.done, 0

    def _take(self, answer: Answer, free: Channel, out: Channel) -> None:
        """All that comes, into the block that was begun and those that follow."""
        while self.done < self.size:
            self._read(answer)
            if self._block.length == len(self._block.view):
                out.put(self._block)
                self._begin(free)

    def _read(self, answer: Answer) -> None:
        count = answer.readinto(self._block.view[self._block.length :])
        if not count:
            raise WireError("the answer ended too early")
        self._block.length += count
        self.done += count

    def _answer(self) -> Answer:
        answer = self.ask(self.done)
        try:
            self._check(answer)
        except BaseException:
            answer.close()
            raise
        return answer

    def _check(self, answer: Answer) -> None:
        status = answer.status
        if status in _REFUSED:
            raise FailedError(IMAGE_CUT, f"the station does not send the image: it answers {status}")
        if status in _BUSY:
            return
        if status not in {_WHOLE, _PART}:
            raise WireError(f"the station answers {status}")
        total = answer.length if status == _WHOLE else self._of_part(answer)
        if total != self.size:
            what = f"the station sends {total} bytes where {self.size} were promised"
            raise FailedError(IMAGE_HASH, what)

    def _of_part(self, answer: Answer) -> int:
        """The length of the whole, of a part that begins where it was asked for."""
        said = answer.headers.get("content-range", "")
        span, _, total = said.removeprefix("bytes ").partition("/")
        if span != f"{self.done}-{self.size - 1}" and span.split("-")[0] != str(self.done):
            raise WireError(f"the station sends another part than was asked for: {said!r}")
        if not total.isdigit():
            raise WireError(f"the station does not say how much there is: {said!r}")
        return int(total)

    def _skip(self, answer: Answer) -> None:
        """Reads over what is there already, where the station begins anew."""
        left = self.done if answer.status == _WHOLE else 0
        waste = memoryview(bytearray(min(left, 1 << 20)))
        while left:
            count = answer.readinto(waste[:left])
            if not count:
                raise WireError("the answer ended too early")
            left -= count

    def _wait(self, answer: Answer, until: float) -> None:
        if time.monotonic() > until:
            raise FailedError(IMAGE_CUT, f"the station has been busy for {self.patience.busy:.0f} s")
        said = answer.headers.get("retry-after", "")
        seconds = min(60.0, max(0.2, float(said) if said.isdigit() else 5.0))
        say(f"the station sends to others; asking again in {seconds:g} s")
        self._sleep(seconds)

    def _pause(self, cuts: int, why: str) -> None:
        if cuts > self.patience.cuts:
            what = f"the connection was cut {cuts} times at byte {self.done} of {self.size}"
            raise FailedError(IMAGE_CUT, f"{what}, at last: {why}")
        say(f"the image was cut at byte {self.done} of {self.size}: {why}")
        self._sleep(min(self.patience.longest, self.patience.pause * 2 ** (cuts - 1)))

    def _sleep(self, seconds: float) -> None:
        with self.line.condition:
            if self.line.condition.wait_for(lambda: self.line.failure, seconds):
                raise StoppedError
