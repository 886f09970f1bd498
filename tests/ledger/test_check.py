"""The integrity check names whatever is not as it must be, once the database was got at."""
# ruff: noqa: S608 - a test got at the database speaks SQL of its own

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from models import Line
from models.kinds import EntryKind
from services.actors import NOBODY, SYSTEM, NotAllowed
from services.ledger import rows
from services.ledger.check import LISTED, Rule, check_ledger
from services.ledger.place_hold import PlaceHold, place_hold
from tests.factories import (
    CNY,
    a_customer,
    a_key,
    a_platform,
    an_account,
    an_operator,
    house_on,
    id_of,
)
from tests.ledger.support import BANK, pay, raw

GUARDS = {
    "sqlite": (
        "DROP TRIGGER ledger_line_no_update; DROP TRIGGER ledger_line_no_delete;"
        " DROP TRIGGER ledger_entry_no_update; DROP TRIGGER ledger_entry_no_delete;"
        " DROP TRIGGER ledger_entry_zero_sum; DROP TRIGGER ledger_line_sealed;"
        " DROP TRIGGER wallet_sound_update; DROP TRIGGER hold_sound_update;"
        " PRAGMA foreign_keys=OFF"
    ),
    "postgres": (
        "ALTER TABLE ledger_line DISABLE TRIGGER USER;"
        " ALTER TABLE ledger_entry DISABLE TRIGGER USER;"
        " ALTER TABLE wallet DROP CONSTRAINT wallet_sound;"
        " ALTER TABLE hold DROP CONSTRAINT hold_sound"
    ),
}


@dataclass
class Books:
    """A sound ledger, about to be got at: the holder of the database can do anything."""

    url: str
    payer: UUID
    shop: UUID
    deposit: UUID
    purchase: UUID

    async def got_at(self, sql: str) -> set[str]:
        """Change something by force, and return the rules that the check finds broken."""
        engine = self.url.split(":", 1)[0]
        async with raw(self.url) as execute:
            await execute(GUARDS[engine])
            await execute(sql)
        report = await check_ledger(self.url, SYSTEM)
        assert report.difference_count == len(report.differences)
        return {difference.rule for difference in report.differences}


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    """A ledger with a deposit, a purchase and a hold."""
    async with house_on(database_url, audited=False) as house:
        payer = await an_account(house, await a_customer(house), 100_00)
        shop = id_of(await a_platform(house))
        house.clock.advance(seconds=1)
        bought = await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, 30_00))
        await place_hold(house, SYSTEM, PlaceHold(a_key(), payer, 20_00, CNY))
        deposit = await Line.get(wallet_id=payer, number=1)
        assert (await check_ledger(database_url, SYSTEM)).is_sound
        yield Books(database_url, payer, shop, deposit.entry_id, UUID(bought.body["entry"]))


async def test_a_line_that_was_changed(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE ledger_line SET amount_minor = 99 WHERE wallet_id = '{books.shop}'"
    )
    assert rules == {
        Rule.LINE_BALANCE,
        Rule.WALLET_BALANCE,
        Rule.ENTRY_SUM,
        Rule.CURRENCY_TOTAL,
    }


async def test_a_line_that_was_removed(books: Books) -> None:
    rules = await books.got_at(
        f"DELETE FROM ledger_line WHERE wallet_id = '{books.payer}' AND number = 1"
    )
    assert rules >= {
        Rule.LINE_NUMBER,
        Rule.LINE_BALANCE,
        Rule.WALLET_BALANCE,
        Rule.ENTRY_SUM,
        Rule.TRANSACTION_LINE,
    }


async def test_the_last_line_that_was_removed(books: Books) -> None:
    rules = await books.got_at(
        f"DELETE FROM ledger_line WHERE wallet_id = '{books.payer}' AND number = 2"
    )
    assert rules >= {Rule.WALLET_LINE_COUNT, Rule.WALLET_LAST_LINE, Rule.WALLET_BALANCE}


async def test_an_entry_without_lines(books: Books) -> None:
    rules = await books.got_at(
        "INSERT INTO ledger_entry (id, kind, at)"
        f" VALUES ('{uuid4()}', 'DEPOSIT', '2026-03-02 04:00:00+00:00')"
    )
    assert rules == {Rule.ENTRY_EMPTY}


async def test_lines_without_an_entry(books: Books) -> None:
    rules = await books.got_at(f"DELETE FROM ledger_entry WHERE id = '{books.purchase}'")
    assert rules == {Rule.ENTRY_MISSING}


async def test_an_entry_redated(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE ledger_entry SET at = '2020-01-01 00:00:00+00:00' WHERE id = '{books.purchase}'"
    )
    assert rules == {Rule.ENTRY_TIME}


