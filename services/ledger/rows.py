"""Reading whole tables side by side, a few rows at a time, within one moment of the database."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

from models.engines import Row, Snapshot, Table

BATCH = 2_000

Progress = Callable[[str, int], None]
"""Told now and then what is being read, and how many rows of it have been."""


def silent(what: str, rows: int) -> None:
    """Tell nobody."""


class Rows:
    """A table's rows in the order of some columns: the next one, and those of one owner."""

    def __init__(
        self, snapshot: Snapshot, table: Table, *order: str, progress: Progress, what: str
    ) -> None:
        self.count = 0
        self.next: Row | None = None
        self._snapshot = snapshot
        self._table = table
        self._order = order
        self._progress = progress
        self._what = what
        self._batch: list[Row] = []
        self._place = 0
        self._ended = False

    async def advance(self) -> None:
        """Go to the next row, or to None after the last."""
        if self._place == len(self._batch) and not self._ended:
            after = tuple(self._batch[-1][name] for name in self._order) if self._batch else None
            self._batch = await self._snapshot.page(self._table, self._order, after, BATCH)
            self._place = 0
            self._ended = len(self._batch) < BATCH
            self._progress(self._what, self.count + len(self._batch))
        if self._place < len(self._batch):
            self.next = self._batch[self._place]
            self._place += 1
            self.count += 1
        else:
            self.next = None

    async def of(self, column: str, owner: UUID) -> AsyncIterator[Row]:
        """Go through the next rows while they belong to this owner."""
        while self.next is not None and self.next[column] == owner:
            yield self.next
            await self.advance()

    async def skip_to(self, column: str, owner: UUID) -> None:
        """Pass over the rows that belong to owners before this one."""
        while self.next is not None and self.next[column] < owner:
            await self.advance()
