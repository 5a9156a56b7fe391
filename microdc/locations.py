"""Where microdc keeps things. Nothing here makes a directory: who writes, makes it.

Of the standard library only: it is imported before anything is installed and by every command.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

DataName = Literal["inventory", "netem_profiles", "playbooks"]

_PACKAGE = Path(__file__).resolve().parent


def _xdg(variable: str, default: str) -> Path:
    """A base directory of the XDG specification; a relative value is ignored, as the specification asks."""
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else Path.home() / default


def config_dir() -> Path:
    """What the user sets: `config.toml`."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "microdc"


def cache_dir() -> Path:
    """What can be fetched or built again: kernel packages, guest images."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "microdc"


def state_dir() -> Path:
    """What must survive a restart: which lab is in use, keys, histories."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "microdc"


def runtime_dir() -> Path:
    """What ends with the machine's uptime: sockets, process ids. `/run/microdc` for root."""
    if os.geteuid() == 0:
        return Path("/run/microdc")
    return _xdg("XDG_RUNTIME_DIR", ".local/state/microdc/run") / "microdc"


def current_lab_file() -> Path:
    """The file in which `microdc lab up` writes the inventory directory of the lab in use."""
    return state_dir() / "current"


def data_dir(name: DataName) -> Path:
    """A directory of data that comes with microdc, from an installed wheel and from a source tree alike.

    Raises FileNotFoundError where the installation is incomplete.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"microdc's own {name} directory is missing beside {_PACKAGE}: install microdc again"
    )
