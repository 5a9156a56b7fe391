"""Commands and their answers on a terminal, told apart from whatever else a switch writes there.

A prompt alone does not say that an answer is complete: the same text may stand in a configuration, and a message may cut it in two (the public
report ktbyers/netmiko#3696). So each command is followed by a remark that does nothing, with a word that nobody else writes: the answer is
complete when the switch has echoed it behind a prompt and shown a prompt again.
"""

from __future__ import annotations

import codecs
import re
import secrets
import time
from dataclasses import dataclass, field

import paramiko

from microdc.switch.cli.answers import answer_in, prompt_in, prompted_after
from microdc.switch.cli.errors import Cause, SwitchError
from microdc.switch.cli.prompts import (
    ANY,
    Kind,
    ends_in,
    last_line,
    plain,
    prompt_of,
    shows,
    tells_of_expiry,
    without_pager,
)

PATIENCE = 30.0
"""Seconds of silence after which a switch counts as stuck. `show running-config` on an old stack thinks for 15 s before its first line."""
LONGEST = 300.0
"""Seconds that an answer may take in all."""
_LULL = 2.0
"""Seconds of silence after which a prompt that a message may have hidden is asked for anew."""
_DOUBT = 0.5
"""Seconds of silence after which a prompt counts that may not be one."""
_ASKED_ANEW = 3
_CTRL_C = "\x03"
_WRONG_PLATFORM = "is it the platform that the inventory names?"

DIALOGUES: frozenset[Kind] = frozenset({"password", "expired", "question"})
"""What waits for an answer that microdc does not give."""


