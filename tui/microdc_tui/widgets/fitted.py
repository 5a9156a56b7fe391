"""A table that has fewer columns where there is less room."""

from __future__ import annotations

from collections.abc import Callable

from microdc_tui.widgets.rows import Column
from microdc_tui.widgets.table import VirtualTable

ROOM = 116
"""Cells from which on a table takes its wide columns: a terminal of 120, and some to spare for a bar."""


class FittedTable(VirtualTable):
    """refit: gives the rows anew, with a cell for each of `columns`; called whenever these are others."""

    def __init__(
        self,
        wide: tuple[Column, ...],
        narrow: tuple[Column, ...],
        refit: Callable[[], None],
        *,
        id: str | None = None,  # noqa: A002  Textual's word
        empty: str = "nothing here",
    ) -> None:
        super().__init__(narrow, id=id, empty=empty)
        self._wide = wide
        self._narrow = narrow
        self._refit = refit

    def on_resize(self) -> None:
        """Beside what every table does then."""
        columns = self._wide if self.size.width >= ROOM else self._narrow
        if columns != self.columns:
            self.use(columns)
            self._refit()
