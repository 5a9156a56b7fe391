"""The TUI in a real terminal: it starts, it is typed into, it ends, and gives the terminal back as it was, however it ends."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

PATIENCE = 60.0
TUI = (sys.executable, "-P", "-m", "microdc.cli", "tui")


class Terminal:
    """A tmux session of our own with a shell in it, 100 columns wide."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "tmux"
        self.home = directory
        self.call(
            "new-session", "-d", "-x", "100", "-y", "30", "-s", "t", "env", "-i", *self._environment(), "sh"
        )
        self.until(lambda: self.text().rstrip().endswith("$"), "the shell is there")

    def _environment(self) -> list[str]:
        return [
            f"HOME={self.home}", f"PATH={os.environ['PATH']}", "LC_ALL=C.UTF-8", "TERM=screen-256color",
            "COLORTERM=truecolor", "PS1=$ ", "PYTHONDONTWRITEBYTECODE=1",
            *(f"{name}={value}" for name, value in os.environ.items() if name.startswith("MICRODC_TEST")),
        ]  # fmt: skip

    def call(self, *words: str) -> str:
        done = subprocess.run(
            ("tmux", "-f", "/dev/null", "-S", str(self._socket), *words),
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def text(self) -> str:
        return self.call("capture-pane", "-p", "-t", "t")

    def keys(self, *keys: str) -> None:
        self.call("send-keys", "-t", "t", *keys)

    def run(self, *argv: str) -> None:
        """Types a command, and what tells its exit code afterwards; the pid of the last child is in the file `pid`."""
        line = f"sh -c 'echo $$ >{self.home}/pid; exec {shlex.join(argv)}'; echo it ended with $?"
        self.keys("-l", line)
        self.keys("Enter")

    @property
    def pid(self) -> int:
        return int((self.home / "pid").read_text())

    def mode(self) -> tuple[str, ...]:
        """What a program in it has changed of the terminal: alternate screen, mouse, cursor, and the line's settings."""
        tmux = self.call(
            "display-message", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{pane_tty}"
        ).split()
        settings = subprocess.run(
            ("stty", "-F", tmux[3], "-a"), capture_output=True, text=True, check=True, timeout=10
        ).stdout
        return (*tmux[:3], settings)

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"never came true: {what}\n{self.text()}"
            time.sleep(0.05)

    def close(self) -> None:
        self.call("kill-server")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    directory = Path(
        tempfile.mkdtemp(prefix="microdc-tui-")
    )  # the name of a unix socket has at most 107 bytes
    try:
        opened = Terminal(directory)
        try:
            yield opened
        finally:
            opened.close()
    finally:
        shutil.rmtree(directory)


def test_it_starts_is_typed_into_and_quits(terminal: Terminal) -> None:
    before = terminal.mode()
    terminal.run(*TUI, "--demo", "--sites", "4", "--servers", "4")
    terminal.until(lambda: "barcelona" in terminal.text() and "s old" in terminal.text(), "the first screen")
    assert terminal.mode()[0] == "1"
    terminal.keys("D")
    terminal.until(lambda: "sites › deployments" in terminal.text(), "the next screen")
    terminal.keys("/")
    terminal.keys("-l", "zzz")
    terminal.until(lambda: "nothing matches zzz" in terminal.text(), "the filter")
    terminal.keys("Escape")
    terminal.until(lambda: "nothing matches" not in terminal.text(), "the filter's end")
    terminal.call("resize-window", "-t", "t", "-x", "20", "-y", "5")
    terminal.until(lambda: "or more" in terminal.text(), "the words of a terminal that is too small")
    terminal.call("resize-window", "-t", "t", "-x", "100", "-y", "30")
    terminal.until(lambda: "sites › deployments" in terminal.text(), "the screen again")
    terminal.keys("q")
    terminal.until(lambda: "it ended with 0" in terminal.text(), "its end")
    assert terminal.mode() == before


@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGTERM,),
        (signal.SIGHUP,),
        (signal.SIGHUP, signal.SIGCONT),  # what the kernel sends when a terminal is gone
        (signal.SIGCONT, signal.SIGTERM),
    ],
)
def test_asked_to_end_it_gives_the_terminal_back(
    terminal: Terminal, numbers: tuple[signal.Signals, ...]
) -> None:
    before = terminal.mode()
    terminal.run(*TUI, "--demo", "--sites", "2", "--servers", "2")
    terminal.until(lambda: "barcelona" in terminal.text(), "the first screen")
    ours = terminal.pid
    for number in numbers:
        os.kill(ours, number)
    terminal.until(lambda: "it ended with 130" in terminal.text(), "its end")
    assert terminal.mode() == before


