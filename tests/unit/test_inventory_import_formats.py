"""What NetBox exports, cable tables and host variables become, and what is said of all that cannot be taken over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microdc.documents.model import DocumentError
from microdc.errors import InputError
from microdc.survey.importing.cabletables import read_cables
from microdc.survey.importing.hostvars import read_hosts
from microdc.survey.importing.model import Found, Options, together
from microdc.survey.importing.netbox import read_netbox
from microdc.survey.importing.operate import Imported, convert

HERE = Options(site="here", rack="r1")
BOMB = b"".join(
    b"%c: &%c [%s]\n" % (sign, sign, b",".join([b"*%c" % (sign - 1) if sign > 97 else b"x"] * 9))
    for sign in b"abcdefg"
)
"""Five million values by aliases."""


def netbox(*files: tuple[str, str | list[Any] | dict[str, Any]]) -> Found:
    return read_netbox(
        (Path(name), (text if isinstance(text, str) else json.dumps(text)).encode()) for name, text in files
    )


def table(text: str, name: str = "t.csv", **columns: str) -> Found:
    return read_cables(text.encode(), Path(name), columns)


def rack(imported: Imported, name: str = "r1", site: str = "here") -> dict[str, Any]:
    found: dict[str, Any] = imported.documents[site]["racks"][name]
    return found


def remarks(imported: Imported) -> dict[str, tuple[str, ...]]:
    return {f"{group.act}: {group.why}": group.items for group in imported.summary.remarks}


def said(imported: Imported, start: str) -> tuple[str, ...]:
    """The items of the one reason that starts so."""
    (found,) = [items for why, items in remarks(imported).items() if why.startswith(start)]
    return found


# -- cable tables


@pytest.mark.parametrize(
    "header",
    [
        "Source,SPort,Destination,DPort", "Device A;Port A;Device B;Port B", "From\tFrom port\tTo\tTo port", "a,a port,b,b port",
        "Side A Device,Side A Name,Side B Device,Side B Name", "Server,NIC,Switch,Switch Port", "Host,Interface,Neighbor,Neighbor Port",
        "Local Device,Local Interface,Remote Device,Remote Interface", "\ufeffSource,SPort,Destination,DPort",
    ],
)  # fmt: skip
def test_columns_are_found_by_the_words_over_them(header: str) -> None:
    sign = next(sign for sign in ",;\t" if sign in header)
    found = convert(table(f"{header}\n" + sign.join(("c1", "eno1", "sw1", "Eth 1/1")) + "\n"), HERE)
    assert rack(found)["servers"]["c1"]["nics"] == {"eno1": {"switch": "sw1", "port": "Eth-1/1"}}
    assert said(found, "repaired: names of ports") == ("sw1: Eth 1/1 is Eth-1/1",)


def test_columns_can_be_told_where_their_words_are_others() -> None:
    text = "Rechner,Anschluss,Gegenstelle,Buchse,Farbe\nc1,eno1,sw1,7,rot\n"
    with pytest.raises(InputError, match="no column for both ends") as error:
        table(text)
    assert "--columns a=HEADER" in str(error.value)
    columns = {"a": "rechner", "a-port": "Anschluss", "b": "Gegenstelle", "b-port": "Buchse"}
    found = convert(table(text, **columns), HERE)
    assert rack(found)["servers"]["c1"]["nics"] == {"eno1": {"switch": "sw1", "port": "7", "label": "rot"}}
    with pytest.raises(InputError, match="'c' is no column"):
        table(text, c="Farbe")


def test_a_markdown_page_is_read_as_it_is_shown() -> None:
    page = """
| Source | SPort | Destination | DPort | Note |
|:-------|-------|:-----------:|------:|------|
| c1     | eno1  | sw1         | 1     | a \\| b |
  c2     | eno1  | sw1         | 2     |
|--------|-------|-------------|-------|------|

```
| c9 | eno1 | sw1 | 9 | in a block of code |
|----|------|-----|---|---|
| c9 | eno1 | sw1 | 9 | in a block of code |
```