@dataclass(slots=True)
class Conversation:
    """A terminal of a switch. patience: seconds, as PATIENCE; where: for messages; prompt: what its prompt looks like, once it is known; shown: the

    prompt itself; kind: what was read last ends in.
    """

    channel: paramiko.Channel
    remark: str
    where: str
    patience: float = PATIENCE
    prompt: re.Pattern[str] = ANY
    shown: str = ""
    kind: Kind = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def settle(self) -> None:
        """Waits for a prompt and learns what it looks like. Raises SwitchError where something else waits for an answer."""
        self.prompt = ANY
        for _ in range(_ASKED_ANEW):
            self._write("\n")
            told = self._read_to(DIALOGUES)
            mark = self._mark()
            self._write(f"{mark}\n")
            told = self._until(mark, told)
            line = prompt_in(told, mark)
            if line:
                self.shown, self.prompt = line.strip(), prompt_of(line)
                return
        what = f"no prompt can be made out in {last_line(told)!r}"
        raise SwitchError(Cause.TIMEOUT, what, where=self.where, hint=_WRONG_PLATFORM)

    def greeting(self) -> str:
        """What is written at login, up to a prompt. Raises SwitchError for a password that has expired or is asked for once more."""
        return self._read_to(DIALOGUES, nudge="\n")

    def ask(self, command: str) -> str:
        """The answer to a command. Raises SwitchError where none comes."""
        self._write(f"{command}\n")
        told = self._read_to(DIALOGUES, command=command)
        mark = self._mark()
        self._write(f"{mark}\n")
        return answer_in(self._until(mark, told), command, mark, self.prompt, self.shown)

    def ask_secret(self, command: str, secret: str) -> str:
        """What a command says that asks for a password, which is given where it is asked for; "password" where it is asked for to no

        avail. Afterwards the prompt is to be settled anew.
        """
        self.prompt = ANY  # of root, it may be another one
        self._write(f"{command}\n")
        told = self._read_to(frozenset({"expired"}))
        if self.kind == "password":
            self._write(f"{secret}\n" if secret else _CTRL_C)
            if not secret:
                return "password"
            told += self._read_to(frozenset({"expired"}))
            if self.kind == "password":
                self._write(_CTRL_C)
        return last_line(told.rpartition("\n")[0]) if self.kind == "prompt" else "password"

    def _mark(self) -> str:
        return f"{self.remark} {secrets.token_hex(6)}"

    def _until(self, mark: str, told: str) -> str:
        """Reads on until the mark was echoed and a prompt shown after it."""
        return self._read_to(DIALOGUES, told=told, mark=mark)

    def _read_to(
        self, refused: frozenset[Kind], *, told: str = "", mark: str = "", command: str = "", nudge: str = ""
    ) -> str:
        """Reads until a prompt waits, or something else that does; pages on where a pager waits. What it was is in `kind`.

        refused: what raises SwitchError. mark: was typed, so that only a prompt after its echo counts. A prompt behind which a message came counts after
        a lull. command: what was asked, for messages. nudge: is typed once where nothing comes.
        """
        began = heard = time.monotonic()
        raw = ""
        while True:
            text = told + plain(raw)
            self.kind = ends_in(text, self.prompt)
            silent = time.monotonic() - heard
            if self.kind == "pager":
                told, raw = without_pager(text), ""
                self._write(" ")
            elif self.kind and not self.channel.recv_ready() and self._counts(text, mark, silent):
                self._refuse(refused, text, command)
                return text
            if silent > _LULL and self._was_prompted(text, mark):
                self.kind = "prompt"
                return text
            if silent > self.patience or time.monotonic() - began > LONGEST:
                raise self._stuck(text)
            if nudge and silent > _LULL:
                self._write(nudge)
                nudge = ""
            data = self._received(text)
            if data:
                heard = time.monotonic()
                raw += data

    def _counts(self, text: str, mark: str, silent: float) -> bool:
        """Whether the prompt at the end is one. Where the mark was echoed in the middle of something, its second echo may be on its way."""
        if self.kind != "prompt" or not mark:
            return True
        echoed = "\n" in text.partition(mark)[2]
        return echoed and (silent > _DOUBT or prompted_after(text, mark, self.prompt))

    def _was_prompted(self, text: str, mark: str) -> bool:
        """Whether a prompt came, and something after it."""
        return prompted_after(text, mark, self.prompt) if mark else shows(text, self.prompt)

    def _received(self, told: str) -> str:
        """What comes within a moment. Raises SwitchError where the other end has closed."""
        self.channel.settimeout(0.1)
        try:
            data = self.channel.recv(65536)
        except TimeoutError:
            return ""
        except OSError as error:
            raise self._ended(told, str(error)) from None
        if not data:
            raise self._ended(told)
        return self._decoder.decode(data)

    def _write(self, text: str) -> None:
        self.channel.settimeout(self.patience)
        try:
            self.channel.sendall(text.encode())
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._ended("", str(error)) from None

    def _refuse(self, refused: frozenset[Kind], told: str, command: str) -> None:
        if self.kind not in refused:
            return
        self._write(_CTRL_C)
        if self.kind == "expired":
            raise self._expired()
        shown = last_line(told)
        if self.kind == "password" and not command:
            what, hint = (
                f"a password is asked for once more: {shown!r}",
                "log in by hand and see what it wants",
            )
            raise SwitchError(Cause.LOGIN, what, where=self.where, hint=hint)
        asks = f"`{command}` asks back" if command else "something waits for an answer"
        hint = "answer it by hand once"
        raise SwitchError(
            Cause.DIALOGUE, f"{asks}: {shown!r}", where=self.where, hint=hint, sent=bool(command)
        )

    def _expired(self) -> SwitchError:
        return SwitchError(
            Cause.PASSWORD_EXPIRED,
            "the password has expired, and a new one is asked for",
            where=self.where,
            hint="log in by hand, set a new password, and store it where `credentials` says",
        )

    def _ended(self, told: str, reason: str = "") -> SwitchError:
        if tells_of_expiry(told):
            return self._expired()
        said = reason or last_line(told)
        return SwitchError(
            Cause.ENDED,
            f"the switch closed the session: {said}" if said else "the switch closed the session",
            where=self.where,
            sent=True,
        )

    def _stuck(self, told: str) -> SwitchError:
        shown = last_line(told)
        what = f"no prompt came; the last that it wrote is {shown!r}" if shown else "it writes nothing"
        return SwitchError(
            Cause.TIMEOUT,
            what,
            where=self.where,
            hint=_WRONG_PLATFORM,
            sent=True,
        )
