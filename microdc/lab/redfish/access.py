"""Who asks: the user whose credentials a request brings, and whether he may go on at all."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from microdc.lab.redfish.accounts import Accounts
from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.sessions import Sessions
from microdc.lab.redfish.world import Asked, User

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Redfish"'}


def user_of(asked: Asked, accounts: Accounts, sessions: Sessions, faults: Mapping[str, Any]) -> User:
    """Whose credentials they are, a token's or a password's; RefusedRequest (401) where they are none's."""
    token, basic = asked.headers.get("x-auth-token"), asked.headers.get("authorization", "")
    user = None
    if Fault.LOGIN_401 not in faults:
        if token is not None:
            user = sessions.user(token) if Fault.BASIC_ONLY not in faults else None
        elif basic[:6].lower() == "basic ":
            user = accounts.check(*_credentials(basic[6:]))
    if user is None and token is not None:
        raise RefusedRequest(401, "NoValidSession", headers=CHALLENGE)
    if user is None:
        told = ("ResourceAtUriUnauthorized", asked.path, "no valid credentials")
        raise RefusedRequest(401, *told, headers=CHALLENGE)
    return user


def check_password_is_kept(asked: Asked, sessions: Sessions) -> None:
    """Whose password must be changed may see and change his account and end his session, no more (DSP0266 13.2.7).

    RefusedRequest (403) for all else.
    """
    account = asked.user.must_change
    if not account:
        return
    own_account = asked.path == account and asked.method in {"GET", "HEAD", "PATCH"}
    own_session = asked.path == f"{sessions.path}/{asked.user.session}" and asked.method == "DELETE"
    if not own_account and not own_session:
        raise RefusedRequest(403, "PasswordChangeRequired", account)


def _credentials(told: str) -> tuple[str, str]:
    """Name and password of an Authorization header; both empty where it is garbled."""
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
