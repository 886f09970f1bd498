"""Archives add up by themselves, go on from each other, and tell what was got at."""
# ruff: noqa: S608 - a test that gets at the database speaks SQL of its own

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from models.kinds import EntryKind
from services.actors import NOBODY, SYSTEM, NotAllowed
from services.ledger.archive import Span, archive, as_line
from services.ledger.check_archive import ArchiveReport, check_archive
from services.ledger.compare_archive import compare_archive
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_platform,
    an_account,
    house_on,
    id_of,
)
from tests.ledger.support import BANK, NOON, pay, raw
from tests.ledger.test_check import GUARDS

YEAR = timedelta(days=365)
FIRST, SECOND = Span(NOON + YEAR), Span(NOON + 2 * YEAR, NOON + YEAR)

Records = list[dict[str, Any]]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Books:
    """Two years of a ledger: a deposit and two purchases, and a third one a year later."""

    house: HouseUnderTest
    payer: UUID
    shop: UUID

    async def archived(self, span: Span) -> list[bytes]:
        """Return an archive's lines."""
        return [line async for line in archive(self.house, SYSTEM, span)]


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    """Two years."""
    async with house_on(database_url, audited=False) as house:
        payer = await an_account(house, await a_customer(house), 100_00)
        shop = id_of(await a_platform(house))
        await an_account(house, await a_customer(house))  # it never has a line
        for amount_minor in (30_00, 5_00):
            house.clock.advance(days=1)
            await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, amount_minor))
        house.clock.now = FIRST.before
        await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, 1_00))
        yield Books(house, payer, shop)


def resealed(records: Records) -> list[bytes]:
    """Return an archive of these records, with a seal that fits them."""
    lines = [as_line(record) for record in records]
    return [*lines, as_line({"sha256": hashlib.sha256(b"".join(lines)).hexdigest()})]


async def test_what_it_holds(books: Books) -> None:
    report = check_archive(await books.archived(FIRST))
    assert report.faults == []
    assert (report.entries, report.lines) == (3, 6)
    assert report.closing == {
        str(books.payer): (3, 65_00),
        str(books.shop): (2, 35_00),
        str(BANK): (1, -100_00),
    }
    assert (report.begun, report.before) == (None, "2027-03-02T04:00:00.000000+00:00")


async def test_the_same_span_gives_the_same_bytes_for_ever(books: Books) -> None:
    kept = await books.archived(FIRST)
    await books.house.desk.submit(pay(EntryKind.PURCHASE, books.payer, books.shop, 7_00))
    assert await books.archived(FIRST) == kept
    assert await compare_archive(books.house, SYSTEM, kept) is None


async def test_one_goes_on_from_the_other(books: Books) -> None:
    first = check_archive(await books.archived(FIRST))
    second = check_archive(await books.archived(SECOND))
    second.follow(first)
    assert second.faults == []
    assert (second.entries, second.lines) == (1, 2)
    assert second.opening[str(BANK)] == second.closing[str(BANK)] == (1, -100_00)
    assert second.closing[str(books.payer)] == (4, 64_00)


async def test_one_that_does_not_go_on_is_told(books: Books) -> None:
    first = check_archive(await books.archived(FIRST))
    late = check_archive(await books.archived(Span(NOON + 3 * YEAR, NOON + 2 * YEAR)))
    late.follow(first)
    assert [fault.split(":")[0] for fault in late.faults] == [
        "it goes on from",
        *(f"{wallet} at the beginning" for wallet in sorted(map(str, (books.payer, books.shop)))),
    ]


def _raise(records: Records) -> None:
    next(record for record in records if record.get("line") == 2)["amount_minor"] += 1


def _leave_line_out(records: Records) -> None:
    records.remove(next(record for record in records if record.get("line") == 2))


def _leave_entry_out(records: Records) -> None:
    records.remove(next(record for record in records if "entry" in record and "kind" in record))


def _close_higher(records: Records) -> None:
    next(record for record in records if "closed" in record)["balance_minor"] += 1


def _move_elsewhere(records: Records) -> None:
    entry = next(record for record in records if "entry" in record and "kind" in record)
    entry["lines"][0][1] += 1


