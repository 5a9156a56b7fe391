"""The image document: what the disk of a node is made of."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from microdc.documents.fields import Name, Record, Sentence, kind_of

_PACKAGE = r"[a-z0-9][a-z0-9+.-]*[a-z0-9.]|[a-z0-9]([a-z0-9+.-]*[a-z0-9])?\+\+"
"""As Debian's policy has it (5.6.1), but for names that end in a sign: where there is no such package, apt takes `name-` for its removal and `name+` for
its installation (apt-get(8), "install"). Names such as g++ are too common to be left out."""
_OPTION = r"[A-Za-z0-9][A-Za-z0-9._-]*(=\S*)?"


def _form(pattern: str, what: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Text of one form, as it is."""

    def validate(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be text, not {kind_of(value)}")  # noqa: TRY004 - pydantic collects ValueError only
        if re.fullmatch(pattern, value) is None:
            raise ValueError(f"{value!r} is not {what}")
        return value

    return PlainValidator(validate), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


PackageName = Annotated[
    str, *_form(_PACKAGE, "the name of a package: small letters, digits, + - and ., no sign at its end")
]
KernelOption = Annotated[str, *_form(_OPTION, "an option of the kernel: write such as mitigations=off")]
SourceLine = Annotated[
    str,
    *_form(
        r"deb (\[[^\]]*\] )?\S+ \S+( \S+)*",
        "a source of packages: write deb [signed-by=FILE] URI SUITE COMPONENT",
    ),
]


UnitName = Annotated[
    str,
    *_form(r"[A-Za-z0-9:_.@-]+\.(service|socket|timer|path|target)", "a unit: write such as chrony.service"),
]


class ImageDocument(Record):
    """An image that nodes get on their disks: `images/NAME.yaml` of an inventory."""

    image: Name
    """Name of the image, and of its file."""
    description: Sentence
    """What it is for, in one line."""
    extends: Name | None = None
    """An image whose packages, kernel, sources and options this one has too."""
    kernel: Literal["cloud", "generic"] | None = None
    """Whose drivers it has: those of virtual machines, or of hardware as well. Left out: that of what it extends, or generic."""
    packages: list[PackageName] = Field(default_factory=list)
    """Packages of the distribution, with what they need; what they only recommend is left out."""
    sources: list[SourceLine] = Field(default_factory=list)
    """Where packages come from, as in sources.list. Left out: those of what it extends, or of this machine."""
    options: list[KernelOption] = Field(default_factory=list)
    """Options of the kernel, after those that every image has."""
    services: list[UnitName] = Field(default_factory=list)
    """Units of its packages that start by themselves. All others are there, and wait until the node is configured."""

    @model_validator(mode="after")
    def _extends_another(self) -> Self:
        if self.extends == self.image:
            raise ValueError("extends itself")
        for what in ("packages", "options", "services"):
            names = getattr(self, what)
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise ValueError(f"names {twice!r} twice in its {what}")
        return self