| Word | Meaning |
|------|---------|
| ToR  | top of rack |
"""
    found = convert(table(page, "t.md"), HERE)
    servers = rack(found)["servers"]
    assert servers.keys() == {"c1", "c2"}
    assert servers["c1"]["nics"]["eno1"]["label"] == "a | b"
    assert said(found, "dropped: a table without") == ("t.md:14: Word, Meaning",)


def test_power_tables_make_sources_of_power_and_name_their_outlets() -> None:
    text = "Device,PSU,USV/direct\nc1,Top,USV\nc1,Bottom,direct\nc2,-,USV\n"
    found = convert(table(text), HERE)
    assert rack(found)["pdus"] == {"usv": {}, "direct": {}}
    assert rack(found)["cables"] == [
        {"a": "c1:Top", "b": "usv:c1-Top", "kind": "power"},
        {"a": "c1:Bottom", "b": "direct:c1-Bottom", "kind": "power"},
        {"a": "c2:psu", "b": "usv:c2", "kind": "power"},
    ]
    assert len(said(found, "noted: ports that are not told")) == 4
    found = convert(table("Device,PSU,PDU,Outlet\nc1,1,pdu-a,7\n"), HERE)
    assert rack(found)["cables"] == [{"a": "c1:1", "b": "pdu-a:7", "kind": "power"}]


def test_columns_of_secrets_are_not_read() -> None:
    text = "a,a port,b,b port,Password,Note\nsw1,1,sw2,1,hunter2,x\nsw1,2,,,hunter2,y\n"
    found = convert(table(text), HERE)
    assert rack(found)["cables"] == [{"a": "sw1:1", "b": "sw2:1", "label": "x"}]
    assert said(found, "dropped: columns that may hold secrets") == ("Password (t.csv:1)",)
    assert "hunter2" not in repr(found)


def test_kinds_are_told_by_a_column() -> None:
    text = "a,a port,b,b port,kind\ns1,ttyS0,sw1,console,serial\nsw1,1,sw2,2,data\ns1,x,sw1,3,quantum\n"
    found = convert(table(text), HERE)
    kinds = [cable.get("kind", "data") for cable in rack(found)["cables"]]
    assert kinds == ["console", "data"]
    assert said(found, "noted: a kind of cable") == ("quantum (t.csv:4)",)


def test_a_cable_is_kept_once_however_often_it_is_told() -> None:
    text = "a,a port,b,b port,label\nsw1,1,sw2,2,\nsw2,2,sw1,1,W7\nSW1,1,sw2,2,W8\n"
    found = convert(table(text), HERE)
    assert rack(found)["cables"] == [{"a": "sw1:1", "b": "sw2:2", "label": "W7"}]
    assert (found.summary.cables, found.summary.stated) == (1, 3)
    assert said(found, "noted: cables that are told twice") == ("sw1 1 - sw2 2 (t.csv:2): W7; W8 (t.csv:4)",)


def test_two_cables_in_one_port_are_both_kept_and_told() -> None:
    text = "a,a port,b,b port\nc1,eno1,sw1,1\nc1,eno1,sw1,2\nc2,eno1,sw1,1\n"
    found = convert(table(text), HERE)
    assert rack(found)["servers"]["c1"]["nics"] == {"eno1": {"switch": "sw1", "port": "1"}}
    assert rack(found)["cables"] == [{"a": "c1:eno1", "b": "sw1:2"}, {"a": "c2:eno1", "b": "sw1:1"}]
    assert said(found, "noted: two cables in one port") == (
        "c1:eno1 to sw1:1 (t.csv:2) and sw1:2 (t.csv:3)",
        "sw1:1 to c1:eno1 (t.csv:2) and c2:eno1 (t.csv:4)",
    )


def test_what_is_no_cable_is_told() -> None:
    text = """a,a port,b,b port,note
