"""How a document says where a host is and how it is reached: emulators, probes, servers at the edge, jump hosts."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from microdc.documents.fields import HostAddress, Record, Text

_FINGERPRINT = r"SHA256:[A-Za-z0-9+/]{43}"


def _parse_fingerprint(text: str) -> str:
    if re.fullmatch(_FINGERPRINT, text) is None:
        raise ValueError(
            f"{text!r} is no SHA-256 fingerprint: write such as `ssh-keygen -lf` shows, SHA256:..."
        )
    return text


Fingerprint = Annotated[
    Text,
    AfterValidator(_parse_fingerprint),
    WithJsonSchema({"type": "string", "pattern": f"^{_FINGERPRINT}$"}),
]


def _from_text(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """The short form: text is the `host`, and all else is left out."""
    if not isinstance(value, str):
        return handler(value)
    try:
        return handler({"host": value})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(str(first.get("ctx", {}).get("error", first["msg"]))) from None


class ReachRecord(Record):
    """A host, and how it is reached."""

    host: HostAddress
    """Where it is: local, netns:NAME or ssh://[user@]host[:port]."""
    identity: Text | None = None
    """Private key file for SSH, relative to this document or to `~`. Left out: the user's own keys and agent."""
    known_hosts: Text | None = None
    """File against which its SSH host key is checked, relative to this document or to `~`. Left out: the user's own."""
    host_key: Fingerprint | None = None
    """SHA-256 fingerprint of its SSH host key, as `ssh-keygen -l` shows it, instead of a known_hosts file."""
    via: Text | None = None
    """Network namespace from which the SSH connection to it, or to its jump host, is opened."""
    jump: Annotated[
        ReachRecord | None, WrapValidator(_from_text, json_schema_input_type=HostAddress | ReachRecord)
    ] = None
    """SSH server through which it is reached: ssh://[user@]host[:port], or a mapping where that needs keys of its own."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.host_key is not None and self.known_hosts is not None:
            raise ValueError("has both `known_hosts` and `host_key`: write one")
        for key in ("host_key", "jump"):
            if getattr(self, key) is not None and not self.host.startswith("ssh://"):
                raise ValueError(f"has a `{key}`, but {self.host} is not reached over SSH: leave it out")
        if self.jump is not None and not self.jump.host.startswith("ssh://"):
            raise ValueError(f"has the jump host {self.jump.host}: write ssh://[user@]host[:port]")
        if self.jump is not None and self.jump.via is not None and self.via is not None:
            raise ValueError(
                "has a `via`, and so has its `jump`: only the first connection can be opened from it"
            )
        return self


Reached = Annotated[
    ReachRecord | None, WrapValidator(_from_text, json_schema_input_type=HostAddress | ReachRecord)
]
"""A host and how it is reached, or its address alone."""
