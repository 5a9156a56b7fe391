"""The boot override as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.bmc.ipmi import boot
from microdc.bmc.model import Boot, BootMode, BootTarget


@pytest.mark.parametrize(
    ("flags", "boot_is"),
    [
        ("80 04", Boot(BootTarget.PXE, "once", BootMode.BIOS, "pxe")),
        ("a0 04", Boot(BootTarget.PXE, "once", BootMode.UEFI, "pxe")),
        ("e0 08", Boot(BootTarget.DISK, "continuous", BootMode.UEFI, "disk")),
        ("80 14", Boot(BootTarget.CD, "once", BootMode.BIOS, "cd")),
        ("80 18", Boot(BootTarget.BIOS, "once", BootMode.BIOS, "bios")),
        ("80 3c", Boot(BootTarget.OTHER, "once", BootMode.BIOS, "floppy")),
        ("80 28", Boot(BootTarget.OTHER, "once", BootMode.BIOS, "device 10")),
        ("00 04", Boot(BootTarget.NONE, "disabled", None, "default (pxe, but not valid)")),
        ("00 00", Boot(BootTarget.NONE, "disabled", None, "default")),
    ],
)
def test_boot_flags(flags: str, boot_is: Boot) -> None:
    assert boot.decoded(bytes.fromhex("01 05" + flags + "00 00 00")) == boot_is


def test_a_locked_parameter_is_not_valid_and_another_one_is_no_boot_flags() -> None:
    assert boot.decoded(bytes.fromhex("01 85 80 04 00 00 00")).lasting == "disabled"
    with pytest.raises(ValueError, match="no boot flags"):
        boot.decoded(bytes.fromhex("01 04 80 04"))


@pytest.mark.parametrize(
    ("wanted", "data"),
    [
        (Boot(BootTarget.PXE), "80 04 00 00 00"),
        (Boot(BootTarget.PXE, "once", BootMode.UEFI), "a0 04 00 00 00"),
        (Boot(BootTarget.DISK, "continuous", BootMode.BIOS), "c0 08 00 00 00"),
        (Boot(BootTarget.NONE, "disabled"), "00 00 00 00 00"),
    ],
)
def test_boot_wishes(wanted: Boot, data: str) -> None:
    assert boot.encoded(wanted) == bytes.fromhex(data)


@given(
    st.sampled_from(sorted(boot.TARGETS - {BootTarget.NONE})),
    st.sampled_from(["once", "continuous"]),
    st.sampled_from(list(BootMode)),
)
def test_a_boot_wish_reads_back_as_itself(target: BootTarget, lasting: str, mode: BootMode) -> None:
    wanted = Boot(target, lasting, mode, target.value)  # type: ignore[arg-type]
    assert boot.decoded(bytes([1, 5]) + boot.encoded(wanted)) == wanted
