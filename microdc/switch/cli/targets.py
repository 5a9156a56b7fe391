"""From the inventory to the command line of a switch. Only the secrets are read from outside."""

from __future__ import annotations

from microdc.documents.secrets import resolve_at, user_and_password
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
    login = login_of(resolve_at(switch.ssh_credentials, at), switch.ssh_credentials, where=str(at))
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


def login_of(secret: str, reference: str, *, where: str = "") -> Login:
    """`user:password`, and in a second line `enable:PASSWORD` where the switch wants one. Raises InputError, which does not repeat the secret."""
    first, _, second = secret.partition("\n")
    user, password = user_and_password(first.rstrip("\r"), reference, where=where)
    word, colon, enable = second.rstrip("\r\n").partition(":")
    if second and (word != "enable" or not colon):
        raise InputError(
            f"the second line that {reference} holds is not enable:PASSWORD",
            where=where,
            hint="leave it out where the switch asks for none",
        )
    return Login(user, password, enable)
