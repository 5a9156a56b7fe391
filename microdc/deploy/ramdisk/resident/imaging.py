"""An image onto a disk, as a stream: fetched, hashed, unpacked, hashed again and written, all at once, each in its thread.

The first block is kept back. It has the partition table, so nothing can be booted before it is written, and it is not written here.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .device import Device, told
from .fetching import PATIENT, Fetch, Patience
from .line import Block, Channel, Line, pool, taken
from .promise import BLOCK, RAW, Promise, Written
from .unpacking import Unpacker
from .wire import Answer
from .words import IMAGE_HASH, FailedError

_PACKED_BLOCKS, _RAW_BLOCKS = 4, 8
_EVERY = 2.0  # s between two reports
_LONGEST_PEEK = 4096
_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True)
class Progress:
    """done: bytes of the raw image that are written; rate: of them in a second, since the beginning. waits: for its turn at the station."""

    done: int
    total: int
    rate: float
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """Called from the thread that called `write`. progress: once in two seconds at most."""

    progress: Callable[[Progress], None] = lambda _: None
    resumed: Callable[[int, str], None] = lambda _offset, _why: None


_SILENT = Telling()


@dataclass(slots=True)
class _Job:
    promise: Promise
    target: Device
    line: Line
    packed: Any = field(default_factory=hashlib.sha256)
    raw: Any = field(default_factory=hashlib.sha256)
    done: int = 0
    first: bytes = b""
    last: tuple[int, int, bytes] = (0, 0, b"")

    def hash(self, digest: Any, source: Channel, out: Channel) -> None:
        for block in source:
            digest.update(block.data)
            out.put(block)
        out.put(None)

    def unpack(self, source: Channel, source_free: Channel, free: Channel, out: Channel) -> None:
        block, offset, whole = taken(free), 0, True
        block.offset, block.length = 0, 0
        with Unpacker() as unpacker:
            for packed in source:
                left = packed.data
                while left or (block.length == len(block.view) and not whole):
                    if block.length == len(
                        block.view
                    ):  # it is full, and there may be more in what was taken in
                        offset += block.length
                        self._check_length(offset)
                        out.put(block)
                        block = taken(free)
                        block.offset, block.length = offset, 0
                    step = unpacker.step(left, block.view[block.length :])
                    left, whole = left[step.used :], step.whole
                    block.length += step.made
                packed.length = 0
                source_free.put(packed)
        if not whole:
            raise FailedError(IMAGE_HASH, "what came cannot be unpacked: it ends in the middle")
        self._check_length(offset + block.length)
        out.put(block)
        out.put(None)

    def _check_length(self, length: int) -> None:
        if length > self.promise.raw:
            raise FailedError(
                IMAGE_HASH, f"the image unpacks to more than the {self.promise.raw} bytes promised"
            )

    def write(self, source: Channel, free: Channel) -> None:
        with told("writing the image"):
            for block in source:
                self._write(block)
                self.done += block.length
                block.length = 0
                free.put(block)
            self.target.sync()

    def _write(self, block: Block) -> None:
        if not block.length:
            return
        if block.offset + block.length == self.promise.raw:
            self.last = block.offset, block.length, hashlib.sha256(block.data).digest()
        if block.offset == 0:
            self.first = bytes(block.data)
        elif _is_zero(block.data):
            self.target.zero(block.offset, block.length)
        else:
            self.target.write(block.offset, block.data)


def write(
    ask: Callable[[int], Answer],
    promise: Promise,
    target: Device,
    telling: Telling = _SILENT,
    patience: Patience = PATIENT,
) -> Written:
    """Writes the image but for its first block, and checks all of it. Raises FailedError; the target has no table then.

    ask: the answer to a request for the image from an offset on.
    """
    begun, cuts = time.monotonic(), list[tuple[int, str]]()
    with Line() as line:
        job = _Job(promise, target, line)
        fetch = Fetch(ask, promise.size, line, patience, lambda offset, why: cuts.append((offset, why)))
        _start(job, fetch)
        _follow(job, fetch, telling, cuts, begun)
    if line.failure is not None:
        raise line.failure
    _check(job)
    return Written(job.first, job.last, time.monotonic() - begun)


def _start(job: _Job, fetch: Fetch) -> None:
    """The threads. Blocks come back to where they were taken from."""
    line = job.line
    fetched, written, free = Channel(line), Channel(line), pool(line, _RAW_BLOCKS, BLOCK)
    if job.promise.form == RAW:
        line.start("fetch", lambda: fetch.run(free, fetched))
        line.start("hash", lambda: job.hash(job.packed, fetched, written))
    else:
        packed_free, hashed, unpacked = pool(line, _PACKED_BLOCKS, BLOCK), Channel(line), Channel(line)
        line.start("fetch", lambda: fetch.run(packed_free, fetched))
        line.start("hash", lambda: job.hash(job.packed, fetched, hashed))
        line.start("unpack", lambda: job.unpack(hashed, packed_free, free, unpacked))
        line.start("hash raw", lambda: job.hash(job.raw, unpacked, written))
    line.start("write", lambda: job.write(written, free))


def _follow(job: _Job, fetch: Fetch, telling: Telling, cuts: list[tuple[int, str]], begun: float) -> None:
    over = False
    while not over:
        over = job.line.wait(_EVERY)
        while cuts:
            telling.resumed(*cuts.pop(0))
        rate = job.done / max(time.monotonic() - begun, 1e-3)
        if job.line.failure is None:
            telling.progress(Progress(job.done, job.promise.raw, rate, fetch.waits))


def _check(job: _Job) -> None:
    promise, packed = job.promise, job.packed.hexdigest()
    if packed != promise.digest:
        raise FailedError(IMAGE_HASH, f"what came has the SHA-256 {packed}, not {promise.digest}")
    raw = packed if promise.form == RAW else job.raw.hexdigest()
    if job.done != promise.raw or raw != promise.raw_digest:
        what = f"what it unpacks to has {job.done} bytes and the SHA-256 {raw}"
        raise FailedError(IMAGE_HASH, f"{what}, not {promise.raw} and {promise.raw_digest}")


def _is_zero(data: memoryview) -> bool:
    peek = min(len(data), _LONGEST_PEEK)
    return bytes(data[:peek]) == _ZEROS[:peek] and bytes(data) == _ZEROS[: len(data)]
