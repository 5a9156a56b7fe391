"""Secrets in a configuration, hidden when it is shown. What is kept is kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "<secret>"

_WORD = r"""(?P<secret>"[^"]*"|'[^']*'|\S+)"""

COMMON: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\s*(?:no )?enable (?:secret|password)(?: level \d+)?(?: sha512| \d+)? {_WORD}",
        rf"\b(?:secret|password|passwd|passphrase|psk|wpa-psk|pre-shared-key)(?: sha512| encrypted| ascii(?:-text)?| hex(?:adecimal)?| (?:level )?\d{{1,2}})*[ =:]+{_WORD}",
        rf"\bsnmp-server community (?:\d )?{_WORD}",
        rf"\b(?:rw|ro)community6? {_WORD}",
        rf"^\s*(?:set snmp )?community {_WORD}(?= (?:\{{|authorization|clients))",
        rf"\bcrypto isakmp key (?:\d )?{_WORD}",
        rf"\bsnmp-server host \S+(?: vrf \S+| traps| informs| version (?:1|2c|3 \w+)| use-vrf \S+)* {_WORD}",
        rf"\b(?:auth|priv)(?: (?:md5|sha\S*|des|3des|aes\S*(?: \d+)?))+ {_WORD}",
        rf"\b(?:tacacs-server|radius-server|server-private|host \S+).* key (?:\d )?{_WORD}",
        rf"^\s*key(?: \d| 6| 7)? {_WORD}\s*$",
        rf"\b(?:key-string|md5|message-digest-key \d+ md5|authentication-key \d+ \S+|hmac-\S+)(?: \d)? {_WORD}",
        rf"\b(?:authentication-key|authentication-password|privacy-password|encrypted-password) {_WORD}",
        rf"\bneighbor \S+ password(?: \d)? {_WORD}",
        r"(?P<secret>\$(?:1|5|6|8|9|y|2[aby])\$\S+)",
    )
)
"""What most command lines write secrets as: users, enable, SNMP, TACACS and RADIUS, routing neighbours, password hashes."""

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def masked(text: str, patterns: Iterable[re.Pattern[str]] = ()) -> str:
    """The text with its secrets as `<secret>`. It has as many lines as before."""
    return "\n".join(masked_lines(text.split("\n"), patterns))


def masked_lines(lines: Iterable[str], patterns: Iterable[re.Pattern[str]] = ()) -> list[str]:
    """Each line without its secrets; the lines of a private key are one each."""
    every = (*COMMON, *patterns)
    shown, inside = [], False
    for line in lines:
        if inside:
            inside = _PEM_END.search(line) is None
            shown.append(MASK if inside else line)
            continue
        inside = _PEM_BEGIN.search(line) is not None
        shown.append(_without(line, every))
    return shown


def _without(line: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        line = pattern.sub(_hidden, line)
    return line


def _hidden(found: re.Match[str]) -> str:
    begin, end = (place - found.start() for place in found.span("secret"))
    whole = found.group()
    return f"{whole[:begin]}{MASK}{whole[end:]}"
