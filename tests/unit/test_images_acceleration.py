import shutil

import pytest

from microdc.host import abilities
from microdc.host.abilities import Ability
from microdc.images import acceleration

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="needs QEMU")


@pytest.fixture(autouse=True)
def _kvm_makes_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "kvm", lambda: Ability("kvm", works=True))


def test_a_processor_that_runs_the_program_is_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    """QEMU's own emulation stands in for KVM: it does run programs."""
    monkeypatch.setattr(acceleration, "PROCESSOR", ("-accel", "tcg", "-cpu", "max"))
    assert acceleration.kvm_usable.__wrapped__()


def test_one_that_cannot_be_had_or_runs_nothing_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "PROCESSOR", ("-accel", "tcg", "-cpu", "no-such-processor"))
    assert not acceleration.kvm_usable.__wrapped__()
    monkeypatch.setattr(
        acceleration, "PROCESSOR", ("-accel", "tcg", "-cpu", "max", "-S")
    )  # stopped: it never starts
    monkeypatch.setattr(acceleration, "_PATIENCE", 0.5)
    assert not acceleration.kvm_usable.__wrapped__()
