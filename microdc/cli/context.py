"""The settings of one run, each with the place it comes from.

A flag beats a MICRODC_ variable, that beats `microdc.toml` of the project (the working directory or one above),
that beats the lab in use, that beats the user's `config.toml`; last come `./inventory` and what ships with microdc.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import click

from microdc import locations
from microdc.errors import InputError

OUTPUTS = ("table", "json", "yaml")
PROJECT_FILE = "microdc.toml"
_META = "microdc.flags"
_CACHE = "microdc.settings"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value and where it was set."""

    value: T
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this run. verbosity: -1 quiet, 0 normal, 1 tells more.

    store: as microdc.store.operate.open_store takes it. owner: on whose behalf things are done.
    """

    inventory: Setting[Path]
    store: Setting[str]
    owner: Setting[str]
    output: Setting[str]
    yes: Setting[bool]
    no_input: Setting[bool]
    no_color: Setting[bool]
    verbosity: Setting[int]

    def inventory_dir(self) -> Path:
        """The inventory's directory. Raises InputError where there is none at that place."""
        path = self.inventory.value
        if not path.is_dir():
            what = "this inventory is not a directory" if path.exists() else "there is no inventory here"
            hint = f"named by {self.inventory.source}; name another with -i DIR"
            raise InputError(what, where=str(path), hint=hint)
        return path


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that sets values: key -> (value as it stands there, name of the place)."""

    values: Mapping[str, tuple[object, str]]
    base: Path
    """The directory against which a relative path of this place is meant."""


def settings() -> Settings:
    """The settings of the command that runs; outside of a command, those without flags."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return resolve({}, os.environ, Path.cwd())
    found = ctx.meta.get(_CACHE)
    if not isinstance(found, Settings):
        found = ctx.meta[_CACHE] = resolve(given(ctx), os.environ, Path.cwd())
    return found


def given(ctx: click.Context) -> Mapping[str, object]:
    """The flags that stand on the command line, by the names of the settings."""
    flags: Mapping[str, object] = ctx.meta.get(_META, {})
    return flags


def remember(ctx: click.Context, name: str, value: object) -> None:
    """Keeps a flag that was given, wherever on the command line it stood."""
    flags = ctx.meta.setdefault(_META, {})
    if name == "quiet":
        flags["verbosity"] = -1
    elif name == "verbose":
        flags["verbosity"] = value
    else:
        flags[name] = value
    ctx.meta.pop(_CACHE, None)


def resolve(flags: Mapping[str, object], env: Mapping[str, str], cwd: Path) -> Settings:
    """All settings from what was given. Raises InputError for a value that cannot be, and for unknown keys."""
    layers = [
        Layer({key: (value, "the command line") for key, value in flags.items()}, cwd),
        _environment(env, cwd),
        *_file(_project_file(cwd)),
        *_lab_in_use(),
        *_file(locations.config_dir() / "config.toml"),
        *_working_directory(cwd),
        _defaults(env),
    ]
    return Settings(**{key: _pick(key, layers) for key in _READERS})


def _pick(key: str, layers: Iterable[Layer]) -> Setting[Any]:
    for layer in layers:
        if key in layer.values:
            raw, source = layer.values[key]
            return Setting(_READERS[key](raw, source, layer.base), source)
    raise LookupError(key)  # the last layer has every key


def _environment(env: Mapping[str, str], cwd: Path) -> Layer:
    named = {key: f"MICRODC_{key.upper()}" for key in _READERS}
    values: dict[str, tuple[object, str]] = {
        key: (env[variable], variable) for key, variable in named.items() if env.get(variable)
    }
    if env.get("NO_COLOR"):  # no-color.org: set and not empty, whatever the value
        values.setdefault("no_color", (True, "NO_COLOR"))
    return Layer(values, cwd)


def _project_file(cwd: Path) -> Path:
    candidates = [directory / PROJECT_FILE for directory in (cwd, *cwd.parents)]
    return next((file for file in candidates if file.is_file()), candidates[0])


