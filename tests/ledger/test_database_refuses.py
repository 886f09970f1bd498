"""What the database refuses by itself, whoever writes to it past the desk."""

# ruff: noqa: S608 - what is written past the desk is SQL of our own

from collections.abc import AsyncIterator
from dataclasses import dataclass
from sqlite3 import IntegrityError
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models import Line
from models.kinds import EntryKind
from tests.factories import a_customer, a_platform, an_account, dump, house_on, id_of, on_postgres
from tests.ledger.support import BANK, checked, pay, raw

REFUSED = (IntegrityError, asyncpg.IntegrityConstraintViolationError)
AT = "'2026-03-02 04:00:00+00:00'"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Raw:
    """A ledger with a purchase in it, and SQL past the desk."""

    url: str
    payer: UUID
    shop: UUID
    entry: UUID
    execute: Any

    async def refuses(self, sql: str, match: str) -> None:
        """Expect a statement to be refused with these words, and to change nothing."""
        before = await dump()
        with pytest.raises(REFUSED, match=match):
            await self.execute(sql)
        assert await dump() == before

    def line(self, entry_id: UUID, wallet_id: UUID, number: int, amount_minor: int) -> str:
        """Return the values of a line."""
        return f"('{entry_id}', '{wallet_id}', {number}, {amount_minor}, 0, 'CNY', {AT})"

    def lines(self, *rows: str) -> str:
        """Return the statement that inserts lines."""
        return (
            "INSERT INTO ledger_line (entry_id, wallet_id, number, amount_minor,"
            f" balance_after_minor, currency, at) VALUES {', '.join(rows)}"
        )

    def new_entry(self, entry_id: UUID) -> str:
        """Return the statement that inserts an entry."""
        return f"INSERT INTO ledger_entry (id, kind, at) VALUES ('{entry_id}', 'DEPOSIT', {AT})"


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Raw]:
    """A ledger that must be sound in the end: nothing of what is tried here may succeed."""
    async with house_on(database_url) as house:
        payer = await an_account(house, await a_customer(house), 100_00)
        shop = id_of(await a_platform(house))
        bought = await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, 30_00))
        async with raw(database_url) as execute:
            yield Raw(database_url, payer, shop, UUID(bought.body["entry"]), execute)
    await checked(database_url)


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_line"])
async def test_the_journal_is_never_changed_or_removed(ledger: Raw, table: str) -> None:
    await ledger.refuses(f"UPDATE {table} SET at = {AT}", "append-only")
    await ledger.refuses(f"DELETE FROM {table}", "append-only")


@on_postgres
@pytest.mark.parametrize("table", ["ledger_entry", "ledger_line"])
async def test_the_journal_is_never_emptied(ledger: Raw, table: str) -> None:
    await ledger.refuses(f"TRUNCATE {table}", "append-only")
    await ledger.refuses(f"TRUNCATE wallet, {table} CASCADE", "append-only")


@on_sqlite
async def test_the_journal_is_never_replaced(ledger: Raw) -> None:
    line = await Line.get(wallet_id=ledger.payer, number=2)
    await ledger.refuses(
        ledger.lines(ledger.line(uuid4(), ledger.payer, 2, 1)).replace(
            "INSERT", "INSERT OR REPLACE", 1
        ),
        "append-only",
    )
    await ledger.refuses(
        f"INSERT OR REPLACE INTO ledger_entry (id, kind, at) VALUES ('{ledger.entry}', 'X', {AT})",
        "append-only",
    )
    await ledger.refuses(
        "INSERT OR REPLACE INTO ledger_line (id, entry_id, wallet_id, number, amount_minor,"
        f" balance_after_minor, currency, at) VALUES ({line.id}, '{uuid4()}', '{uuid4()}', 1, 1, 1,"
        f" 'CNY', {AT})",
        "append-only",
    )


async def test_an_entry_must_sum_to_zero(ledger: Raw) -> None:
    entry_id = uuid4()
    lines = ledger.lines(
        ledger.line(entry_id, ledger.payer, 3, 5), ledger.line(entry_id, BANK, 2, -4)
    )
    await ledger.refuses(f"BEGIN; {lines}; {ledger.new_entry(entry_id)}; COMMIT", "sum to zero")


async def test_currencies_do_not_make_up_for_one_another(ledger: Raw) -> None:
    entry_id = uuid4()
    other = ledger.line(entry_id, BANK, 2, -5).replace("CNY", "EUR")
    lines = ledger.lines(ledger.line(entry_id, ledger.payer, 3, 5), other)
    await ledger.refuses(f"BEGIN; {lines}; {ledger.new_entry(entry_id)}; COMMIT", "sum to zero")


async def test_an_entry_has_lines(ledger: Raw) -> None:
    await ledger.refuses(ledger.new_entry(uuid4()), "sum to zero")


async def test_no_line_joins_an_entry_afterwards(ledger: Raw) -> None:
    lines = ledger.lines(
        ledger.line(ledger.entry, ledger.payer, 3, 5), ledger.line(ledger.entry, BANK, 2, -5)
    )
    await ledger.refuses(lines, "sealed")


async def test_no_line_is_without_an_entry(ledger: Raw) -> None:
    entry_id = uuid4()
    lines = ledger.lines(
        ledger.line(entry_id, ledger.payer, 3, 5), ledger.line(entry_id, BANK, 2, -5)
    )
    await ledger.refuses(f"BEGIN; {lines}; COMMIT", "FOREIGN KEY|sealed or missing")


async def test_no_number_is_given_twice(ledger: Raw) -> None:
    entry_id = uuid4()
    lines = ledger.lines(
        ledger.line(entry_id, ledger.payer, 2, 5), ledger.line(entry_id, BANK, 2, -5)
    )
    await ledger.refuses(lines, "UNIQUE|duplicate key")


@pytest.mark.parametrize(
    "change",
    [
        "balance_minor = -1",
        "held_minor = balance_minor + 1",
        "held_minor = -1",
        "balance_minor = 0, held_minor = 1",
    ],
)
async def test_no_wallet_is_overdrawn(ledger: Raw, change: str) -> None:
    await ledger.refuses(f"UPDATE wallet SET {change} WHERE id = '{ledger.payer}'", "wallet_sound")


@pytest.mark.parametrize("change", ["balance_minor = 1", "held_minor = 1"])
async def test_the_bank_owes_nothing(ledger: Raw, change: str) -> None:
    await ledger.refuses(f"UPDATE wallet SET {change} WHERE id = '{BANK}'", "wallet_sound")


@pytest.mark.parametrize("remaining_minor", [-1, 11])
async def test_no_hold_holds_more_than_was_held(ledger: Raw, remaining_minor: int) -> None:
    await ledger.refuses(
        "INSERT INTO hold (id, wallet_id, amount_minor, remaining_minor, state, placed_at) VALUES"
        f" ('{uuid4()}', '{ledger.payer}', 10, {remaining_minor}, 'PLACED', {AT})",
        "hold_sound",
    )
