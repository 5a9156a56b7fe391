"""`python -m microdc.lab.machine DIR WORDS`: the machine for scripts, and for ipmi_sim, whose chassis this is.

    get power|boot           power:1, boot:pxe
    set power 0|1
    set reset|shutdown 1
    set boot none|pxe|disk|default|cd|cdrom|bios
    set identify "SECONDS FORCE"
    nmi

ipmi_sim appends its words to the command that it was given, values quoted, and reads `NAME:VALUE` lines (its extcmd.c).
It hands on neither whether a boot is for once nor the mode: each is for once, by the machine's own firmware. `default`
is its word for the disk; to it, what it has no word for is answered as `none`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from microdc.errors import InputError, MicrodcError
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest, Target

_WORDS: dict[str, Target] = {
    "none": "none",
    "pxe": "pxe",
    "disk": "disk",
    "default": "disk",
    "cd": "cd",
    "cdrom": "cd",
    "bios": "bios",
}
_ANSWERS: dict[Target, str] = {"pxe": "pxe", "disk": "default", "cd": "cdrom", "bios": "bios"}


def _get(machine: Machine, what: str) -> None:
    if what == "power":
        answer = str(int(machine.power()))
    elif what == "boot":
        answer = _ANSWERS.get(machine.boot().target, "none")
    else:
        raise InputError(f"there is no {what!r} to get", hint="power or boot")
    sys.stdout.write(f"{what}:{answer}\n")


def _set(machine: Machine, what: str, value: str) -> None:
    if what == "boot":
        _set_boot(machine, value)
    elif what == "power" and value in ("0", "1"):
        (machine.on if value == "1" else machine.off)()
    elif what in ("reset", "shutdown") and value == "1":
        (machine.reset if what == "reset" else machine.shutdown)()
    elif what == "identify":
        pass  # it has no lamp, but a BMC that refuses to light it would be called broken
    else:
        raise InputError(
            f"{what} cannot be set to {value!r}", hint="power, reset, shutdown, boot or identify"
        )


def _set_boot(machine: Machine, word: str) -> None:
    if word not in _WORDS:
        raise InputError(f"{word!r} is nothing to boot from", hint=f"one of {', '.join(_WORDS)}")
    machine.set_boot(BootRequest(_WORDS[word], "once", machine.description().firmware))


def main(arguments: list[str]) -> int:
    """The exit status: 0, or that of the error, which is told on the standard error."""
    try:
        match arguments:
            case [directory, "get", what]:
                _get(Machine(Path(directory)), what)
            case [directory, "set", what, value]:
                _set(Machine(Path(directory)), what, value)
            case [directory, "nmi"]:
                Machine(Path(directory)).nmi()
            case _:
                raise InputError("usage: python -m microdc.lab.machine DIR get WHAT | set WHAT VALUE | nmi")
    except MicrodcError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