sw1,Po1,sw2,Po1,
sw1,PortChannel01,sw2,PortChannel01,
sw1,3,,,spare
sw1,,,,
,,,,lost
sw1,1,sw1,1,
sw1,1,sw2,1,
"""
    found = convert(table(text), HERE)
    assert rack(found)["cables"] == [{"a": "sw1:1", "b": "sw2:1"}]
    assert len(said(found, "dropped: a bundle of ports")) == 2
    assert said(found, "dropped: a cable of which one end") == ("sw1 3 - nowhere, spare (t.csv:4)",)
    assert said(found, "noted: a row that names a device") == ("sw1 (t.csv:5)",)
    assert said(found, "dropped: a row that names no device") == ("t.csv:6: lost",)
    assert said(found, "dropped: a cable that joins a port") == ("sw1 1 - sw1 1 (t.csv:7)",)


def test_names_become_names_and_the_mapping_is_told() -> None:
    text = "a,a port,b,b port\nNode 1,Onboard LAN 1 (left),TOR_SW,Gi 1/0/1:2\nnode-1,eno1,tor-sw,2\n"
    found = convert(
        table(text), Options(site="here", rack="r1", kinds=(("TOR*", "switch"), ("tor*", "switch")))
    )
    assert rack(found)["servers"]["node-1"]["nics"] == {
        "Onboard-LAN-1-(": {"switch": "tor-sw", "port": "Gi-1/0/1-2"},
    }
    assert rack(found)["servers"]["node-1-2"]["nics"] == {"eno1": {"switch": "tor-sw-2", "port": "2"}}
    assert said(found, "repaired: names of devices") == (
        "Node 1 is node-1", "TOR_SW is tor-sw", "node-1 is node-1-2", "tor-sw is tor-sw-2",
    )  # fmt: skip


def test_what_names_tell_is_used_only_as_told() -> None:
    text = "a,a port,b,b port\nams-comp-r07-u03,eno1,ams-sw1g-r07-u42,1\n"
    options = Options(names=("{site}-{role}-{rack}-u{unit}",))
    found = convert(table(text), options)
    one = rack(found, "r07", "ams")["servers"]["ams-comp-r07-u03"]
    assert (one["role"], one["unit"]) == ("comp", 3)
    assert rack(found, "r07", "ams")["switches"]["ams-sw1g-r07-u42"]["unit"] == 42
    with pytest.raises(InputError, match="nothing tells the site"):
        convert(table(text), Options())
    for wrong in ("{site", "{room}-*", "*", "{site}{site}"):
        with pytest.raises(InputError):
            convert(table(text), Options(site="x", names=(wrong,)))


def test_devices_without_a_rack_are_kept_in_one_that_says_so() -> None:
    found = convert(table("a,a port,b,b port\nsw1,1,sw2,1\n"), Options(site="here"))
    assert rack(found, "unplaced")["switches"] == {"sw1": {}, "sw2": {}}
    assert len(said(found, "noted: devices of which nothing tells the rack")) == 2


# -- NetBox


def rest(kind: str, *items: dict[str, Any], **page: Any) -> dict[str, Any]:
    results = [{"url": f"https://nb/api/dcim/{kind}/{n}/", **item} for n, item in enumerate(items)]
    return {"count": len(results), "next": None, "previous": None, "results": results, **page}


def device(name: str | None, role: str = "server", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "site": {"name": "Here", "slug": "here"}, "rack": {"name": "R1"}, "role": {"slug": role, "name": role},
        "device_type": {"model": "X1", "slug": "x1", "manufacturer": {"name": "Acme"}}, "status": {"value": "active"}, **more,
    }  # fmt: skip


def at(name: str, port: str, kind: str = "dcim.interface") -> list[dict[str, Any]]:
    return [{"object_type": kind, "object_id": 1, "object": {"name": port, "device": {"name": name}}}]


def test_answers_of_the_rest_api_come_in() -> None:
    found = convert(
        netbox(
            ("d.json", rest(
                "devices", device("c1", position=3.0, serial="S1", asset_tag="A1", oob_ip={"address": "10.0.0.3/24"}, custom_fields={"x": 1}),
                device("sw1", "leaf", position=40.0, primary_ip4={"address": "10.0.0.2/24"}), device("pdu1", "pdu"),
            )),
            ("i.json", rest(
                "interfaces", {"device": {"name": "c1"}, "name": "eno1", "type": {"value": "1000base-t"}, "mac_address": "52-54-00-00-00-01"},
                {"device": {"name": "c1"}, "name": "iDRAC", "type": {"value": "1000base-t"}, "mgmt_only": True, "mac_address": "52:54:00:00:00:02"},
                {"device": {"name": "c1"}, "name": "bond0", "type": {"value": "lag"}},
            )),
            ("c.json", rest(
                "cables", {"label": "W1", "a_terminations": at("c1", "eno1"), "b_terminations": at("sw1", "1"), "length": 2.0, "length_unit": {"value": "m"}},
                {"a_terminations": at("c1", "iDRAC"), "b_terminations": at("sw1", "2"), "status": {"value": "connected"}},
                {"a_terminations": at("c1", "PSU1", "dcim.powerport"), "b_terminations": at("pdu1", "7", "dcim.poweroutlet")},
                {"a_terminations": at("sw1", "con", "dcim.consoleport"), "b_terminations": at("c1", "ttyS0", "dcim.consoleserverport")},
            )),
            ("t.json", rest("device-types", {"model": "X1", "slug": "x1", "u_height": 2.0})),
        ),
        Options(),
    )  # fmt: skip
    c1 = rack(found)["servers"]["c1"]
    assert (c1["unit"], c1["height"], c1["role"], c1["labels"]) == (3, 2, "server", {"asset-tag": "A1"})
    assert c1["hardware"] == {"manufacturer": "Acme", "model": "X1", "serial": "S1"}
    assert c1["nics"] == {
        "eno1": {"mac": "52:54:00:00:00:01", "switch": "sw1", "port": "1", "label": "W1, 2 m"}
    }
    nic = {"mac": "52:54:00:00:00:02", "switch": "sw1", "port": "2"}
    assert c1["bmc"] == {"redfish": "https://10.0.0.3", "nic": nic}
    assert rack(found)["switches"]["sw1"]["management"] == "10.0.0.2"
    assert rack(found)["cables"] == [
        {"a": "c1:PSU1", "b": "pdu1:7", "kind": "power"}, {"a": "sw1:con", "b": "c1:ttyS0", "kind": "console"},
    ]  # fmt: skip
    assert said(found, "noted: ports of servers that are no hardware") == ("c1:bond0",)


def test_cables_are_read_of_interfaces_where_they_have_no_file_of_their_own() -> None:
    found = convert(
        netbox(
            ("d.json", rest("devices", device("c1"), device("sw1", "switch"))),
            ("i.json", rest("interfaces", {
                "device": {"name": "c1"}, "name": "eno1", "cable": {"id": 1, "label": "W1"}, "link_peers": [{"device": {"name": "sw1"}, "name": "1"}],
            }, {
                "device": {"name": "sw1"}, "name": "1", "cable": {"id": 1, "label": "W1"}, "link_peers": [{"device": {"name": "c1"}, "name": "eno1"}],
            })),
        ),
        Options(),
    )  # fmt: skip
    assert rack(found)["servers"]["c1"]["nics"] == {"eno1": {"switch": "sw1", "port": "1", "label": "W1"}}
    assert found.summary.cables == 1


def test_older_answers_and_breakouts_and_other_ends() -> None:
    found = convert(
        netbox(
            ("d.json", rest("devices", device("sw1", "switch"), device("sw2", "switch"), device("c1"))),
            ("c.json", rest(
                "cables", {"termination_a_type": "dcim.interface", "termination_a": {"device": {"name": "sw1"}, "name": "1"},
                 "termination_b_type": "dcim.interface", "termination_b": {"device": {"name": "sw2"}, "name": "1"}},
                {"a_terminations": at("sw1", "49"), "b_terminations": [*at("sw2", "5"), *at("sw2", "6")]},
                {"a_terminations": at("sw1", "50"), "b_terminations": [{"object_type": "circuits.circuittermination", "object": {"display": "x"}}]},
                {"a_terminations": at("c1", "PSU1", "dcim.powerport"),
                 "b_terminations": [{"object_type": "dcim.powerfeed", "object": {"name": "Feed A"}}]},
                {"a_terminations": at("sw1", "9"), "b_terminations": at("sw2", "9"), "status": {"value": "planned"}},
            )),
        ),
        Options(rack="r1"),
    )  # fmt: skip
    assert [(c["a"], c["b"]) for c in rack(found)["cables"]] == [
        ("sw1:1", "sw2:1"), ("sw1:49", "sw2:5"), ("sw1:49", "sw2:6"), ("c1:PSU1", "feed-a:c1-PSU1"), ("sw1:9", "sw2:9"),
    ]  # fmt: skip
    assert said(found, "dropped: a cable of which one end is in no device") == ("sw1 50 (c.json)",)
    assert said(found, "noted: a cable that is planned") == ("sw1 9 - sw2 9 (c.json)",)


def test_exported_tables_come_in() -> None:
    devices = (
        "Name,Status,Site,Location,Rack,Position,Rack Face,Role,Manufacturer,Type,Serial number,Asset tag,IP Address,OOB IP\n"
        "c1,Active,here,,R1,3,Front,Server,Acme,X1,S1,A1,10.0.1.3/24,10.0.0.3/24\nsw1,Active,here,,R1,40,Rear,Leaf Switch,Acme,X9,S9,,10.0.0.2/24,\n"
    )
    interfaces = (
        "Name,Device,Label,Enabled,Type,MAC Address\neno1,c1,,True,1000BASE-T (1GE),52:54:00:00:00:01\n"
    )
    cables = "ID,Label,Device A,Rack A,Termination A,Device B,Rack B,Termination B,Status,Type,Length\n1,W1,c1,R1,eno1,sw1,R1,1,Connected,CAT6,\n"
    found = convert(netbox(("d.csv", devices), ("i.csv", interfaces), ("c.csv", cables)), Options())
    c1 = rack(found)["servers"]["c1"]
    assert c1["nics"] == {
        "eno1": {"mac": "52:54:00:00:00:01", "switch": "sw1", "port": "1", "label": "W1, CAT6"}
    }
    assert (c1["unit"], c1["labels"]["address"], c1["bmc"]) == (
        3,
        "10.0.1.3",
        {"redfish": "https://10.0.0.3"},
    )
    assert rack(found)["switches"]["sw1"]["labels"]["serial"] == "S9"
    form = "side_a_device,side_a_type,side_a_name,side_b_device,side_b_type,side_b_name\nc1,dcim.interface,eno1,sw1,dcim.interface,1\n"
    again = convert(netbox(("d.csv", devices), ("c.csv", form)), Options())
    assert again.summary.cables == 1
    with pytest.raises(InputError, match="does not say in which devices"):
        netbox(("c.csv", "ID,Label,Termination A,Termination B,Status,Type\n1,,eno1,1,Connected,\n"))


def test_what_racks_cannot_hold_is_told_and_the_document_loads() -> None:
    found = convert(
        netbox(
            ("d.json", rest(
                "devices", device("c1", position=3), device("c2", position=3), device("c3", position=11), device("c4", position=2.5),
                device(None), device("c5", rack=None, position=1), device("c1", position=4),
            )),
            ("r.json", rest("racks", {"name": "R1", "site": {"slug": "here"}, "u_height": 10})),
        ),
        Options(),
    )  # fmt: skip
    servers = rack(found)["servers"]
    assert {name: one.get("unit") for name, one in servers.items()} == {
        "c1": 3,
        "c2": None,
        "c3": None,
        "c4": 2,
    }
    assert said(found, "dropped: units that another device") == ("3 of c2 (d.json): c1 is there",)
    assert said(found, "dropped: units that the rack") == ("11 of c3 (d.json), rack r1 of 10",)
    assert said(found, "dropped: a device without a name") == ("x1 (d.json)",)
    assert said(found, "noted: two places") == ("unit of c1: 3 (d.json), 4 (d.json)",)
    assert rack(found, "unplaced")["servers"].keys() == {"c5"}


def test_units_are_counted_from_the_bottom_whatever_netbox_does() -> None:
    frame = {"name": "R1", "site": {"slug": "here"}, "u_height": 10, "desc_units": True}
    kinds = ("t.json", rest("device-types", {"model": "X1", "u_height": 2}))
    found = convert(
        netbox(
            ("d.json", rest("devices", device("c1", position=1))), ("r.json", rest("racks", frame)), kinds
        ),
        Options(),
    )
    assert rack(found)["servers"]["c1"]["unit"] == 9
    frame = {"name": "R1", "site": {"slug": "here"}, "u_height": 10, "starting_unit": 5}
    found = convert(
        netbox(("d.json", rest("devices", device("c1", position=7))), ("r.json", rest("racks", frame))),
        Options(),
    )
    assert rack(found)["servers"]["c1"]["unit"] == 3


def test_macs_and_addresses_that_are_none_and_those_told_twice() -> None:
    ports = [
        {"device": {"name": name}, "name": f"eno{number}", "enabled": True, "mac_address": mac}
        for number, (name, mac) in enumerate([
            ("c1", "52:54:00:00:00:01"), ("c2", "52:54:00:00:00:01"), ("c2", "00:00:11:e7:fe:80:00"), ("c2", "Not Available"), ("c2", "01:00:5e:00:00:01"),
        ])
    ]  # fmt: skip
    machines = rest(
        "devices",
        device("c1", oob_ip={"address": "no address"}),
        device("c2"),
        device("sw1", "switch", oob_ip="10.0.0.300/24"),
    )
    found = convert(netbox(("d.json", machines), ("i.json", rest("interfaces", *ports))), Options())
    assert "bmc" not in rack(found)["servers"]["c1"]
    assert "management" not in rack(found)["switches"]["sw1"]
    assert said(found, "dropped: MAC addresses that are told of two") == (
        "52:54:00:00:00:01 of c1:eno0 and c2:eno1",
    )
    assert len(said(found, "dropped: MAC addresses that are none")) == 3
    assert said(found, "dropped: addresses of BMCs") == ("no address of c1 (d.json)",)
    assert said(found, "dropped: addresses of management") == ("10.0.0.300 of sw1 (d.json)",)


def test_networks_that_overlap_are_left_out() -> None:
    document = """
