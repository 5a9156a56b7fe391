"""Which way a server is reached: Redfish, else IPMI, and never by another way where somebody else may be answering."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from scripted_bmc import Scripted

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.model import Power, Target
from microdc.bmc.opening import GOES_ON, open_bmc
from microdc.bmc.targets import Outlet
from microdc.errors import InputError

BOTH = Target("a1", "a.yaml:3", redfish="https://10.0.0.1", ipmi="10.0.0.1")
OUTLETS = (Outlet("pdu1", "3", "10.0.0.9", "apc"),)


@pytest.fixture
def drivers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Scripted]:
    """The BMCs that the drivers make: by Redfish, IPMI and the outlets."""
    made = {name: Scripted([Power.ON], notes=(f"{name} says",)) for name in ("redfish", "ipmi", "pdu")}
    for name, bmc in made.items():
        bmc.driver = name

    redfish = SimpleNamespace(RedfishBmc=lambda _target, _client: made["redfish"])
    stand_ins = {
        "microdc.bmc.redfish.client": SimpleNamespace(Client=lambda _target, _limits: None),
        "microdc.bmc.redfish.driver": redfish,
        "microdc.bmc.ipmi.driver": SimpleNamespace(IpmiBmc=lambda _target, _limits: made["ipmi"]),
    }
    stand_ins["microdc.bmc.pdu.driver"] = SimpleNamespace(PduBmc=lambda *_: made["pdu"])
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)
    return made


def fail(bmc: Scripted, cause: Cause, what: str = "did not work") -> None:
    bmc._reads = [BmcError(cause, what)]


def test_redfish_first(drivers: dict[str, Scripted]) -> None:
    with open_bmc(BOTH) as bmc:
        assert (bmc.driver, bmc.notes) == ("redfish", ("redfish says",))
    assert [drivers[name].closed for name in ("redfish", "ipmi")] == [1, 0]


@pytest.mark.parametrize("cause", sorted(GOES_ON))
def test_then_ipmi_and_it_is_said(drivers: dict[str, Scripted], cause: Cause) -> None:
    fail(drivers["redfish"], cause)
    with open_bmc(BOTH) as bmc:
        assert bmc.driver == "ipmi"
        assert bmc.power() is Power.ON
        assert bmc.notes == ("by IPMI, since Redfish failed: did not work", "ipmi says")
    assert drivers["redfish"].closed  # and logged out of first
    assert drivers["ipmi"].closed


@pytest.mark.parametrize("cause", [Cause.LOGIN, Cause.UNTRUSTED, Cause.CERTIFICATE_CHANGED, Cause.NOT_TLS])
def test_but_not_after_these(drivers: dict[str, Scripted], cause: Cause) -> None:
    fail(drivers["redfish"], cause)
    with pytest.raises(BmcError) as caught, open_bmc(BOTH, outlets=OUTLETS):
        pass
    assert caught.value.cause is cause
    assert drivers["redfish"].closed
    assert not drivers["ipmi"].closed


def test_what_a_bmc_refuses_is_no_reason_for_another_way(drivers: dict[str, Scripted]) -> None:
    drivers["redfish"]._reads = [BmcRefusedError("no", status=500)]
    with pytest.raises(BmcRefusedError), open_bmc(BOTH):
        pass


def test_the_error_of_the_first_way_tells_of_the_others(drivers: dict[str, Scripted]) -> None:
    fail(drivers["redfish"], Cause.NO_ROUTE, "no route")

    def dead() -> Bmc:
        raise BmcError(Cause.TIMEOUT, "no answer")

    drivers["ipmi"].__class__ = type("Dead", (Scripted,), {"__enter__": lambda _: dead()})
    with pytest.raises(BmcError, match="no route") as caught, open_bmc(BOTH):
        pass
    assert (caught.value.cause, caught.value.hint) == (Cause.NO_ROUTE, "nor by IPMI: no answer")


def test_the_outlets_last(drivers: dict[str, Scripted]) -> None:
    fail(drivers["redfish"], Cause.NO_ROUTE)
    fail(drivers["ipmi"], Cause.TIMEOUT)
    with open_bmc(BOTH, outlets=OUTLETS) as bmc:
        assert bmc.driver == "pdu"
        assert len(bmc.notes) == 3
    with open_bmc(Target("a2"), outlets=OUTLETS) as bmc:
        assert (bmc.driver, bmc.notes) == ("pdu", ("pdu says",))


def test_no_way_at_all() -> None:
    with pytest.raises(InputError, match="no way to this server"), open_bmc(Target("a2", "a.yaml:9")):
        pass


def test_it_is_logged_out_of_after_a_mistake(drivers: dict[str, Scripted]) -> None:
    with pytest.raises(ZeroDivisionError), open_bmc(BOTH):
        raise ZeroDivisionError
    assert drivers["redfish"].closed
