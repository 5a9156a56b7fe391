"""Boot overrides as vendors want to be asked for them, each as a public report tells it."""

from __future__ import annotations

from typing import Any

import pytest
from redfish_vendors import SYSTEM, Sent, Vendor, merge, refusal, vendor

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.model import Boot, BootMode, BootTarget, Target
from microdc.bmc.redfish.driver import RedfishBmc
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.remarks import Remarks
from microdc.bmc.redfish.write.boot import bodies, is_as_wanted
from microdc.bmc.redfish.write.patching import Attempt, Match, attempts
from microdc.bmc.redfish.write.refusals import Meaning

PXE = Boot(BootTarget.PXE, "once")
PXE_UEFI = Boot(BootTarget.PXE, "once", BootMode.UEFI)
CLEAR = Boot(BootTarget.NONE, "disabled")


def asked(service: Vendor, wanted: Boot) -> Boot:
    return RedfishBmc(Target("node"), service).set_boot(wanted)


def doc(body: dict[str, Any]) -> Doc:
    return Doc(SYSTEM, body, Remarks(), lambda _: None)


def headers(service: Vendor) -> list[str]:
    return [one.if_match for one in service.sent]


# -- one report after the other


def test_ami_firmware_of_a_lenovo_wants_the_etag() -> None:
    """stmcginnis/gofish#171."""

    def behaves(_service: Vendor, sent: Sent) -> None:
        if not sent.if_match:
            raise refusal(400, "Ami.1.0.PreconditionHeaderMissing")

    service = vendor(behaves)
    service.etags[SYSTEM] = '"1525957699"'
    assert asked(service, PXE).target is BootTarget.PXE
    assert headers(service) == ['"1525957699"']


def test_a_service_that_wants_the_header_and_tells_no_etag_gets_a_star() -> None:
    def behaves(_service: Vendor, sent: Sent) -> None:
        if not sent.if_match:
            raise refusal(428, "Base.1.8.PreconditionRequired")

    service = vendor(behaves)
    assert asked(service, PXE).target is BootTarget.PXE
    assert headers(service) == ["", "*"]


def test_an_etag_that_changed_is_read_anew() -> None:
    """FuturFusion/operations-center#1040."""

    def behaves(service: Vendor, sent: Sent) -> None:
        if sent.if_match != '"2"':
            service.etags[SYSTEM] = '"2"'
            raise refusal(412, "Base.1.12.PreconditionFailed")

    service = vendor(behaves)
    service.etags[SYSTEM] = '"1"'
    assert asked(service, PXE).target is BootTarget.PXE
    assert headers(service) == ['"1"', '"2"']


@pytest.mark.parametrize(
    ("told", "wanted"), [('W/"7"', '"7"'), ('"7"', 'W/"7"'), ('W/"7-gzip"', '"7"'), ('"7-gzip"', '"7"')]
)
def test_the_other_form_of_the_etag_is_tried(told: str, wanted: str) -> None:
    """gofish#511 for the suffix of a compressing web server; OpenStack Ironic for weak and strong."""

    def behaves(_service: Vendor, sent: Sent) -> None:
        if sent.if_match != wanted:
            raise refusal(412)

    service = vendor(behaves)
    service.etags[SYSTEM] = told
    assert asked(service, PXE).target is BootTarget.PXE
    assert headers(service)[-1] == wanted


def test_a_service_that_knows_no_right_etag_is_asked_without() -> None:
    def behaves(_service: Vendor, sent: Sent) -> None:
        if sent.if_match:
            raise refusal(412)

    service = vendor(behaves)
    service.etags[SYSTEM] = '"always wrong"'
    assert asked(service, PXE).target is BootTarget.PXE
    assert headers(service) == ['"always wrong"', 'W/"always wrong"', ""]


def test_the_settings_object_of_an_idrac10() -> None:
    """gofish#511: Boot of the system is read-only."""
    settings = f"{SYSTEM}/Settings"

    def behaves(_service: Vendor, sent: Sent) -> None:
        if sent.path == SYSTEM:
            raise refusal(400, "Base.1.18.PropertyNotWritable", "IDRAC.2.9.SYS403")

    service = vendor(behaves, **{"@Redfish.Settings": {"SettingsObject": {"@odata.id": settings}}})
    service.resources[settings] = {"@odata.id": settings, "Boot": dict(service.boot)}
    service.etags[settings] = '"s"'
    found = asked(service, PXE)
    assert is_as_wanted(found, PXE)  # as it is pending there: the system still says None
    assert service.boot["BootSourceOverrideTarget"] == "None"
    assert [(one.path, one.if_match) for one in service.sent][-1] == (settings, '"s"')


