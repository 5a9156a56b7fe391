"""Who runs this command, as the store keeps it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from microdc.cli.config import masked
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.store.model import Actor


def actor(owner: str) -> Actor:
    """The process that runs, acting for `owner`, with its command line; a password in a URL is left out of it.

    Raises InputError where nobody is named.
    """
    from microdc.store.process import this_process

    if not owner.strip():
        raise InputError("the owner has no name", hint="--owner NAME")
    program, *arguments = sys.argv or ["microdc"]
    return this_process(owner.strip(), [Path(program).name, *(str(masked("", word)) for word in arguments)])
