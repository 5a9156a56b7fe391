"""Settings: which place beats which, what is refused, what is hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microdc import locations
from microdc.cli import config, context, main
from microdc.errors import Exit, InputError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no configuration, no lab in use, no variables."""
    for variable, name in {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}.items():
        monkeypatch.setenv(variable, str(tmp_path / name))
    for variable in ("MICRODC_INVENTORY", "MICRODC_OUTPUT", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    work = tmp_path / "project" / "deep"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return tmp_path


def inventory(parent: Path, name: str) -> Path:
    directory = parent / name
    directory.mkdir(parents=True)
    return directory


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_each_place_beats_those_below(home: Path) -> None:
    work = Path.cwd()

    def found(flags: dict[str, object] | None = None, env: dict[str, str] | None = None) -> tuple[Path, str]:
        setting = context.resolve(flags or {}, env or {}, work).inventory
        return setting.value, setting.source

    assert found() == (locations.data_dir("inventory"), "the example that ships with microdc")
    here = inventory(work, "inventory")
    assert found() == (here, "./inventory")
    user = write(home / "config/microdc/config.toml", 'inventory = "mine"\n')
    assert found() == (user.parent / "mine", str(user))
    lab = inventory(home, "lab")
    write(locations.current_lab_file(), f"{lab}\n")
    assert found() == (lab, "the lab in use")
    project = write(home / "project/microdc.toml", 'inventory = "ours"\n')
    assert found() == (project.parent / "ours", str(project))
    env = {"MICRODC_INVENTORY": "/env"}
    assert found(env=env) == (Path("/env"), "MICRODC_INVENTORY")
    assert found({"inventory": Path("flag")}, env) == (work / "flag", "the command line")


def test_the_note_of_a_lab_that_is_gone_is_ignored(home: Path) -> None:
    write(locations.current_lab_file(), str(home / "gone"))
    assert context.resolve({}, {}, home).inventory.source == "the example that ships with microdc"


def test_a_missing_inventory_is_named_with_its_source(home: Path) -> None:
    settings = context.resolve({"inventory": home / "nowhere"}, {}, home)
    with pytest.raises(InputError, match="there is no inventory here") as caught:
        settings.inventory_dir()
    assert str(home / "nowhere") in str(caught.value)
    assert "the command line" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('inventry = "x"', "did you mean 'inventory'"),
        ("yes = true", "unknown setting 'yes'"),
        ("inventory = 7", "not a directory's name"),
        ('output = "xml"', "table, json, yaml"),
        ('no_color = "maybe"', "neither yes nor no"),
        ("inventory =", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(home: Path, text: str, message: str) -> None:
    file = write(home / "project/microdc.toml", text)
    with pytest.raises(InputError) as caught:
        context.resolve({}, {}, Path.cwd())
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "env", [{"MICRODC_OUTPUT": "xml"}, {"MICRODC_YES": "si"}, {"MICRODC_VERBOSITY": "loud"}]
)
def test_a_wrong_variable_is_refused_by_name(env: dict[str, str], home: Path) -> None:
    with pytest.raises(InputError, match=next(iter(env))):
        context.resolve({}, env, home)


def test_no_color_of_the_convention(home: Path) -> None:
    assert context.resolve({}, {"NO_COLOR": "1"}, home).no_color == context.Setting(True, "NO_COLOR")
    assert not context.resolve({}, {"NO_COLOR": ""}, home).no_color.value
    assert not context.resolve({}, {"NO_COLOR": "1", "MICRODC_NO_COLOR": "0"}, home).no_color.value


def test_show_tells_value_and_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICRODC_OUTPUT", "json")
    monkeypatch.setenv("MICRODC_BMC_PASSWORD", "hunter2")
    assert main.call(["config", "show", "--no-input"]) == Exit.OK
    text = capsys.readouterr().out
    shown = json.loads(text)
    assert (shown["schema"], shown["kind"]) == ("microdc/v1", "Config")
    rows = {row["name"]: (row["value"], row["source"]) for row in shown["settings"]}
    assert rows["output"] == ("json", "MICRODC_OUTPUT")
    assert rows["no_input"] == (True, "the command line")
    assert rows["MICRODC_BMC_PASSWORD"] == ("****", "environment")
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("password", "x", "****"),
        ("MICRODC_API_KEY", "x", "****"),
        ("credentials", "env:BCN_BMC", "env:BCN_BMC"),
        ("store", "postgresql://me:secret@db/microdc", "postgresql://me:****@db/microdc"),
        ("inventory", "/srv/inventory", "/srv/inventory"),
        ("yes", False, False),
    ],
)
def test_secrets_are_masked(name: str, value: object, shown: object) -> None:
    assert config.masked(name, value) == shown