devices: [{name: c1, site: {slug: here}, rack: {name: r1}, role: {slug: server}, device_type: {slug: x}}]
prefixes:
  - {prefix: 10.0.0.0/8, status: container, site: {slug: here}}
  - {prefix: 10.1.0.0/16, role: {slug: mgmt}, site: {slug: here}}
  - {prefix: 10.1.2.0/24, scope: {slug: here}, description: "inner - of it"}
  - {prefix: 10.2.0.1/16, site: {slug: here}}
  - {prefix: 10.3.0.0/16, site: {slug: there}}
  - {prefix: "fd00::/32", description: "data - for all"}
"""
    found = convert(netbox(("n.yml", document)), Options())
    assert found.documents["here"]["networks"] == {"mgmt": ["10.1.0.0/16"], "data": ["fd00::/32"]}
    assert said(found, "dropped: networks that overlap") == ("10.1.2.0/24 (n.yml:6)",)
    assert said(found, "dropped: networks that are none") == ("10.2.0.1/16 (n.yml:7)",)
    assert said(found, "dropped: networks of no site") == ("10.3.0.0/16 (n.yml:8)",)


def test_several_sites_are_several_documents_and_no_cable_joins_them() -> None:
    there = device("sw2", "switch", site={"slug": "there"})
    cable = {"a_terminations": at("sw1", "1"), "b_terminations": at("sw2", "1")}
    found = convert(
        netbox(
            ("d.json", rest("devices", device("sw1", "switch"), there)), ("c.json", rest("cables", cable))
        ),
        Options(),
    )
    assert list(found.documents) == ["here", "there"]
    assert said(found, "dropped: a cable between two sites") == ("sw1 1 - sw2 1 (c.json)",)


def test_a_page_of_several_is_told() -> None:
    page = rest("devices", device("c1"), count=50, next="https://nb/api/dcim/devices/?offset=1")
    assert said(convert(netbox(("d.json", page)), Options()), "dropped: one page of several") == (
        "1 of 50 (d.json)",
    )


def test_what_is_no_object_or_of_no_known_type_is_told() -> None:
    document = "devices: [{name: c1, site: here}, c2]\nsites:\nversion: 3\nvlans: [{vid: 7}]\npower-ports: [{name: p}]\n"
    found = convert(netbox(("n.yml", document), ("x.json", [{"colour": "red"}, 7])), Options())
    assert said(found, "dropped: values where") == ("'c2' (n.yml:1)", "7 (x.json)")
    assert said(found, "dropped: objects of a type") == ("1 with version (n.yml)", "1 with colour (x.json)")
    assert said(found, "noted: objects that") == ("1 vlans (n.yml)",)
    assert said(found, "noted: ports that an inventory names only") == ("1 power_ports (n.yml)",)


# -- Ansible


def test_host_variables_tell_bmcs_and_no_secret() -> None:
    text = b"""
