"""The list of programs: what only the tests need is asked for only by them."""

from __future__ import annotations

import pytest

from microdc import requirements


def test_what_only_the_tests_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "find", lambda program: None if program == "initdb" else program)
    assert requirements._main(["--missing-packages"]) == 0
    assert "postgresql" not in capsys.readouterr().out.split()
    assert requirements._main(["--missing-packages", "--tests"]) == 0
    assert "postgresql" in capsys.readouterr().out.split()
    assert requirements._main(["--missing", "--tests"]) == 0
    assert "PostgreSQL" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--tests"], ["--missing", "--test"], ["--tests", "--missing"]])
def test_other_words_are_refused(wrong: list[str]) -> None:
    assert requirements._main(wrong) == 2
