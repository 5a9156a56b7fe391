"""All servers of a testbed, whatever rack they stand in."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.testbed.model import Server, Testbed


def servers(testbed: Testbed) -> Iterator[Server]:
    """In the order of the documents: by site, rack and server."""
    for site in testbed.sites.values():
        for rack in site.racks.values():
            yield from rack.servers.values()
