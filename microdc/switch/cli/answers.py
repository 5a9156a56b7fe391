"""The answer to a command within all that a switch wrote meanwhile. Pure.

A mark is what was typed after the answer: a remark that does nothing, with a word that nobody else writes.
"""

from __future__ import annotations

import re
from collections import Counter

from microdc.switch.cli.prompts import ANY, MESSAGE, last_line


def answer_in(told: str, command: str, mark: str, prompt: re.Pattern[str], shown: str) -> str:
    """What stands between the echo of the command and the prompt at which the mark was echoed. prompt, shown: what a prompt looks like, and one."""
    lines = _without_early_echo(told, mark, shown).split("\n")
    end = next((n for n, line in enumerate(lines) if mark in line), len(lines))
    if end < len(lines) and not _prompts(lines[end], mark, prompt):
        # a message came between a prompt and the mark: the answer ends at that prompt
        end = next((n for n in range(end, -1, -1) if prompt.search(lines[n])), end)
    between = end
    while between and (prompt.search(lines[between - 1]) or _is_message(lines[between - 1])):
        between -= 1
    end = next((n for n in range(between, end) if prompt.search(lines[n])), end)
    wanted = command.strip()
    echo = next((n for n, line in enumerate(lines[:end]) if wanted and wanted in line), -1)
    return "\n".join(lines[echo + 1 : end])


def _prompts(line: str, mark: str, prompt: re.Pattern[str]) -> bool:
    """Whether the mark was typed at a prompt, which stands before it on its line."""
    before, found, after = line.rpartition(mark)
    return bool(found) and not after.strip() and prompt.search(before) is not None


def prompted_after(told: str, mark: str, prompt: re.Pattern[str]) -> bool:
    """Whether the first line after the mark, messages aside, is a prompt: then the mark was typed at one, and not in the middle of an answer."""
    lines = told.partition(mark)[2].split("\n")[1:]
    return prompt.search(next((line for line in lines if not _is_message(line)), "")) is not None


def _without_early_echo(told: str, mark: str, shown: str) -> str:
    """Without an echo of the mark in the middle of the answer: it was typed too early where the answer had paused at what looks like a prompt.

    What is typed while a program runs is shown at once by the terminal of a Unix system. A shell that edits lines shows it again at its prompt; another
    one shows its prompt twice.
    """
    early = told.count(mark) - 1
    if not early and last_line(told).count(shown) > 1:
        early = 1
    for _ in range(early):
        head, _, tail = told.partition(mark)
        told = head + tail.lstrip(" \t").removeprefix("\n")
    return told


def _is_message(line: str) -> bool:
    return not line.strip() or MESSAGE.match(line) is not None


def prompt_in(told: str, mark: str) -> str:
    """The line at which the mark was typed; where a message came in between, what two lines or more are that look like a prompt. "": none is."""
    lines = [line.rpartition(mark)[0] if mark in line else line for line in told.split("\n")]
    marked = [line.rpartition(mark)[0] for line in told.split("\n") if _prompts(line, mark, ANY)]
    if marked:
        return marked[0]
    often = Counter(line.strip() for line in lines if ANY.search(line)).most_common(1)
    return often[0][0] if often and often[0][1] > 1 else ""
