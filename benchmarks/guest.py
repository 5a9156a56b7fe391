"""A benchmark in the guest in which the kernel's tests run: netem is there, and its time counts instructions."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import microdc
from microdc.images import operate, python
from microdc.images.model import GuestImage, GuestSettings, Machine

_HERE = Path(__file__).parent
_PACKAGE = Path(microdc.__file__).parent
_OUT = "/dev/virtio-ports/microdc"
_RESULTS = '\n{"'  # its last line, for the caller
_LOOK = 0.5  # s between two looks at what it has printed


def run_in_guest(script: Path, words: list[str]) -> str:
    """Runs a script of this directory in a guest, prints what it prints as it comes, and returns that.

    tcconfig is there if it is in the environment of this Python. Exits where the script fails.
    """
    image = _finished(operate.testing_image(("microdc", *_installed("tcconfig"))))
    files = python.sources([_PACKAGE, _HERE], compiled=True)
    paths = {sysconfig.get_path(name) for name in ("purelib", "platlib")} | {str(_PACKAGE.parent)}
    paths |= {path for path in sys.path if path.endswith("site-packages")}
    command = ("sh", "-c", f'exec "$@" >{_OUT} 2>&1', "sh", "python3", str(script.resolve()), *words)
    environment = (("PYTHONPATH", ":".join(sorted(paths))), ("PYTHONDONTWRITEBYTECODE", "1"))
    settings = GuestSettings(command=command, environment=environment)
    machine = Machine(memory=1024, icount=True, channel=True)
    with tempfile.TemporaryDirectory(prefix="microdc-bench-guest-") as place:
        guest = operate.boot(image, Path(place), settings, machine=machine, outlive=False, files=files)
        told = ""
        try:
            over = False
            while not over:
                over = guest.daemon.wait(_LOOK)
                text = guest.channel.read_text("utf-8", "replace") if guest.channel.exists() else ""
                print(text.partition(_RESULTS)[0][len(told) :], end="", flush=True)
                told = text
            if guest.wait_exit(0):
                sys.exit(f"it failed in the guest: {guest.last_words() if not told else 'see above'}")
        finally:
            guest.stop()
    return told


def _installed(name: str) -> tuple[str, ...]:
    try:
        distribution(name)
    except PackageNotFoundError:
        return ()
    return (name,)


def _finished(steps: object) -> GuestImage:
    while True:
        try:
            next(steps)  # type: ignore[call-overload]
        except StopIteration as end:
            image: GuestImage = end.value
            return image
