"""A group's rows in memory: what it has read, and what its commands have decided so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import Answer
from models.engines import Lookup, Row, Table, Writes
from services.ledger.postings import WALLETS, Wallet

ANSWERS = Table.of(Answer)


@dataclass(slots=True)
class Shelf:
    """A group's rows: what was read, changed by what its commands decided so far."""

    wallets: dict[UUID, Wallet] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    opened: set[UUID] = field(default_factory=set)
    rows: dict[tuple[Table, Any], Row] = field(default_factory=dict)
    found: dict[Lookup, dict[tuple[Any, ...], list[Any]]] = field(default_factory=dict)
    inserts: dict[Table, list[Row]] = field(default_factory=dict)
    inserted: set[tuple[Table, Any]] = field(default_factory=set)
    updates: dict[Table, dict[Any, Row]] = field(default_factory=dict)

    def learn(self, lookup: Lookup, keys: Iterable[tuple[Any, ...]], rows: Iterable[Row]) -> None:
        """Put rows that were read by a lookup on the shelf, with the keys that found nothing."""
        found = self.found.setdefault(lookup, {})
        for key in keys:
            found.setdefault(key, [])
        for row in rows:
            identity = (lookup.table, row["id"])
            before = self.rows.get(identity)
            if before is not None:
                # Read by another lookup already: there is one row, and it is as it was read last.
                self.unindex(lookup.table, before)
            self.rows[identity] = row
            self.index(lookup.table, row)

    def index(self, table: Table, row: Row) -> None:
        """Let every lookup that asked for this row's key find it."""
        for lookup, found in self.found.items():
            if lookup.table is table:
                ids = found.get(lookup.key_of(row))
                if ids is not None and row["id"] not in ids:
                    ids.append(row["id"])

    def unindex(self, table: Table, row: Row) -> None:
        """Let no lookup find this row any more."""
        for lookup, found in self.found.items():
            if lookup.table is table:
                ids = found.get(lookup.key_of(row))
                if ids is not None and row["id"] in ids:
                    ids.remove(row["id"])

    def writes(self) -> Writes:
        """Return everything that the group's commands decided."""
        writes = Writes(dict(self.inserts), {t: dict(rows) for t, rows in self.updates.items()})
        if ANSWERS in writes.inserts:
            # Two desks that insert the same keys wait for each other in one order.
            writes.inserts[ANSWERS] = sorted(writes.inserts[ANSWERS], key=lambda row: row["id"])
        if self.opened:
            writes.inserts[WALLETS] = [self.wallets[wallet_id].row() for wallet_id in self.opened]
        updates = {}
        for wallet_id in self.changed - self.opened:
            row = self.wallets[wallet_id].row()
            updates[wallet_id] = {
                name: row[name]
                for name in ("status", "balance_minor", "held_minor", "line_count", "last_line_at")
            }
        if updates:
            writes.updates[WALLETS] = updates
        return writes