def test_the_future_state_of_an_asrock() -> None:
    """DMTF/Redfish-Tacklebox#144."""
    future = f"{SYSTEM}/SD"

    def behaves(_service: Vendor, sent: Sent) -> None:
        if sent.path == SYSTEM:
            raise refusal(400, "Ami.1.0.OperationSupportedInFutureStateURI")

    service = vendor(behaves)
    service.resources[future] = {"@odata.id": future, "Boot": dict(service.boot)}
    assert is_as_wanted(asked(service, PXE), PXE)
    assert [one.path for one in service.sent] == [SYSTEM, future]


def test_a_supermicro_that_says_yes_and_does_no() -> None:
    """bmc-toolbox/bmclib#459: 200, then Legacy and Disabled. What is read back is returned, and nothing is asked twice."""

    def behaves(service: Vendor, _sent: Sent) -> None:
        service.boot.update({"BootSourceOverrideMode": "Legacy", "BootSourceOverrideEnabled": "Disabled"})

    service = vendor(behaves)
    service.swallows = True
    found = asked(service, PXE_UEFI)
    assert found == Boot(BootTarget.NONE, "disabled", BootMode.BIOS, "None")
    assert len(service.sent) == 1


def test_a_supermicro_that_resets_the_mode_unless_it_is_sent() -> None:
    """DMTF/Redfishtool#106."""

    def behaves(service: Vendor, sent: Sent) -> None:
        if "BootSourceOverrideMode" not in sent.body["Boot"]:
            service.boot["BootSourceOverrideMode"] = "Legacy"

    service = vendor(behaves)
    assert asked(service, PXE).mode is BootMode.UEFI  # no mode was asked for: it stays as it is
    assert asked(service, PXE_UEFI).mode is BootMode.UEFI


def test_an_hpe_that_refuses_the_mode() -> None:
    """community.general#3509."""

    def behaves(_service: Vendor, sent: Sent) -> None:
        if "BootSourceOverrideMode" in sent.body["Boot"]:
            raise refusal(400, "iLO.2.14.PropertyNotWritableOrUnknown")

    service = vendor(behaves)
    assert is_as_wanted(asked(service, PXE_UEFI), PXE_UEFI)
    assert len(service.sent) == 2


def test_an_hpe_is_not_made_to_boot_in_another_mode_than_was_asked_for() -> None:
    def behaves(_service: Vendor, sent: Sent) -> None:
        if "BootSourceOverrideMode" in sent.body["Boot"]:
            raise refusal(400, "iLO.2.14.PropertyNotWritableOrUnknown")

    service = vendor(behaves)
    with pytest.raises(BmcRefusedError) as caught:
        asked(service, Boot(BootTarget.PXE, "once", BootMode.BIOS))
    assert caught.value.codes == ("iLO.2.14.PropertyNotWritableOrUnknown",)
    assert [one.body["Boot"]["BootSourceOverrideMode"] for one in service.sent] == ["Legacy"]


def test_a_dell_that_refuses_what_it_has_done() -> None:
    """community.general#5091, 13th generation."""

    def behaves(service: Vendor, sent: Sent) -> None:
        merge(service.system, sent.body)
        raise refusal(400, "Base.1.0.GeneralError")

    service = vendor(behaves)
    assert is_as_wanted(asked(service, PXE), PXE)
    assert len(service.sent) == 1


# -- what is never done


@pytest.mark.parametrize("status", [401, 403, 409, 500, 501])
def test_a_refusal_that_does_not_say_that_nothing_was_changed_ends_it(status: int) -> None:
    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise refusal(status, "Base.1.8.InternalError")

    service = vendor(behaves)
    service.etags[SYSTEM] = '"1"'
    with pytest.raises(BmcRefusedError) as caught:
        asked(service, PXE)
    assert caught.value.status == status
    assert len(service.sent) == 1


def test_a_bmc_that_is_gone_ends_it() -> None:
    def behaves(_service: Vendor, _sent: Sent) -> None:
        raise BmcError(Cause.TIMEOUT, "no answer", sent=True)

    service = vendor(behaves)
    with pytest.raises(BmcError):
        asked(service, PXE)
    assert len(service.sent) == 1


def test_a_service_that_refuses_everything_is_not_asked_for_ever() -> None:
    def behaves(service: Vendor, sent: Sent) -> None:
        service.etags[sent.path] = f'"{len(service.sent)}"'  # another one each time
        raise refusal(412 if len(service.sent) % 2 else 400, what=f"no, says {sent.path}")

    settings = f"{SYSTEM}/Settings"
    service = vendor(behaves, **{"@Redfish.Settings": {"SettingsObject": {"@odata.id": settings}}})
    service.resources[settings] = {"Boot": {}}
    service.etags[SYSTEM] = '"0"'
    with pytest.raises(BmcRefusedError, match="no, says"):  # not the 404 of the guessed /SD
        asked(service, PXE)
    assert len(service.sent) <= 20


# -- words


