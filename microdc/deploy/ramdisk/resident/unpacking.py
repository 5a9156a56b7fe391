"""zstd's own library, which unpacks from memory into memory: no process and no pipes between it and the disk.

The functions and structures are those of its zstd.h, "Streaming decompression".
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Self

from .words import IMAGE_HASH, FailedError

LIBRARY = "libzstd.so.1"
_WINDOW_LOG_MAX, _LARGEST_WINDOW = (
    100,
    27,
)  # ZSTD_d_windowLogMax: 128 MiB, as the program zstd takes without being asked


class _Buffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("at", ctypes.c_size_t))


@dataclass(frozen=True, slots=True)
class Step:
    """used: bytes that were taken in; made: bytes that came out; whole: whether all that was begun has ended."""

    used: int
    made: int
    whole: bool


class Unpacker:
    """Unpacks one stream, of one or more frames. A context manager, which frees its memory."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.ZSTD_createDStream.restype = ctypes.c_void_p
        self._library.ZSTD_getErrorName.restype = ctypes.c_char_p
        self._library.ZSTD_decompressStream.restype = ctypes.c_size_t
        self._stream = ctypes.c_void_p(self._library.ZSTD_createDStream())
        self._library.ZSTD_DCtx_setParameter(self._stream, _WINDOW_LOG_MAX, _LARGEST_WINDOW)

    def step(self, source: memoryview, out: memoryview) -> Step:
        """Unpacks as much as both have room for; both must be writable memory. Raises FailedError for what is no zstd."""
        taken, made = _buffer(source), _buffer(out)
        code = self._library.ZSTD_decompressStream(self._stream, ctypes.byref(made), ctypes.byref(taken))
        if self._library.ZSTD_isError(ctypes.c_size_t(code)):
            reason = self._library.ZSTD_getErrorName(ctypes.c_size_t(code)).decode("ascii", "replace")
            raise FailedError(IMAGE_HASH, f"what came cannot be unpacked: {reason}")
        return Step(taken.at, made.at, code == 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.ZSTD_freeDStream(self._stream)


def _buffer(view: memoryview) -> _Buffer:
    if not view:
        return _Buffer(None, 0, 0)
    return _Buffer(ctypes.addressof(ctypes.c_char.from_buffer(view)), len(view), 0)
