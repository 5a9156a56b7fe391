"""From the inventory to the command line of a switch. Only the secrets are read from outside."""

from __future__ import annotations

from microdc.documents.secrets import parse_reference, resolve
from microdc.errors import InputError
from microdc.switch.cli import model
from microdc.switch.cli.model import Login, Target
from microdc.testbed.model import Switch, Testbed


def target_of(testbed: Testbed, switch: Switch) -> Target:
    """How a switch's command line is reached, its credentials read.

    Raises InputError, with file and line, where the document says too little or the credentials cannot be read.
    """
    path = ("sites", switch.site, "racks", switch.rack, "switches", switch.name)
    where = testbed.where(*path, "ssh")
    if not switch.ssh_platform:
        raise InputError(
            f"{switch.name} has no `ssh`",
            where=str(where),
            hint="write ssh: {platform: ..., credentials: ...}",
        )
    if not switch.management:
        raise InputError(f"{switch.name} has no `management` address", where=str(where))
    if not switch.ssh_credentials:
        raise InputError(
            f"{switch.name} has no `ssh.credentials`",
            where=str(where),
            hint="a reference to user:password; user: alone logs in by a key",
        )
    at = testbed.where(*path, "ssh", "credentials")
    try:
        secret = resolve(parse_reference(switch.ssh_credentials), base=at.file.parent)
        login = login_of(secret, switch.ssh_credentials)
    except InputError as problem:
        what = f"{problem.what}: {problem.where}" if problem.where else problem.what
        raise InputError(what, where=str(at), hint=problem.hint) from None
    return Target(
        name=switch.name,
        address=switch.management,
        platform=switch.ssh_platform,
        login=login,
        path=f"{switch.site}/{switch.rack}/{switch.name}",
        where=str(where),
        port=model.PORT,
        host_key=switch.ssh_host_key,
        via=switch.via,
    )


def login_of(secret: str, reference: str) -> Login:
    """`user:password`, and in a second line `enable:PASSWORD` where the switch wants one. Raises InputError, which does not repeat the secret."""
    first, _, second = secret.partition("\n")
    user, colon, password = first.rstrip("\r").partition(":")
    word, enable_colon, enable = second.rstrip("\r\n").partition(":")
    if not colon or not user:
        raise InputError(
            f"what {reference} holds is not user:password", hint="write the user, a colon and the password"
        )
    if second and (word != "enable" or not enable_colon):
        raise InputError(
            f"the second line that {reference} holds is not enable:PASSWORD",
            hint="leave it out where the switch asks for none",
        )
    return Login(user, password, enable)
