"""A switch's command line that says what a test wrote for it, behind paramiko's SSH server on a port of 127.0.0.1."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from microdc.switch.cli.model import Login, Target

PASSWORD = "open sesame"


@dataclass
class Script:
    """What the switch says.

    answers: by command, with line feeds as line ends; one that is a function is told the terminal and does what it likes. modes: commands that
    change the prompt, and what it is then. greeting: before the first prompt; dialogue: instead of prompts. secret: what `enable` asks for. pages:
    lines after which a pager waits, until `terminal length 0`, 0 for none; wipe: by which it goes back over its own line. noise: said after each prompt, once for each line.
    """

    prompt: str = "sw1#"
    greeting: str = ""
    answers: Mapping[str, str | Callable[[Terminal], None]] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    dialogue: Callable[[Terminal], None] | None = None
    secret: str = ""
    pages: int = 0
    pager: str = " --More-- "
    wipe: str = "\r"
    noise: list[str] = field(default_factory=list)
    refused: str = "% Invalid input detected at '^' marker."
    heard: list[str] = field(default_factory=list)


class Terminal:
    """One session on the switch, as its server sees it."""

    def __init__(self, channel: paramiko.Channel, script: Script) -> None:
        self.channel = channel
        self.script = script
        self.prompt = script.prompt
        self.pages = script.pages
        self._typed = b""

    def say(self, text: str) -> None:
        self.channel.sendall(text.replace("\n", "\r\n").encode())

    def key(self) -> str:
        """The next character that is typed. Raises EOFError."""
        if not self._typed:
            self._typed = self.channel.recv(4096)
            if not self._typed:
                raise EOFError
        first, self._typed = self._typed[:1], self._typed[1:]
        return first.decode("latin-1")

    def line(self, *, echo: bool = True) -> str:
        typed = ""
        while (key := self.key()) not in ("\n", "\r"):
            if key == "\x03":
                return ""
            typed += key
        typed = typed.encode("latin-1").decode()
        if echo:
            self.say(f"{typed}\n")
        self.script.heard.append(typed)
        return typed

    def show(self, text: str) -> None:
        """Page by page, where it has pages."""
        for number, line in enumerate(text.splitlines(keepends=True)):
            if self.pages and number and number % self.pages == 0:
                self.say(self.script.pager)
                if self.key() == "q":
                    return
                back = self.script.wipe * (1 if self.script.wipe == "\r" else len(self.script.pager))
                self.channel.sendall(f"{back}{' ' * len(self.script.pager)}{back}".encode())
            self.say(line)

    def run(self) -> None:
        self.say(self.script.greeting)
        if self.script.dialogue is not None:
            self.script.dialogue(self)
            return
        while True:
            self.say(self.prompt)
            if self.script.noise:
                self.say(self.script.noise.pop(0))
            self.obey(self.line().strip())

    def obey(self, command: str) -> None:
        answer = self.script.answers.get(command)
        if callable(answer):
            answer(self)
        elif answer is not None:
            self.show(answer)
        elif command == "terminal length 0":
            self.pages = 0
        elif command in self.script.modes:
            self.prompt = self.script.modes[command]
        elif command == "enable":
            self._enable()
        elif command and not command.startswith(("!", "#", "terminal ")):
            self.say(f"{self.script.refused}\n")

    def _enable(self) -> None:
        if self.script.secret:
            self.say("Password: ")
            typed = self.line(echo=False)
            self.say("\n")
            if typed != self.script.secret:
                self.say("% Access denied\n")
                return
        self.prompt = self.prompt.replace(">", "#")


class _Door(paramiko.ServerInterface):
    def __init__(self) -> None:
        self.tries = 0
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.tries += 1
        right = (username, password) == ("admin", PASSWORD)
        return AUTH_SUCCESSFUL if right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002
        self.shell.set()
        return True


@dataclass
class Switch:
    """tries: how often a password was tried."""

    port: int
    host_key: str
    script: Script
    doors: list[_Door] = field(default_factory=list)

    @property
    def tries(self) -> int:
        return sum(door.tries for door in self.doors)

    def target(self, platform: str = "cisco_ios", **changed: object) -> Target:
        given: dict[str, object] = {
            "name": "sw1",
            "address": "127.0.0.1",
            "platform": platform,
            "login": Login("admin", PASSWORD),
            "path": "hall/r1/sw1",
            "where": "hall.yaml:7",
            "port": self.port,
            "host_key": self.host_key,
        }
        return Target(**{**given, **changed})  # type: ignore[arg-type]


@contextmanager
def switch(script: Script) -> Iterator[Switch]:
    """A switch that follows the script in every session."""
    key = paramiko.ECDSAKey.generate()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    with listening() as listener:
        made = Switch(listener.getsockname()[1], f"SHA256:{digest}", script)
        transports: list[paramiko.Transport] = []
        threads: list[threading.Thread] = []

        def serve(connection: socket.socket) -> None:
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            door = _Door()
            made.doors.append(door)
            try:
                transport.start_server(server=door)
                channel = None
                while channel is None and transport.is_active():
                    channel = transport.accept(0.1)
                if channel is not None and door.shell.wait(10):
                    with channel:
                        Terminal(channel, script).run()
                    transport.join(10)  # until the client has read the last of it
            except (EOFError, OSError, paramiko.SSHException):
                pass  # the client went away, which it may
            finally:
                transport.close()

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for transport in transports:
                transport.close()
            for thread in (acceptor, *threads):
                thread.join(10)


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A TCP listener on a port of 127.0.0.1 that the system chose."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener
