"""The causes that are known, a file for each family.

To add one: a function that takes a Case and yields a Diagnosis for each cause that fits, in the file of its family (a new family: a file with `judge`, named
in FAMILIES here); a text of a console goes into the table in `console`. A cause that was seen to happen yields at any time; one that rests on
something that was *not* seen yields only once `case.over`, or a healthy slow deployment would be called sick. No cause speaks of a phase that the node
has left behind. Each has a test with a sequence that shows it, and one that nearly does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from microdc.deploy.explaining.case import Case
from microdc.deploy.explaining.causes import (
    clock,
    dhcp,
    firmware,
    firstboot,
    image,
    ironic,
    kernel,
    link,
    loader,
    power,
    ramdisk,
    services,
    verify,
    work,
)
from microdc.deploy.explaining.model import Diagnosis

Judge = Callable[[Case], Iterator[Diagnosis]]

FAMILIES: tuple[Judge, ...] = (
    services.judge,
    power.judge,
    link.judge,
    firmware.judge,
    dhcp.judge,
    loader.judge,
    kernel.judge,
    ramdisk.judge,
    work.judge,
    image.judge,
    firstboot.judge,
    verify.judge,
    clock.judge,
)
"""In the order of a boot: of two diagnoses that are equally certain, that of the earlier family comes first."""
DELEGATED: tuple[Judge, ...] = (power.judge, ironic.judge, verify.judge)
"""Of nodes that another engine deploys: what its own boot services see, nobody here does."""
