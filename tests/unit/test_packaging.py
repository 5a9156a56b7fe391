"""What is built and installed: a wheel and an editable install, both without the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from microdc import __version__

ROOT = Path(__file__).parents[2]
DATA = ("inventory", "netem_profiles", "playbooks")
ASK = (
    "import microdc, microdc_tui; from microdc.locations import data_dir;"
    f"print(microdc.__file__, *(data_dir(name) for name in {DATA}), sep='\\n')"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what would be in the source distribution."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")

    def skipped(directory: str, names: list[str]) -> list[str]:
        of_no_use = [name for name in names if name.startswith(".") or name in {"dist", "build"}]
        return ["__pycache__", *(of_no_use if Path(directory) == ROOT else [])]

    shutil.copytree(ROOT, source, ignore=skipped, dirs_exist_ok=True)
    run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(source)])
    return next(out.glob("*.whl"))


def run(argv: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(path: Path, *install: str) -> Path:
    """A virtual environment that borrows the libraries of this one, with microdc installed in it; its bin directory."""
    venv.create(path, with_pip=False)
    python = path / "bin/python"
    site = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    run([*pip, "--no-deps", "--no-index", "--ignore-installed", "--no-build-isolation", *install])
    return path / "bin"


def test_the_wheel_holds_the_packages_and_the_data_and_no_test(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    info = f"microdc-{__version__}.dist-info"
    assert tops == {"microdc", "microdc_tui", info}
    assert {name.split("/")[2] for name in names if name.startswith("microdc/_data/")} == set(DATA)
    assert f"{info}/licenses/LICENSE" in names
    assert (
        "microdc/_data/inventory/.schema/testbed.json" in names
    )  # to which the documents' editor hints point
    assert {"microdc/py.typed", "microdc_tui/py.typed"} <= set(names)
    assert not [name for name in names if "test_" in name or "__pycache__" in name]


def test_installed_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    bin_ = environment(tmp_path / "venv", str(wheel))
    package, *data = run([str(bin_ / "python"), "-c", ASK], tmp_path).split()
    assert Path(package).is_relative_to(tmp_path)
    assert data == [str(Path(package).parent / "_data" / name) for name in DATA]
    assert run([str(bin_ / "microdc"), "--version"], tmp_path).split() == ["microdc", __version__]


def test_installed_editable(tmp_path: Path) -> None:
    bin_ = environment(tmp_path / "venv", "-e", str(ROOT))
    package, *data = run([str(bin_ / "python"), "-c", ASK], tmp_path).split()
    assert package == str(ROOT / "microdc/__init__.py")
    assert data == [str(ROOT / name) for name in DATA]


def test_every_dependency_is_pinned() -> None:
    """constraints.txt names all that an installation brings, by version alone."""
    from importlib.metadata import distribution

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {}
    for line in lines:
        if not line.startswith("#"):
            name, equals, version = line.partition("==")
            assert equals, line
            assert version.replace(".", "").isalnum(), line
            pinned[canonicalize_name(name)] = version
    seen: set[str] = set()
    waiting = [("microdc", frozenset({"dev"}))]
    while waiting:
        name, extras = waiting.pop()
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            wanted = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras | {""}
            )
            key = canonicalize_name(needed.name)
            if wanted and key not in seen:
                seen.add(key)
                waiting.append((key, frozenset(needed.extras)))
    assert seen <= set(pinned), seen - set(pinned)