async def test_a_line_dated_before_the_one_before_it(books: Books) -> None:
    rules = await books.got_at(
        "UPDATE ledger_line SET at = '2020-01-01 00:00:00+00:00'"
        f" WHERE entry_id = '{books.purchase}'"
    )
    assert rules == {Rule.LINE_TIME, Rule.ENTRY_TIME, Rule.WALLET_LAST_LINE}


async def test_a_reversal_that_names_nothing(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE ledger_entry SET kind = 'REVERSAL' WHERE id = '{books.purchase}'"
    )
    assert rules == {Rule.ENTRY_REVERSAL}


async def test_a_reversal_of_what_never_was(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE ledger_entry SET kind = 'REVERSAL', reverses_id = '{uuid4()}'"
        f" WHERE id = '{books.purchase}'"
    )
    assert rules == {Rule.REFERENCE_MISSING}


async def test_a_balance_that_was_raised(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE wallet SET balance_minor = balance_minor + 1 WHERE id = '{books.payer}'"
    )
    assert rules == {Rule.WALLET_BALANCE}


async def test_a_wallet_below_its_floor(books: Books) -> None:
    rules = await books.got_at(f"UPDATE wallet SET balance_minor = -1 WHERE id = '{books.shop}'")
    assert rules == {Rule.WALLET_BALANCE, Rule.WALLET_FLOOR}


async def test_a_bank_that_owes(books: Books) -> None:
    rules = await books.got_at(f"UPDATE wallet SET balance_minor = 1 WHERE id = '{BANK}'")
    assert rules == {Rule.WALLET_BALANCE, Rule.WALLET_FLOOR}


async def test_a_wallet_that_was_below_its_floor_once(books: Books) -> None:
    rules = await books.got_at(
        "UPDATE ledger_line SET balance_after_minor = -5"
        f" WHERE wallet_id = '{books.shop}' AND number = 1"
    )
    assert rules == {Rule.LINE_BALANCE, Rule.LINE_FLOOR}


async def test_a_wallet_that_was_removed(books: Books) -> None:
    rules = await books.got_at(f"DELETE FROM wallet WHERE id = '{books.shop}'")
    assert rules == {Rule.WALLET_MISSING}


async def test_a_line_in_another_currency(books: Books) -> None:
    rules = await books.got_at(
        f"UPDATE ledger_line SET currency = 'EUR' WHERE entry_id = '{books.purchase}'"
    )
    assert rules == {Rule.LINE_CURRENCY}


async def test_held_money_that_no_hold_holds(books: Books) -> None:
    rules = await books.got_at(f"UPDATE wallet SET held_minor = 1 WHERE id = '{books.payer}'")
    assert rules == {Rule.WALLET_HELD}


async def test_a_hold_that_ended_and_still_holds(books: Books) -> None:
    rules = await books.got_at("UPDATE hold SET state = 'RELEASED'")
    assert rules == {Rule.HOLD_STATE, Rule.WALLET_HELD}


async def test_a_movement_that_tells_the_holder_another_amount(books: Books) -> None:
    rules = await books.got_at("UPDATE account_transaction SET amount_minor = 1")
    assert rules == {Rule.TRANSACTION_LINE}


async def test_a_movement_that_never_was(books: Books) -> None:
    rules = await books.got_at("UPDATE account_transaction SET number = 77")
    assert rules == {Rule.TRANSACTION_LINE}


async def test_an_account_without_its_wallet(books: Books) -> None:
    rules = await books.got_at(f"UPDATE account SET id = '{uuid4()}'")
    assert rules == {Rule.REFERENCE_MISSING}


async def test_it_lists_a_hundred_and_counts_all(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BATCH", 7)  # pages that end in the middle of everything
    count = LISTED + 20
    async with raw(books.url) as execute:
        await execute(GUARDS[books.url.split(":", 1)[0]])
        for _ in range(count):
            await execute(
                "INSERT INTO ledger_entry (id, kind, at)"
                f" VALUES ('{uuid4()}', 'DEPOSIT', '2026-03-02 04:00:00+00:00')"
            )
    told: list[tuple[str, int]] = []
    report = await check_ledger(books.url, SYSTEM, lambda what, rows: told.append((what, rows)))
    assert report.difference_count == count
    assert len(report.differences) == LISTED
    assert not report.is_sound
    assert report.entries == count + 2
    entries = [rows for what, rows in told if what == "entries"]
    assert entries == sorted(entries)
    assert entries[-1] == count + 2


async def test_only_the_house_and_operators_check(database_url: str) -> None:
    async with house_on(database_url) as house:
        assert (await check_ledger(house, await an_operator(house))).is_sound
        for actor in (await a_customer(house), await a_platform(house), NOBODY):
            with pytest.raises(NotAllowed):
                await check_ledger(house, actor)