@pytest.mark.parametrize(
    ("target", "words", "sent"),
    [
        (BootTarget.CD, ["None", "CD/DVD", "Hdd"], "CD/DVD"),
        (BootTarget.CD, ["Cd"], "Cd"),
        (BootTarget.PXE, ["PXE"], "PXE"),
        (BootTarget.HTTP, ["UefiHttp"], "UefiHttp"),
        (BootTarget.DISK, ["Hdd", "UefiHdd"], "Hdd"),
        (BootTarget.BIOS, ["BiosSetup"], "BiosSetup"),
    ],
)
def test_targets_in_the_words_of_the_bmc(target: BootTarget, words: list[str], sent: str) -> None:
    service = vendor()
    service.boot["BootSourceOverrideTarget@Redfish.AllowableValues"] = words
    assert asked(service, Boot(target)).target is target
    assert service.sent[0].body["Boot"]["BootSourceOverrideTarget"] == sent


def test_a_target_that_is_not_allowed_is_not_asked_for() -> None:
    service = vendor()
    service.boot["BootSourceOverrideTarget@Redfish.AllowableValues"] = ["None", "Pxe"]
    with pytest.raises(UnsupportedError) as caught:
        asked(service, Boot(BootTarget.CD))
    assert "None, Pxe" in str(caught.value)
    assert not service.sent


def test_where_the_bmc_does_not_say_what_is_allowed_the_standards_word_is_sent() -> None:
    service = vendor()
    del service.boot["BootSourceOverrideTarget@Redfish.AllowableValues"]
    assert asked(service, PXE).target is BootTarget.PXE


def test_http_needs_uefi() -> None:
    service = vendor()
    service.boot["BootSourceOverrideMode"] = "Legacy"
    assert asked(service, Boot(BootTarget.HTTP)).mode is BootMode.UEFI


def test_a_mode_that_is_not_allowed_is_not_asked_for() -> None:
    service = vendor()
    service.boot["BootSourceOverrideMode@Redfish.AllowableValues"] = ["UEFI"]
    with pytest.raises(UnsupportedError):
        asked(service, Boot(BootTarget.PXE, "once", BootMode.BIOS))
    assert not service.sent


def test_a_lasting_that_is_not_allowed_is_not_asked_for() -> None:
    service = vendor()
    service.boot["BootSourceOverrideEnabled@Redfish.AllowableValues"] = ["Once", "Disabled"]
    with pytest.raises(UnsupportedError, match="continuous"):
        asked(service, Boot(BootTarget.PXE, "continuous"))


def test_a_supermicro_x10_has_uefi_in_its_words_and_no_mode() -> None:
    words = ["None", "Pxe", "Hdd", "CD/DVD", "UefiCd", "UefiHdd"]
    body = {
        "BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideTarget": "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": words,
    }
    asked_for = bodies(doc({"Boot": body}), Boot(BootTarget.DISK, "once", BootMode.UEFI))
    assert asked_for == (
        {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHdd"}},
    )
    with pytest.raises(UnsupportedError, match="pxe with uefi"):
        bodies(doc({"Boot": body}), PXE_UEFI)


def test_a_system_without_an_override_is_said_to_have_none() -> None:
    bmc = RedfishBmc(Target("node"), vendor(Boot={"BootOrder": ["ME0-PXE-IP4"]}))
    with pytest.raises(UnsupportedError, match="no boot override"):
        bmc.set_boot(PXE)
    with pytest.raises(UnsupportedError, match="no boot override"):
        bmc.boot()


def test_clearing() -> None:
    service = vendor()
    service.boot.update({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"})
    found = asked(service, CLEAR)
    assert found.lasting == "disabled"
    assert found.target is BootTarget.NONE


def test_clearing_where_only_one_property_is_taken() -> None:
    def behaves(_service: Vendor, sent: Sent) -> None:
        if "BootSourceOverrideTarget" in sent.body["Boot"]:
            raise refusal(400, "Base.1.8.PropertyValueConflict")

    service = vendor(behaves)
    service.boot.update({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"})
    assert asked(service, CLEAR).lasting == "disabled"


# -- the ladder by itself


def test_the_ladder_yields_every_way_once() -> None:
    ladder = attempts(["/a", "/b"], [{"x": 1}, {"x": 2}])
    told: list[Attempt] = [next(ladder), *(ladder.send(Meaning.PROPERTY) for _ in range(3))]
    with pytest.raises(StopIteration):
        ladder.send(Meaning.PROPERTY)
    assert [(one.path, one.body["x"]) for one in told] == [("/a", 1), ("/a", 2), ("/b", 1), ("/b", 2)]
    assert {one.match for one in told} == {Match.TOLD}


def test_the_ladder_keeps_the_form_that_was_not_refused() -> None:
    ladder = attempts(["/a"], [{"x": 1}, {"x": 2}])
    next(ladder)
    assert ladder.send(Meaning.PRECONDITION).match is Match.AGAIN
    assert ladder.send(Meaning.PRECONDITION).match is Match.OTHER
    assert ladder.send(Meaning.PROPERTY) == Attempt("/a", {"x": 2}, Match.OTHER)
