"""What dnsmasq says becomes what was seen. The lines are those of dnsmasq 2.90."""

from __future__ import annotations

import pytest

from microdc.deploy.station.resident.dhcplog import Reader, Seen, reasons

MAC = "52:54:00:98:00:02"


def seen(text: str) -> list[Seen]:
    reader = Reader()
    found = [one for line in text.splitlines() for one in reader.line(line.strip())]
    return [*found, *reader.flush()]


def told(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.mac) for one in seen(text)]


OFFERED = f"""
dnsmasq-dhcp[9]: 4024706621 available DHCP subnet: 10.98.0.0/255.255.255.0
dnsmasq-dhcp[9]: 4024706621 vendor class: PXEClient:Arch:00007:UNDI:003016
dnsmasq-dhcp[9]: 4024706621 DHCPDISCOVER(br0) {MAC}
dnsmasq-dhcp[9]: 4024706621 tags: known, arch-7, br0
dnsmasq-dhcp[9]: 4024706621 DHCPOFFER(br0) 10.98.0.12 {MAC}
dnsmasq-dhcp[9]: 4024706621 requested options: 1:netmask, 3:router
dnsmasq-dhcp[9]: 4024706621 bootfile name: snponly.efi
dnsmasq-dhcp[9]: 4024706621 next server: 10.98.0.1
dnsmasq-dhcp[9]: 4024706621 sent size:  1 option: 53 message-type  2
"""


def test_an_offer_with_its_file() -> None:
    discover, offer = seen(OFFERED)
    about = {"vendor_class": "PXEClient:Arch:00007:UNDI:003016", "arch": 7, "xid": 4024706621}
    assert (discover.kind, discover.mac, discover.data) == ("discover", MAC, about)
    assert (offer.kind, offer.mac, offer.address) == ("offer", MAC, "10.98.0.12")
    wanted = {**about, "address": "10.98.0.12", "file": "snponly.efi"}
    assert {key: offer.data[key] for key in wanted} == wanted


def test_a_file_that_was_asked_for_as_an_option() -> None:
    asked = OFFERED.replace(
        "bootfile name: snponly.efi", "sent size: 12 option: 67 bootfile-name  snponly.efi"
    )
    found = seen(asked)
    assert [one.kind for one in found] == ["discover", "offer"]
    assert found[1].data["file"] == "snponly.efi"


def test_the_architecture_may_be_told_by_the_option_alone() -> None:
    _, offer, lack = seen(
        OFFERED.replace("vendor class: PXEClient:Arch:00007:UNDI:003016", "vendor class: other")
        .replace("arch-7", "arch-11")
        .replace("bootfile name: snponly.efi", "requested options: 66:tftp-server")
    )
    assert offer.data["arch"] == 11
    assert (lack.kind, lack.data["arch"]) == ("no-loader", 11)


@pytest.mark.parametrize("tags", ["known, ipxe, arch-7, br0", "known, looping, arch-7, br0"])
def test_no_loader_is_told_of_firmware_that_wants_one_only(tags: str) -> None:
    without = OFFERED.replace("bootfile name: snponly.efi", "x: y").replace("known, arch-7, br0", tags)
    assert [kind for kind, _ in told(without)] == ["discover", "offer"]


def test_a_system_that_asks_for_an_address_wants_no_loader() -> None:
    without = OFFERED.replace("bootfile name: snponly.efi", "x: y").replace("arch-7, ", "")
    without = without.replace("PXEClient:Arch:00007:UNDI:003016", "udhcp 1.35.0")
    assert [kind for kind, _ in told(without)] == ["discover", "offer"]


def test_a_stranger() -> None:
    (stranger,) = seen(f"dnsmasq-dhcp[9]: 1072958837 DHCPDISCOVER(br0) {MAC} ignored")
    assert (stranger.kind, stranger.text) == ("ignored", "its MAC is not known")
    (full,) = seen(f"dnsmasq-dhcp[9]: 1072958837 DHCPDISCOVER(br0) 10.0.0.3 {MAC} no address available")
    assert (full.kind, full.text) == ("ignored", "no address available")


def test_the_rest_of_an_exchange() -> None:
    text = f"""
    dnsmasq-dhcp[9]: 7 user class: iPXE
    dnsmasq-dhcp[9]: 7 DHCPREQUEST(br0) 10.98.0.12 {MAC}
    dnsmasq-dhcp[9]: 7 tags: known, ipxe, br0
    dnsmasq-dhcp[9]: 7 DHCPACK(br0) 10.98.0.12 {MAC} n1
    dnsmasq-dhcp[9]: 8 DHCPREQUEST(br0) 10.77.0.1 {MAC}
    dnsmasq-dhcp[9]: 8 DHCPNAK(br0) 10.77.0.1 {MAC} wrong network
    dnsmasq-dhcp[9]: 9 DHCPDECLINE(br0) 10.98.0.12 {MAC}
    """
    found = seen(text)
    assert [one.kind for one in found] == ["request", "ack", "request", "nak", "decline"]
    assert found[0].data["user_class"] == found[1].data["user_class"] == "iPXE"
    assert found[3].text == "wrong network"


