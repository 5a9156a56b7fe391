"""The rows of a table, which of them are shown and in what order. Pure: no screen is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from microdc_tui.filtering import Term, matches, parse
from microdc_tui.widgets.rows import Row, haystack, same, sort_key

Make = Callable[[str], Row | None]
"""The row of a key as it is now; None where what it was about is gone, so that nothing newer can be told of it."""


class Shelf:
    """Rows by key. shown: the keys that the filter lets through, in order; at: key -> its place among them.

    What changes rows returns the keys of those that are not as before; `arrange` then says whether the order is another one.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.shown: list[str] = []
        self.at: dict[str, int] = {}
        self.expression = ""
        self.sorted: tuple[str, bool] = ("", False)
        """Column and whether turned round; "" is the order in which the rows were given."""
        self._terms: tuple[Term, ...] = ()
        self._column = 0
        self._order: list[str] = []  # of all rows as given
        self._hay: dict[str, tuple[str, Mapping[str, str]]] = {}
        self._stale: set[str] = set()  # rows that have changed and were not made again
        self._make: Make | None = None

    def show(self, rows: Sequence[Row]) -> set[str]:
        """These rows, in this order, and no others."""
        fresh = {row.key: row for row in rows}
        changed = {key for key, row in fresh.items() if not same(self.rows.get(key), row)}
        changed |= self.rows.keys() - fresh.keys()
        for key in changed:
            self._hay.pop(key, None)
        self.rows, self._order = fresh, list(fresh)
        self._stale.clear()
        return changed

    def update(self, rows: Iterable[Row]) -> set[str]:
        """These rows have changed; rows that were not there come last."""
        fresh = [row for row in rows if not same(self.rows.get(row.key), row)]
        for row in fresh:
            self._put(row)
        return {row.key for row in fresh}

    def renew(self, keys: Iterable[str], make: Make, in_sight: Sequence[str]) -> set[str]:
        """These rows have changed. Each is made when it is needed: now if it is in sight, filtered or sorted by, else when it comes to that."""
        self._make = make
        self._stale.update(self.rows.keys() & keys)
        all_needed = self._terms or self.sorted[0]
        needed = list(self._stale) if all_needed else [key for key in in_sight if key in self._stale]
        self._stale.difference_update(needed)
        return self.update(row for row in map(make, needed) if row is not None)

    def fresh(self, key: str) -> Row | None:
        """The row of that key as it is now."""
        if key in self._stale and self._make is not None:
            self._stale.discard(key)
            row = self._make(key)
            if row is not None:
                self._put(row)
        return self.rows.get(key)

    def filter(self, expression: str) -> None:
        """What is shown from the next `arrange` on."""
        self._all_fresh()
        self.expression, self._terms = expression, parse(expression)

    def sort(self, column: str, index: int, *, reverse: bool) -> None:
        """The order from the next `arrange` on. index: of the column's cells."""
        self._all_fresh()
        self.sorted, self._column = (column, reverse and bool(column)), index

    def arrange(self) -> bool:
        """Filters and sorts again. Whether other rows are shown, or in another order."""
        shown = [key for key in self._order if self._passes(key)] if self._terms else list(self._order)
        column, reverse = self.sorted
        if column:
            shown.sort(key=lambda key: sort_key(self.rows[key], self._column, column), reverse=reverse)
        if shown == self.shown:
            return False
        self.shown, self.at = shown, {key: index for index, key in enumerate(shown)}
        return True

    def _put(self, row: Row) -> None:
        if row.key not in self.rows:
            self._order.append(row.key)
        self.rows[row.key] = row
        self._hay.pop(row.key, None)

    def _all_fresh(self) -> None:
        for key in tuple(self._stale):
            self.fresh(key)

    def _passes(self, key: str) -> bool:
        found = self._hay.get(key)
        if found is None:
            row = self.rows[key]
            labels = {name.lower(): value.lower() for name, value in row.labels.items()}
            found = self._hay[key] = (haystack(row), labels)
        return matches(self._terms, *found)
