"""What the ledger's tests share: commands of their own, the database as it is, and its raw side."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.currencies import system_wallet_id
from models.engines import Engine
from models.kinds import EntryKind, WalletKind
from services.actors import SYSTEM
from services.ledger.books import Books
from services.ledger.check import LedgerReport, check_ledger
from services.ledger.command import Body, Command, Key
from services.ledger.postings import Move
from tests.factories import CNY, a_key

BANK = system_wallet_id(WalletKind.BANK, CNY)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def a_command(
    decide: Callable[[Books], Body],
    *wallets: UUID,
    key: str | None = None,
    **more: Any,  # noqa: ANN401 - a Command's own arguments
) -> Command:
    """Return a command of a test's own, under a fresh key unless one is given."""
    arguments = more.pop("arguments", {})
    return Command(Key.of("test", "test", key or a_key(), arguments), decide, wallets, **more)


def pay(
    kind: EntryKind, source: UUID, to: UUID, amount_minor: int, key: str | None = None
) -> Command:
    """Return a command that moves an amount and answers with what is left."""

    def decide(books: Books) -> Body:
        posted = books.post(kind, Move(source, to, amount_minor))
        return {"entry": posted.entry_id, "left_minor": posted.wallets[source].balance_minor}

    arguments = {"source": source, "to": to, "amount_minor": amount_minor}
    return a_command(decide, source, to, key=key, arguments=arguments)


def fund(wallet_id: UUID, amount_minor: int, key: str | None = None) -> Command:
    """Return a command that brings money from the bank into a prize pool."""
    return pay(EntryKind.POOL_FUNDING, BANK, wallet_id, amount_minor, key)


def opening(wallet_id: UUID, kind: WalletKind, owner_id: UUID | None = None) -> Command:
    """Return a command that opens an empty wallet."""

    def decide(books: Books) -> Body:
        books.open_wallet(kind, CNY, owner_id, wallet_id)
        return {}

    return a_command(decide)


async def checked(url: str) -> LedgerReport:
    """Check the whole ledger and assert that it is sound."""
    report = await check_ledger(url, SYSTEM)
    assert report.differences == []
    assert report.is_sound
    return report


class Broken(Exception):
    """What a test lets happen between two statements."""


@contextmanager
def breaking(engine: Engine, at: str, error: BaseException, times: int = 1) -> Iterator[list[str]]:
    """Let an engine fail before a step (or after ``COMMITTED``), so often; gives the steps seen."""
    left = times
    seen: list[str] = []

    def tap(label: str) -> None:
        nonlocal left
        seen.append(label)
        if label == at and left:
            left -= 1
            raise error

    engine.tap = tap
    try:
        yield seen
    finally:
        engine.tap = None


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[Callable[[str], Any]]:
    """Speak SQL to the database past the desk, as the server's own role; each call commits."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA recursive_triggers=ON")

        async def execute(sql: str) -> None:
            try:
                for statement in sql.split(";"):
                    connection.execute(statement)
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        try:
            yield execute
        finally:
            connection.close()
    else:
        session = await asyncpg.connect(url)
        try:
            yield session.execute
        finally:
            await session.close()
