"""Who may do what at the lab's Redfish service: logins, sessions, accounts."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.lab.redfish import users
from redfishservice import ADMIN, RESET, SESSIONS, SYSTEM, Rig, describe, running

ACCOUNTS = "/redfish/v1/AccountService/Accounts"
OPERATOR, READER = ("oper", "secret-lab-2"), ("guest", "secret-lab-3")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m"), sessions=3) as made:
        yield made


@pytest.mark.parametrize("login", [("admin", "wrong-password"), ("nobody", "secret-lab-1"), ("", "")])
def test_wrong_logins(rig: Rig, login: tuple[str, str]) -> None:
    client = rig.as_user(login)
    assert client.get(SYSTEM).status == 401
    assert client.log_in().status == 401
    assert rig.client.get(SESSIONS).json["Members@odata.count"] == 0


def test_a_session(rig: Rig) -> None:
    begun = rig.as_user(None).post(SESSIONS, {"UserName": "admin", "Password": ADMIN[1]})
    assert begun.status == 201
    assert begun.json["Password"] is None
    client = rig.as_user(None)
    client.headers["X-Auth-Token"] = begun.headers["X-Auth-Token"]
    assert client.get(SYSTEM).status == 200
    assert client.get(begun.headers["Location"]).json["UserName"] == "admin"
    assert client.delete(begun.headers["Location"]).status == 204
    ended = client.get(SYSTEM)
    assert (ended.status, ended.message) == (401, "NoValidSession")


def test_sessions_are_limited_and_can_be_ended(rig: Rig) -> None:
    places = [rig.client.log_in().headers["Location"] for _ in range(3)]
    refused = rig.client.log_in()
    assert (refused.status, refused.message) == (503, "SessionLimitExceeded")
    assert rig.as_user(READER).delete(places[0]).status == 403
    assert rig.client.delete(places[0]).status == 204
    assert rig.client.log_in().status == 201


def test_an_idle_session_ends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rig.client.patch("/redfish/v1/SessionService", {"SessionTimeout": 10}).status == 400
    assert rig.client.patch("/redfish/v1/SessionService", {"SessionTimeout": 30}).status == 200
    begun = rig.client.log_in()
    token = begun.headers["X-Auth-Token"]
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 200
    monkeypatch.setattr("microdc.lab.redfish.sessions.monotonic", lambda: 1e12)
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401


@pytest.mark.parametrize(
    ("login", "path", "body", "status"),
    [
        (READER, RESET, {"ResetType": "On"}, 403),
        (OPERATOR, RESET, {"ResetType": "On"}, 204),
        (OPERATOR, ACCOUNTS, {"UserName": "x", "Password": "secret-lab-9", "RoleId": "ReadOnly"}, 403),
        (OPERATOR, "/redfish/v1/Managers/1/Actions/Manager.Reset", {}, 403),
        (ADMIN, ACCOUNTS, {"UserName": "x", "Password": "secret-lab-9", "RoleId": "ReadOnly"}, 201),
        (ADMIN, ACCOUNTS, {"UserName": "admin", "Password": "secret-lab-9", "RoleId": "ReadOnly"}, 400),
        (ADMIN, ACCOUNTS, {"UserName": "x", "Password": "short", "RoleId": "ReadOnly"}, 400),
        (ADMIN, ACCOUNTS, {"UserName": "x", "Password": "secret-lab-9", "RoleId": "King"}, 400),
        (ADMIN, ACCOUNTS, {"UserName": "x", "Password": "secret-lab-9"}, 400),
        (
            ADMIN,
            f"{ACCOUNTS}/Members",
            {"UserName": "x", "Password": "secret-lab-9", "RoleId": "ReadOnly"},
            201,
        ),
    ],
)
def test_privileges(rig: Rig, login: tuple[str, str], path: str, body: object, status: int) -> None:
    assert rig.as_user(login).post(path, body).status == status


def test_an_account_lives(rig: Rig) -> None:
    made = rig.client.post(
        ACCOUNTS, {"UserName": "new", "Password": "secret-lab-9", "RoleId": "Operator", "Enabled": True}
    )
    path = made.headers["Location"]
    assert "secret-lab-9" not in made.body.decode()
    assert rig.as_user(("new", "secret-lab-9")).get(SYSTEM).status == 200
    assert rig.as_user(("new", "secret-lab-9")).patch(path, {"RoleId": "Administrator"}).status == 403
    assert rig.as_user(("new", "secret-lab-9")).patch(path, {"Password": "secret-lab-0"}).status == 200
    assert rig.as_user(("new", "secret-lab-9")).get(SYSTEM).status == 401
    assert rig.client.patch(path, {"Enabled": False}).json["Enabled"] is False
    assert rig.as_user(("new", "secret-lab-0")).get(SYSTEM).status == 401
    assert rig.client.delete(path).status == 204
    assert rig.client.get(path).status == 404


def test_a_session_ends_with_its_account(rig: Rig) -> None:
    body = {"UserName": "new", "Password": "secret-lab-9", "RoleId": "Operator"}
    path = rig.client.post(ACCOUNTS, body).headers["Location"]
    token = rig.as_user(("new", "secret-lab-9")).log_in().headers["X-Auth-Token"]
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 200
    rig.client.delete(path)
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401


def test_a_password_that_must_be_changed(rig: Rig) -> None:
    path = f"{ACCOUNTS}/2"
    assert rig.client.patch(path, {"PasswordChangeRequired": True}).status == 200
    oper = rig.as_user(OPERATOR)
    begun = oper.log_in()
    assert begun.json["@Message.ExtendedInfo"][0]["MessageId"].endswith("PasswordChangeRequired")
    refused = oper.get(SYSTEM)
    assert (refused.status, refused.message) == (403, "PasswordChangeRequired")
    assert oper.patch(path, {"Password": "secret-lab-8"}).json["PasswordChangeRequired"] is False
    assert rig.as_user(("oper", "secret-lab-8")).get(SYSTEM).status == 200


def test_the_last_administrator_stays(rig: Rig) -> None:
    assert rig.client.delete(f"{ACCOUNTS}/1").status == 403
    assert rig.client.get(SYSTEM).status == 200


def test_the_users_file(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text('{"a": "p1", "b": {"password": "p2", "role": "ReadOnly"}}')
    file.chmod(0o644)
    with pytest.raises(InputError, match="can be read by others"):
        users.load(file)
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert users.load(file) == [("a", "p1", "Administrator"), ("b", "p2", "ReadOnly")]
    for wrong in (
        "",
        "[]",
        '{"a": 1}',
        '{"a": {"password": "p"}}',
        '{"a": {"password": "p", "role": "King"}}',
    ):
        file.write_text(wrong)
        with pytest.raises(InputError):
            users.load(file)
