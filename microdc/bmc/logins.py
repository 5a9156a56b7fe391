"""Which logins were refused: what was refused once is not tried again by this process, whoever asks and by whatever protocol.

Three wrong tries lock some BMCs for everybody. So a try is made by one thread at a time for each BMC and user, and the first
refusal is the last try: twenty threads, or IPMI after Redfish, add none. A corrected password is another login.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target

_Key = tuple[str, str, bytes]

_salt = os.urandom(16)
_guard = threading.Lock()
_trying: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_refused: dict[_Key, str] = {}


@contextlib.contextmanager
def one_try(target: Target, way: str = "") -> Iterator[None]:
    """Around one login. What raises BmcError of Cause.LOGIN in it is remembered, and raised at once the next time.

    way: a part of the login that can be refused by itself, such as Basic authentication where sessions are what is usual.
    """
    with contextlib.ExitStack() as held:
        for lock in _locks(target):
            held.enter_context(lock)
        _raise_if_refused(target, way)
        try:
            yield
        except BmcError as error:
            if error.cause is Cause.LOGIN:
                with _guard:
                    _refused.update(dict.fromkeys(_keys(target, way), error.what))
            raise


def forget(target: Target) -> None:
    """Lets a login be tried again: somebody says that the BMC has changed, not the password."""
    with _guard:
        for key in [key for key in _refused if key[0].partition(" ")[0] in _addresses(target)]:
            del _refused[key]


def _raise_if_refused(target: Target, way: str) -> None:
    with _guard:
        what = next((_refused[key] for key in _keys(target, way) if key in _refused), None)
    if what is not None:
        raise BmcError(
            Cause.LOGIN,
            f"{what}; it is not tried again",
            where=target.name or target.redfish or target.ipmi,
            hint="repeated wrong tries lock some BMCs: correct the credentials, then start anew",
        )


def _locks(target: Target) -> list[threading.Lock]:
    """Of its addresses, in one order for all threads."""
    with _guard:
        return [_trying[address] for address in sorted(_addresses(target))]


def _keys(target: Target, way: str) -> list[_Key]:
    if target.login is None:
        return []
    digest = hashlib.blake2b(target.login.password.encode(), key=_salt).digest()
    return [(f"{address} {way}", target.login.user, digest) for address in _addresses(target)]


def _addresses(target: Target) -> set[str]:
    """The hosts by which the BMC is reached: Redfish and IPMI of one BMC have one list of users.

    With the port of Redfish: behind a gateway one host may stand for many BMCs.
    """
    parts = urlsplit(target.redfish)
    redfish = parts.netloc.rpartition("@")[2]
    usual = parts.port in {None, 443}
    found = {(parts.hostname or "") if usual else redfish, target.ipmi.removesuffix(":623")}
    return {f"{target.via}%{address}" for address in found if address}