bmc_address: 10.0.0.9
bmc_mac: 52:54:00:00:00:09
device_model: X1
bmc_password: hunter2
bmc_user: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
ansible_host: "{{ something }}"
"""
    found = read_hosts(
        [("c1", Path("host_vars/c1/a.yml"), text), ("c1", Path("host_vars/c1/b.yml"), b"---\n# nothing\n")]
    )
    imported = convert(found, HERE)
    c1 = rack(imported)["servers"]["c1"]
    assert c1["bmc"] == {"redfish": "https://10.0.0.9", "nic": {"mac": "52:54:00:00:00:09"}}
    assert c1["hardware"] == {"model": "X1"}
    assert said(imported, "noted: variables") == ("bmc_password", "bmc_user", "ansible_host")
    whole = repr(imported)
    assert "hunter2" not in whole
    assert "6162" not in whole
    by_ipmi = convert(found, Options(site="here", rack="r1", bmc="ipmi"))
    assert rack(by_ipmi)["servers"]["c1"]["bmc"]["ipmi"] == "10.0.0.9"


def test_sources_are_joined_and_what_they_say_differently_is_told() -> None:
    hosts = read_hosts([("C1", Path("host_vars/C1.yml"), b"mgmt_address: 10.0.0.9\ndevice_model: X2\n")])
    wires = table("a,a port,b,b port\nc1,MGMT,sw1,1\nc1,BMC,sw1,2\nc2,IPMI,sw1,3\n")
    found = convert(
        together([netbox(("d.json", rest("devices", device("c1", position=1)))), hosts, wires]), HERE
    )
    servers = rack(found)["servers"]
    assert servers["c1"]["bmc"]["nic"] == {"switch": "sw1", "port": "1"}
    assert servers["c2"]["nics"] == {"IPMI": {"switch": "sw1", "port": "3"}}
    assert rack(found)["cables"] == [{"a": "c1:bmc", "b": "sw1:2"}]
    assert said(found, "noted: ports of BMCs") == ("c2:IPMI",)
    assert said(found, "noted: two places") == ("model of c1: X1 (d.json), X2 (host_vars/C1.yml:1)",)


# -- bad input


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", b"{"), ("x.json", b"3"), ("x.json", b"[" * 100_000), ("x.json", b"\xff"), ("x.json", b"\0"), ("x.csv", b""), ("x.csv", b"\n\n"),
        ("x.csv", b"a,b\n1,2,3\n"), ("x.yml", b"a: [1"), ("x.yml", b"- a"), ("x.yml", b""), ("x.yml", b"a: &a [*a]"),
        ("x.yml", BOMB), ("x.json", b" " * 20_000_001),
        ("x.json", b"[" + b",".join([b"{}"] * 20_001) + b"]"), ("x.csv", b"a" + b",a" * 300 + b"\n1\n"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_its_place(name: str, data: bytes) -> None:
    with pytest.raises(InputError) as error:
        read_netbox([(Path(name), data)])
    assert str(error.value).startswith(name)


def test_tables_that_are_none_are_refused() -> None:
    for text in ("", "words\n", "# Title\n\nWords.\n", "a,b\n" + "x,y\n" * 20_001):
        with pytest.raises(InputError):
            table(text, "t.md" if text.startswith("#") else "t.csv")
    with pytest.raises(DocumentError):
        read_hosts([("c1", Path("c1.yml"), b"a: [")])
    with pytest.raises(InputError, match="no device"):
        convert(Found(), HERE)
