"""References to secrets, and the secrets behind them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from microdc.documents.model import Where
from microdc.documents.secrets import Reference, parse_reference, resolve, resolve_at, user_and_password
from microdc.errors import InputError


@pytest.mark.parametrize("text", ["env:BCN_BMC", "file:secrets/bcn", "file:/etc/a b", "keyring:microdc/bcn"])
def test_a_reference_is_printed_as_it_was_written(text: str) -> None:
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize(
    "text", ["hunter2", "env:", "env:hunter 2", "file:", "keyring:hunter2", "vault:hunter2", ""]
)
def test_what_is_no_reference_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="write env:NAME") as caught:
        parse_reference(text)
    assert "hunter" not in str(caught.value)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MICRODC_TEST_SECRET", "pässword")
    assert resolve(Reference("env", "MICRODC_TEST_SECRET"), base=tmp_path) == "pässword"
    monkeypatch.delenv("MICRODC_TEST_SECRET")
    with pytest.raises(InputError, match="env:MICRODC_TEST_SECRET: the environment variable"):
        resolve(Reference("env", "MICRODC_TEST_SECRET"), base=tmp_path)


def test_a_secret_comes_from_a_file_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("admin:x\n", "utf-8")
    assert resolve(Reference("file", "secret"), base=tmp_path) == "admin:x"
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        resolve(Reference("file", "secret"), base=tmp_path)
    with pytest.raises(InputError, match="file:missing: the file of a secret cannot be read: No such file"):
        resolve(Reference("file", "missing"), base=tmp_path)


def test_a_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = {("microdc", "bcn"): "x"}
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *key: kept.get(key)))
    assert resolve(Reference("keyring", "microdc/bcn"), base=tmp_path) == "x"
    with pytest.raises(InputError, match="does not hold"):
        resolve(Reference("keyring", "microdc/par"), base=tmp_path)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InputError, match="no keyring can be read here"):
        resolve(Reference("keyring", "microdc/bcn"), base=tmp_path)


def test_what_a_document_refers_to_is_beside_it_and_what_is_missing_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "login").write_text("admin:x\n", "utf-8")
    at = Where(tmp_path / "site.yaml", 7)
    assert resolve_at("file:login", at) == "admin:x"
    with pytest.raises(InputError, match="file:missing") as caught:
        resolve_at("file:missing", at)
    assert caught.value.where == f"{tmp_path / 'site.yaml'}:7"


def test_a_login_is_a_user_and_all_behind_the_first_colon() -> None:
    assert user_and_password("admin:pass:word", "env:X") == ("admin", "pass:word")
    assert user_and_password("admin:", "env:X") == ("admin", "")
    for wrong in ("sesame", ":sesame"):
        with pytest.raises(InputError, match="what env:X holds is not user:password") as caught:
            user_and_password(wrong, "env:X", where="site.yaml:7")
        assert caught.value.where == "site.yaml:7"
        assert "sesame" not in str(caught.value)
