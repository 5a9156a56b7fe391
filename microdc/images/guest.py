"""Guests: started, waited for, ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost, NamespaceHost
from microdc.images import acceleration, cpio, qemu, settings, tap
from microdc.images.model import GuestImage, GuestSettings, Machine

READY = "microdc-guest: ready"
_FAILED = "microdc-guest: failed: "
_EXIT = "microdc-guest: exit "
_LOOK = 0.05  # s between two looks at the console


@dataclass(frozen=True, slots=True)
class Guest:
    """A running guest: its process, and the files that it and QEMU write.

    console: its kernel and init; log: QEMU's errors; channel: what is written into /dev/virtio-ports/microdc there,
    where the machine has one.
    """

    daemon: Daemon
    console: Path
    log: Path
    channel: Path

    def wait_ready(self, timeout: float) -> None:
        """Waits until the guest has said that it is ready; raises UnreachableError with its last words if it does not."""
        deadline = time.monotonic() + timeout
        while READY not in self.console_text():
            if self.daemon.wait(_LOOK) and READY not in self.console_text():
                raise self._error("the guest ended before it was ready")
            if time.monotonic() > deadline:
                raise self._error(f"the guest was not ready within {timeout:g} s")

    def wait_exit(self, timeout: float) -> int:
        """Waits for the end of a guest that has a command; the command's exit status."""
        if not self.daemon.wait(timeout):
            raise self._error(f"the guest did not end within {timeout:g} s")
        for line in reversed(self.console_text().splitlines()):
            if line.startswith(_EXIT):
                return int(line.removeprefix(_EXIT))
        raise self._error("the guest ended without a word")

    def stop(self) -> None:
        """Ends the guest at once, as if the plug was pulled; nothing happens if it has ended."""
        self.daemon.kill()

    def console_text(self) -> str:
        try:
            return self.console.read_text(errors="replace").replace("\r\n", "\n")
        except FileNotFoundError:
            return ""

    def last_words(self) -> str:
        """What a person wants to see of a guest that failed: the reason it gave, or the ends of console and log."""
        lines = self.console_text().splitlines()
        reasons = [line.removeprefix(_FAILED) for line in lines if line.startswith(_FAILED)]
        with contextlib.suppress(FileNotFoundError):
            lines += self.log.read_text(errors="replace").splitlines()
        return reasons[-1] if reasons else "; ".join(line.strip() for line in lines[-5:] if line.strip())

    def _error(self, what: str) -> UnreachableError:
        said = self.last_words()
        return UnreachableError(f"{what}: {said}" if said else what, where=str(self.console))


def boot(
    image: GuestImage,
    directory: Path,
    guest_settings: GuestSettings,
    *,
    machine: Machine = Machine(),  # noqa: B008 - frozen
    namespace: str = "",
    outlive: bool = True,
    files: cpio.Tree | None = None,
) -> Guest:
    """Starts a guest and returns at once; `wait_ready` tells when it is up.

    directory: where its console and log are written, and nothing else; it must exist. namespace: in which QEMU runs
    ("": here); the taps are in their own. outlive: whether it goes on when this process ends. files: laid over the image.
    Raises UnreachableError where QEMU or a tap cannot be had, InputError for settings that cannot be.
    """
    host = NamespaceHost(namespace) if namespace else LocalHost()
    guest_files = [directory / name for name in ("console.log", "qemu.log", "channel.log")]
    for old in guest_files:
        old.unlink(missing_ok=True)
    console, log, channel = guest_files
    kvm = not machine.icount and acceleration.kvm_usable()
    own = {**(files or {}), **settings.tree(guest_settings)}
    with _initrd(image, own) as initrd, tap.opened(guest_settings.nics) as taps:
        nics = list(zip(guest_settings.nics, taps, strict=True))
        words = qemu.argv(
            machine,
            image.kernel,
            f"/proc/self/fd/{initrd.fileno()}",
            nics,
            kvm=kvm,
            console=console,
            channel=channel,
        )
        daemon = host.start_daemon(words, log=log, pass_fds=(initrd.fileno(), *taps), outlive=outlive)
    return Guest(daemon, console, log, channel)


@contextlib.contextmanager
def _initrd(image: GuestImage, own: cpio.Tree) -> Iterator[IO[bytes]]:
    """The image and the guest's own files after it, in a file that has no name and so never stays behind."""
    with tempfile.TemporaryFile(dir=image.initrd.parent) as out:
        with image.initrd.open("rb") as common:
            shutil.copyfileobj(common, out, 1 << 20)
        cpio.write(own, out)
        out.flush()
        os.lseek(out.fileno(), 0, os.SEEK_SET)
        yield out
