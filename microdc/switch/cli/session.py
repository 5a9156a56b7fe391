"""A switch's command line, logged in: netmiko connects and prepares the terminal, `conversation` asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import netmiko
import paramiko
from netmiko.exceptions import NetmikoBaseException

from microdc.switch.cli.connecting import close, connected
from microdc.switch.cli.conversation import PATIENCE, Conversation
from microdc.switch.cli.errors import Cause, CommandError, SwitchError
from microdc.switch.cli.model import Target
from microdc.switch.cli.platform import Answers, Platform
from microdc.switch.cli.platforms import platform_of
from microdc.switch.cli.prompts import MESSAGE, last_line
from microdc.switch.cli.trusting import Trusted

_PREPARED_ANEW = 3
_ASKED_ANEW = 3


@dataclass(frozen=True, slots=True)
class Session:
    """A command line. Its methods are one thread's."""

    target: Target
    platform: Platform
    conversation: Conversation

    def ask(self, command: str) -> str:
        """The answer to a command. Raises CommandError where the switch refuses it, SwitchError where no answer comes."""
        answer = self.conversation.ask(command)
        said = refusal(self.platform, answer)
        if said:
            raise CommandError(command, said, where=self.target.where)
        return answer

    def answers(self, commands: Iterable[str]) -> Answers:
        """The answers by command. One that a message of the switch ran through is asked for again, lest it cut a line in two."""
        return {command: self._quiet_answer(command) for command in commands}

    def _quiet_answer(self, command: str) -> str:
        for _ in range(_ASKED_ANEW):
            answer = self.ask(command)
            if not MESSAGE.search(answer):
                return answer
        return MESSAGE.sub("", answer)

    def raise_privileges(self) -> None:
        """Gets the user what the platform's `raises` gives. Raises SwitchError where the switch wants a password for it that is missing or wrong."""
        if not self.platform.raises or self.conversation.shown.endswith("#"):
            return
        login = self.target.login
        secret = login.enable or (login.password if self.platform.raises.startswith("sudo") else "")
        said = self.conversation.ask_secret(self.platform.raises, secret)
        self.conversation.settle()
        if self.conversation.shown.endswith("#"):
            return
        if said == "password" and not secret:
            raise SwitchError(
                Cause.ENABLE,
                f"`{self.platform.raises}` asks for a password, and the credentials hold none for it",
                where=self.target.where,
                hint="add a second line to them: enable:PASSWORD; or let the user have privileges at login",
            )
        raise SwitchError(
            Cause.ENABLE,
            f"`{self.platform.raises}` was refused" + (f": {said}" if said != "password" else ""),
            where=self.target.where,
            hint="is the enable password in the credentials right?",
        )


def refusal(platform: Platform, answer: str) -> str:
    """The line by which a switch refuses a command; "" where it does not."""
    kept = MESSAGE.sub("", answer)
    found = next((match for pattern in platform.refusals if (match := pattern.search(kept))), None)
    return found.group().strip() if found else ""


@contextmanager
def open_session(target: Target, *, patience: float = PATIENCE) -> Iterator[Session]:
    """Logs in, and out at the end. patience: seconds of silence after which the switch counts as stuck.

    Raises SwitchError, and InputError for a platform or a file that is not there.
    """
    platform = platform_of(target)
    with _terminal(target, platform, patience) as conversation:
        yield Session(target, platform, conversation)


@contextmanager
def _terminal(target: Target, platform: Platform, patience: float) -> Iterator[Conversation]:
    policy = Trusted(target)
    connection, line = connected(target, platform, policy)
    try:
        channel = cast("paramiko.Channel", connection.remote_conn)
        line.guard(channel.get_transport())
        conversation = Conversation(channel, platform.remark, target.where, patience)
        conversation.greeting()
        _prepare(connection, conversation)
        for command in platform.quiet:
            conversation.ask(command)
        yield conversation
    except SwitchError as problem:
        if problem.cause is Cause.ENDED and line.loss:
            raise SwitchError(
                Cause.ENDED,
                f"the connection was lost: {line.loss}",
                where=target.where,
                hint="is the switch still up, and the way to it?",
                sent=problem.sent,
            ) from None
        raise
    finally:
        close(connection, line)


def _prepare(connection: netmiko.BaseConnection, conversation: Conversation) -> None:
    """Turns paging off and makes lines wide, in the words of the platform; then learns the prompt.

    netmiko takes the first `#` or `>` for a prompt, also one in a message that comes in between, and gives up: then it is done again.
    """
    connection.ansi_escape_codes = True
    for attempt in range(_PREPARED_ANEW):
        try:
            connection.write_channel(connection.RETURN)
            connection.session_preparation()
        except (ValueError, IndexError, NetmikoBaseException, paramiko.SSHException) as error:
            if attempt + 1 < _PREPARED_ANEW:
                continue
            shown = last_line(str(error))
            raise SwitchError(
                Cause.TIMEOUT,
                f"the terminal could not be prepared: {shown}",
                where=conversation.where,
                hint="is it the platform that the inventory names?",
            ) from None
        except OSError as error:
            raise SwitchError(
                Cause.ENDED, f"the switch closed the session: {error}", where=conversation.where
            ) from None
        break
    conversation.settle()
