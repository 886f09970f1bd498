"""What has happened before a measurement: players, their deposits, and a year of purchases.

All of it is written by a few statements over whole tables (``past.sql``), past the desk, through
which millions of purchases would take hours. What they write is what the desk would have written,
so the books balance, which is checked after each measurement: purchase ``n`` of them all is player
``n % players``'s, every stake is the same, and each line's number and balance follow from ``n``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.parameters import DEFAULTS, ParameterName

CURRENCY = "CNY"
FUNDS_MINOR = 10**9
STAKE_MINOR = 200
DRAWS = 150
"""Among how many draws, long closed, the tickets are spread."""
SPAN = timedelta(days=365)
REST = timedelta(days=1)
"""How long ago the last of it was."""

_LASTING = ("ledger_entry", "ledger_line", "account_transaction", "ticket")
_KEPT = ("answer", "feed_event")
_SMALL = ("customer", "account", "wallet", "mandate", "allowance", "draw")

_SESSION = """
SET session_replication_role = replica; -- no triggers: what they hold is checked afterwards
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET work_mem = '128MB';
CREATE TEMPORARY TABLE player (
    p int PRIMARY KEY, id uuid, customer_id uuid, entry_id uuid, at timestamptz, bought bigint
);
CREATE TEMPORARY TABLE past (n bigint, id uuid, p int, player_id uuid, nth bigint, at timestamptz);
CREATE TEMPORARY TABLE past_draw (number int PRIMARY KEY, id uuid);
CREATE TEMPORARY TABLE terms (
    players int, purchases_each bigint, longest bigint, draws int, currency text,
    funds_minor bigint, stake_minor bigint, platform_id uuid, bank_id uuid,
    begun_at timestamptz, step interval,
    answers_kept interval, events_kept interval, sample_reference text
);
"""

_INDEXES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid)) AS back
FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = ANY($1::text[]::regclass[])
    AND NOT conrelid IN (SELECT partrelid FROM pg_partitioned_table)
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[])
    AND NOT indrelid IN (SELECT partrelid FROM pg_partitioned_table)
    AND NOT indexrelid IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u'))
"""
"""How to take indexes away and put them back: they are made many times faster when rows are there.
Those of partitioned tables stay, as they belong to the partitions."""


@dataclass(frozen=True, slots=True)
class Past:
    """How much has happened.

    Attributes:
        players: Each with an account, a deposit, and a mandate for the platform.
        purchases_each: What each of them has bought.
        longest: How much more the first of them has bought.
    """

    players: int
    purchases_each: int
    longest: int = 0

    @property
    def purchases(self) -> int:
        """How many there are."""
        return self.players * self.purchases_each + self.longest

    @property
    def lines(self) -> int:
        """How many lines of the ledger."""
        return 2 * (self.players + self.purchases)


class Writing:
    """The past while it is being written: what stays for ever, then what is kept for a while."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def write_past(self, past: Past, platform_id: UUID) -> None:
        """Write what stays, to a database in which the platform has an open draw."""
        begun_at = datetime.now(UTC) - SPAN
        await self._connection.execute(
            "INSERT INTO terms VALUES"
            " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)",
            past.players,
            past.purchases_each,
            past.longest,
            DRAWS,
            CURRENCY,
            FUNDS_MINOR,
            STAKE_MINOR,
            platform_id,
            system_wallet_id(WalletKind.BANK, CURRENCY),
            begun_at,
            (SPAN - REST) / max(past.purchases, 1),
            timedelta(days=DEFAULTS[ParameterName.ANSWER_RETENTION_DAYS]),
            timedelta(days=DEFAULTS[ParameterName.EVENT_RETENTION_DAYS]),
        )
        await self._fill(_LASTING, "past.sql")

    async def write_kept(self, sample_reference: str) -> None:
        """Write answers and events like those of a purchase that was really made."""
        await self._connection.execute("UPDATE terms SET sample_reference = $1", sample_reference)
        await self._fill(_KEPT, "kept.sql")

    async def _fill(self, tables: tuple[str, ...], script: str) -> None:
        indexes = await self._connection.fetch(_INDEXES, list(tables))
        for index in indexes:
            await self._connection.execute(index["away"])
        await self._connection.execute(Path(__file__).with_name(script).read_text(encoding="utf-8"))
        for index in indexes:
            await self._connection.execute(index["back"])

    async def players(self) -> list[tuple[UUID, UUID]]:
        """Return the accounts and their customers."""
        rows = await self._connection.fetch("SELECT id, customer_id FROM player ORDER BY p")
        return [(row["id"], row["customer_id"]) for row in rows]


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[Writing]:
    """Write the past for the time of the block; at its end the database is tidied."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_SESSION)
        yield Writing(connection)
        for table in (*_SMALL, *_LASTING, *_KEPT):
            await connection.execute(f"VACUUM (FREEZE, ANALYZE) {table}")
    finally:
        await connection.close()
