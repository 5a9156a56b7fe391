"""What stands in the way at a remote emulator is named, with what to do, and nothing is changed by it.

All through the command line, against the lab's guest; each test leaves the guest as it found it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from builtlab import Lab
from ruamel.yaml import YAML

from microdc.errors import Exit
from microdc.host.address import address_of
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.testbed.load import load

pytestmark = [
    pytest.mark.root,
    pytest.mark.lab,
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen"),
]

RUNTIME = "/run/microdc"
FAKE = """\
import os, pathlib, socket, sys
sys.path.insert(0, sys.argv[1])
from resident.place import identity
place = pathlib.Path(sys.argv[2], identity())
place.mkdir(parents=True)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(str(place / "agent.sock"))
    listener.listen()
    print("listening", flush=True)
    while True:
        controller, _ = listener.accept()
        controller.sendall(b'{"protocol": 99, "pid": %d}\\n' % os.getpid())
"""


class Refusal:
    """What a command said that changed nothing. code: its exit code."""

    def __init__(self, inventory: Path, *words: str, **environment: str) -> None:
        own = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
        argv = [sys.executable, "-m", "microdc.cli", "-i", str(inventory), *words]
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=240, env={**own, **environment}
        )
        self.code, self.said = done.returncode, done.stderr
        assert "Traceback" not in self.said
        assert 'File "' not in self.said

    def has(self, code: Exit, *words: str) -> None:
        assert self.code == code, self.said
        for word in words:
            assert word in self.said


@pytest.fixture
def emulator(guest_lab: Lab) -> Iterator[Host]:
    """The emulator as the lab reaches it, which is found unchanged in the end."""
    with connect(address_of(load(guest_lab.inventory).emulators["wan1"].reach)) as host:
        before = tc(host)
        yield host
        assert tc(host) == before


def tc(host: Host) -> bytes:
    return host.run(["tc", "qdisc", "show"]).stdout


@pytest.fixture
def inventory(guest_lab: Lab, tmp_path: Path) -> Path:
    """A copy of the lab's inventory, to be changed."""
    return Path(shutil.copytree(guest_lab.inventory, tmp_path / "inventory"))


def reached(inventory: Path, **keys: str) -> Path:
    """Changes what the inventory says of the way to the emulator; a key's "" takes it away."""
    yaml, document = YAML(), inventory / "testbed.yaml"
    content = yaml.load(document)
    for key, value in keys.items():
        content["emulators"]["wan1"].pop(key, None)
        if value:
            content["emulators"]["wan1"][key] = value
    yaml.dump(content, document)
    return inventory


def new_key(path: Path, passphrase: str = "") -> Path:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(words, check=True)
    return path


COMMANDS = pytest.mark.parametrize("command", [("plan",), ("apply",)], ids=["plan", "apply"])


# -- host keys and the user's keys


@COMMANDS
def test_a_host_key_that_is_not_known(
    emulator: Host, inventory: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "nobody").touch()
    refused = Refusal(reached(inventory, known_hosts=str(tmp_path / "nobody")), *command)
    refused.has(Exit.UNREACHABLE, str(emulator.address), "SHA256:", "not known", "ssh-keyscan", "host_key")


def test_a_host_key_that_has_changed(emulator: Host, inventory: Path, tmp_path: Path) -> None:
    public = new_key(tmp_path / "old").with_suffix(".pub").read_text().split()
    (tmp_path / "hosts").write_text(f"{emulator.address.name} {public[0]} {public[1]}\n")
    refused = Refusal(reached(inventory, known_hosts=str(tmp_path / "hosts")), "apply")
    old = paramiko.Ed25519Key.from_private_key_file(str(tmp_path / "old")).fingerprint
    refused.has(Exit.UNREACHABLE, str(emulator.address), old, "another machine answers", "ssh-keygen -R")