def _file(path: Path) -> list[Layer]:
    if not path.is_file():
        return []
    import tomllib

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", where=str(path)) from error
    for key in values:
        if key not in _FILE_KEYS:
            raise InputError(f"unknown setting {key!r}", where=str(path), hint=_nearest(key))
    return [Layer({key: (value, str(path)) for key, value in values.items()}, path.parent)]


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, _FILE_KEYS, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known settings: {', '.join(_FILE_KEYS)}"


def _lab_in_use() -> list[Layer]:
    """The lab that `microdc lab up` left running; a note of one that is gone is ignored."""
    file = locations.current_lab_file()
    try:
        path = Path(file.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return []
    if not path.is_absolute() or not path.is_dir():
        return []
    return [Layer({"inventory": (path, "the lab in use")}, path)]


def _working_directory(cwd: Path) -> list[Layer]:
    return [Layer({"inventory": ("inventory", "./inventory")}, cwd)] if (cwd / "inventory").is_dir() else []


def _defaults(env: Mapping[str, str]) -> Layer:
    values: dict[str, object] = {
        "store": str(locations.state_dir() / "microdc.db"),
        "owner": _user(env),
        "output": "table",
        "yes": False,
        "no_input": False,
        "no_color": False,
        "verbosity": 0,
    }
    layer = {key: (value, "default") for key, value in values.items()}
    layer["inventory"] = (locations.data_dir("inventory"), "the example that ships with microdc")
    return Layer(layer, Path("/"))


def _user(env: Mapping[str, str]) -> str:
    """The name of the user, not root's where sudo made root of them."""
    try:
        return (os.geteuid() == 0 and env.get("SUDO_USER")) or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _read_path(raw: object, source: str, base: Path) -> Path:
    if isinstance(raw, (str, Path)) and str(raw):
        return base / Path(raw).expanduser()
    raise InputError(f"inventory is {raw!r}, not a directory's name", where=source)


def _read_store(raw: object, source: str, base: Path) -> str:
    """A URL or a reference as it stands; a path, also that of a reference, from the directory of where it is set."""
    if not isinstance(raw, str) or not raw.strip():
        raise InputError(
            "store names no store", where=source, hint="write a path, a URL, env:NAME or file:PATH"
        )
    kind, colon, name = raw.strip().partition(":")
    if kind == "file" and colon:
        return f"file:{base / Path(name).expanduser()}"
    if colon and (kind in {"env", "keyring"} or name.startswith("//")):
        return raw.strip()
    return str(base / Path(raw.strip()).expanduser())


def _read_owner(raw: object, source: str, base: Path) -> str:  # noqa: ARG001
    if isinstance(raw, str) and raw.strip():
        return raw.strip()
    raise InputError(f"owner is {raw!r}, not a name", where=source)


def _read_output(raw: object, source: str, base: Path) -> str:  # noqa: ARG001  one signature for all readers
    if raw in OUTPUTS:
        return str(raw)
    raise InputError(f"output is {raw!r}", where=source, hint=f"write one of {', '.join(OUTPUTS)}")


_WORDS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _read_bool(raw: object, source: str, base: Path) -> bool:  # noqa: ARG001
    value = _WORDS.get(raw.lower()) if isinstance(raw, str) else raw
    if isinstance(value, bool):
        return value
    raise InputError(f"{raw!r} is neither yes nor no", where=source, hint="write true or false")


def _read_verbosity(raw: object, source: str, base: Path) -> int:  # noqa: ARG001
    try:
        return max(-1, min(1, int(str(raw))))
    except ValueError:
        raise InputError(f"verbosity is {raw!r}", where=source, hint="write -1, 0 or 1") from None


_READERS: dict[str, Callable[[object, str, Path], object]] = {
    "inventory": _read_path,
    "store": _read_store,
    "owner": _read_owner,
    "output": _read_output,
    "yes": _read_bool,
    "no_input": _read_bool,
    "no_color": _read_bool,
    "verbosity": _read_verbosity,
}
_FILE_KEYS = [key for key in _READERS if key != "yes"]  # consent is given per run, never kept in a file