def test_files_over_tftp() -> None:
    text = """
    dnsmasq-tftp[9]: sent /d/tftp/undionly.kpxe to 10.98.0.12
    dnsmasq-tftp[9]: file /d/tftp/pxelinux.0 not found for 10.98.0.12
    dnsmasq-tftp[9]: failed sending /d/tftp/undionly.kpxe to 10.98.0.12
    dnsmasq-tftp[9]: error 8 User aborted the transfer received from 10.98.0.12
    dnsmasq-tftp[9]: error 0 TFTP Aborted received from 10.98.0.12
    dnsmasq-tftp[9]: error 3 No room received from 10.98.0.12
    """
    found = [(one.kind, one.address, one.data.get("file"), one.data.get("reason")) for one in seen(text)]
    assert found == [
        ("sent", "10.98.0.12", "undionly.kpxe", None),
        ("failed", "10.98.0.12", "pxelinux.0", "not found"),
        ("failed", "10.98.0.12", "undionly.kpxe", "failed sending"),
        ("failed", "10.98.0.12", None, "3 No room"),
    ]


def test_ready_when_the_hosts_were_read() -> None:
    reader = Reader()
    assert not reader.ready
    list(reader.line("dnsmasq-dhcp[9]: read /d/hosts"))
    assert reader.ready
    reader.expect()
    assert not reader.ready


def test_what_is_not_understood_is_passed_over() -> None:
    assert (
        told(
            "dnsmasq[9]: started, version 2.90 DNS disabled\n\x00\nsomething\ndnsmasq-dhcp[9]: 5 strange: thing"
        )
        == []
    )


def test_many_exchanges_that_come_to_nothing_are_forgotten() -> None:
    reader = Reader()
    for number in range(5000):
        list(reader.line(f"dnsmasq-dhcp[9]: {number} vendor class: PXEClient:Arch:00000"))
    assert len(reader._exchanges) <= 256


def test_why_it_ended() -> None:
    said = ["", "dnsmasq: unknown interface eth9", ""]
    assert reasons(said) == "unknown interface eth9"
    assert reasons([]) == "it said nothing"


PROXIED = f"""
dnsmasq-dhcp[9]: 639579834 available DHCP subnet: 10.98.0.0/255.255.255.0
dnsmasq-dhcp[9]: 639579834 vendor class: PXEClient:Arch:00007:UNDI:003016
dnsmasq-dhcp[9]: 639579834 PXE(br0) {MAC} proxy
dnsmasq-dhcp[9]: 639579834 tags: node, known, arch-7, br0
dnsmasq-dhcp[9]: 639579834 next server: 10.98.0.1
dnsmasq-dhcp[9]: 639579834 broadcast response
dnsmasq-dhcp[9]: 639579834 sent size:  1 option: 53 message-type  2
"""
AGAIN = PROXIED.replace("message-type  2", "message-type  5").replace(
    "broadcast response", "bootfile name: x86_64.efi"
)


def test_proxydhcp_sends_uefi_on_to_ask_again() -> None:
    discover, first, second = seen(PROXIED + AGAIN)
    assert [one.kind for one in (discover, first, second)] == ["discover", "offer", "offer"]
    assert {one.mac for one in (discover, first, second)} == {MAC}
    assert (discover.data["arch"], "proxy" in discover.data) == (7, False)
    assert (first.data["proxy"], first.data.get("file"), first.address) == (True, None, "")
    assert (second.data["proxy"], second.data["file"]) == (True, "x86_64.efi")


@pytest.mark.parametrize(
    "text",
    [
        AGAIN.replace("bootfile name: x86_64.efi", "broadcast response"),
        PROXIED.replace("00007", "00000").replace("arch-7", "arch-0"),
        PROXIED.replace("PXEClient:Arch:00007", "HTTPClient:Arch:00016").replace("arch-7", "arch-16"),
    ],
)
def test_an_answer_of_proxydhcp_that_names_no_file_and_leads_nowhere(text: str) -> None:
    assert [one.kind for one in seen(text)][-2:] == ["offer", "no-loader"]


def test_ipxe_and_a_machine_in_a_loop_are_told_by_tags_that_come_after_the_answer() -> None:
    for tag in ("ipxe", "looping"):
        text = PROXIED.replace("00007", "00000").replace("arch-7", f"arch-0, {tag}")
        assert told(text) == [("discover", MAC), ("offer", MAC)]


def test_a_stranger_of_proxydhcp() -> None:
    (ignored,) = seen(PROXIED.replace(f"{MAC} proxy", f"{MAC} proxy-ignored"))
    assert (ignored.kind, ignored.mac, ignored.data["arch"]) == ("ignored", MAC, 7)
