"""Image documents: what an image has of its own, what it has of those that it extends, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.documents.model import DocumentError
from microdc.errors import InputError
from microdc.images.disk import operate, recipe
from microdc.images.disk.recipe import Recipes
from microdc.repository.apt import ESSENTIAL


def write(directory: Path, name: str, *lines: str, called: str = "") -> Path:
    file = directory / "images" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    text = "\n".join([f"image: {called or name}", "description: for a test", *lines])
    file.write_text(f"{text}\n", "utf-8")
    return file


def test_what_is_extended_comes_first_and_each_thing_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        "low",
        "kernel: cloud",
        "packages: [htop, jq]",
        "options: [a=1]",
        "sources: [deb http://x y z]",
    )
    write(tmp_path, "high", "extends: low", "packages: [tcpdump, jq]", "options: [b]")
    high = Recipes(tmp_path)["high"]
    assert high.packages == ("htop", "jq", "tcpdump")
    assert high.own == ("tcpdump", "jq")
    assert high.options == ("a=1", "b")
    assert (high.kernel, high.sources, high.lineage) == ("cloud", ("deb http://x y z",), ("high", "low"))


def test_names_of_packages_with_signs_in_them(tmp_path: Path) -> None:
    write(tmp_path, "signs", "packages: [g++, libdb5.3++-dev, libstdc++6, gtk+extra, python3.11]")
    assert not Recipes(tmp_path).problems()
    assert Recipes(tmp_path)["signs"].packages[0] == "g++"


def test_the_shipped_images_are_there_and_an_inventory_s_own_hides_one(tmp_path: Path) -> None:
    shipped = Recipes(None)
    assert {"base", "compute", "control", "network"} <= set(shipped)
    assert all(shipped[name].shipped for name in shipped)
    assert not shipped.problems()
    write(tmp_path, "base", "packages: [htop]")
    own = Recipes(tmp_path)
    assert own["base"].packages == ("htop",)
    assert not own["base"].shipped
    assert own["compute"].packages[0] == "htop"


def test_two_documents_that_ask_for_the_same_have_one_digest_and_others_another(tmp_path: Path) -> None:
    write(tmp_path, "one", "packages: [htop]")
    before = recipe.digest(Recipes(tmp_path)["one"])
    write(tmp_path, "one", "# a remark", "packages:", "  - htop")
    assert recipe.digest(Recipes(tmp_path)["one"]) == before
    write(tmp_path, "one", "packages: [htop, jq]")
    assert recipe.digest(Recipes(tmp_path)["one"]) != before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("extends: bace", "extends 'bace', which is no image (did you mean base?)"),
        ("extends: odd", "extends itself"),
        ("packages: [Htop]", "'Htop' is not the name of a package"),
        ("packages: [jq, htop-]", "'htop-' is not the name of a package"),  # apt would remove it
        ("packages: [htop+]", "no sign at its end"),
        ("packages: [jq, jq]", "names 'jq' twice in its packages"),
        ("sources: [http://x]", "'http://x' is not a source of packages"),
        ("kernel: clout", "cannot be 'clout'"),
        ("pakages: []", "unknown key 'pakages' (did you mean packages?)"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    file = write(tmp_path, "odd", line)
    problems = Recipes(tmp_path).problems()
    assert any(said in str(problem) and str(problem).startswith(f"{file}:") for problem in problems), problems


def test_a_ring_and_a_wrong_name_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a", "extends: b")
    file = write(tmp_path, "b", "extends: a")
    with pytest.raises(DocumentError, match=f"{file}:3: extends itself, in a ring"):
        Recipes(tmp_path)["a"]
    write(tmp_path, "c", called="d")
    with pytest.raises(DocumentError, match="in a file of another name"):
        Recipes(tmp_path)["c"]
    with pytest.raises(InputError, match="did you mean base"):
        Recipes(tmp_path)["bas"]


def test_the_kernel_is_one_of_the_packages(tmp_path: Path) -> None:
    write(tmp_path, "metal", "packages: [htop]")
    write(tmp_path, "virtual", "kernel: cloud")
    known = Recipes(tmp_path)
    assert "linux-image-amd64" in operate.packages_of(known["metal"])
    assert "linux-image-cloud-amd64" in operate.packages_of(known["virtual"])
    assert operate.packages_of(known["metal"])[-1] == "htop"


def test_a_repository_is_asked_for_what_a_role_adds(tmp_path: Path) -> None:
    write(tmp_path, "low", "packages: [htop]")
    write(tmp_path, "high", "extends: low", "packages: [jq]")
    known = Recipes(tmp_path)
    assert operate.asked(known, images=[], roles=["high"], packages=["tcpdump"]) == ["jq", "tcpdump"]
    assert {"htop", "jq", "openssh-server", ESSENTIAL} <= set(
        operate.asked(known, images=["high"], roles=[], packages=[])
    )
