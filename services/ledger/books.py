"""The books that a decision reads and writes: one command's view of its group's shelf.

A command that is refused leaves the shelf as it was, so its neighbours in the group never notice.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models import Entry, FeedEvent, Hold, Line
from models.engines import Lookup, Row, Table
from models.kinds import EntryKind, EventKind, HoldState, WalletKind, WalletStatus
from services.actors import not_found
from services.clock import NewId
from services.ledger.command import as_json
from services.ledger.movements import PERMITTED
from services.ledger.postings import WALLETS, Move, Posted, Wallet
from services.ledger.shelf import ANSWERS, Shelf
from services.refusals import RefusalCode, Refused

ENTRIES = Table.of(Entry)
LINES = Table.of(Line)
HOLDS = Table.of(Hold)
EVENTS = Table.of(FeedEvent)

OWN = frozenset({WALLETS, ENTRIES, LINES, HOLDS, ANSWERS})
"""Tables that commands write through ``post``, ``hold`` and their like alone."""


class LedgerFault(Exception):
    """A command broke the desk's own rules: our fault, not the caller's."""


class Books:
    """One command's view of the shelf: reads see its own changes, which a refusal throws away."""

    def __init__(
        self, shelf: Shelf, now: datetime, new_id: NewId, locked: Collection[UUID]
    ) -> None:
        self.now = now
        self.new_id = new_id
        self._shelf = shelf
        self._locked = locked
        self._wallets: dict[UUID, Wallet] = {}
        self._opened: set[UUID] = set()
        self._inserts: dict[Table, list[Row]] = {}
        self._own: dict[Table, dict[Any, Row]] = {}
        self._updates: dict[Table, dict[Any, Row]] = {}
        self.noted: list[Row] = []

    def wallet(self, wallet_id: UUID) -> Wallet:
        """Return a wallet's state.

        Raises:
            Refused: ``NOT_FOUND``, where there is none.
            LedgerFault: The command did not declare the wallet.
        """
        if wallet_id in self._wallets:
            return self._wallets[wallet_id]
        if wallet_id not in self._locked:
            message = f"wallet {wallet_id} was not declared by the command"
            raise LedgerFault(message)
        if wallet_id not in self._shelf.wallets:
            raise not_found()
        return self._shelf.wallets[wallet_id]

    def open_wallet(
        self, kind: WalletKind, currency: str, owner_id: UUID | None, wallet_id: UUID
    ) -> Wallet:
        """Open an empty wallet and return it.

        Raises:
            LedgerFault: There is one with this id.
        """
        if wallet_id in self._wallets or wallet_id in self._shelf.wallets:
            message = f"wallet {wallet_id} is open already"
            raise LedgerFault(message)
        wallet = Wallet(
            id=wallet_id,
            kind=kind,
            currency=currency,
            owner_id=owner_id,
            status=WalletStatus.ACTIVE,
            balance_minor=0,
            held_minor=0,
            line_count=0,
            last_line_at=None,
            opened_at=self.now,
        )
        self._wallets[wallet_id] = wallet
        self._opened.add(wallet_id)
        return wallet

    def set_status(self, wallet_id: UUID, status: WalletStatus) -> Wallet:
        """Block or unblock what leaves a wallet, and return its state."""
        self._wallets[wallet_id] = self.wallet(wallet_id)._replace(status=status)
        return self._wallets[wallet_id]

    def post(
        self,
        kind: EntryKind,
        *moves: Move,
        reverses_id: UUID | None = None,
        reason: str | None = None,
        path: tuple[str | int, ...] = (),
    ) -> Posted:
        """Write an entry: every move from one wallet to another, one line for each wallet.

        Args:
            kind: Which ways are permitted.
            moves: At least one; amounts above zero.
            reverses_id: The entry that this one takes back, where it is a reversal.
            reason: Why, for an entry that a person ordered.
            path: The input that a refusal for want of money is about.

        Raises:
            Refused: ``INSUFFICIENT_FUNDS`` or ``ACCOUNT_BLOCKED`` on the wallet that money leaves,
                ``ACCOUNT_CLOSED`` of the one where it should arrive.
            LedgerFault: A way that is not permitted, two currencies, or an amount not above zero.
        """
        net: dict[UUID, int] = {}
        for move in moves:
            self._check(kind, move, path, reversing=reverses_id is not None)
            net[move.source] = net.get(move.source, 0) - move.amount_minor
            net[move.to] = net.get(move.to, 0) + move.amount_minor
        before = [self.wallet(wallet_id) for wallet_id in net]
        at = max([self.now, *(wallet.last_line_at for wallet in before if wallet.last_line_at)])
        # Everything is checked before anything is written: who catches the refusal has changed
        # nothing.
        touched = {
            wallet.id: self._moved(wallet, net[wallet.id], at, path, kind) for wallet in before
        }
        entry_id = self.new_id()
        self._inserts.setdefault(ENTRIES, []).append(
            {"id": entry_id, "kind": kind, "at": at, "reverses_id": reverses_id, "reason": reason}
        )
        self._inserts.setdefault(LINES, []).extend(
            {
                "entry_id": entry_id,
                "wallet_id": wallet_id,
                "number": after.line_count,
                "amount_minor": net[wallet_id],
                "balance_after_minor": after.balance_minor,
                "currency": after.currency,
                "at": at,
            }
            for wallet_id, after in touched.items()
        )
        self._wallets.update(touched)
        return Posted(entry_id, at, touched)

    def _moved(
        self,
        wallet: Wallet,
        amount_minor: int,
        at: datetime,
        path: tuple[str | int, ...],
        kind: EntryKind,
    ) -> Wallet:
        """Return a wallet after a line of this amount, unless it would break its floor."""
        if amount_minor == 0:
            message = f"{kind}: what wallet {wallet.id} gets and gives is the same"
            raise LedgerFault(message)
        if amount_minor < 0 and not wallet.kind.is_asset:
            self._check_available(wallet, -amount_minor, path)
        if wallet.kind.is_asset and wallet.balance_minor + amount_minor > 0:
            raise Refused(
                RefusalCode.INSUFFICIENT_FUNDS, *path, available_minor=0, currency=wallet.currency
            )
        return wallet.moved(amount_minor, at)

    def _check(
        self, kind: EntryKind, move: Move, path: tuple[str | int, ...], *, reversing: bool
    ) -> None:
        source, to = self.wallet(move.source), self.wallet(move.to)
        if move.amount_minor <= 0 or source.id == to.id or source.currency != to.currency:
            message = f"{kind}: {move} is not a movement"
            raise LedgerFault(message)
        if (source.kind, to.kind) not in PERMITTED[kind]:
            message = f"{kind}: nothing may move from {source.kind} to {to.kind}"
            raise LedgerFault(message)
        if to.status is WalletStatus.CLOSED:
            raise Refused(RefusalCode.ACCOUNT_CLOSED, *path)
        if source.status is not WalletStatus.ACTIVE and not reversing:
            raise Refused(RefusalCode.ACCOUNT_BLOCKED, *path, status=source.status)

    @staticmethod
    def _check_available(wallet: Wallet, amount_minor: int, path: tuple[str | int, ...]) -> None:
        if amount_minor > wallet.available_minor:
            raise Refused(
                RefusalCode.INSUFFICIENT_FUNDS,
                *path,
                available_minor=wallet.available_minor,
                currency=wallet.currency,
            )

    def hold(
        self,
        wallet_id: UUID,
        amount_minor: int,
        expires_at: datetime | None,
        path: tuple[str | int, ...] = (),
    ) -> Row:
        """Set money of a wallet aside, and return the hold's row.

        Raises:
            Refused: ``INSUFFICIENT_FUNDS`` or ``ACCOUNT_BLOCKED``.
        """
        wallet = self.wallet(wallet_id)
        if wallet.status is not WalletStatus.ACTIVE:
            raise Refused(RefusalCode.ACCOUNT_BLOCKED, *path, status=wallet.status)
        if amount_minor <= 0 or wallet.kind.is_asset:
            message = f"{amount_minor} cannot be held on a {wallet.kind} wallet"
            raise LedgerFault(message)
        self._check_available(wallet, amount_minor, path)
        self._wallets[wallet_id] = wallet._replace(held_minor=wallet.held_minor + amount_minor)
        row = {
            "id": self.new_id(),
            "wallet_id": wallet_id,
            "amount_minor": amount_minor,
            "remaining_minor": amount_minor,
            "state": HoldState.PLACED,
            "placed_at": self.now,
            "expires_at": expires_at,
            "ended_at": None,
        }
        self._insert(HOLDS, row)
        return row

    def let_go(self, hold: Row, amount_minor: int, ending: HoldState) -> Row:
        """Free part of a hold; it ends as ``ending`` when nothing remains. Return its row."""
        hold = self._row(HOLDS, hold["id"])
        remaining_minor = hold["remaining_minor"] - amount_minor
        if amount_minor <= 0 or remaining_minor < 0:
            message = f"{amount_minor} cannot be let go of a hold of {hold['remaining_minor']}"
            raise LedgerFault(message)
        wallet = self.wallet(hold["wallet_id"])
        self._wallets[wallet.id] = wallet._replace(held_minor=wallet.held_minor - amount_minor)
        changes: Row = {"remaining_minor": remaining_minor}
        if remaining_minor == 0:
            changes |= {"state": ending, "ended_at": self.now}
        self._update(HOLDS, hold["id"], changes)
        return hold | changes

    def one(self, lookup: Lookup, *key: Any) -> Row | None:  # noqa: ANN401 - column values
        """Return the one row of a declared fact, or None."""
        table = lookup.table
        ids = self._found(lookup, key)
        if table in self._updates or table in self._own:
            rows = self.all(lookup, *key)
            return rows[0] if rows else None
        return self._shelf.rows[table][ids[0]].copy() if ids else None

    def all(self, lookup: Lookup, *key: Any) -> list[Row]:  # noqa: ANN401 - column values
        """Return the rows of a declared fact, with what this command has changed and written.

        Raises:
            LedgerFault: The command did not declare the fact.
        """
        table = lookup.table
        ids = self._found(lookup, key)
        if table not in self._updates and table not in self._own:
            known = self._shelf.rows[table]
            return [known[row_id].copy() for row_id in ids]
        candidates = dict.fromkeys(ids)  # in the order they were found, each once
        candidates.update(dict.fromkeys(self._updates.get(table, ())))
        candidates.update(dict.fromkeys(self._own.get(table, ())))
        rows = [self._row(table, row_id) for row_id in candidates]
        return [row for row in rows if lookup.key_of(row) == key]

    def _found(self, lookup: Lookup, key: tuple[Any, ...]) -> list[Any]:
        try:
            return self._shelf.found[lookup][key]
        except KeyError:
            message = f"{lookup.table.name} by {lookup.by} = {key} was not declared"
            raise LedgerFault(message) from None

    def _row(self, table: Table, row_id: Any) -> Row:  # noqa: ANN401 - as above
        """Return a row as this command has left it, in a dict of its own."""
        row = self._known(table, row_id)
        if row is None:
            message = f"{table.name} {row_id} has not been read"
            raise LedgerFault(message)
        return row | self._updates.get(table, {}).get(row_id, {})

    def _known(self, table: Table, row_id: Any) -> Row | None:  # noqa: ANN401 - as above
        """Return a row that this command writes or that is on the shelf, as it was first."""
        for rows in (self._own.get(table), self._shelf.rows.get(table)):
            if rows is not None and row_id in rows:
                return rows[row_id]
        return None

    def insert(self, table: Table, row: Row) -> None:
        """Write a new row with every column (but an id that the database draws).

        Raises:
            LedgerFault: A column is missing, or the table is one that the books keep themselves.
        """
        if table in OWN:
            message = f"{table.name} is written by the books themselves"
            raise LedgerFault(message)
        self._insert(table, row)

    def _insert(self, table: Table, row: Row) -> None:
        try:
            table.values_of(row)
        except KeyError:
            message = f"{table.name}: {sorted(table.brought.keys() - row.keys())} missing"
            raise LedgerFault(message) from None
        self._inserts.setdefault(table, []).append(row)
        if not table.generated_id:
            self._own.setdefault(table, {})[row["id"]] = row

    def update(self, table: Table, row_id: Any, **changes: Any) -> None:  # noqa: ANN401 - as above
        """Change columns, if any, of a row that was read as a fact, or that this command writes.

        Raises:
            LedgerFault: The row was not read, there is no such column, or the table is one that
                the books keep themselves.
        """
        if table in OWN:
            message = f"{table.name} is changed by the books themselves"
            raise LedgerFault(message)
        self._update(table, row_id, changes)

    def _update(self, table: Table, row_id: Any, changes: Row) -> None:  # noqa: ANN401 - as above
        # Checked now, so that nothing can go wrong any more when the changes are kept.
        if self._known(table, row_id) is None:
            message = f"{table.name} {row_id} was changed without having been read"
            raise LedgerFault(message)
        if not table.columns.keys() >= changes.keys() or "id" in changes:
            message = f"{table.name} has no columns {sorted(changes)} to change"
            raise LedgerFault(message)
        if changes:
            self._updates.setdefault(table, {}).setdefault(row_id, {}).update(changes)

    def tell(
        self,
        kind: EventKind,
        body: Mapping[str, Any],
        *audiences: str,
        account_id: UUID | None = None,
    ) -> None:
        """Write an event for each audience, in the command's own transaction."""
        text = as_json(body)
        self._inserts.setdefault(EVENTS, []).extend(
            {
                "audience": audience,
                "account_id": account_id,
                "kind": kind,
                "body": text,
                "at": self.now,
            }
            for audience in audiences
        )

    def note(self, name: str, before: object, after: object) -> None:
        """Have the audit log say what an audited command changed; None where there was nothing."""
        self.noted.append({"name": name, "before": before, "after": after})

    def keep(self) -> None:
        """Put this command's changes on the shelf, where the group's later commands see them."""
        shelf = self._shelf
        shelf.wallets.update(self._wallets)
        shelf.changed.update(self._wallets)
        shelf.opened.update(self._opened)
        for table, updates in self._updates.items():
            own = self._own.get(table, {})
            for row_id, changes in updates.items():
                if row_id in own:
                    own[row_id].update(changes)
                else:
                    shelf.update(table, row_id, changes)
        for table, rows in self._inserts.items():
            shelf.insert(table, rows)
