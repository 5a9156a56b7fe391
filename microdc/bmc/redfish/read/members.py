"""The members of collections: behind links, inlined, over several pages, each once and never without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import plain
from microdc.bmc.redfish.read.reader import Reader

MOST_PAGES: Final = 500
MOST_MEMBERS: Final = 1000
"""Of one collection: the most that a recorded server has is some hundred sensors."""
_NEXT = ("Members@odata.nextLink", "@odata.nextLink", "Members@odata.nextlink")
"""As the standard has it, as Intel and the DMTF's own mock-up write it, and misspelt."""


def members(reader: Reader, path: str | None) -> Iterator[Doc]:
    """The members of the collection at a path; none for no path."""
    seen: set[str] = set()
    for page in pages(reader, path):
        before = len(seen)
        for member in page.parts("Members"):
            if len(seen) >= MOST_MEMBERS:
                page.remark("Members", f"are more than {MOST_MEMBERS}; the rest is not read")
                return
            yield from _member(reader, member, seen)
        if len(seen) == before:
            return


def member_links(reader: Reader, path: str | None) -> list[str]:
    """The paths of the members, which are not fetched."""
    found: dict[str, str] = {}
    for page in pages(reader, path, expanded=False):
        new = {plain(link): link for link in page.links("Members")}
        if new.keys() <= found.keys():
            break
        found.update({key: link for key, link in new.items() if key not in found})
    return list(found.values())


def pages(reader: Reader, path: str | None, *, expanded: bool = True) -> Iterator[Doc]:
    """The collection and its further pages (public reports: gofish#243, idrac_exporter#168), until they repeat themselves.

    expanded: with the members in it where the service can do that.
    """
    had: set[str] = set()
    while path is not None:
        if path in had or len(had) >= MOST_PAGES:
            reader.remarks.add(path, "is a next page without end; what was read until then stands")
            return
        had.add(path)
        page = reader.collection(path) if expanded else reader.open(path)
        if page is None:
            return
        yield page
        path = next((link for name in _NEXT if page.has(name) and (link := page.link(name))), None)


def is_whole(member: Doc) -> bool:
    """Whether a member is there itself, and not only linked."""
    return member.has("Id") or member.has("@odata.type")


def itself(reader: Reader, member: Doc) -> Doc | None:
    """The member: as it came with the collection, or fetched."""
    link = member.link()
    if is_whole(member):
        return reader.doc(member.at, member.body) if link is None else reader.keep(link, member.body)
    return None if link is None else reader.open(link)


def _member(reader: Reader, member: Doc, seen: set[str]) -> Iterator[Doc]:
    link = member.link()
    key = plain(link) if link else member.at
    if key in seen:
        return
    seen.add(key)
    found = itself(reader, member)
    if found is not None:
        yield found
