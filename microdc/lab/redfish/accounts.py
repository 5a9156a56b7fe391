"""Who may log in: the users file, accounts made while the service runs, and roles."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from microdc.lab.redfish.properties import Kinds, required, writable
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.resources import account_service as documents
from microdc.lab.redfish.resources.account_service import ACCOUNTS, PRIVILEGES, ROLES, SERVICE
from microdc.lab.redfish.resources.shapes import collection
from microdc.lab.redfish.users import Login
from microdc.lab.redfish.world import Act, Acts, Asked, Document, Reply, User

SHORTEST, LONGEST = 8, 64
"""Characters of a new password."""
MOST = 16


@dataclass(frozen=True, slots=True)
class Account:
    """A user. Its password is kept as a salted hash and shown nowhere."""

    id: str
    name: str
    role: str
    salt: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    enabled: bool = True
    must_change: bool = False

    @property
    def user(self) -> User:
        must_change = self.path if self.must_change else ""
        return User(self.name, self.role, frozenset(PRIVILEGES[self.role]), must_change=must_change)

    @property
    def path(self) -> str:
        return f"{ACCOUNTS}/{self.id}"

    def document(self) -> Document:
        return documents.account(
            self.id, self.name, self.role, enabled=self.enabled, must_change=self.must_change
        )


def _hashed(password: str, salt: bytes) -> bytes:
    """One round: the lab's passwords are random, and a poll with Basic authentication pays this each time."""
    return hashlib.blake2b(password.encode(), salt=salt).digest()


class Accounts:
    """The accounts of one BMC, as a part of its resources and as what a login is checked against."""

    def __init__(self, users: list[Login]) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        for name, password, role in users:
            self._add(name, password, role)

    def _add(self, name: str, password: str, role: str, *, enabled: bool = True) -> Account:
        number = next(str(n) for n in range(1, MOST + 2) if str(n) not in self._accounts)
        salt = os.urandom(16)
        account = Account(number, name, role, salt, _hashed(password, salt), enabled)
        self._accounts[number] = account
        return account

    def check(self, name: str, password: str) -> User | None:
        """The user, if the password is right. Takes as long for a name that does not exist."""
        found = self._named(name)
        salt, expected = (found.salt, found.hash) if found else (b"", secrets.token_bytes(64))
        right = hmac.compare_digest(_hashed(password, salt), expected)
        return found.user if right and found and found.enabled else None

    def current(self, user: User) -> User | None:
        """The same user with the role that he has now; None where the account is gone or locked."""
        found = self._named(user.name)
        return replace(found.user, session=user.session) if found and found.enabled else None

    def _named(self, name: str) -> Account | None:
        return next((one for one in list(self._accounts.values()) if one.name == name), None)

    # -- as resources

    def read(self, path: str) -> Document | None:
        if path == SERVICE:
            return documents.service(SHORTEST, LONGEST)
        if path == ACCOUNTS:
            return collection(ACCOUNTS, "ManagerAccount", list(self._accounts))
        if path == ROLES:
            return collection(ROLES, "Role", PRIVILEGES)
        parent, _, name = path.rpartition("/")
        if parent == ROLES and name in PRIVILEGES:
            return documents.role(name)
        account = self._accounts.get(name) if parent == ACCOUNTS else None
        return account.document() if account else None

    def acts(self, path: str) -> Acts:
        if path == ACCOUNTS:
            return {"POST": Act(self._create, "ConfigureUsers")}
        parent, _, name = path.rpartition("/")
        if parent == ACCOUNTS and name in self._accounts:
            return {
                "PATCH": Act(self._change, "ConfigureSelf"),
                "DELETE": Act(self._delete, "ConfigureUsers"),
            }
        return {}

    def _create(self, asked: Asked) -> Reply:
        required(asked.document, "UserName", "Password", "RoleId")
        checked = _checked(asked.document)
        with self._lock:
            if self._named(checked["UserName"]):
                raise RefusedRequest(
                    400, "ResourceAlreadyExists", "ManagerAccount", "UserName", checked["UserName"]
                )
            if len(self._accounts) >= MOST:
                raise RefusedRequest(400, "CreateLimitReachedForResource")
            account = self._add(
                checked["UserName"],
                checked["Password"],
                checked["RoleId"],
                enabled=checked.get("Enabled", True),
            )
        return Reply(201, account.document(), {"Location": account.path})

    def _change(self, asked: Asked) -> Reply:
        checked = _checked(asked.document)
        with self._lock:
            account = self._accounts[asked.path.rpartition("/")[2]]
            if not asked.user.may("ConfigureUsers") and (
                asked.user.name != account.name or set(checked) != {"Password"}
            ):
                raise RefusedRequest(403, "InsufficientPrivilege")
            if "Password" in checked:
                salt = os.urandom(16)
                account = replace(
                    account, salt=salt, hash=_hashed(checked["Password"], salt), must_change=False
                )
            self._accounts[account.id] = replace(
                account,
                name=checked.get("UserName", account.name),
                role=checked.get("RoleId", account.role),
                enabled=checked.get("Enabled", account.enabled),
                must_change=checked.get("PasswordChangeRequired", account.must_change),
            )
        return Reply(200, self.read(asked.path))

    def _delete(self, asked: Asked) -> Reply:
        with self._lock:
            name = asked.path.rpartition("/")[2]
            administrators = [one for one in self._accounts.values() if one.role == "Administrator"]
            if [one.id for one in administrators] == [name]:
                raise RefusedRequest(403, "InsufficientPrivilege")  # the last one would lock everybody out
            self._accounts.pop(name, None)
        return Reply.done()


_KINDS: Kinds = {
    "UserName": str,
    "Password": str,
    "RoleId": tuple(PRIVILEGES),
    "Enabled": bool,
    "PasswordChangeRequired": bool,
}
"""What can be written of an account."""


def _checked(wanted: dict[str, Any]) -> dict[str, Any]:
    """The same, if it can be taken."""
    wanted = writable(wanted, documents.account("", "", ""), _KINDS)
    length = len(wanted.get("Password", " " * SHORTEST))
    if length < SHORTEST:
        raise RefusedRequest(400, "StringValueTooShort", "Password", str(SHORTEST), related="/Password")
    if length > LONGEST:
        raise RefusedRequest(400, "StringValueTooLong", "Password", str(LONGEST), related="/Password")
    return wanted
