"""What stands at the end of what a switch wrote: a prompt, a pager that waits, or a question. Pure."""

from __future__ import annotations

import re
from typing import Literal

_TERMINATORS = "#>$%"
_LEAST = 16
"""IOS cuts the name in its prompt to 20 characters in configuration mode, so that no more than this is certain to stay."""

_LONGEST_LINE = 500
"""Characters. What is longer is part of an answer, such as JSON in one line."""

_PAGER = re.compile(
    r"(?:-{2,} ?\(?more\b[^\n]*|<-+ ?more ?-+>|press any key to continue[^\n]*)\s*\Z", re.IGNORECASE
)
_PASSWORD = re.compile(r"(?:pass(?:word|phrase)|kennwort)[^\n]*:\s*\Z", re.IGNORECASE)
_EXPIRED = re.compile(
    r"password (?:has|is|has been|was) expired|your password expired|must (?:be changed|change (?:your|the)(?: \w+)? password)"
    r"|(?:new|old|current) (?:unix )?password:|change your password now|password change required",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:\[(?:confirm|yes|no|y)(?:[/|](?:no|n|yes))?\]|\((?:y(?:es)?/no?|confirm)\))[^\n]*\Z", re.IGNORECASE
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78cDEHM])")
_REDRAWN = re.compile(r"\r[ \t]+\r|\x08+ +\x08+|\x08+")

MESSAGE = re.compile(
    r"^(?:[*.]?[^%\n]{0,100}: )?%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)?-[0-7]-[A-Z0-9_]+: .*\n?", re.MULTILINE
)
"""A message that a switch writes to whoever is logged in, such as `*Mar  1 00:01:02.003: %LINK-3-UPDOWN: ...`."""

Kind = Literal["prompt", "pager", "password", "expired", "question", ""]


def plain(text: str) -> str:
    """What is written without control sequences: with line feeds as line ends, and what a pager drew over itself taken away."""
    text = _ESCAPES.sub("", text.replace("\x00", ""))
    return _REDRAWN.sub("", text).replace("\r\n", "\n").replace("\r", "")


def ends_in(text: str, prompt: re.Pattern[str]) -> Kind:
    """What the last line is, which no line end follows; "" for none of these."""
    last = text[text.rfind("\n") + 1 :]
    if len(last) > _LONGEST_LINE:
        return ""
    if prompt.search(last):
        return "prompt"
    if _PAGER.search(last):
        return "pager"
    if _PASSWORD.search(last):
        return "expired" if _EXPIRED.search(text[-2000:]) else "password"
    return "question" if _QUESTION.search(last) else ""


def shows(text: str, prompt: re.Pattern[str]) -> bool:
    """Whether one of the lines is nothing but a prompt: then a message may have come behind it."""
    return any(prompt.search(line) for line in text.split("\n"))


def tells_of_expiry(text: str) -> bool:
    """Whether a switch that hung up said that the password is to be changed."""
    return _EXPIRED.search(text) is not None


def without_pager(text: str) -> str:
    """The text without the pager's last line."""
    return text[: text.rfind("\n") + 1]


ANY = re.compile(rf"(?:^|\n)[^\n]{{0,200}}[{_TERMINATORS}] ?\Z")
"""What may be a prompt, while it is not known."""


def prompt_of(line: str) -> re.Pattern[str]:
    """What the prompt `line` looks like in every mode of the switch: `sw1#` also as `sw1(config-if)#`, at the end of what was written."""
    base = line.rstrip().rstrip(_TERMINATORS).rstrip()
    base = re.sub(r"\([^()]*\)\Z", "", base)
    if not base:
        # twice where something was typed before the first was shown
        return re.compile(rf"(?:^|\n)(?:[{_TERMINATORS}] )?[{_TERMINATORS}] ?\Z")
    return re.compile(rf"(?:^|\n){re.escape(base[:_LEAST])}[^\n]{{0,200}}[{_TERMINATORS}] ?\Z")


def last_line(text: str) -> str:
    """What was written last and is no empty line, cut to what a message can hold."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][-120:] if lines else ""
