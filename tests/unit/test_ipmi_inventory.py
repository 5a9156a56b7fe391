"""What the bytes of inventory data and GUIDs mean."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipmi_simulator import checked, product_fru, text_field

from microdc.bmc.ipmi import fru, inventory, text


def test_a_product_area() -> None:
    found = fru.decoded(product_fru("Fabrikam", "Edge 7", "E7-2", "B1", "SN-4711", "rack 3"))
    assert found.product == {
        "manufacturer": "Fabrikam", "model": "Edge 7", "part": "E7-2", "version": "B1", "serial": "SN-4711", "asset": "rack 3",
    }  # fmt: skip
    assert found.faults == ()


def test_a_board_area_stands_in_for_what_the_product_does_not_say() -> None:
    body = b"\x00\x00\x00\x00" + b"".join(map(text_field, ("Acme", "X11", "S-99", "P-1"))) + b"\xc1"
    area = checked(bytes([1, -(-(len(body) + 3) // 8)]) + body.ljust(-(-(len(body) + 3) // 8) * 8 - 3, b"\0"))
    found = fru.decoded(checked(bytes([1, 0, 0, 1, 0, 0, 0])) + area)
    assert (found.first("manufacturer"), found.first("model"), found.first("serial")) == (
        "Acme",
        "X11",
        "S-99",
    )


def test_placeholders_are_left_out() -> None:
    found = fru.decoded(
        product_fru("To Be Filled By O.E.M.", "   ", "Not Available", "..", "0123456789", "XXXXXX")
    )
    assert found.product == {"serial": "0123456789"}


def test_broken_inventory_data_is_said_and_what_can_be_read_is_kept() -> None:
    whole = product_fru("Fabrikam", "Edge 7", "E7-2", "B1", "SN-4711", "rack 3")
    assert "cut off" in " ".join(fru.decoded(whole[:30]).faults)
    assert fru.decoded(whole[:30]).product["manufacturer"] == "Fabrikam"
    flipped = bytearray(whole)
    flipped[14] ^= 0x20
    assert "checksum" in " ".join(fru.decoded(bytes(flipped)).faults)
    assert fru.decoded(b"\xff" * 64).faults == ("there is no inventory data",)


@given(st.binary(max_size=120))
def test_any_inventory_data_is_read_or_said_to_be_broken(data: bytes) -> None:
    found = fru.decoded(b"\x01" + data)
    header = bytes([1]) + data[:7]
    assert found.faults or (len(header) == 8 and sum(header) % 256 == 0)


def test_texts_in_the_four_codes() -> None:
    assert text.decoded(3, b"Inlet \x00\x07") == "Inlet"
    assert text.decoded(1, bytes([0x12, 0x3B, 0x4C])) == "123-4."
    # "IPMI" packed: the example of section 43.15
    assert text.decoded(2, bytes([0x29, 0xDC, 0xA6])) == "IPMI"
    assert text.decoded(0, "Lüfter".encode()) == "Lüfter"


@pytest.mark.parametrize("order", ["bytes_le", "reversed"])
def test_a_guid_in_the_orders_in_which_bmcs_have_it(order: str) -> None:
    known = UUID("1b4e28ba-2fa1-01d2-883f-0016d3cca427".replace("01d2", "11d2"))
    raw = known.bytes_le if order == "bytes_le" else known.bytes[::-1]
    assert inventory.uuid(raw) == str(known)


def test_a_guid_that_is_none() -> None:
    assert (inventory.uuid(bytes(16)), inventory.uuid(b"\xff" * 16), inventory.uuid(b"short")) == (None,) * 3
