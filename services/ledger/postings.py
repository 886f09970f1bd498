"""What a posting is made of: wallets as they stand under the lock, moves, and what they did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models import Wallet as WalletModel
from models.engines import Row, Table
from models.kinds import WalletKind, WalletStatus

WALLETS = Table.of(WalletModel)
KINDS = {kind.value: kind for kind in WalletKind}
STATUSES = {status.value: status for status in WalletStatus}


class Wallet(NamedTuple):
    """A wallet's state under the lock. Amounts are minor units of ``currency``."""

    id: UUID
    kind: WalletKind
    currency: str
    owner_id: UUID | None
    status: WalletStatus
    balance_minor: int
    held_minor: int
    line_count: int
    last_line_at: datetime | None
    opened_at: datetime

    @property
    def available_minor(self) -> int:
        """What may leave: posted less held."""
        return self.balance_minor - self.held_minor

    @staticmethod
    def of(row: Row) -> "Wallet":
        """Return the state that a row holds."""
        return Wallet(
            row["id"],
            KINDS[row["kind"]],
            row["currency"],
            row["owner_id"],
            STATUSES[row["status"]],
            row["balance_minor"],
            row["held_minor"],
            row["line_count"],
            row["last_line_at"],
            row["opened_at"],
        )

    def moved(self, amount_minor: int, at: datetime) -> "Wallet":
        """Return the state after one more line of this amount."""
        return Wallet(
            self.id,
            self.kind,
            self.currency,
            self.owner_id,
            self.status,
            self.balance_minor + amount_minor,
            self.held_minor,
            self.line_count + 1,
            at,
            self.opened_at,
        )

    def row(self) -> Row:
        """Return every column of this state."""
        return self._asdict()


class Move(NamedTuple):
    """An amount from one wallet to another, in minor units, above zero."""

    source: UUID
    to: UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting did: the entry's id and time, and each wallet's state after it."""

    entry_id: UUID
    at: datetime
    wallets: Mapping[UUID, Wallet]


def owner_of(wallet: Wallet) -> UUID:
    """Return the customer whose account's wallet it is."""
    assert wallet.owner_id is not None  # noqa: S101 - an account has an owner
    return wallet.owner_id