def test_a_pinned_host_key_that_is_not_the_hosts(emulator: Host, inventory: Path) -> None:
    pinned = "SHA256:6V9qwLsXZx+ft9NkTxGdPifHqDpTHtOA/Zo7/CA2NMs"
    refused = Refusal(reached(inventory, known_hosts="", host_key=pinned), "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), pinned, "host_key")


def test_a_key_with_a_passphrase_and_no_agent(emulator: Host, inventory: Path, tmp_path: Path) -> None:
    locked = new_key(tmp_path / "locked", "secret")
    refused = Refusal(reached(inventory, identity=str(locked)), "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), "passphrase", f"ssh-add {locked}")
    assert "secret" not in refused.said


def test_a_key_that_the_emulator_does_not_know(emulator: Host, inventory: Path, tmp_path: Path) -> None:
    stranger = new_key(tmp_path / "stranger")
    refused = Refusal(reached(inventory, identity=str(stranger)), "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), "refused", str(stranger), "authorized keys")


# -- not root


@contextmanager
def user(host: Host, name: str) -> Iterator[None]:
    """A user at the emulator who logs in with root's keys."""
    before = host.run(["cat", "/etc/passwd"]).stdout
    home = f"/home/{name}"
    try:
        host.run(["chmod", "711", "/root"])  # where this machine's Python is root's own, so is the guest's
        host.put(before + f"{name}:x:1000:1000::{home}:/bin/sh\n".encode(), "/etc/passwd")
        for words in (
            ["mkdir", "-p", f"{home}/.ssh"],
            ["cp", "/root/.ssh/authorized_keys", f"{home}/.ssh/"],
            ["chown", "-R", "1000:1000", home],
            ["chmod", "700", home, f"{home}/.ssh"],
        ):
            done = host.run(words)
            assert done.ok, done.stderr
        yield
    finally:
        host.put(before, "/etc/passwd")
        host.run(["chmod", "700", "/root"])
        host.run(["rm", "-rf", home])


@pytest.mark.extra
@pytest.mark.parametrize("known", [True, False], ids=["agent-was-there", "agent-was-never-there"])
def test_a_user_who_is_not_root(emulator: Host, inventory: Path, *, known: bool) -> None:
    there = str(emulator.address).replace("root@", "op@")
    with user(emulator, "op"), mounted(emulator, "mode=755"):
        if known:
            assert Refusal(inventory, "plan").code == Exit.PENDING
        refused = Refusal(reached(inventory, host=there), "apply")
    refused.has(Exit.UNREACHABLE, there, "root's to change", "ssh://root@")


# -- the Python there


@contextmanager
def python_is(host: Host, script: str | None) -> Iterator[None]:
    """Puts a shell script in the place of the emulator's python3, or (None) nothing."""
    python = host.run(["sh", "-c", "command -v python3"]).stdout.decode().strip()
    assert python
    assert host.run(["mv", python, f"{python}.away"]).ok
    try:
        if script is not None:
            host.put(f"#!/bin/sh\n{script}\n".encode(), python, mode=0o755)
        yield
    finally:
        assert host.run(["mv", "-f", f"{python}.away", python]).ok


@pytest.mark.extra
@COMMANDS
def test_no_python(emulator: Host, inventory: Path, command: tuple[str, ...]) -> None:
    with python_is(emulator, None):
        refused = Refusal(inventory, *command)
    refused.has(Exit.UNREACHABLE, str(emulator.address), "no python3", "3.8", "install")


TRACEBACK = 'Traceback (most recent call last):\\n  File "x", line 1\\n%s\\n'


@pytest.mark.extra
@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("exit 1", ("python3", "status 1"), id="ends"),
        pytest.param("kill -SEGV $$", ("python3", "Segmentation fault"), id="crashes"),
        pytest.param("echo Hello", ("python3", "Hello", "3.8"), id="says-nonsense"),
        pytest.param("echo '{}'", ("python3", "{}", "3.8"), id="says-nothing-of-itself"),
        pytest.param("echo '[]'", ("python3", "[]", "3.8"), id="says-no-object"),
        pytest.param(
            '[ "$1" = -c ] && exec python3.away -c "import sys; sys.version_info = (3, 6, 9); $2"\n'
            f"printf '{TRACEBACK % 'SyntaxError: invalid syntax'}' >&2; exit 1",
            ("python3", "Python 3.6", "3.8"),
            id="too-old",
        ),
        pytest.param(
            '[ "$1" = -c ] && exec python3.away "$@"\n'
            f"printf '{TRACEBACK % 'ModuleNotFoundError: No module named zlib'}' >&2; exit 1",
            ("No module named zlib",),
            id="incomplete",
        ),
    ],
)
def test_a_python_that_does_not_do(
    emulator: Host, inventory: Path, script: str, words: tuple[str, ...]
) -> None:
    with python_is(emulator, script):
        refused = Refusal(inventory, "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), *words)


# -- where the agent is kept


@contextmanager
def mounted(host: Host, options: str) -> Iterator[None]:
    """A file system of its own where agents are kept; an agent that runs already is not seen through it."""
    host.run(["mkdir", "-p", RUNTIME])
    done = host.run(["mount", "-t", "tmpfs", "-o", options, "test", RUNTIME])
    assert done.ok, done.stderr
    try:
        yield
    finally:
        host.run(["umount", "-l", RUNTIME])


@pytest.mark.extra
def test_an_agent_of_another_protocol(emulator: Host, inventory: Path) -> None:
    with mounted(emulator, "mode=700"):
        program = agent_program()
        emulator.put(program, f"{RUNTIME}/resident.zip")
        emulator.put(FAKE.encode(), f"{RUNTIME}/fake.py")
        fake = emulator.start(
            ["python3", "-I", f"{RUNTIME}/fake.py", f"{RUNTIME}/resident.zip", f"{RUNTIME}/agents/main"]
        )
        try:
            assert fake.stdout.readline() == b"listening\n"
            refused = Refusal(inventory, "apply")
        finally:
            fake.kill()
    refused.has(Exit.LOCKED, str(emulator.address), "protocol 99", "wan reset", "kill ")


def agent_program() -> bytes:
    from microdc.agent.program import source

    return source()


@pytest.mark.extra
@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param("size=16k", ("No space left", "make room"), id="full"),
        pytest.param("ro", ("Read-only file system", "writable"), id="read-only"),
    ],
)
def test_no_place_for_the_agents_program(
    emulator: Host, inventory: Path, options: str, words: tuple[str, ...]
) -> None:
    with mounted(emulator, options):
        refused = Refusal(inventory, "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), RUNTIME, *words)


def filled(host: Host) -> None:
    host.run(["dd", "if=/dev/zero", f"of={RUNTIME}/fill", "bs=4k"])


@pytest.mark.extra
def test_no_place_for_an_agents_state(emulator: Host, inventory: Path) -> None:
    """Its program is there already, but nothing else can be written."""
    with mounted(emulator, "size=1m"):
        assert Refusal(inventory, "plan").code == Exit.PENDING
        filled(emulator)
        refused = Refusal(inventory, "apply")
        assert Refusal(inventory, "plan").code == Exit.PENDING
    refused.has(Exit.FAILED, str(emulator.address), "No space left")


@pytest.mark.extra
def test_no_place_for_an_agent_to_start(emulator: Host, inventory: Path) -> None:
    """There is room for its program, and not for the directory of its state."""
    with mounted(emulator, "nr_inodes=4"):
        refused = Refusal(inventory, "apply")
    refused.has(Exit.UNREACHABLE, str(emulator.address), "No space left", "make room")
