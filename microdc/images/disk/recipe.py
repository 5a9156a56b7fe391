"""Image documents, those of an inventory over those that come with microdc, and what each asks for with all that it extends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from microdc import locations
from microdc.documents.check import check, nearest
from microdc.documents.image import ImageDocument
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.reader import Document, read
from microdc.errors import InputError
from microdc.images.disk.model import Kernel, Recipe

DIRECTORY = "images"
"""Where an inventory keeps its image documents."""
_DEFAULT: Kernel = "generic"


class UnknownImageError(InputError, KeyError):
    """No image has this name."""

    __str__ = InputError.__str__


class Recipes(Mapping[str, Recipe]):
    """The images that can be built, by name, in alphabetical order. A document is read when it is asked for.

    inventory: its directory; None for those that come with microdc alone. A name that is none raises UnknownImageError with the nearest; a
    document with something wrong raises DocumentError.
    """

    def __init__(self, inventory: Path | None) -> None:
        self._shipped = locations.data_dir("inventory") / DIRECTORY
        places = [self._shipped, *([inventory / DIRECTORY] if inventory else [])]
        self.files = {file.stem: file for place in places for file in sorted(place.glob("*.yaml"))}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, name: str) -> Recipe:
        if name not in self.files:
            hint = nearest(name, self.files) or f"write {DIRECTORY}/{name}.yaml in the inventory"
            raise UnknownImageError(f"there is no image {name!r}", hint=hint)
        chain = [*self._chain(name, ())]
        own = chain[0][1]
        records = [record for _, record in chain]
        where = chain[0][0].where()
        return Recipe(
            name,
            own.description,
            next((record.kernel for record in records if record.kernel), _DEFAULT),
            _each_once(package for record in reversed(records) for package in record.packages),
            tuple(own.packages),
            next((tuple(record.sources) for record in records if record.sources), ()),
            _each_once(option for record in reversed(records) for option in record.options),
            _each_once(service for record in reversed(records) for service in record.services),
            tuple(record.image for record in records),
            where,
            shipped=self.files[name].is_relative_to(self._shipped),
        )

    def problems(self) -> list[Problem]:
        """Everything that is wrong with any of them."""
        found: list[Problem] = []
        for name in self:
            try:
                self[name]
            except DocumentError as error:
                found += error.problems
        return sorted(set(found))

    def _chain(self, name: str, below: tuple[str, ...]) -> Iterator[tuple[Document, ImageDocument]]:
        """The document of a name, and those that it extends, one after the other."""
        document = read(self.files[name])
        record = check(document, ImageDocument)
        if record.image != name:
            raise DocumentError(
                [
                    Problem(
                        document.where("image"),
                        f"the image {record.image!r} is in a file of another name",
                        f"call it {name}, or the file {record.image}.yaml",
                    )
                ]
            )
        yield document, record
        if record.extends is None:
            return
        if record.extends in below or record.extends not in self.files:
            what = (
                "extends itself, in a ring"
                if record.extends in below
                else f"extends {record.extends!r}, which is no image"
            )
            raise DocumentError(
                [
                    Problem(
                        document.where("extends"), what, nearest(record.extends, self.files.keys() - {name})
                    )
                ]
            )
        yield from self._chain(record.extends, (*below, name))


def digest(recipe: Recipe) -> str:
    """SHA-256 of what is asked for, wherever the documents lie."""
    asked = [recipe.name, recipe.kernel, recipe.packages, recipe.sources, recipe.options, recipe.services]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def unknown(recipe: Recipe, error: InputError) -> DocumentError:
    """An error of what a document asks for, with its place."""
    return DocumentError([Problem(Where(recipe.where.file, recipe.where.line), error.what, error.hint)])


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