def _unbalance(records: Records) -> None:
    entry = next(record for record in records if "entry" in record and "kind" in record)
    entry["lines"][0][2] += 1


def _redate(records: Records) -> None:
    next(record for record in records if "line" in record)["at"] = "2030-01-01T00:00:00+00:00"


def _another_currency(records: Records) -> None:
    next(record for record in records if "line" in record)["currency"] = "EUR"


def _never_close(records: Records) -> None:
    records.remove(next(record for record in records if "closed" in record))


def _of_another_kind(records: Records) -> None:
    records[0]["archive"] = "other"


@on_sqlite
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_raise, "#2 balance: expected"),
        (_leave_line_out, "#3 number: expected 2, found 3"),
        (_leave_entry_out, "the entries have other lines"),
        (_close_higher, "in the end: expected"),
        (_move_elsewhere, "the entries have other lines"),
        (_unbalance, "CNY: expected 0, found 1"),
        (_redate, "is dated 2030"),
        (_another_currency, "#1 currency: expected CNY, found EUR"),
        (_never_close, "is not closed"),
        (_of_another_kind, "format: expected coffer-ledger-1, found other"),
    ],
)
async def test_what_was_got_at_is_told_though_its_seal_fits(
    change: Callable[[Records], None], told: str, books: Books
) -> None:
    records: Records = [orjson.loads(line) for line in (await books.archived(FIRST))[:-1]]
    assert check_archive(resealed(records)).is_sound
    change(records)
    report = check_archive(resealed(records))
    assert any(told in fault for fault in report.faults), report.faults
    assert "the seal" not in "".join(report.faults)


def faults(lines: list[bytes]) -> str:
    report: ArchiveReport = check_archive(lines)
    assert not report.is_sound
    return "\n".join(report.faults)


@on_sqlite
async def test_a_seal_that_does_not_fit_a_broken_end_and_nonsense_are_told(books: Books) -> None:
    kept = await books.archived(FIRST)
    owned = next(n for n, line in enumerate(kept) if b'"owner":"' in line)
    changed = [*kept]
    changed[owned] = kept[owned].replace(b'"owner":"', b'"owner":"x')
    assert "the seal" in faults(changed)
    assert "the end is missing" in faults(kept[:-1])
    assert "comes after the seal" in faults([*kept, kept[-1]])
    assert "line 2 cannot be read" in faults([kept[0], b"{", *kept[1:]])
    assert "line 2 cannot be read" in faults([kept[0], b'{"line": 1}\n', *kept[1:]])
    assert "line 1 cannot be read" in faults([b"[]"])
    assert "line 2 does not belong there" in faults([kept[0], *kept])
    assert "the end is missing" in faults([])
    many = check_archive([b"{"] * 200)
    assert (many.fault_count, len(many.faults)) == (201, 100)


async def test_a_ledger_that_was_got_at_differs_from_its_archive(books: Books) -> None:
    kept = await books.archived(FIRST)
    async with raw(books.house.url) as execute:
        await execute(GUARDS[books.house.url.split(":", 1)[0]])
        await execute("UPDATE ledger_entry SET reason = 'so that it fits' WHERE kind = 'DEPOSIT'")
    told = await compare_archive(books.house, SYSTEM, kept)
    assert told is not None
    assert "the ledger has" in told
    assert "so that it fits" in told
    shorter = await compare_archive(books.house, SYSTEM, kept[:3])
    assert shorter is not None
    assert shorter.endswith("the archive nothing")


async def test_lines_that_belong_to_nothing_are_missed(books: Books) -> None:
    async with raw(books.house.url) as execute:
        await execute(GUARDS[books.house.url.split(":", 1)[0]])
        await execute(f"DELETE FROM wallet WHERE id = '{books.payer}'")
        await execute("DELETE FROM ledger_entry WHERE kind = 'DEPOSIT'")
    assert "the entries have other lines" in faults(await books.archived(FIRST))


async def test_only_who_sees_the_ledger_archives_it(database_url: str) -> None:
    async with house_on(database_url) as house:
        for actor in (await a_customer(house), await a_platform(house), NOBODY):
            with pytest.raises(NotAllowed):
                await anext(archive(house, actor, FIRST))