def test_when_its_terminal_is_gone_it_ends(terminal: Terminal) -> None:
    terminal.run(*TUI, "--demo", "--sites", "2", "--servers", "2")
    terminal.until(lambda: "barcelona" in terminal.text(), "the first screen")
    ours = terminal.pid
    terminal.call("new-session", "-d", "-s", "other")  # a server without a session ends
    terminal.call("kill-session", "-t", "t")
    end = time.monotonic() + PATIENCE
    while Path(f"/proc/{ours}").exists():
        assert time.monotonic() < end, "it lives on without a terminal"
        time.sleep(0.05)


def test_after_an_exception_the_terminal_is_as_it_was_and_the_reason_is_told(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text(
        "import sys\n"
        "from microdc_tui import shell\n"
        "from microdc_tui.main import run\n"
        "def tick(self):\n"
        "    raise RuntimeError('a mistake of ours')\n"
        "shell.Shell.tick = tick\n"
        "sys.exit(run({'demo': True, 'sites': 2, 'servers': 2}))\n"
    )
    before = terminal.mode()
    terminal.run(sys.executable, str(tmp_path / "broken.py"))
    terminal.until(lambda: "it ended with 1" in terminal.text(), "its end")
    assert "a mistake of ours" in terminal.text()
    assert terminal.mode() == before


def test_without_utf8_only_ascii_is_shown(terminal: Terminal) -> None:
    terminal.run("env", "LC_ALL=C", *TUI, "--demo", "--sites", "4", "--servers", "4")
    terminal.until(lambda: "barcelona" in terminal.text() and "s old" in terminal.text(), "the first screen")
    assert terminal.text().isascii()
    terminal.keys("q")
    terminal.until(lambda: "it ended with 0" in terminal.text(), "its end")


def test_without_a_terminal_it_says_so() -> None:
    done = subprocess.run(
        (*TUI, "--demo"), capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "the TUI needs a terminal" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--demo", "--replay", "x"), "--replay"),
        (("--replay", "/nonexistent/x"), "No such file"),
        (("--demo", "--start", "nowhere"), "there is no screen 'nowhere'"),
        (("--demo", "--theme", "pink"), "there is no theme 'pink'"),
    ],
)
def test_what_cannot_be_is_refused_and_the_terminal_left_alone(
    terminal: Terminal, words: tuple[str, ...], says: str
) -> None:
    before = terminal.mode()
    terminal.run(*TUI, *words)
    terminal.until(lambda: "it ended with 2" in terminal.text(), "its end")
    assert says in terminal.text()
    assert terminal.mode() == before


def test_a_lab_that_is_left_gives_the_terminal_back_and_leaves_no_feed(terminal: Terminal) -> None:
    inventory = terminal.home / "inventory"
    (inventory / "sites").mkdir(parents=True)
    (inventory / "testbed.yaml").write_text("testbed: yard\ntitle: A yard\n")
    (inventory / "sites" / "yard.yaml").write_text(
        "site: yard\n"
        "racks: {r1: {servers: {yard-c1: {role: compute, bmc: {redfish: 'https://127.0.0.1:9', credentials: 'env:NO'}}}}}\n"
    )
    before = terminal.mode()
    terminal.run(*TUI[:-1], "-i", str(inventory), "tui", "--start", "devices")
    terminal.until(lambda: "yard-c1" in terminal.text(), "what the feed tells")
    feeds = _children(terminal.pid)
    assert len(feeds) == 1
    terminal.keys("q")
    terminal.until(lambda: "it ended with 0" in terminal.text(), "its end")
    assert terminal.mode() == before
    assert not any(Path(f"/proc/{feed}").exists() for feed in feeds)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
