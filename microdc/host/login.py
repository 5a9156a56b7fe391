"""Logging in at an SSH server with the user's keys."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko

from microdc.errors import InputError, UnreachableError
from microdc.host.identity import DEFAULT_FILES, KeyFile, read_key
from microdc.host.model import Address


def log_in(transport: paramiko.Transport, address: Address) -> None:
    """Offers the keys one after the other until one is taken.

    The key that the address names as its identity, from ssh-agent where that holds it unlocked; else every key in
    ssh-agent, then the user's own. Raises InputError for a key file that cannot be used, UnreachableError where none
    is taken.
    """
    tried, passed_over = 0, list[str]()
    with _agent_keys() as held:
        for key in _offers(address, held, passed_over):
            tried += 1
            if _taken(transport, address, key):
                return
            if not transport.is_active():
                raise UnreachableError(
                    f"the server hung up; keys of {address.user} that it had refused: {tried}",
                    where=str(address),
                    hint="servers allow few tries: name the right key with `identity`",
                )
    names = str(address.identity or "ssh-agent and ~/.ssh")
    if not tried:
        hint = (
            "; ".join(passed_over) or "start ssh-agent and ssh-add a key, or name a key file with `identity`"
        )
        raise UnreachableError(f"there is no key to log in with in {names}", where=str(address), hint=hint)
    hint = "; ".join(["is its public key among that user's authorized keys?", *passed_over])
    what = f"login as {address.user} was refused for the key of {names}"
    raise UnreachableError(what, where=str(address), hint=hint)


@contextlib.contextmanager
def _agent_keys() -> Iterator[tuple[paramiko.AgentKey, ...]]:
    """The keys that ssh-agent holds; none where there is no agent."""
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError):
        yield ()
        return
    try:
        yield agent.get_keys()
    finally:
        agent.close()


def _offers(
    address: Address, held: tuple[paramiko.AgentKey, ...], passed_over: list[str]
) -> Iterator[paramiko.PKey]:
    if address.identity is not None:
        yield from _named(read_key(address.identity), address, held)
        return
    yield from held
    public = {key.asbytes() for key in held}
    for name in DEFAULT_FILES:
        path = Path("~/.ssh").expanduser() / name
        if not path.exists():
            continue
        try:
            file = read_key(path)
        except InputError as problem:
            passed_over.append(str(problem))
            continue
        if file.locked and file.public not in public:
            passed_over.append(f"{path} needs a passphrase: ssh-add {path}")
        if file.public not in public:
            yield from file.keys


def _named(file: KeyFile, address: Address, held: tuple[paramiko.AgentKey, ...]) -> Sequence[paramiko.PKey]:
    """What stands for the file that was named: the key itself, or ssh-agent's unlocked copy of it."""
    copies = [key for key in held if file.public and key.asbytes() == file.public]
    if file.keys or copies:
        return file.keys or copies
    agent = "ssh-agent does not hold it" if os.environ.get("SSH_AUTH_SOCK") else "there is no ssh-agent"
    if file.locked:
        raise UnreachableError(
            f"the key {file.path} needs a passphrase, and {agent}",
            where=str(address),
            hint=f"unlock it for this session: ssh-add {file.path}",
        )
    private = file.path.with_suffix("") if file.path.suffix == ".pub" else None
    hint = f"name the private one: {private}" if private and private.exists() else "name the private one"
    raise InputError(f"{file.path} is a public key, and {agent}", hint=hint)


def _taken(transport: paramiko.Transport, address: Address, key: paramiko.PKey) -> bool:
    try:
        further = transport.auth_publickey(address.user, key)
    except paramiko.BadAuthenticationType as error:
        raise UnreachableError(
            f"the server takes no keys of {address.user}, only: {', '.join(error.allowed_types)}",
            where=str(address),
            hint="allow PubkeyAuthentication there: microdc asks for no password",
        ) from None
    except paramiko.SSHException:
        return False
    if further:
        raise UnreachableError(
            f"the server took the key of {address.user} and asks for more: {', '.join(further)}",
            where=str(address),
            hint="microdc logs in with a key alone: allow that for this user",
        )
    return True
