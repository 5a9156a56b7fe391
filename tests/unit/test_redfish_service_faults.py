"""The ways in which the lab's BMC lies about anything that is asked, seen from outside."""

from __future__ import annotations

import datetime as dt
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.lab.redfish.faults import Fault, Faults
from microdc.lab.redfish.memory import MemoryMachine
from redfishservice import ADMIN, SESSIONS, SYSTEM, Rig, describe, running, until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m"), MemoryMachine(on=True), log=True) as made:
        yield made


def test_each_fault_is_said_in_a_sentence() -> None:
    source = Path(str(__import__("microdc.lab.redfish.faults", fromlist=["x"]).__file__)).read_text()
    for fault in Fault:
        after = source.partition(f'"{fault.value}"\n')[2].lstrip()
        assert after.startswith('"""'), fault


def test_faults_come_and_go_with_the_file(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.plant(busy=True)
    assert rig.client.get(SYSTEM).status == 503
    rig.plant(busy=False, nonsense=True)
    assert rig.client.get(SYSTEM).status == 200
    rig.plant(busy=9)
    assert rig.client.get(SYSTEM).headers["Retry-After"] == "9"
    (rig.directory / "faults.json").write_text("{")
    assert rig.client.get(SYSTEM).status == 200
    (rig.directory / "faults.json").unlink()
    assert rig.client.get(SYSTEM).status == 200
    said = capsys.readouterr().err
    assert "nonsense is no fault" in said
    assert "not read" in said


@pytest.mark.parametrize(
    "fault", [fault for fault in Fault if fault not in {Fault.DEAD, Fault.HALF, Fault.SLOW}]
)
def test_any_parameter_plants_a_fault_and_breaks_nothing(rig: Rig, fault: Fault) -> None:
    parameters: tuple[object, ...] = ("nonsense", [], {"x": 1}, 0.001)
    for parameter in parameters:
        rig.plant(**{fault.value: parameter})
        boot = {"Boot": {"BootSourceOverrideTarget": "Pxe"}}
        answers = [
            rig.client.get(SYSTEM),
            rig.client.log_in(),
            rig.client.patch(SYSTEM, boot),
            rig.client.reset("On"),
        ]
        assert not {500, 600} & {answer.status for answer in answers}


def test_a_file_that_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('["dead"]')
    assert Faults(tmp_path).planted() == {}


def silent(rig: Rig) -> http.client.HTTPConnection:
    connection = rig.client.open(timeout=0.5)
    connection.request("GET", "/redfish/v1/")
    return connection


def test_dead(rig: Rig) -> None:
    rig.plant(dead=True)
    connection = silent(rig)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    rig.plant()
    assert rig.client.get(SYSTEM).status == 200


def test_half_an_answer(rig: Rig) -> None:
    rig.plant(half=True)
    connection = silent(rig)
    response = connection.getresponse()
    assert response.status == 200
    with pytest.raises(TimeoutError):
        response.read()
    connection.close()


def test_slow(rig: Rig) -> None:
    rig.plant(slow=0.3)
    rig.client.get(SYSTEM)
    line = until(
        lambda: (rig.directory / "requests.log").exists() and (rig.directory / "requests.log").read_text()
    )
    assert float(line.split()[3]) >= 300


@pytest.mark.parametrize(
    ("fault", "parameter", "retry", "words"),
    [
        ("starting", True, "5", "still starting"),
        ("starting", 2, "2", "still starting"),
        ("busy", True, "5", "not available"),
    ],
)
def test_unavailable(rig: Rig, fault: str, parameter: object, retry: str, words: str) -> None:
    rig.plant(**{fault: parameter})
    answer = rig.client.get("/redfish/v1/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, retry)
    assert words in answer.json["error"]["message"]


def test_too_many_sessions_is_told_as_503(rig: Rig) -> None:
    rig.plant(sessions=True)
    refused = rig.client.log_in()
    assert (refused.status, refused.message) == (503, "RAC0218")
    assert "maximum number of user sessions" in refused.json["error"]["message"]
    assert "Retry-After" not in refused.headers
    assert rig.client.get(SYSTEM).status == 200


@pytest.mark.parametrize("parameter", [True, {"requests": 1}])
def test_sessions_that_end_after_a_request(rig: Rig, parameter: object) -> None:
    rig.plant(expired=parameter)
    token = rig.client.log_in().headers["X-Auth-Token"]
    assert [rig.client.get(SYSTEM, X_Auth_Token=token).status for _ in range(2)] == [200, 401]


def test_sessions_that_end_after_a_time(rig: Rig) -> None:
    token = rig.client.log_in().headers["X-Auth-Token"]
    rig.plant(expired={"seconds": 600})
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 200
    rig.plant(expired={"seconds": 0})
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401


@pytest.mark.parametrize(("parameter", "status"), [(True, 428), (428, 428), (412, 412)])
def test_an_etag_that_is_required(rig: Rig, parameter: object, status: int) -> None:
    rig.plant(etag_required=parameter)
    refused = rig.client.patch(SYSTEM, {"AssetTag": "a"})
    assert (refused.status, refused.message) == (status, "PreconditionHeaderMissing")
    etag = rig.client.get(SYSTEM).headers["ETag"]
    assert rig.client.patch(SYSTEM, {"AssetTag": "a"}, If_Match=etag).status == 200


def test_an_etag_that_is_never_right(rig: Rig) -> None:
    rig.plant(etag_wrong=True)
    first, second = (rig.client.get(SYSTEM).headers["ETag"] for _ in range(2))
    assert first != second
    assert rig.client.get(SYSTEM, If_None_Match=second).status == 200
    assert rig.client.patch(SYSTEM, {"AssetTag": "a"}, If_Match=second).status == 412
    assert rig.client.patch(SYSTEM, {"AssetTag": "a"}).status == 200


def test_null_readings(rig: Rig) -> None:
    rig.plant(null_readings=True)
    chassis = "/redfish/v1/Chassis/1"
    assert {one["ReadingCelsius"] for one in rig.client.get(f"{chassis}/Thermal").json["Temperatures"]} == {
        None
    }
    assert {one["ReadingVolts"] for one in rig.client.get(f"{chassis}/Power").json["Voltages"]} == {None}
    inlet = rig.client.get(f"{chassis}/Sensors?$expand=.").json["Members"][0]
    assert inlet["Reading"] is None
    assert inlet["Thresholds"]["UpperCritical"]["Reading"] == 55


@pytest.mark.parametrize(("parameter", "behind"), [(True, False), (-40 * 365 * 86_400, True)])
def test_a_clock_that_is_wrong(rig: Rig, parameter: object, *, behind: bool) -> None:
    rig.plant(clock_skew=parameter)
    told = dt.datetime.fromisoformat(rig.client.get("/redfish/v1/Managers/1").json["DateTime"])
    ahead = told - dt.datetime.now(dt.UTC)
    assert abs(ahead) > dt.timedelta(hours=23)
    assert (ahead < dt.timedelta()) is behind
    rig.client.reset("ForceOff")
    entries = rig.client.get("/redfish/v1/Managers/1/LogServices/Sel/Entries").json["Members"]
    assert dt.datetime.fromisoformat(entries[-1]["Created"]) >= told


def test_an_html_page(rig: Rig) -> None:
    rig.plant(html=True)
    answer = rig.client.get("/redfish/v1/")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(("parameter", "least"), [(True, 20 * 1024 * 1024), (100_000, 100_000)])
def test_a_huge_answer(rig: Rig, parameter: object, least: int) -> None:
    rig.plant(huge=parameter)
    assert len(rig.client.get("/redfish/v1/").body) > least


def test_a_redirect_loop(rig: Rig) -> None:
    rig.plant(redirect_loop=True)
    answer = rig.client.get(f"{SYSTEM}?$select=Id")
    assert (answer.status, answer.headers["Location"]) == (302, f"{SYSTEM}?$select=Id")


def test_basic_only(rig: Rig) -> None:
    token = rig.client.log_in().headers["X-Auth-Token"]
    rig.plant(basic_only=True)
    assert rig.client.log_in().status == 404
    assert rig.client.get("/redfish/v1/SessionService").status == 404
    assert "SessionService" not in rig.client.get("/redfish/v1/").json
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401
    assert rig.client.get(SYSTEM).status == 200


def test_no_credentials_are_right(rig: Rig) -> None:
    token = rig.client.log_in().headers["X-Auth-Token"]
    rig.plant(login_401=True)
    assert rig.client.log_in().status == 401
    assert rig.client.get(SYSTEM).status == 401
    assert rig.client.get(SYSTEM, X_Auth_Token=token).status == 401
    assert rig.as_user(None).get("/redfish/v1/").status == 200


@pytest.mark.parametrize(("parameter", "status"), [(True, 308), (301, 301), (307, 307)])
def test_a_trailing_slash(rig: Rig, parameter: object, status: int) -> None:
    rig.plant(trailing_slash=parameter)
    answer = rig.client.log_in()
    assert (answer.status, answer.headers["Location"]) == (status, f"{SESSIONS}/")
    again = rig.client.post(answer.headers["Location"], {"UserName": ADMIN[0], "Password": ADMIN[1]})
    assert again.status == 201


def test_a_session_without_location(rig: Rig) -> None:
    rig.plant(no_location=True)
    answer = rig.client.log_in()
    assert answer.status == 201
    assert "Location" not in answer.headers
    assert answer.json["@odata.id"].startswith(SESSIONS)
    assert rig.client.get(SYSTEM, X_Auth_Token=answer.headers["X-Auth-Token"]).status == 200
