"""A resource, or an object in it, that knows where it stands: whatever is wrong in it becomes a remark, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from microdc.bmc.redfish.read import plain
from microdc.bmc.redfish.read.links import led_to
from microdc.bmc.redfish.read.remarks import Remarks

MOST_PARTS: Final = 10_000
"""Items of one array that are looked at: the longest of real BMCs are event logs, of some thousand."""
_LARGEST = 10**18
"""No count, size or speed of a server is larger; a float holds it to some digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Doc:
    """at: its path, and for an object within a resource the property it stands in. body: its JSON; nothing is certain about it.

    open_path: fetches a linked resource (None where it cannot be read, which is remarked there).
    """

    at: str
    body: Mapping[str, Any]
    remarks: Remarks
    open_path: Callable[[str], Doc | None]

    @property
    def path(self) -> str:
        """Of the resource that it is, or stands in."""
        return self.at.partition(" ")[0]

    def remark(self, name: str, what: str) -> None:
        self.remarks.add(self._place(name), what)

    def has(self, name: str) -> bool:
        """Whether it tells a property, be it null."""
        return name in self.body

    # -- single values

    def text(self, *names: str) -> str | None:
        """The first of the properties that says something: placeholders such as "N/A" do not."""
        for name in names:
            told = self._text(name)
            found = None if told is None else plain.said(told)
            if found is not None:
                return found
        return None

    def word(self, name: str) -> str:
        """A word of an enumeration as it stands, in which "None" is a word; "" where there is none."""
        told = self._text(name)
        return "" if told is None else plain.clean(told)

    def number(self, *names: str) -> float | None:
        """The first of the properties that is a finite number."""
        for name in names:
            found = self._number(name)
            if found is not None:
                return found
        return None

    def whole(self, *names: str) -> int | None:
        """A number of things, bytes or bits: not negative, without a fraction."""
        number = self.number(*names)
        if number is None:
            return None
        if not 0 <= number <= _LARGEST:
            self.remark(names[0], f"{number:g} cannot be true")
            return None
        return round(number)

    def some(self, *names: str) -> int | None:
        """As `whole`, but none is not told apart from not knowing: a size or a speed of 0 is a BMC that does not know it."""
        return self.whole(*names) or None

    def flag(self, name: str) -> bool | None:
        told = self.body.get(name)
        if told is None or isinstance(told, bool):
            return told
        if isinstance(told, str) and told.strip().lower() in {"true", "false"}:
            return told.strip().lower() == "true"
        self._wrong(name, told, "true or false")
        return None

    # -- what stands in it

    def part(self, name: str) -> Doc:
        """An object in it, empty where there is none."""
        told = self.body.get(name)
        if told is not None and not isinstance(told, Mapping):
            self._wrong(name, told, "an object")
            told = None
        return self._within(name, told or {})

    def parts(self, name: str) -> Iterator[Doc]:
        """The objects in an array. One object where an array should be is taken for an array of one."""
        for number, one in enumerate(self._array(name)):
            place = f"{name}[{number}]"
            if isinstance(one, Mapping):
                yield self._within(place, one)
            elif one is not None:
                self._wrong(place, one, "an object")

    def words(self, name: str) -> tuple[str, ...] | None:
        """The texts in an array; None where there is no array."""
        if self.body.get(name) is None:
            return None
        found = []
        for number, one in enumerate(self._array(name)):
            if isinstance(one, str):
                found.append(plain.clean(one))
            elif one is not None:
                self._wrong(f"{name}[{number}]", one, "a text")
        return tuple(found)

    # -- links

    def link(self, name: str = "@odata.id") -> str | None:
        """The path that a property links to: `{"@odata.id": path}`, or the path itself."""
        told = self.body.get(name)
        if isinstance(told, Mapping):
            return self._within(name, told).link()
        if told is None:
            return None
        if not isinstance(told, str):
            self._wrong(name, told, "a link")
            return None
        found = led_to(told, self.path) if told.strip() else None
        if found is None:
            self.remark(name, "is a link that leads to no resource of this service")
        return found

    def links(self, name: str) -> tuple[str, ...]:
        """The paths in an array of links, each once."""
        told = (one.link() for one in self.parts(name))
        return tuple(dict.fromkeys(path for path in told if path is not None))

    def follow(self, name: str) -> Doc | None:
        """The resource that a property links to; None where there is no link, or nothing behind it."""
        path = self.link(name)
        return None if path is None else self.open_path(path)

    # -- how it is done

    def _within(self, name: str, body: Mapping[str, Any]) -> Doc:
        return Doc(self._place(name), body, self.remarks, self.open_path)

    def _place(self, name: str) -> str:
        return f"{self.at}.{name}" if " " in self.at else f"{self.at} {name}"

    def _text(self, name: str) -> str | None:
        told = self.body.get(name)
        if told is None or isinstance(told, str):
            return told
        if isinstance(told, int) and not isinstance(told, bool) and abs(told) <= _LARGEST:
            return str(told)
        self._wrong(name, told, "a text")
        return None

    def _number(self, name: str) -> float | None:
        told = self.body.get(name)
        if told is None or (isinstance(told, str) and plain.said(told) is None):
            return None
        if isinstance(told, bool) or not isinstance(told, int | float | str):
            self._wrong(name, told, "a number")
            return None
        found = plain.finite(told)
        if found is None:
            self.remark(name, "is no finite number")
        return found

    def _array(self, name: str) -> list[Any]:
        told = self.body.get(name)
        if told is None:
            return []
        if isinstance(told, Mapping):
            return [told]
        if not isinstance(told, list):
            self._wrong(name, told, "an array")
            return []
        if len(told) > MOST_PARTS:
            self.remark(name, f"holds {len(told)} items, of which the first {MOST_PARTS} are read")
        return told[:MOST_PARTS]

    def _wrong(self, name: str, told: object, wanted: str) -> None:
        self.remark(name, f"is {_KINDS.get(type(told), 'something else')}, not {wanted}")


_KINDS: dict[type, str] = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "an array",
    str: "a text",
}
