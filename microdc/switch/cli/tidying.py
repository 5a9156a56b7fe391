"""A configuration as text that changes only when the configuration does, so that its history is worth keeping in git."""

from __future__ import annotations

from microdc.switch.cli.platform import Answers, Platform


def tidied(platform: Platform, answers: Answers) -> str:
    """The answers to the platform's `config` commands as one text, each under its command where there are several."""
    parts = []
    for command in platform.config:
        text = _plain(platform, platform.tidy(command, answers[command]))
        parts.append(f"{platform.remark} {command}\n{text}" if len(platform.config) > 1 else text)
    return "\n".join(parts)


def _plain(platform: Platform, text: str) -> str:
    """Without the lines that change by themselves, without spaces at line ends, and with one line end at the end."""
    lines = (line.rstrip() for line in text.replace("\r", "").split("\n"))
    kept = [line for line in lines if not any(pattern.search(line) for pattern in platform.volatile)]
    body = "\n".join(kept).strip("\n")
    return f"{body}\n" if body else ""
