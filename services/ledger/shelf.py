"""A group's rows in memory: what it has read, and what its commands have decided so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import Answer
from models.engines import Lookup, Row, Table, Writes
from services.ledger.postings import WALLETS, Wallet

ANSWERS = Table.of(Answer)


Finder = tuple[Lookup, dict[tuple[Any, ...], list[Any]]]
"""A lookup that was asked for, and the ids of the rows that each of its keys finds."""


@dataclass(slots=True)
class Shelf:
    """A group's rows: what was read, changed by what its commands decided so far.

    Only tables that somebody looks something up in have ``rows`` and ``finders``.
    """

    wallets: dict[UUID, Wallet] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    opened: set[UUID] = field(default_factory=set)
    rows: dict[Table, dict[Any, Row]] = field(default_factory=dict)
    finders: dict[Table, list[Finder]] = field(default_factory=dict)
    found: dict[Lookup, dict[tuple[Any, ...], list[Any]]] = field(default_factory=dict)
    inserts: dict[Table, list[Row]] = field(default_factory=dict)
    inserted: set[tuple[Table, Any]] = field(default_factory=set)
    updates: dict[Table, dict[Any, Row]] = field(default_factory=dict)

    def learn(self, lookup: Lookup, keys: Iterable[tuple[Any, ...]], rows: Iterable[Row]) -> None:
        """Put rows that were read by a lookup on the shelf, with the keys that found nothing."""
        table = lookup.table
        found = self.found.get(lookup)
        if found is None:
            found = self.found[lookup] = {}
            self.finders.setdefault(table, []).append((lookup, found))
        for key in keys:
            found.setdefault(key, [])
        known = self.rows.setdefault(table, {})
        for row in rows:
            before = known.get(row["id"])
            if before is not None:
                # Read by another lookup already: there is one row, and it is as it was read last.
                self._unindex(table, before)
            known[row["id"]] = row
            self._index(table, row)

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Have new rows written, if any, and let the lookups of their table find them."""
        if not rows:
            return
        self.inserts.setdefault(table, []).extend(rows)
        if table not in self.finders or table.generated_id:
            return
        for row in rows:
            self.rows[table][row["id"]] = row
            self.inserted.add((table, row["id"]))
            self._index(table, row)

    def update(self, table: Table, row_id: Any, changes: Row) -> None:  # noqa: ANN401 - any id
        """Change a row that is on the shelf."""
        row = self.rows[table][row_id]
        moves = any(not changes.keys().isdisjoint(lookup.by) for lookup, _ in self.finders[table])
        if moves:
            self._unindex(table, row)
        # A row that this group inserts is changed in place; one that was read needs an update.
        row.update(changes)
        if (table, row_id) not in self.inserted:
            self.updates.setdefault(table, {}).setdefault(row_id, {}).update(changes)
        if moves:
            self._index(table, row)

    def _index(self, table: Table, row: Row) -> None:
        """Let every lookup that asked for this row's key find it."""
        for lookup, found in self.finders[table]:
            ids = found.get(lookup.key_of(row))
            if ids is not None and row["id"] not in ids:
                ids.append(row["id"])

    def _unindex(self, table: Table, row: Row) -> None:
        """Let no lookup find this row any more."""
        for lookup, found in self.finders[table]:
            ids = found.get(lookup.key_of(row))
            if ids is not None and row["id"] in ids:
                ids.remove(row["id"])

    def take_writes(self) -> Writes:
        """Return everything that commands decided since it was last asked for."""
        writes = Writes(self.inserts, self.updates)
        if ANSWERS in writes.inserts:
            # Two desks that insert the same keys wait for each other in one order.
            writes.inserts[ANSWERS] = sorted(writes.inserts[ANSWERS], key=lambda row: row["id"])
        if self.opened:
            writes.inserts[WALLETS] = [self.wallets[wallet_id].row() for wallet_id in self.opened]
        changed = [self.wallets[wallet_id] for wallet_id in self.changed - self.opened]
        if changed:
            writes.updates[WALLETS] = {
                wallet.id: {
                    "status": wallet.status,
                    "balance_minor": wallet.balance_minor,
                    "held_minor": wallet.held_minor,
                    "line_count": wallet.line_count,
                    "last_line_at": wallet.last_line_at,
                }
                for wallet in changed
            }
        # Rows that will have been inserted are updated like any other from now on.
        self.inserts, self.updates = {}, {}
        self.inserted, self.changed, self.opened = set(), set(), set()
        return writes
